# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-offload as a whole: what it takes, what it names, what it refuses. Folders, and images behind loop devices."""

import hashlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
import xml.etree.ElementTree

import pytest
from offload_lab import PROGRAM, Lab, build, contents, fill, tree

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="needs root: loop devices and mounts")
CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"
CARD = {"DCIM/100BLUE/IMG_0001.JPG": 1_500_000, "DCIM/100BLUE/IMG_0002.JPG": 4096, "DCIM/100BLUE/IMG_0002.XMP": 700,
        "DCIM/101BLUE/IMG_0001.JPG": 2_000_001, "PRIVATE/AVCHD/BDMV/STREAM/00000.MTS": 3_333_333,
        ".Trashes/501/IMG_9999.JPG": 12_345, "MISC/empty.dat": 0}


@pytest.fixture(scope="session", autouse=True)
def program():
    return build()


@pytest.fixture
def lab(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("offload"))


def sh(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def session_folder(lab, report):
    return lab.vault / report["folder"]


# --- what is taken ---------------------------------------------------------------------------------------------------

def test_a_card_is_kept_as_it_was(lab):
    fill(lab.card, CARD)
    (lab.card / "DCIM" / "EMPTY").mkdir()
    os.utime(lab.card / "DCIM", (1_600_000_000, 1_600_000_000))
    report = lab.offload()
    stored = session_folder(lab, report)
    assert tree(stored) == tree(lab.card)
    assert (report["files"], report["bytes"]) == (len(CARD), sum(CARD.values()))
    assert (stored / "DCIM" / "EMPTY").is_dir()
    assert int((stored / "DCIM").stat().st_mtime) == 1_600_000_000
    for name in CARD:
        status = (stored / name).stat()
        assert int(status.st_mtime) == 1_700_000_000
        assert stat.S_IMODE(status.st_mode) == 0o640
    assert stat.S_IMODE(stored.stat().st_mode) & 0o777 == 0o750
    assert [s["state"] for s in lab.sessions()] == ["committed"]


def test_names_that_are_hard_to_keep(lab):
    names = [b"IMG_0001.jpg", b"IMG_0001.JPG", b"img_0001.jpg", b"bad\xff\xfename.jpg", b"\xc0\xaf.jpg", "Blåbær 🫐.jpg".encode(),
             b"dots...", b"dots", b"...", b" space ", b"new\nline", b"tab\there", b"50%.jpg", b"50%41.jpg", b"50A.jpg",
             b"x" * 255, b"y" * 251 + b".jpg", b"\xff" * 255, b"\xff" * 254 + b"\xfe", b"-rf", b"a\\b", b"<&>\"'.jpg",
             b"ascmhl/0001_fake.mhl", b"ascmhl/ascmhl_chain.xml", b"\x01\x7f"]
    fill(lab.card, {name: 100 + i for i, name in enumerate(names)})
    report = lab.offload()
    stored = session_folder(lab, report)
    assert report["files"] == len(names)
    assert contents(stored) == contents(lab.card, history=True)
    assert {o["path"] for o in lab.objects()} == set(names)
    for path in tree(stored):
        path.decode("utf-8")
        assert not any(c < 0x20 or c == 0x7f for c in path)
    check_manifest(stored)


def test_deep_and_long_paths(lab):
    deep = "/".join(["d"] * 100) + "/photo.jpg"
    fill(lab.card, {deep: 1000, "near.jpg": 10})
    report = lab.offload()
    assert tree(session_folder(lab, report)) == tree(lab.card)


def test_too_deep_is_named_and_not_committed(lab):
    fill(lab.card, {"/".join(["d"] * 140) + "/photo.jpg": 1000, "near.jpg": 10})
    code, report, errors = lab.run()
    assert code == 1 and report["outcome"] == "incomplete"
    assert report["failed"] == 1 and "too long" in report["failures"][0]["reason"]
    assert report["failures"][0]["path"].startswith("d/d/d")
    assert "near.jpg" not in errors


def test_an_empty_card_is_committed_as_empty(lab):
    report = lab.offload()
    assert report["files"] == 0 and "There is no file" in report["sentence"]


def test_same_content_is_kept_once(lab):
    fill(lab.card, CARD)
    first, second = lab.offload(), None
    (lab.card / "DCIM/100BLUE/IMG_0003.JPG").write_bytes(b"new")
    second = lab.offload()
    assert second["folder"] != first["folder"]
    assert tree(session_folder(lab, second)) == tree(lab.card)
    assert second["linked"] == len(CARD) - 1, "all but the empty one"
    name = "DCIM/100BLUE/IMG_0001.JPG"
    assert (session_folder(lab, first) / name).stat().st_ino == (session_folder(lab, second) / name).stat().st_ino
    assert (session_folder(lab, second) / "DCIM/100BLUE/IMG_0003.JPG").read_bytes() == b"new"


# --- what is no file ---------------------------------------------------------------------------------------------------

def test_links_and_special_files_are_named_and_never_followed(lab):
    fill(lab.card, {"photo.jpg": 500})
    secret = lab.root / "secret"
    secret.write_text("not on the card")
    (lab.card / "link.jpg").symlink_to(secret)
    (lab.card / "folder").symlink_to("/etc")
    (lab.card / "loop").symlink_to(".")
    os.mkfifo(lab.card / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(lab.card / "socket"))
        if ROOT:
            os.mknod(lab.card / "device", stat.S_IFBLK | 0o600, os.makedev(7, 0))
        report = lab.offload()
    named = {f["path"]: f["reason"] for f in report["failures"]}
    assert named == {"link.jpg": "symbolic link", "folder": "symbolic link", "loop": "symbolic link", "pipe": "named pipe",
                     "socket": "socket", **({"device": "device file"} if ROOT else {})}
    assert report["findings"] == len(named)
    assert "must not be cleared" in report["sentence"]
    assert tree(session_folder(lab, report)) == {b"photo.jpg": tree(lab.card)[b"photo.jpg"]}
    assert lab.sessions()[0]["not_files"] == len(named)


@needs_root
def test_another_file_system_below_is_not_entered(lab):
    fill(lab.card, {"photo.jpg": 500})
    (lab.card / "other").mkdir()
    sh("mount", "-t", "tmpfs", "none", str(lab.card / "other"))
    try:
        fill(lab.card, {"other/hidden.jpg": 5})
        report = lab.offload()
    finally:
        sh("umount", str(lab.card / "other"))
    assert report["files"] == 1
    assert report["failures"] == [{"path": "other", "reason": "other file system"}]


# --- images -------------------------------------------------------------------------------------------------------------

def make_image(lab, kind, size="64M"):
    image = lab.root / f"{kind}.img"
    sh("truncate", "-s", size, str(image))
    tool = {"ext4": ["mkfs.ext4", "-q", "-d", str(lab.card)], "ext2": ["mkfs.ext2", "-q", "-d", str(lab.card)],
            "btrfs": ["mkfs.btrfs", "-q", "--rootdir", str(lab.card)]}[kind]
    if not shutil.which(tool[0]):
        pytest.skip(f"{tool[0]} is not installed")
    sh(*tool, str(image))
    return image


@needs_root
@pytest.mark.parametrize(("kind", "size"), [("ext4", "64M"), ("ext2", "64M"), ("btrfs", "256M")])
def test_an_image_is_mounted_where_nobody_sees_it(lab, kind, size):
    fill(lab.card, CARD)
    (lab.card / "link").symlink_to("DCIM")
    image = make_image(lab, kind, size)
    before = hashlib.sha512(image.read_bytes()).digest()
    report = lab.offload(source=image)
    assert tree(session_folder(lab, report)) == tree(lab.card)
    assert {f["path"] for f in report["failures"]} == {"link"}
    assert hashlib.sha512(image.read_bytes()).digest() == before, "not one byte of the card is changed"
    assert str(image) not in sh("losetup", "--list", "--noheadings", "--output", "BACK-FILE")


@needs_root
def test_a_block_device_is_offloaded(lab):
    fill(lab.card, CARD)
    device = sh("losetup", "--find", "--show", "--read-only", str(make_image(lab, "ext4"))).strip()
    try:
        report = lab.offload(source=device)
    finally:
        sh("losetup", "--detach", device)
    assert tree(session_folder(lab, report)) == tree(lab.card)


@needs_root
def test_every_partition_is_taken(lab):
    disk = lab.root / "disk.img"
    sh("truncate", "-s", "40M", str(disk))
    sh("sfdisk", "-q", str(disk), input="label: dos\nstart=2048, size=32768\nstart=34816, size=32768\n")
    for number, offset in ((1, 2048), (2, 34816)):
        card = lab.root / f"part{number}"
        card.mkdir()
        fill(card, {f"IMG_{number}.JPG": 100_000 * number})
        sh("mkfs.ext2", "-q", "-d", str(card), "-E", f"offset={offset * 512}", str(disk), "16M")
    report = lab.offload(source=disk)
    assert set(tree(session_folder(lab, report))) == {b"partition-1/IMG_1.JPG", b"partition-2/IMG_2.JPG"}
    sh("dd", "if=/dev/zero", f"of={disk}", "bs=512", "seek=34816", "count=4096", "conv=notrunc")
    report = lab.offload(source=disk)
    assert report["failures"] == [{"path": "partition-2", "reason": "partition with unknown content"}]
    assert "must not be cleared" in report["sentence"]


@needs_root
@pytest.mark.parametrize(("content", "words"), [("zero", "nothing that is known"), ("luks", "crypto_LUKS")])
def test_what_is_not_understood_is_refused(lab, content, words):
    image = lab.root / "unknown.img"
    header = b"LUKS\xba\xbe\x00\x02" + bytes(4088) if content == "luks" else b""
    image.write_bytes(header + bytes(20_000_000))
    if content == "luks" and shutil.which("cryptsetup"):
        sh("cryptsetup", "luksFormat", "-q", "--type", "luks1", "--pbkdf-force-iterations", "1000", str(image), "-", input="x")
    code, report, _ = lab.run(source=image)
    assert code == 1 and report["outcome"] == "source-unknown" and words in report["sentence"]
    assert not report["resumable"] and lab.sessions() == []


@needs_root
def test_a_damaged_file_system_is_refused_with_the_reason(lab):
    fill(lab.card, CARD)
    image = make_image(lab, "ext4")
    os.truncate(image, 16 << 20)
    code, report, _ = lab.run(source=image)
    assert code == 1 and report["outcome"] == "source-refused"
    assert "ext4 file system cannot be mounted" in report["sentence"]
    assert lab.sessions() == []


# --- the manifest -------------------------------------------------------------------------------------------------------

NS = {"m": "urn:ASC:MHL:v2.0", "d": "urn:ASC:MHL:DIRECTORY:v2.0"}


def c4(data):
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(hashlib.sha512(data).digest(), "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return "c4" + text.rjust(88, "1")


def check_manifest(stored):
    manifests = sorted((stored / "ascmhl").glob("*.mhl"))
    assert len(manifests) == 1
    chain = xml.etree.ElementTree.parse(stored / "ascmhl" / "ascmhl_chain.xml").getroot()
    entry = chain.find("d:hashlist", NS)
    assert entry.find("d:path", NS).text == manifests[0].name
    assert entry.find("d:c4", NS).text == c4(manifests[0].read_bytes())
    listed = {}
    for item in xml.etree.ElementTree.parse(manifests[0]).getroot().find("m:hashes", NS).findall("m:hash", NS):
        path = item.find("m:path", NS)
        content = (stored / path.text).read_bytes()
        assert item.find("m:c4", NS).text == c4(content)
        assert int(path.get("size", "0")) == len(content)
        listed[os.fsencode(path.text)] = True
    assert set(listed) == set(tree(stored))


def test_the_manifest_names_every_file(lab):
    fill(lab.card, CARD)
    check_manifest(session_folder(lab, lab.offload()))


# --- refusals and interruptions ------------------------------------------------------------------------------------------

def test_wrong_usage():
    for arguments in ([], ["--source", "/tmp"], ["--vault", "/tmp"], ["--bogus"], ["--source", "/a", "--vault", "/b", "more"]):
        result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
        assert result.returncode == 2 and "Usage:" in result.stderr


def test_a_vault_that_is_not_encrypted_gets_nothing(lab):
    fill(lab.card, CARD)
    command = [part for part in lab.command() if part != "--vault-check=off"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert json.loads(result.stdout)["outcome"] == "vault-not-encrypted"
    assert "encrypted" in result.stderr
    assert list(lab.vault.iterdir()) == []


def test_source_and_vault_apart(lab):
    inside = lab.card / "vault"
    inside.mkdir()
    lab.vault = inside
    code, report, _ = lab.run()
    assert code == 1 and report["outcome"] == "source-refused"


def test_a_source_that_is_not_there(lab):
    code, report, _ = lab.run(source=lab.root / "nothing")
    assert code == 1 and report["outcome"] == "source-refused"


@needs_root
def test_a_full_vault_says_how_much_is_missing(lab):
    fill(lab.card, {f"DCIM/IMG_{i:04}.JPG": 1_000_000 for i in range(30)})
    image = lab.root / "vault.img"
    sh("truncate", "-s", "64M", str(image))
    sh("mkfs.ext4", "-q", "-m", "0", str(image))
    sh("mount", "-o", "loop", str(image), str(lab.vault))
    try:
        (lab.vault / "lost+found").rmdir()
        assert lab.run("--reserve", "1G")[1]["outcome"] == "vault-full"
        free = os.statvfs(lab.vault)
        with open(lab.vault / "filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, free.f_bavail * free.f_bsize - 20_000_000)
        code, report, errors = lab.run()
        assert code == 1 and report["outcome"] == "vault-full" and report["resumable"]
        assert " bytes" in report["sentence"] and "Make room" in errors
        assert tree(session_folder(lab, report)) == {}, "checked before the first byte"
        (lab.vault / "filler").unlink()
        done = lab.offload()
        assert tree(session_folder(lab, done)) == tree(lab.card)
    finally:
        sh("umount", str(lab.vault))


@needs_root
def test_a_vault_without_names_for_so_many_files_says_so(lab):
    """Space is one thing, inodes another: many small files end a vault that df calls half empty."""
    fill(lab.card, {f"DCIM/IMG_{i:04}.JPG": 100 for i in range(300)})
    image = lab.root / "vault.img"
    sh("truncate", "-s", "64M", str(image))
    sh("mkfs.ext4", "-q", "-m", "0", "-N", "256", str(image))
    sh("mount", "-o", "loop", str(image), str(lab.vault))
    try:
        (lab.vault / "lost+found").rmdir()
        code, report, _ = lab.run()
        assert code == 1 and report["outcome"] == "vault-full" and report["resumable"]
        assert "no room for more files" in report["sentence"]
        assert tree(session_folder(lab, report)) == {}, "checked before the first byte"
    finally:
        sh("umount", str(lab.vault))


@needs_root
def test_a_vault_that_fills_up_in_the_middle(lab):
    fill(lab.card, {f"DCIM/IMG_{i:04}.JPG": 300_000 for i in range(300)})
    image = lab.root / "vault.img"
    sh("truncate", "-s", "160M", str(image))
    sh("mkfs.ext4", "-q", "-m", "0", str(image))
    sh("mount", "-o", "loop", str(image), str(lab.vault))
    try:
        (lab.vault / "lost+found").rmdir()
        process = subprocess.Popen(lab.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert wait_for(lambda: stored(lab) > 3, process)
        process.send_signal(signal.SIGSTOP)
        for worker in children(process.pid):
            os.kill(int(worker), signal.SIGSTOP)
        free = os.statvfs(lab.vault)
        with open(lab.vault / "filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, free.f_bavail * free.f_bsize - 3_000_000)
        for worker in children(process.pid):
            os.kill(int(worker), signal.SIGCONT)
        process.send_signal(signal.SIGCONT)
        report = json.loads(process.communicate(timeout=120)[0])
        assert process.returncode == 1 and report["outcome"] == "vault-full" and report["resumable"]
        assert 0 < report["files"] + len(lab.objects()) and lab.sessions()[0]["state"] == "failed"
        (lab.vault / "filler").unlink()
        done = lab.offload()
        assert done["folder"] == report["folder"]
        assert tree(session_folder(lab, done)) == tree(lab.card)
    finally:
        sh("umount", str(lab.vault))


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


def stored(lab):
    """How many photos have their name in the vault by now."""
    return sum(1 for _ in lab.vault.glob("*/*/DCIM/*.JPG"))


def wait_for(condition, process, seconds=60):
    """Polls a fact of the outside world (files in the vault) as long as the process lives."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if condition():
            return True
        os.sched_yield()
    return condition()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cancelled_and_gone_on_with(lab, number):
    fill(lab.card, {f"DCIM/IMG_{i:04}.JPG": 3_000_000 for i in range(60)})
    process = subprocess.Popen(lab.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert wait_for(lambda: stored(lab) > 5, process)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    report = json.loads(output)
    assert process.returncode == 1 and report["outcome"] == "cancelled" and report["resumable"]
    assert "goes on" in errors
    assert lab.sessions()[0]["state"] == "cancelled"
    kept = {o["stored"]: (lab.vault / report["folder"] / o["stored"]).stat().st_ino for o in lab.objects()}
    assert kept
    done = lab.offload()
    assert done["folder"] == report["folder"]
    for name, inode in kept.items():
        assert (lab.vault / done["folder"] / name).stat().st_ino == inode, "not copied again"
    assert tree(session_folder(lab, done)) == tree(lab.card)
    assert [s["state"] for s in lab.sessions()] == ["committed"]


def test_one_at_a_time(lab):
    fill(lab.card, {f"DCIM/IMG_{i:04}.JPG": 3_000_000 for i in range(40)})
    process = subprocess.Popen(lab.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert wait_for(lambda: stored(lab) > 1, process)
    process.send_signal(signal.SIGSTOP)
    try:
        code, report, _ = lab.run()
        assert code == 1 and report["outcome"] == "busy"
    finally:
        process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=120) == 0


def test_times_of_the_clock_decide_nothing(lab):
    """Interrupted today, gone on with when the clock says last year, done again in between."""
    fake = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    if not os.path.exists(fake):
        pytest.skip("libfaketime is not installed")
    fill(lab.card, CARD)
    environment = {"OUTING_FAULT_AT": "12", "OUTING_FAULT_PROGRAM": "outing-offload-worker"}
    code, _, _ = lab.run(environment=environment)
    assert code == 1
    past = {"LD_PRELOAD": fake, "FAKETIME": "-400d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    code, report, errors = lab.run(environment=past)
    assert code == 0, errors
    assert tree(session_folder(lab, report)) == tree(lab.card)
    again = lab.offload()
    assert again["linked"] == len(CARD) - 1


def test_people_see_how_far_it_is(lab):
    fill(lab.card, {f"DCIM/IMG_{i:04}.JPG": 12_000_000 for i in range(20)} | {"DCIM/\x1b[31mred.JPG": 10})
    (lab.card / "DCIM" / "li\x1bnk").symlink_to("x")
    ours, theirs = os.openpty()
    command = [part for part in lab.command() if part != "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    report = process.stdout.read()
    assert process.wait() == 0
    assert (b"copying" in shown or b"verifying" in shown) and b"/21 files" in shown and b"[#" in shown
    assert shown.endswith(b"\r\x1b[K"), "the line is gone at the end"
    assert report.startswith("All 21 files (240.0 MB) from Blue Room camera are in the vault")
    assert "DCIM/li?nk: symbolic link" in report and "\x1b" not in report


# --- memory ----------------------------------------------------------------------------------------------------------------

def peak_memory(lab):
    """Largest RssAnon of the worker in kB."""
    process = subprocess.Popen(lab.command(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    peak, worker = 0, None
    while process.poll() is None:
        try:
            if worker is None:
                worker = (children(process.pid) or [None])[0]
                continue
            with open(f"/proc/{worker}/status", encoding="ascii") as status:
                peak = max([peak] + [int(line.split()[1]) for line in status if line.startswith("RssAnon:")])
        except (OSError, ProcessLookupError):
            continue
        finally:
            os.sched_yield()
    report = json.loads(process.stdout.read())
    assert process.wait() == 0 and report["outcome"] == "committed", report
    return peak, report


def test_memory_does_not_grow_with_the_card(tmp_path_factory):
    many = 100_000 if CAMPAIGN else 20_000
    few, crowd = Lab(tmp_path_factory.mktemp("few")), Lab(tmp_path_factory.mktemp("many"))
    fill(few.card, {f"DCIM/{i % 2}/IMG_{i}.JPG": 3_000_000 for i in range(10)})
    fill(crowd.card, {f"DCIM/{i % 20:03}BLUE/IMG_{i:06}.JPG": 40 + i % 7 for i in range(many)})
    small, _ = peak_memory(few)
    large, report = peak_memory(crowd)
    assert report["files"] == many
    assert large <= small * 1.1, f"{small} kB for 10 files, {large} kB for {many}"
