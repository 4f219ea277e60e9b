# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-encrypt on images: what is on the medium afterwards, byte by byte, and what a kill leaves.

There is no device-mapper here, so what was written is opened by an independent reading of the format: cryptsetup gives
the volume key, another library decrypts, fsck.exfat and e2fsck judge the file system. Opening through the kernel and
putting files back are tested on the test laptop.
"""

import json
import os
import pathlib
import subprocess
import tempfile

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TOP = pathlib.Path(__file__).resolve().parents[2]
VARIANT = "coverage" if os.environ.get("OUTING_VARIANT") == "coverage" else "faults"
PROGRAM = TOP / "build" / VARIANT / "outing-encrypt"
GOOD = "purple kettle sings at dawn"
CANARY = b"CANARY-OF-AN-INVENTED-CHILD"
HEADER = 16 << 20
SIZE = 66 << 20


@pytest.fixture(scope="session", autouse=True)
def program():
    done = subprocess.run(["make", "-C", str(TOP), "-j2", f"VARIANT={VARIANT}", f"build/{VARIANT}/outing-encrypt"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def tmp_path():
    """In memory: what a disk costs in time proves nothing here. test_on_a_disk() is for the disk."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def stick(tmp_path):
    """A FAT stick with canaries in files, in free space and in its last sector."""
    return make_stick(tmp_path / "stick.img")


def make_stick(path, size=SIZE):
    with open(path, "wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.vfat", "-n", "SCHOOL", path], check=True, capture_output=True)
    note = path.with_suffix(".txt")
    note.write_bytes(CANARY * 500)
    subprocess.run(["mcopy", "-i", path, note, "::LETTER.TXT"], check=True, capture_output=True)
    with open(path, "r+b") as file:
        for offset in (30 << 20, 50 << 20, size - 512):
            file.seek(offset)
            file.write(CANARY)
    assert path.read_bytes().count(CANARY) > 100
    return path


def encrypt(stick, *extra, passphrase=GOOD, environment=None, discard=True):
    command = [PROGRAM, "--device", stick, "--passphrase-fd", "0", "--json", *(["--discard"] if discard else []), *extra]
    done = subprocess.run(command, input=passphrase, capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, **(environment or {})})
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr


def content_of(stick, folder, passphrase=GOOD):
    """The file system inside, decrypted by others than us."""
    key_file = folder / "volume.key"
    key_file.unlink(missing_ok=True)
    subprocess.run(["cryptsetup", "luksDump", "--dump-volume-key", "--volume-key-file", key_file, "--batch-mode", stick],
                   input=passphrase, text=True, check=True, capture_output=True)
    key, sector = key_file.read_bytes(), sector_of(stick)
    raw = stick.read_bytes()[HEADER:]
    plain = folder / "content.img"
    with open(plain, "wb") as file:
        for offset in range(0, len(raw), sector):
            tweak = (offset // 512).to_bytes(16, "little")
            piece = Cipher(algorithms.AES(key), modes.XTS(tweak)).decryptor().update(raw[offset:offset + sector])
            if any(piece):
                file.seek(offset)
                file.write(piece)
        file.truncate(len(raw))
    return plain


def dump(stick):
    return json.loads(subprocess.run(["cryptsetup", "luksDump", "--dump-json-metadata", stick], check=True,
                                     capture_output=True, text=True).stdout)


def sector_of(stick):
    return dump(stick)["segments"]["0"]["sector_size"]


def is_luks(stick):
    return subprocess.run(["cryptsetup", "isLuks", stick], check=False).returncode == 0


def test_nothing_of_the_old_content_is_left(stick):
    code, said, errors = encrypt(stick)
    assert code == 0, (said, errors)
    assert said["outcome"] == "done" and "Windows" in said["sentence"]
    assert said["bytes_read_back"] == SIZE and said["bytes_written"] >= SIZE
    raw = stick.read_bytes()
    assert len(raw) == SIZE
    assert CANARY not in raw and b"LETTER  TXT" not in raw and b"SCHOOL     " not in raw
    # Behind the header every block was written: none is the zeros or the text of before.
    for offset in range(HEADER, SIZE, 4096):
        assert len(set(raw[offset:offset + 4096])) > 128, f"block at {offset} is not ciphertext"


def test_the_header_says_what_was_promised(stick):
    assert encrypt(stick)[0] == 0
    header = dump(stick)
    segment, slot = header["segments"]["0"], header["keyslots"]["0"]
    assert segment["encryption"] == "aes-xts-plain64" and segment["offset"] == str(HEADER)
    assert slot["key_size"] == 64 and slot["kdf"]["type"] == "argon2id"
    assert slot["kdf"]["memory"] == 128 * 1024 and slot["kdf"]["time"] == 4
    assert len(header["keyslots"]) == 1
    assert "Label:         \t(no label)" in subprocess.run(["cryptsetup", "luksDump", stick], check=True, capture_output=True,
                                                          text=True).stdout


@pytest.mark.parametrize("kind,check", [("exfat", ["fsck.exfat", "-n"]), ("ext4", ["e2fsck", "-f", "-n"])])
def test_what_is_inside_is_a_file_system_without_fault(stick, tmp_path, kind, check):
    code, said, errors = encrypt(stick, "--filesystem", kind, "--label", "SCHOOL")
    assert code == 0, (said, errors)
    inside = content_of(stick, tmp_path)
    assert subprocess.run([*check, inside], check=False, capture_output=True).returncode == 0
    found = subprocess.run(["blkid", "-p", "-o", "export", inside], check=True, capture_output=True, text=True).stdout
    assert f"TYPE={kind}" in found and "LABEL=SCHOOL" in found


def test_a_size_that_is_no_multiple_of_4096(tmp_path):
    stick = make_stick(tmp_path / "odd.img", SIZE + 512)
    code, said, errors = encrypt(stick)
    assert code == 0, (said, errors)
    assert sector_of(stick) == 512
    assert subprocess.run(["fsck.exfat", "-n", content_of(stick, tmp_path)], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("passphrase,word", [
    ("short one", "at least 12"), ("passwordpassword", "guess"), ("aaaaaaaaaaaaaaaaaa", "guess"),
    ("kindergarten2026", "guess"), ("Password1234!", "guess"), ("tab\tand bell\a in it", "typed")])
def test_weak_passphrases_are_refused_before_anything_happens(stick, passphrase, word):
    before = stick.read_bytes()
    code, said, errors = encrypt(stick, passphrase=passphrase)
    assert code == 1 and said["outcome"] == "weak-passphrase" and word in said["sentence"], said
    assert passphrase not in errors + json.dumps(said)
    assert stick.read_bytes() == before


def test_nothing_is_destroyed_that_nobody_said_to_destroy(stick):
    before = stick.read_bytes()
    code, said, errors = encrypt(stick, discard=False)
    assert code == 2 and said is None and "WHAT IS ON IT IS LOST" in errors
    assert stick.read_bytes() == before


def test_an_image_that_somebody_else_holds(stick):
    with open(stick, "r+b") as file:
        import fcntl
        fcntl.flock(file, fcntl.LOCK_EX)
        code, said, _ = encrypt(stick)
    assert code == 1 and said["outcome"] == "in-use"
    assert CANARY in stick.read_bytes()


def test_on_a_disk():
    """Past every cache, where the file system can do that."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        stick = make_stick(pathlib.Path(folder) / "stick.img")
        code, said, errors = encrypt(stick)
        assert code == 0, (said, errors)
        assert CANARY not in stick.read_bytes()


def test_too_small_a_stick(tmp_path):
    stick = make_stick(tmp_path / "small.img", 40 << 20)
    before = stick.read_bytes()
    code, said, _ = encrypt(stick)
    assert code == 1 and said["outcome"] == "size"
    assert stick.read_bytes() == before


def points(stick, tmp_path):
    counter = tmp_path / "count"
    assert encrypt(stick, environment={"OUTING_FAULT_COUNT": str(counter),
                                       "OUTING_FAULT_PROGRAM": "outing-encrypt-worker"})[0] == 0
    return int(counter.read_text().split()[0])


@pytest.mark.skipif(VARIANT != "faults", reason="needs a build with fault points")
def test_killed_at_every_boundary(tmp_path, count_kills):
    """A stick that looks encrypted has nothing of its old content, whenever the worker was killed; and the same command
    then completes."""
    total = points(make_stick(tmp_path / "counted.img"), tmp_path)
    assert total > 80, "fault points went missing"
    every = range(1, total + 1)
    chosen = every if os.environ.get("OUTING_CAMPAIGN") == "1" else sorted({1, 2, 3, *every[10::25], *every[-8:]})
    encrypted = 0
    for number in chosen:
        stick = make_stick(tmp_path / "stick.img")
        code, said, _ = encrypt(stick, environment={"OUTING_FAULT_AT": str(number),
                                                    "OUTING_FAULT_PROGRAM": "outing-encrypt-worker"})
        assert code == 1 and said["outcome"] == "worker-died", (number, said)
        raw = stick.read_bytes()
        if is_luks(stick):
            encrypted += 1
            assert CANARY not in raw, f"killed at point {number} of {total}: encrypted, with old content"
        elif number > 3:
            assert not any(raw[:4096]), f"killed at point {number} of {total}: neither old nor new"
        count_kills("outing-encrypt-worker")
    assert 0 < encrypted < len(chosen)
    assert encrypt(stick)[0] == 0 and CANARY not in stick.read_bytes()
