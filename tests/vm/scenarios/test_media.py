# SPDX-License-Identifier: GPL-3.0-or-later
"""External media are closed first and opened only when they are encrypted; the agent need not even run.

Every story here starts with the agent stopped.
"""

import hashlib
import shlex
import time

import pytest

KNOWN = "/var/lib/outing-guard/known-media"
HELPER = "/usr/libexec/outing-guard/outing-media"
CAMERA_KEY = "usb:46f4:0001:BR0001"  # QEMU's USB disk with the serial that plug_usb_storage is given
PASSPHRASE = b"sunny lane"


@pytest.fixture
def desk(laptop):
    """The laptop with the agent stopped for good."""
    laptop.ok("systemctl mask --now outingd.service")
    assert laptop.run(["pgrep", "outingd"]).code == 1
    return laptop


def properties(laptop, node):
    out = laptop.ok(["udevadm", "info", "--query=property", "--name", node])
    return dict(line.split("=", 1) for line in out.splitlines())


def read_only(laptop, node):
    name = node.removeprefix("/dev/")
    return laptop.ok(f"cat $(find /sys/class/block/{name}/ -maxdepth 1 -name ro)").strip() == "1"


def know_camera(laptop, key=CAMERA_KEY):
    digest = hashlib.sha512(key.encode()).hexdigest()
    laptop.write(KNOWN, f"outing-guard known-media 1\ncamera {digest}\n")


def retrigger(laptop, node):
    name = node.removeprefix("/dev/")
    laptop.ok(f"udevadm trigger --settle --action=change --name-match={node}; udevadm settle; true # {name}")


def mount_as_alice(laptop, node, *options):
    return laptop.run(["udisksctl", "mount", "--no-user-interaction", "-b", node, *options], user="alice")


def make_encrypted(laptop, image, cipher="aes-xts-plain64", offset=0):
    """LUKS2 in IMAGE, made by cryptsetup itself in the guest."""
    disk = laptop.attach_disk(image)
    line = (
        f"cryptsetup luksFormat -q --type luks2 --cipher {cipher} --pbkdf pbkdf2 "
        "--pbkdf-force-iterations 1000 --key-file -"
    )
    if "null" in cipher:
        line += " --key-size 128"
    if offset:
        line = f"losetup -o {offset} --sizelimit {24 << 20} /dev/loop7 {disk} && {line} /dev/loop7 && losetup -d /dev/loop7"
    else:
        line += f" {disk}"
    laptop.ok(line, stdin=PASSPHRASE)
    laptop.ok(["sync"])
    laptop.unplug()


def empty_image(tmp_path, name="stick.img", mib=64):
    path = tmp_path / name
    with open(path, "wb") as f:
        f.truncate(mib << 20)
    return path


def assert_closed_for_writing(laptop, disk):
    assert read_only(laptop, disk)
    refused = laptop.run(["dd", "if=/dev/zero", f"of={disk}", "bs=512", "count=1", "oflag=direct"])
    assert refused.code != 0


def test_a_strange_card_can_be_read_but_not_written(desk, make_card):
    card = make_card(fs="fat16")
    before = hashlib.sha256(card.path.read_bytes()).hexdigest()
    disk = desk.plug_usb_storage(card.path, "XY0042")
    desk.ok(["udevadm", "wait", "--timeout=30", disk + "1"])
    assert properties(desk, disk)["OUTING_MEDIA"] == "plain"
    assert_closed_for_writing(desk, disk)
    assert read_only(desk, disk + "1")
    assert mount_as_alice(desk, disk + "1", "-o", "rw").code != 0
    mounted = mount_as_alice(desk, disk + "1")
    assert mounted.code == 0, mounted.err
    target = desk.ok(["findmnt", "-no", "TARGET", disk + "1"]).strip()
    assert "ro" in desk.ok(["findmnt", "-no", "OPTIONS", disk + "1"]).strip().split(",")
    assert desk.run(["touch", f"{target}/x"], user="alice").code != 0
    assert desk.run(f"mount -o remount,rw {shlex.quote(target)} && touch {shlex.quote(target)}/x").code != 0
    desk.ok(["umount", target])
    desk.unplug()
    assert hashlib.sha256(card.path.read_bytes()).hexdigest() == before


def test_a_registered_camera_is_hidden_from_the_desktop(desk, make_card):
    know_camera(desk)
    disk = desk.plug_usb_storage(make_card().path, "BR0001")
    desk.ok(["udevadm", "wait", "--timeout=30", disk + "1"])
    for node in (disk, disk + "1"):
        said = properties(desk, node)
        assert said["OUTING_MEDIA"] == "camera"
        assert said["UDISKS_IGNORE"] == "1" and said["UDISKS_SYSTEM"] == "1"
    assert_closed_for_writing(desk, disk)
    for options in ((), ("-o", "ro"), ("-o", "rw")):
        assert mount_as_alice(desk, disk + "1", *options).code != 0


@pytest.mark.campaign
def test_a_camera_known_by_its_card_is_hidden_in_any_reader(desk, make_card):
    card = make_card(fs="fat32")
    disk = desk.plug_usb_storage(card.path, "RD0001")
    desk.ok(["udevadm", "wait", "--timeout=30", disk + "1"])
    table = properties(desk, disk)["ID_PART_TABLE_UUID"]
    volume = properties(desk, disk + "1")["ID_FS_UUID"]
    desk.unplug()
    know_camera(desk, f"card:{table}:{volume}:{card.path.stat().st_size}")
    disk = desk.plug_usb_storage(card.path, "RD0002")
    assert properties(desk, disk)["OUTING_MEDIA"] == "camera"


def test_without_its_helper_everything_stays_closed(desk, make_card):
    card = make_card()
    for script in ("#!/bin/sh\nexit 0\n", "#!/bin/sh\necho OUTING_MEDIA=encrypted\nkill -SEGV $$\n", None):
        desk.ok(["rm", HELPER])
        if script:
            desk.write(HELPER, script)
            desk.ok(["chmod", "755", HELPER])
        disk = desk.plug_usb_storage(card.path, "BR0001")
        desk.ok(["udevadm", "wait", "--timeout=30", disk + "1"])
        assert properties(desk, disk)["OUTING_MEDIA"] == "unknown"
        assert_closed_for_writing(desk, disk)
        assert mount_as_alice(desk, disk + "1").code != 0
        assert mount_as_alice(desk, disk + "1", "-o", "rw").code != 0
        desk.unplug()
        desk.wait_usb_gone("BR0001")


def test_a_stale_answer_opens_nothing(desk, tmp_path):
    """Encrypted a moment ago, and now the helper is gone."""
    stick = empty_image(tmp_path)
    make_encrypted(desk, stick)
    disk = desk.plug_usb_storage(stick, "ST0001")
    assert not read_only(desk, disk)
    desk.ok(["rm", HELPER])
    retrigger(desk, disk)
    assert properties(desk, disk)["OUTING_MEDIA"] == "unknown"
    assert read_only(desk, disk)


@pytest.mark.campaign
def test_an_encrypted_stick_works_without_the_agent(desk, tmp_path):
    """With it: test_encrypted_stick.py."""
    stick = empty_image(tmp_path)
    make_encrypted(desk, stick)
    disk = desk.plug_usb_storage(stick, "ST0001")
    said = properties(desk, disk)
    assert said["OUTING_MEDIA"] == "encrypted"
    assert "UDISKS_IGNORE" not in said and "UDISKS_SYSTEM" not in said
    assert not read_only(desk, disk)
    desk.write("/run/key", PASSPHRASE)
    desk.ok(["chmod", "644", "/run/key"])
    # Whether udisks can unlock depends on a plug-in of its own; whether alice may, on what the rules said.
    unlock = ["udisksctl", "unlock", "--no-user-interaction", "-b", disk, "--key-file", "/run/key"]
    assert "NotAuthorized" not in desk.run(unlock, user="alice").err
    desk.run(f"test -e /dev/mapper/luks-* || cryptsetup open --key-file /run/key {disk} luks-stick")
    mapped = desk.ok("readlink -f /dev/mapper/luks-*").strip()
    assert not read_only(desk, mapped)
    desk.ok(["mkfs.vfat", mapped])
    retrigger(desk, disk)
    assert not read_only(desk, disk)
    desk.ok(f"mkdir -p /run/stick && mount -o rw {mapped} /run/stick && echo plan >/run/stick/plan.txt")
    desk.ok(["umount", "/run/stick"])


@pytest.mark.campaign
def test_a_header_without_encryption_opens_nothing(desk, tmp_path):
    stick = empty_image(tmp_path)
    make_encrypted(desk, stick, cipher="cipher_null-ecb")
    disk = desk.plug_usb_storage(stick, "ST0001")
    assert properties(desk, disk)["ID_FS_TYPE"] == "crypto_LUKS"
    assert properties(desk, disk)["OUTING_MEDIA"] == "plain"
    assert_closed_for_writing(desk, disk)


def test_a_plain_partition_beside_an_encrypted_one_closes_both(desk, tmp_path):
    stick = empty_image(tmp_path)
    disk = desk.attach_disk(stick)
    desk.ok(["sfdisk", "-q", disk], stdin=b"label: dos\nstart=2048,size=49152\nstart=51200\n")
    desk.ok(["sync"])
    desk.unplug()
    make_encrypted(desk, stick, offset=1 << 20)
    disk = desk.plug_usb_storage(stick, "ST0001")
    assert [properties(desk, disk + n)["OUTING_MEDIA"] for n in ("", "1", "2")] == ["plain", "encrypted", "plain"]
    assert_closed_for_writing(desk, disk)
    assert read_only(desk, disk + "1") and read_only(desk, disk + "2")
    assert [properties(desk, disk + n).get("UDISKS_IGNORE", "") for n in ("", "1", "2")] == ["", "", ""]


def test_another_card_in_the_same_reader_is_judged_again(desk, tmp_path, make_card):
    stick = empty_image(tmp_path)
    make_encrypted(desk, stick)
    card = make_card(fs="fat16", partitioned=False)
    disk = desk.plug_usb_storage(stick, "RD0001")
    name = desk.plugged[-1]
    assert not read_only(desk, disk)
    before = properties(desk, disk)["DISKSEQ"]
    desk.qmp.call("blockdev-open-tray", id=f"{name}-d", force=True)
    desk.qmp.call("blockdev-remove-medium", id=f"{name}-d")
    desk.qmp.call("blockdev-add", node_name="other", driver="raw", file={"driver": "file", "filename": str(card.path)})
    desk.qmp.call("blockdev-insert-medium", id=f"{name}-d", node_name="other")
    desk.qmp.call("blockdev-close-tray", id=f"{name}-d")
    deadline = time.monotonic() + 60
    while properties(desk, disk).get("OUTING_MEDIA") != "plain":
        assert time.monotonic() < deadline, properties(desk, disk)
        desk.run(f"head -c 512 {disk} >/dev/null; udevadm settle")
    assert properties(desk, disk)["DISKSEQ"] != before
    assert_closed_for_writing(desk, disk)


@pytest.mark.campaign
def test_reading_the_partition_table_again_opens_nothing(desk, make_card):
    disk = desk.plug_usb_storage(make_card().path, "BR0001")
    name = disk.removeprefix("/dev/")
    desk.ok(["blockdev", "--rereadpt", disk])
    desk.ok(["udevadm", "settle"])
    assert read_only(desk, disk + "1")
    desk.run(
        [
            "busctl", "call", "org.freedesktop.UDisks2", f"/org/freedesktop/UDisks2/block_devices/{name}",
            "org.freedesktop.UDisks2.Block", "Rescan", "a{sv}", "0",
        ],
        user="alice",
    )  # fmt: skip
    desk.ok(["udevadm", "settle"])
    assert read_only(desk, disk) and read_only(desk, disk + "1")


def test_alice_cannot_change_a_card_by_other_doors(desk, make_card):
    card = make_card(fs="fat16")
    before = card.path.read_bytes()
    disk = desk.plug_usb_storage(card.path, "XY0042")
    name = disk.removeprefix("/dev/")
    block = f"/org/freedesktop/UDisks2/block_devices/{name}"
    call = ["busctl", "call", "org.freedesktop.UDisks2"]
    desk.run([*call, block + "1", "org.freedesktop.UDisks2.Filesystem", "SetLabel", "sa{sv}", "AMELIA", "0"], user="alice")
    desk.run([*call, block, "org.freedesktop.UDisks2.Block", "Format", "sa{sv}", "vfat", "0"], user="alice")
    desk.run([*call, block, "org.freedesktop.UDisks2.Block", "OpenDevice", "sa{sv}", "rw", "0"], user="alice")
    assert desk.run(["blockdev", "--setrw", disk], user="alice").code != 0
    assert read_only(desk, disk)
    desk.unplug()
    assert card.path.read_bytes() == before


def test_what_is_stacked_on_a_card_is_read_only_too(desk, make_card):
    card = make_card(fs="fat16")
    disk = desk.plug_usb_storage(card.path, "XY0042")
    size = desk.ok(["blockdev", "--getsz", disk + "1"]).strip()
    desk.ok(["dmsetup", "create", "evil", "--table", f"0 {size} linear {disk}1 0"])
    desk.ok(["udevadm", "settle"])
    assert read_only(desk, desk.ok(["readlink", "-f", "/dev/mapper/evil"]).strip())
    desk.ok(["dmsetup", "create", "ours", "--uuid", "OUTINGGUARD-test", "--table", f"0 {size} linear {disk}1 0"])
    desk.ok(["udevadm", "settle"])
    assert not read_only(desk, desk.ok(["readlink", "-f", "/dev/mapper/ours"]).strip())
    desk.ok("dmsetup remove --retry ours && dmsetup remove --retry evil")


def test_inner_disks_and_what_stands_on_them_are_not_touched(desk, tmp_path):
    disk = desk.attach_disk(empty_image(tmp_path, "inner.img"))
    assert "OUTING_GUARD" not in properties(desk, disk)
    desk.ok(["dmsetup", "create", "inner", "--table", f"0 65536 linear {disk} 0"])
    desk.ok(["udevadm", "settle"])
    mapped = desk.ok(["readlink", "-f", "/dev/mapper/inner"]).strip()
    assert not read_only(desk, disk) and not read_only(desk, mapped)
    told = desk.ok(f"udevadm test --action=change /sys/class/block/{disk.removeprefix('/dev/')} 2>&1").splitlines()
    bad = ("nvalid", "nknown", "gnoring", "ailed")
    assert [line for line in told if "71-outing-guard.rules" in line and any(word in line for word in bad)] == []
    root = desk.ok(["findmnt", "-no", "SOURCE", "/"]).strip()
    retrigger(desk, root)
    assert not read_only(desk, root)


def test_a_disk_the_system_stands_on_is_left_alone_on_usb_as_well(desk, make_card):
    disk = desk.plug_usb_storage(make_card().path, "SY0001")
    assert read_only(desk, disk)
    desk.ok(f"mkdir -p /efi && mount -o ro {disk}1 /efi && blockdev --setrw {disk}")
    retrigger(desk, disk)
    said = properties(desk, disk)
    assert said["OUTING_MEDIA"] == "system"
    assert "UDISKS_IGNORE" not in said
    assert not read_only(desk, disk)
    desk.ok(["umount", "/efi"])
    retrigger(desk, disk)
    assert read_only(desk, disk)


def test_a_card_that_was_in_at_boot_is_closed(laptop, make_card):
    """The replay of events at boot is the same as udevadm trigger --action=add."""
    disk = laptop.plug_usb_storage(make_card().path, "BR0001")
    laptop.ok(["blockdev", "--setrw", disk])
    laptop.ok("udevadm trigger --settle --subsystem-match=block --action=add; udevadm settle")
    assert read_only(laptop, disk)
