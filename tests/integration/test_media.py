# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-media on real block devices of this machine: loop devices over images made here.

What udev does with its answers is tested on the laptop (tests/vm/scenarios/test_media.py).
"""

import os
import pathlib
import stat
import struct
import subprocess

import pytest

HELPER = pathlib.Path("build/faults/outing-media").resolve()
MIB = 1 << 20

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: read-only flags of loop devices")


def luks2(cipher="aes-xts-plain64"):
    """A consistent LUKS2 header with both copies, 32 KiB."""
    text = (
        '{"keyslots":{},"tokens":{},"segments":{"0":{"type":"crypt","offset":"1048576",'
        f'"size":"dynamic","encryption":"{cipher}","sector_size":512}}}},"config":{{}}}}'
    ).encode()
    out = b""
    for magic, at in ((b"LUKS\xba\xbe", 0), (b"SKUL\xba\xbe", 16384)):
        binary = bytearray(4096)
        binary[:8] = magic + b"\x00\x02"
        struct.pack_into(">Q", binary, 8, 16384)
        struct.pack_into(">Q", binary, 256, at)
        out += bytes(binary) + text.ljust(12288, b"\0")
    return out


class Medium:
    """A loop device over an image."""

    def __init__(self, path, parts=()):
        self.image = path
        if parts:
            lines = "".join(f"start={a // 512}, size={b // 512}, type=c\n" for a, b in parts)
            table = "label: dos\nlabel-id: 0x6a1b2c3d\n" + lines
            subprocess.run(["sfdisk", "-q", path], input=table.encode(), check=True)
        run = subprocess.run(
            ["losetup", "--show", "-f", path], stdout=subprocess.PIPE, check=True
        )
        self.node = run.stdout.decode().strip()
        # The flag stays with a loop device when its image goes.
        self.set_read_only(False)
        if parts:
            # The kernel of a build machine need not know partition tables; partx makes them all the same.
            subprocess.run(["partx", "-a", self.node], check=True)

    def read_only(self):
        name = self.node.rsplit("/", 1)[1]
        return pathlib.Path(f"/sys/block/{name}/ro").read_text().strip() == "1"

    def set_read_only(self, on):
        subprocess.run(["blockdev", "--setro" if on else "--setrw", self.node], check=True)

    def diskseq(self):
        return pathlib.Path(f"/sys/block/{self.node[5:]}/diskseq").read_text().strip()

    def close(self):
        self.set_read_only(False)
        subprocess.run(["partx", "-d", self.node], stderr=subprocess.DEVNULL)
        subprocess.run(["losetup", "-d", self.node], check=True)


def ask(node, **environment):
    done = subprocess.run([HELPER, node], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    return done.returncode, dict(line.split("=", 1) for line in done.stdout.decode().splitlines())


@pytest.fixture
def make(tmp_path):
    made = []

    def make(content=(), parts=(), size=16 * MIB):
        path = tmp_path / f"{len(made)}.img"
        with open(path, "wb") as f:
            f.truncate(size)
        medium = Medium(path, parts)
        made.append(medium)
        with open(medium.node, "r+b") as f:
            for at, data in content:
                f.seek(at)
                f.write(data)
        return medium

    yield make
    for medium in made:
        medium.close()


def fat(tmp_path, size=8 * MIB):
    path = tmp_path / "fat.img"
    with open(path, "wb") as f:
        f.truncate(size)
    subprocess.run(["mkfs.vfat", "-i", "1a2b3c4d", path], check=True, stdout=subprocess.DEVNULL)
    return path.read_bytes()


def test_a_plain_card_is_read_only_and_said_to_be_plain(make, tmp_path):
    card = make([(MIB, fat(tmp_path))], parts=[(MIB, 8 * MIB)])
    code, said = ask(card.node)
    assert code == 0
    assert said == {"OUTING_MEDIA": "plain", "OUTING_ACCESS": "hand", "OUTING_DISKSEQ": card.diskseq()}
    assert card.read_only()
    with pytest.raises(PermissionError), open(card.node, "r+b", buffering=0) as f:
        f.write(b"x" * 512)


def test_an_encrypted_stick_stays_writable(make):
    stick = make([(0, luks2())])
    assert ask(stick.node) == (0, {"OUTING_MEDIA": "encrypted", "OUTING_ACCESS": "write", "OUTING_DISKSEQ": stick.diskseq()})
    assert not stick.read_only()


def test_an_encrypted_stick_that_was_closed_is_opened(make):
    stick = make([(0, luks2())])
    stick.set_read_only(True)
    assert ask(stick.node)[1]["OUTING_MEDIA"] == "encrypted"
    assert not stick.read_only()


def test_the_null_cipher_is_no_encryption(make):
    stick = make([(0, luks2("cipher_null-ecb"))])
    assert ask(stick.node)[1]["OUTING_MEDIA"] == "plain"
    assert stick.read_only()


def test_one_plain_partition_closes_the_whole_disk(make, tmp_path):
    parts = [(MIB, 4 * MIB), (5 * MIB, 8 * MIB)]
    stick = make([(MIB, luks2()), (5 * MIB, fat(tmp_path))], parts=parts)
    assert ask(stick.node)[1]["OUTING_MEDIA"] == "plain"
    assert stick.read_only()


def test_only_encrypted_partitions_open_the_disk(make):
    stick = make([(MIB, luks2()), (5 * MIB, luks2())], parts=[(MIB, 4 * MIB), (5 * MIB, 8 * MIB)])
    assert ask(stick.node)[1]["OUTING_MEDIA"] == "encrypted"
    assert not stick.read_only()


def test_a_partition_is_answered_with_its_disk(make, tmp_path):
    stick = make([(MIB, luks2())], parts=[(MIB, 8 * MIB)])
    name = stick.node[5:]
    major, minor = pathlib.Path(f"/sys/block/{name}/{name}p1/dev").read_text().split(":")
    part = tmp_path / "part"
    os.mknod(part, 0o600 | stat.S_IFBLK, os.makedev(int(major), int(minor)))
    assert ask(part)[1]["OUTING_MEDIA"] == "encrypted"
    stick.set_read_only(True)
    assert ask(part)[1]["OUTING_MEDIA"] == "encrypted"
    assert not stick.read_only()


def test_what_was_encrypted_is_judged_before_it_is_closed_and_closed_when_it_is_not(make, tmp_path):
    stick = make([(0, fat(tmp_path))])
    was = {"OUTING_WAS": "encrypted", "OUTING_WAS_DISKSEQ": stick.diskseq()}
    assert ask(stick.node, **was)[1]["OUTING_MEDIA"] == "plain"
    assert stick.read_only()


def test_an_empty_reader_is_unknown(make):
    reader = make(size=0)
    assert ask(reader.node)[1]["OUTING_MEDIA"] == "unknown"


def test_no_device_no_answer(make, tmp_path):
    assert ask("/dev/null") == (1, {})
    assert ask("/nowhere") == (1, {})
    assert ask(str(tmp_path)) == (1, {})
    assert ask("relative")[0] == 2


def test_the_disk_under_the_root_is_never_touched():
    number = os.stat("/").st_dev
    link = f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"
    if not os.path.exists(link):
        pytest.skip("the root file system of this machine is not on a block device")
    node = "/dev/" + os.path.basename(os.path.realpath(link))
    before = pathlib.Path(link, "ro").read_text()
    assert ask(node) == (0, {"OUTING_MEDIA": "system", "OUTING_ACCESS": "write", "OUTING_DISKSEQ": "0"})
    assert pathlib.Path(link, "ro").read_text() == before


def test_it_takes_milliseconds(make, tmp_path):
    card = make([(MIB, fat(tmp_path))], parts=[(MIB, 8 * MIB)])
    before = os.times()
    for _ in range(10):
        assert ask(card.node)[0] == 0
    after = os.times()
    spent = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    print(f"{spent / 10 * 1000:.1f} ms of processor time each")
    assert spent / 10 < 0.25


