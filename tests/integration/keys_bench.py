# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes, start-up images and a prepared root for tests of keys beside the lock."""

import hashlib
import json
import os
import pathlib
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / f"build/{os.environ.get('OUTING_VARIANT', 'faults')}/tests/keys-judge"
CHEAP = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000")

MOUNTS = """\
1 0 8:1 / / rw - xfs /dev/sda1 rw
2 1 254:0 / /secret rw - xfs /dev/mapper/secret rw
"""


def tool(*arguments):
    done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def cryptsetup(*arguments, key=b""):
    """Never a key on a command line, here neither."""
    return subprocess.run(["cryptsetup", "-q", *arguments], input=key, check=True, capture_output=True, timeout=120)


class Bench:
    """One prepared root: /proc, /sys, and files that rest in clear except below /secret."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "root"
        self.cache = folder / "cache"
        self.put("proc/self/mountinfo", MOUNTS)
        self.put("proc/cmdline", "root=/dev/mapper/root ro quiet\n")
        (self.root / "boot").mkdir()
        for number, where in (("8:0", "pci0/block/sda"), ("8:1", "pci0/block/sda/sda1"), ("254:0", "virtual/block/dm-0")):
            self.put(f"sys/devices/{where}/dev", number + "\n")
            self.put(f"sys/devices/{where}/size", "2048\n")
            link = self.root / "sys/dev/block" / number
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"../../devices/{where}")
        self.put("sys/devices/pci0/block/sda/sda1/partition", "1\n")
        self.put("sys/devices/virtual/block/dm-0/dm/name", "secret\n")

    def put(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    def volume(self, name="volume", kind="luks2", key=b"invented passphrase", options=CHEAP):
        path = self.folder / name
        with path.open("wb") as file:
            file.truncate(32 << 20)
        fresh = self.folder / "new-key"
        fresh.write_bytes(key)
        cryptsetup("luksFormat", "--type", kind, *options, str(path), "--key-file", str(fresh))
        fresh.unlink()
        return path

    def add_key(self, volume, old, new):
        fresh = self.folder / "new-key"
        fresh.write_bytes(new)
        cryptsetup("luksAddKey", *CHEAP, "--key-file", "-", str(volume), str(fresh), key=old)
        fresh.unlink()

    def judge(self, volume, *options, cache=True):
        return tool("keys", self.root, volume, self.cache if cache else "-", *options)


# --- start-up images ---


def cpio(files):
    """A newc archive of {name: bytes}."""
    out = b""
    for number, (name, content) in enumerate([*files.items(), ("TRAILER!!!", b"")]):
        mode = 0o100600 if name != "TRAILER!!!" else 0
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08X" % value for value in fields) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + content
        out += b"\0" * (-len(out) % 4)
    return out + b"\0" * (-len(out) % 512)


def compress(data, *command):
    return subprocess.run(command, input=data, check=True, capture_output=True, timeout=60).stdout


COMPRESSORS = {
    "plain": (),
    "gzip": ("gzip", "-c"),
    "bzip2": ("bzip2", "-c"),
    "xz": ("xz", "--check=crc32", "-c"),
    "lzma": ("xz", "--format=lzma", "-c"),
    "zstd": ("zstd", "-q", "-c"),
    "zstd-long": ("zstd", "-q", "-19", "--no-check", "-c"),
    "lz4": ("lz4", "-q", "-c"),
    "lz4-legacy": ("lz4", "-q", "-l", "-c"),
}


def packed(data, how):
    return compress(data, *COMPRESSORS[how]) if COMPRESSORS[how] else data


def unified_kernel(sections):
    """A PE file with these sections and nothing else that would run."""
    header = bytearray(64)
    header[:2] = b"MZ"
    struct.pack_into("<I", header, 0x3C, 64)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, 0, 0)
    at = (len(header) + len(coff) + 40 * len(sections) + 511) // 512 * 512
    table, body = b"", b""
    for name, content in sections.items():
        stored = content + b"\0" * (-len(content) % 512)
        table += struct.pack("<8sIIIIIIHHI", name.encode(), len(content), 0, len(stored), at + len(body), 0, 0, 0, 0, 0)
        body += stored
    return (bytes(header) + coff + table).ljust(at, b"\0") + body
