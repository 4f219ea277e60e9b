# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate's service on a real kernel, in front of real sticks."""

import os
import subprocess

import gate
import pytest
from gate import CANARY, Gate

CLEAN = b"The menu of this week: soup on Monday, fish on Friday.\n" * 999
NAME = "Übersicht für Märchen ☃.txt"


@pytest.fixture
def desk(laptop, tmp_path):
    gate.install(laptop, tmp_path)
    return laptop


class Stick:
    """A stick without partitions and with a file system that only its own tools know."""

    MAKE = {
        "ext4": ["mkfs.ext4", "-q", "-F", "-E", "root_owner=1000:1000"],
        "ext2": ["mkfs.ext2", "-q", "-F"],
        "ntfs": ["mkfs.ntfs", "-q", "-f", "-F"],
    }

    def __init__(self, path, fs):
        self.path, self.fs = path, fs
        with open(path, "wb") as image:
            image.truncate(48 << 20)
        subprocess.run([*self.MAKE[fs], path], check=True, capture_output=True)

    def read_file(self, name):
        cat = ["ntfscat", self.path, name] if self.fs == "ntfs" else ["debugfs", "-R", f'cat "/{name}"', self.path]
        return subprocess.run(cat, check=True, capture_output=True).stdout


@pytest.fixture
def make_stick(tmp_path, make_card):
    """make_stick(fs) -> (image, suffix of the node, type as the agent names it)."""
    def make(fs, **how):
        if fs in Stick.MAKE:
            return Stick(tmp_path / f"{fs}.img", fs), "", fs
        how.setdefault("files", {"old.txt": b"old"})
        how.setdefault("dirty", False)
        return make_card(fs=fs, **how), "1", "exfat" if fs == "exfat" else "vfat"
    return make


def plugged(laptop, stick, suffix="", serial="STICK1"):
    node = laptop.plug_usb_storage(stick.path, serial) + suffix
    laptop.ok(["udevadm", "settle"])
    return node


def flags(laptop, node):
    disk = node.rstrip("0123456789")
    return set(laptop.ok(["blockdev", "--getro", *{disk, node}]).split())


def assert_nothing_left(laptop, node):
    assert gate.devices(laptop) == []
    assert laptop.ok("ls -A /run/outing-guard/gate /run/media/alice | grep -v : || true").split() == []
    assert "outing-gate" not in laptop.ok(["cat", "/proc/mounts"])
    laptop.ok(f"mkdir -p /mnt/free && mount -o ro {node} /mnt/free && umount /mnt/free")
    assert flags(laptop, node) == {"1"}


@pytest.mark.parametrize(
    "fs", ["fat16", *(pytest.param(fs, marks=pytest.mark.campaign) for fs in ("ext4", "fat32", "exfat", "ext2"))])
def test_what_is_clean_is_on_the_stick_and_nothing_else(desk, make_stick, fs):
    stick, suffix, kind = make_stick(fs)
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind, label="Blue Room")
    assert opened.opened() == "/run/media/alice/Blue Room"
    assert opened.copy("menu.txt", CLEAN).code == 0
    assert opened.copy(NAME, CLEAN + b"2").code == 0
    refused = opened.copy("list.txt", CANARY + b"\n" * 5000)
    assert refused.code == 1 and "Operation not permitted" in refused.err
    assert "refused" in opened.wait("report")
    assert flags(desk, node) == {"1"}
    desk.ok(["umount", opened.path], user="alice")
    assert opened.closed() == ("shut", 0, "Everything is written. It can be taken out.")
    assert_nothing_left(desk, node)
    desk.unplug()
    assert stick.read_file("menu.txt") == CLEAN
    assert stick.read_file(NAME) == CLEAN + b"2"
    assert CANARY not in stick.path.read_bytes()


@pytest.mark.campaign
def test_what_the_kernel_cannot_write_is_refused_with_a_way_out(desk, make_stick):
    """The kernel of Debian 12 is built without ntfs3."""
    stick, suffix, kind = make_stick("ntfs")
    node = plugged(desk, stick, suffix)
    before = stick.path.read_bytes()
    assert desk.run(["modprobe", "--dry-run", "ntfs3"]).code != 0
    end, _, sentence = Gate(desk, node, kind).closed()
    assert end == "refused" and "(ntfs)" in sentence and "FAT32 or exFAT" in sentence
    assert gate.devices(desk) == [] and flags(desk, node) == {"1"}
    desk.unplug()
    assert stick.path.read_bytes() == before


def test_nobody_else_gets_at_the_stick_meanwhile(desk, make_stick):
    stick, suffix, kind = make_stick("fat16")
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind)
    opened.opened()
    service = opened.service()
    assert desk.ok(f"readlink /proc/{service}/ns/mnt") == desk.ok("readlink /proc/1/ns/mnt")
    for target in (node, node.rstrip("1")):
        busy = desk.run(f"mkdir -p /mnt/second && mount -o ro {target} /mnt/second")
        assert busy.code != 0 and "already mounted or mount point busy" in busy.err
        assert desk.run(f"dd if=/dev/zero of={target} bs=512 count=1 conv=notrunc").code != 0
    end, _, sentence = Gate(desk, node, kind).closed()
    assert end == "refused" and "in use" in sentence
    assert desk.run(["ls", opened.path], user="mona").code != 0
    assert desk.run(["umount", opened.path], user="mona").code != 0
    assert desk.run(["touch", f"{opened.path}/x"], user="alice").code == 0
    assert opened.shut()[0] == "shut"
    assert_nothing_left(desk, node)


def test_a_killed_service_writes_nothing_more_and_the_next_one_cleans_up(desk, make_stick):
    stick, suffix, kind = make_stick("fat16")
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind)
    path = opened.opened()
    # Without the unit's own broom, as when systemd is killed as well.
    desk.ok("mkdir -p /run/systemd/system/outing-gate@.service.d && "
            "printf '[Service]\\nExecStopPost=\\n' >/run/systemd/system/outing-gate@.service.d/no-sweep.conf && "
            "systemctl daemon-reload")
    desk.ok(f"kill -9 {opened.service()} && udevadm settle")
    dead = desk.run(f"until ! pgrep -x outing-gate && ! pgrep -u outing-gate; do :; done; ls '{path}'", user="alice")
    assert dead.code != 0 and "Transport endpoint is not connected" in dead.err
    assert opened.copy("late.txt", CLEAN).code != 0
    assert gate.devices(desk) != []
    again = Gate(desk, node, kind)
    assert again.opened() == path
    assert again.copy("menu.txt", CLEAN).code == 0
    desk.ok("rm /run/systemd/system/outing-gate@.service.d/no-sweep.conf && systemctl daemon-reload")
    desk.ok(f"kill -9 {again.service()}")
    desk.ok("while dmsetup ls | grep -q outing-gate; do :; done", timeout=30)
    assert_nothing_left(desk, node)
    desk.unplug()
    assert "late.txt" not in stick.list_files()


def test_a_killed_worker_closes_the_gate(desk, make_stick):
    stick, suffix, kind = make_stick("fat16")
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind)
    opened.opened()
    desk.ok("pkill -9 -u outing-gate")
    end, _, sentence = opened.closed()
    assert end == "broken" and "broke off" in sentence
    assert_nothing_left(desk, node)


@pytest.mark.campaign
def test_the_agent_goes_and_the_gate_with_it(desk, make_stick):
    stick, suffix, kind = make_stick("fat16")
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind)
    opened.opened()
    assert opened.copy("menu.txt", CLEAN).code == 0
    desk.ok("pkill -9 -x gate-client")
    desk.ok("while dmsetup ls | grep -q outing-gate || pgrep -x outing-gate; do :; done", timeout=60)
    assert_nothing_left(desk, node)
    desk.unplug()
    assert stick.read_file("menu.txt") == CLEAN


def test_a_stick_that_is_pulled_in_the_middle_keeps_the_old_file(desk, make_stick):
    old, new = os.urandom(3 << 20), os.urandom(6 << 20)
    stick, suffix, kind = make_stick("fat16", files={"film.bin": old})
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind)
    opened.opened()
    desk.write("/run/to-copy", new)
    desk.slow_down(500_000)
    copying = desk.start(["cp", "/run/to-copy", f"{opened.path}/film.bin"], user="alice")
    disk = node.rstrip("0123456789").rpartition("/")[2]
    desk.ok(f"a=$(awk '{{print $7}}' /sys/block/{disk}/stat); "
            f"until [ $(awk '{{print $7}}' /sys/block/{disk}/stat) -gt $((a + 500)) ]; do :; done", timeout=60)
    desk.unplug()
    end, _, sentence = opened.closed()
    assert end == "gone" and "pulled out" in sentence
    desk.finish(copying)
    assert gate.devices(desk) == []
    assert "outing-gate" not in desk.ok(["cat", "/proc/mounts"])
    assert stick.read_file("film.bin") == old


@pytest.mark.campaign
def test_a_stick_that_is_pulled_when_nothing_happens(desk, make_stick):
    stick, suffix, kind = make_stick("fat16")
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind)
    opened.opened()
    desk.unplug()
    assert opened.closed()[0] == "gone"
    assert gate.devices(desk) == []


def test_a_full_stick_says_so_and_keeps_what_it_had(desk, make_stick):
    stick, suffix, kind = make_stick("fat16", mib=20)
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind)
    opened.opened()
    assert opened.copy("menu.txt", CLEAN).code == 0
    large = opened.copy("large.bin", os.urandom(24 << 20))
    end, unwritten, _ = opened.shut()
    assert end == "shut" and (large.code != 0 or unwritten == 1)
    desk.unplug()
    assert stick.read_file("menu.txt") == CLEAN and stick.read_file("old.txt") == b"old"
    assert "large.bin" not in stick.list_files()


def test_what_is_not_opened(desk, make_stick, tmp_path):
    stick, suffix, kind = make_stick("fat16")
    node = plugged(desk, stick, suffix)
    for how, wanted in (
        ({"node": "/dev/vda", "kind": "ext4"}, ("refused", "belongs to this computer")),
        ({"node": node, "diskseq": 99999}, ("gone", "taken out")),
        ({"node": "/dev/sdz9", "diskseq": 1}, ("gone", "taken out")),
        ({"node": node, "kind": "ext4"}, ("refused", "eject it properly")),
        ({"node": node, "kind": "xfs"}, ("refused", "FAT32")),
        ({"node": node, "user": "root"}, ("refused", "does not know")),
    ):
        end, _, sentence = Gate(desk, **{"kind": kind, **how}).closed()
        assert (end, wanted[1] in sentence) == (wanted[0], True), (how, sentence)
    desk.ok(["blockdev", "--setrw", node.rstrip("1")])
    end, _, sentence = Gate(desk, node, kind).closed()
    assert end == "refused" and "past the check" in sentence
    desk.ok(["blockdev", "--setro", node.rstrip("1")])
    assert_nothing_left(desk, node)


@pytest.mark.campaign
def test_labels_do_no_harm_and_messages_of_a_wrong_kind_end_it(desk, make_stick):
    stick, suffix, kind = make_stick("fat16")
    node = plugged(desk, stick, suffix)
    opened = Gate(desk, node, kind, label="../../etc/..\n\u202ex")
    assert opened.opened() == "/run/media/alice/_.._etc_..x"
    opened.say("type 26386 3")
    desk.ok("while dmsetup ls | grep -q outing-gate; do :; done", timeout=60)
    assert_nothing_left(desk, node)
