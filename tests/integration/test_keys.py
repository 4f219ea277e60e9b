# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys beside the lock, on real LUKS headers made here in plain files: what opens them is found and proven, what does
not is no finding, and nothing of it changes a byte of the volume."""

import hashlib
import json
import os
import stat
import subprocess

import pytest

from keys_bench import CHEAP, COMPRESSORS, Bench, cpio, cryptsetup, packed, sha256, tool, unified_kernel

KEY = bytes(range(1, 65))
OTHER = bytes(range(64, 0, -1))
UNRELATED = b"made-up text for a nursery\n" * 40

both_kinds = pytest.mark.parametrize("kind", ["luks1", "luks2"])


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def image(*more, how="gzip", early=True):
    """Microcode in clear, then the compressed rest, as distributions make it."""
    files = {"init": b"#!/bin/sh\n" * 5000, "etc/fstab": b"", "usr/bin/keyctl": os.urandom(900)}
    for extra in more:
        files.update(extra)
    front = cpio({"kernel/x86/microcode/Invented.bin": os.urandom(5000)}) if early else b""
    return front + packed(cpio(files), how)


# --- headers ---


def header(volume):
    found = tool("header", volume)
    assert found["sane"]
    return found


@both_kinds
def test_a_cheap_slot_is_weak(bench, kind):
    found = header(bench.volume(kind=kind))
    assert (found["kind"], found["verdict"]) == (kind.upper(), "weak")
    assert "1000" in found["reason"] and "--key-slot 0 DEVICE" in found["command"]


@both_kinds
def test_an_ordinary_header_is_encrypted(bench, kind):
    options = ("--pbkdf-force-iterations", "100000") if kind == "luks1" else (
        "--pbkdf", "argon2id", "--pbkdf-memory", "32768", "--pbkdf-force-iterations", "4")
    found = header(bench.volume(kind=kind, options=options))
    assert (found["verdict"], found["fix"], found["command"]) == ("encrypted", "", "")
    assert "xts-plain64 with a key of 256 bits" in found["reason"]


@pytest.mark.parametrize("cipher,verdict", [
    ("aes-ecb", "weak"), ("aes-cbc-plain64", "weak"), ("aes-cbc-essiv:sha256", "encrypted"),
    ("cipher_null-ecb", "not-encrypted"), ("xchacha12,aes-adiantum-plain64", "encrypted"),
])
def test_ciphers_of_real_headers(bench, cipher, verdict):
    strong = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "100000")
    try:
        volume = bench.volume(options=(*strong, "--cipher", cipher, "--key-size", "256"))
    except subprocess.CalledProcessError as error:
        if b"device-mapper" in error.stderr:
            pytest.skip("the kernel of this machine has no interface for that cipher")
        raise
    assert header(volume)["verdict"] == verdict


@pytest.mark.parametrize("token,verdict", [
    ({"type": "systemd-tpm2", "tpm2-pin": False, "tpm2-blob": "", "tpm2-pcrs": [], "tpm2-policy-hash": ""}, "weak"),
    ({"type": "clevis", "jwe": {}}, "weak"),
    ({"type": "invented-thing"}, "unknown"),
    ({"type": "luks2-keyring", "key_description": "x"}, "encrypted"),
])
def test_tokens_of_real_headers(bench, token, verdict):
    volume = bench.volume(options=("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "100000"))
    text = json.dumps(dict(token, keyslots=["0"])).encode()
    cryptsetup("token", "import", "--disable-external-tokens", str(volume), key=text)
    assert header(volume)["verdict"] == verdict
    assert bench.judge(volume)["verdict"] == verdict


def test_encryption_that_was_only_begun_is_not_encrypted(bench):
    volume = bench.folder / "volume"
    with volume.open("wb") as file:
        file.truncate(48 << 20)
    cryptsetup("reencrypt", "--encrypt", "--type", "luks2", "--init-only", "--reduce-device-size", "32M", *CHEAP,
               "--key-file", "-", str(volume), key=b"invented")
    found = header(volume)
    assert found["verdict"] == "not-encrypted" and "not finished" in found["reason"]


def test_encrypting_anew_is_encrypted_and_keys_are_tried(bench):
    strong = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "100000")
    volume = bench.volume(options=strong)
    cryptsetup("reencrypt", "--init-only", *strong, "--key-file", "-", str(volume), key=b"invented passphrase")
    assert header(volume)["verdict"] == "encrypted"
    assert bench.judge(volume)["outcome"] == "none"


# --- trying ---


@both_kinds
def test_nothing_beside_the_lock(bench, kind):
    found = bench.judge(bench.volume(kind=kind))
    assert (found["outcome"], found["verdict"], found["tried"]) == ("none", "encrypted", 1)


@both_kinds
def test_an_empty_passphrase_is_found_in_whatever_slot(bench, kind):
    volume = bench.volume(kind=kind)
    bench.add_key(volume, b"invented passphrase", b"")
    found = bench.judge(volume)
    assert found["outcome"] == "in-clear" and "empty passphrase" in found["reason"]
    assert found["command"] == "cryptsetup luksChangeKey DEVICE --key-slot 1"


def test_an_empty_passphrase_behind_argon2(bench):
    volume = bench.volume(key=b"", options=("--pbkdf", "argon2id", "--pbkdf-memory", "65536",
                                            "--pbkdf-force-iterations", "4", "--pbkdf-parallel", "4"))
    assert bench.judge(volume)["outcome"] == "in-clear"


@both_kinds
@pytest.mark.parametrize("where", ["/boot/data.key", "/etc/keys/data.key", "/root/unsuspicious"])
def test_a_key_file_in_clear_is_tried_and_proven(bench, kind, where):
    volume = bench.volume(kind=kind)
    bench.add_key(volume, b"invented passphrase", KEY)
    bench.put(where[1:], KEY)
    bench.put("etc/crypttab", f"data UUID={header(volume)['uuid']} {where} luks\n")
    found = bench.judge(volume)
    assert found["outcome"] == "in-clear" and where in found["reason"]
    assert found["command"] == "cryptsetup luksKillSlot DEVICE 1"


def test_a_key_file_on_encrypted_storage_is_how_it_should_be(bench):
    volume = bench.volume(key=KEY)
    bench.put("secret/data.key", KEY)
    bench.put("etc/crypttab", "data /dev/sda2 /secret/data.key luks\n")
    found = bench.judge(volume)
    assert (found["outcome"], found["reason"]) == ("none", "")


def test_a_file_that_opens_nothing_is_no_key(bench):
    volume = bench.volume()
    bench.put("etc/crypttab", "data /dev/sda2 /etc/data.key luks\n")
    bench.put("etc/data.key", OTHER)
    bench.put("boot/luks-notes", UNRELATED)
    found = bench.judge(volume)
    assert (found["outcome"], found["tried"]) == ("none", 3)


def test_a_part_of_a_file_is_the_key(bench):
    volume = bench.volume(key=KEY)
    bench.put("srv/blob", b"x" * 512 + KEY + b"y" * 512)
    bench.put("etc/crypttab", "data /dev/sda2 /srv/blob luks,keyfile-offset=512,keyfile-size=64\n")
    assert bench.judge(volume)["outcome"] == "in-clear"


def test_the_key_folder_of_systemd(bench):
    volume = bench.volume(key=KEY)
    bench.put("etc/crypttab", "data /dev/sda2 none luks\n")
    bench.put("etc/cryptsetup-keys.d/data.key", KEY)
    assert bench.judge(volume)["outcome"] == "in-clear"


@pytest.mark.parametrize("line", ["rd.luks.key={uuid}=/top", "luks.key=/top", 'x="a rd.luks.key=/top b"', "cryptkey=rootfs:/top",
                                  "cryptopts=target=root,source=/dev/sda2,key=/top"])
def test_the_kernels_command_line(bench, line):
    volume = bench.volume(key=KEY)
    bench.put("top", KEY)
    bench.put("proc/cmdline", line.format(uuid=header(volume)["uuid"]) + "\n")
    assert bench.judge(volume)["outcome"] == "in-clear"


def test_a_boot_loaders_entry(bench):
    volume = bench.volume(key=KEY)
    bench.put("boot/loader/entries/invented.conf", "title x\noptions ro rd.luks.key=/strange quiet\n")
    bench.put("boot/initrd.img-1", image({"strange": KEY}))
    assert bench.judge(volume)["outcome"] == "in-clear"


# --- start-up images ---


@pytest.mark.parametrize("how", COMPRESSORS)
@pytest.mark.parametrize("name", ["cryptroot/keyfiles/root.key", "crypto_keyfile.bin"])
def test_a_key_inside_an_image_is_found(bench, how, name):
    volume = bench.volume(key=KEY)
    bench.put("boot/initrd.img-6.1", image({name: KEY}, how=how))
    found = bench.judge(volume)
    assert found["outcome"] == "in-clear", found
    assert f"{name} inside /boot/initrd.img-6.1" in found["reason"]


@pytest.mark.parametrize("first", COMPRESSORS)
@pytest.mark.parametrize("padding", [0, 512])
def test_a_key_in_a_second_part_is_not_missed(bench, first, padding):
    """Either it is found or the image is not understood: never "nothing"."""
    volume = bench.volume(key=KEY)
    whole = image(how=first) + b"\0" * padding + packed(cpio({"late.key": KEY}), "gzip")
    bench.put("boot/initramfs-linux.img", whole)
    cannot_tell_where_it_ends = ("xz", "lzma", "lz4", "lz4-legacy")
    outcome = bench.judge(volume)["outcome"]
    assert outcome in (("in-clear", "unknown") if first in cannot_tell_where_it_ends else ("in-clear",))


@pytest.mark.parametrize("how", COMPRESSORS)
def test_padding_after_an_image_is_fine(bench, how):
    bench.put("boot/initrd.img-6.1", image(how=how) + b"\0" * 1024)
    assert bench.judge(bench.volume())["outcome"] == "none"


def test_an_inner_crypttab_names_a_file(bench):
    volume = bench.volume(key=KEY)
    bench.put("boot/initrd.img", image({"cryptroot/crypttab": b"root /dev/sda2 /plain/looking luks\n", "plain/looking": KEY}))
    assert bench.judge(volume)["outcome"] == "in-clear"


def test_a_unified_kernel(bench):
    volume = bench.volume(key=KEY)
    inner = image({"odd": KEY}, how="zstd")
    bench.put("boot/EFI/Linux/invented.efi",
              unified_kernel({".linux": UNRELATED, ".initrd": inner, ".cmdline": b"ro rd.luks.key=/odd"}))
    found = bench.judge(volume)
    assert found["outcome"] == "in-clear" and "invented.efi" in found["reason"]


def test_boot_configuration_behind_an_image(bench):
    text = b"kernel.quiet\n"
    tail = text + len(text).to_bytes(4, "little") + sum(text).to_bytes(4, "little") + b"#BOOTCONFIG\n"
    bench.put("boot/initrd.img", image() + tail)
    assert bench.judge(bench.volume())["outcome"] == "none"


def test_an_image_on_encrypted_storage_is_no_finding(bench):
    volume = bench.volume(key=KEY)
    bench.put("secret/initrd.img", image({"root.key": KEY}))
    (bench.root / "boot").rmdir()
    (bench.root / "boot").symlink_to("secret")
    assert bench.judge(volume)["outcome"] == "in-clear"  # the link does not say where it rests
    mounts = bench.root / "proc/self/mountinfo"
    mounts.write_text(mounts.read_text().replace("1 0 8:1", "1 0 254:0"))
    assert bench.judge(volume)["outcome"] == "none"


@pytest.mark.parametrize("damage", ["cut", "noise", "rubbish", "encrypted"])
def test_an_image_that_is_not_understood_is_unknown(bench, damage):
    whole = image()
    bench.put("boot/initrd.img-6.1", {
        "cut": whole[: len(whole) - 2000],
        "noise": whole[:-3000] + os.urandom(3000),
        "rubbish": UNRELATED,
        "encrypted": os.urandom(100000),
    }[damage])
    found = bench.judge(bench.volume())
    assert found["outcome"] == "unknown" and "/boot/initrd.img-6.1" in found["reason"]


def test_other_files_in_boot_are_no_images(bench):
    bench.put("boot/grub/i386-pc/core.img", os.urandom(30000))
    bench.put("boot/EFI/BOOT/BOOTX64.EFI", unified_kernel({".text": UNRELATED}))
    bench.put("boot/grub/i386-pc/luks.mod", UNRELATED)
    bench.put("boot/kernel8.img", packed(UNRELATED, "gzip"))
    found = bench.judge(bench.volume())
    assert (found["outcome"], found["tried"]) == ("none", 1)


def test_boot_that_cannot_be_read_is_unknown(bench):
    (bench.root / "boot").rmdir()
    bench.put("boot", "a file where a folder should be")
    assert bench.judge(bench.volume())["outcome"] == "unknown"


# --- other ways to open it ---


@pytest.mark.parametrize("line,outcome", [
    ("data /dev/sda2 none luks,discard", "none"),
    ("data /dev/sda2 /dev/urandom swap", "none"),
    ("data /dev/sda2 none luks,try-empty-password", "none"),
    ("data /dev/sda2 none luks,keyscript=/usr/local/sbin/invented", "unknown"),
    ("data UUID=00000000-0000-4000-8000-000000000000 none luks,keyscript=/usr/local/sbin/invented", "none"),
    ("data /dev/sda2 none luks,keyscript=decrypt_keyctl", "none"),
    ("root /dev/sda3 none luks\ndata /dev/sda2 root luks,keyscript=decrypt_derived", "none"),
    ("data /dev/sda2 missing luks,keyscript=decrypt_derived", "unknown"),
    ("data /dev/sda2 /etc/sealed luks,tpm2-device=auto", "alone"),
    ("data /dev/sda2 none luks,tpm2-device=auto", "none"),
    ("data /dev/sda2 /dev/disk/by-label/stick:/k luks,keyscript=passdev", "unknown"),
    ("data /dev/sda2 /dev/disk/by-label/absent:/k luks,keyscript=passdev", "none"),
    ("data /dev/sda2 none luks,keyscript=/lib/cryptsetup/scripts/passdev", "unknown"),
    ("data /dev/sda2 /k:LABEL=stick luks", "unknown"),
    ("data /dev/sda2 /k:LABEL=absent luks", "none"),
    ("data /dev/sda2 " + "x" * 3000 + " luks", "unknown"),
])
def test_crypttab_entries(bench, line, outcome):
    bench.put("dev/sda2", "")
    bench.put("dev/sda3", "")
    bench.put("dev/disk/by-label/stick", "")
    bench.put("etc/crypttab", "# comment\n" + line + "\n")
    assert bench.judge(bench.volume())["outcome"] == outcome


# --- what is remembered ---


def test_the_second_time_nothing_is_computed(bench):
    volume = bench.volume()
    bench.add_key(volume, b"invented passphrase", KEY)
    bench.put("boot/wrong.key", OTHER)
    first = bench.judge(volume)
    assert (first["outcome"], first["tried"], first["asked"], first["remembered"]) == ("none", 4, 4, 0)
    second = bench.judge(volume)
    assert (second["outcome"], second["tried"], second["asked"], second["remembered"]) == ("none", 0, 0, 2)
    assert bench.judge(volume, "--no-try")["outcome"] == "none"


def test_findings_are_remembered_too(bench):
    volume = bench.volume()
    bench.add_key(volume, b"invented passphrase", KEY)
    bench.put("boot/right.key", KEY)
    bench.judge(volume)
    found = bench.judge(volume)
    assert (found["outcome"], found["tried"]) == ("in-clear", 0)
    assert found["command"] == "cryptsetup luksKillSlot DEVICE 1"


def test_a_changed_header_or_file_is_tried_anew(bench):
    volume = bench.volume()
    key = bench.put("boot/a.key", OTHER)
    assert bench.judge(volume)["tried"] == 2
    bench.add_key(volume, b"invented passphrase", KEY)
    assert bench.judge(volume)["tried"] == 4
    before = key.stat()
    key.write_bytes(KEY)
    os.utime(key, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = bench.judge(volume)
    assert (found["outcome"], found["tried"]) == ("in-clear", 2)


def test_what_is_remembered_is_no_use_to_a_thief(bench):
    volume = bench.volume(key=KEY)
    bench.put("boot/a.key", KEY)
    bench.judge(volume)
    assert stat.S_IMODE(bench.cache.stat().st_mode) == 0o600
    text = bench.cache.read_text()
    for name in ("md5", "sha1", "sha256", "sha512"):
        assert hashlib.new(name, KEY).hexdigest() not in text
    assert KEY.hex() not in text and "a.key" not in text


@pytest.mark.parametrize("spoil", ["readable", "rubbish", "other"])
def test_a_cache_that_is_not_ours_counts_for_nothing(bench, spoil):
    volume = bench.volume()
    bench.judge(volume)
    if spoil == "readable":
        bench.cache.chmod(0o644)
    elif spoil == "rubbish":
        bench.cache.write_text("{")
    else:
        bench.cache.write_text('{"version":1,"trials":[],"images":{}}')
    assert bench.judge(volume)["tried"] == 1
    assert bench.judge(volume)["tried"] == 0


def test_not_trying_is_unknown(bench):
    found = bench.judge(bench.volume(), "--no-try")
    assert (found["outcome"], found["verdict"], found["tried"]) == ("unknown", "unknown", 0)


# --- the volume stays as it is ---


@pytest.mark.parametrize("damage", [None, 0, 24, 0x1000, 0x4000, 0x4018, 0x5000])
def test_no_byte_of_the_volume_changes(bench, damage):
    """A library that loads a damaged header from the volume would repair it there."""
    volume = bench.volume(key=b"")
    if damage is not None:
        with volume.open("r+b") as file:
            file.seek(damage)
            file.write(b"\xff\xfe\xfd\xfc")
    volume.chmod(0o600)
    before, times = sha256(volume), volume.stat()
    found, keys = header(volume), bench.judge(volume)
    assert sha256(volume) == before
    assert volume.stat().st_mtime_ns == times.st_mtime_ns
    if damage is None:
        assert keys["outcome"] == "in-clear"
    else:
        assert (found["verdict"], keys["outcome"]) == ("unknown", "unknown")
