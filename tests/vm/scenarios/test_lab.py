# SPDX-License-Identifier: GPL-3.0-or-later
"""The laptop itself: what the other scenarios take for granted is true."""

import hashlib
import time

import cards
import faults
import pytest
from gadget import Gadget


def read_back(laptop, device, card):
    """The files of CARD that the guest reads otherwise than they were written."""
    part = device + "1" if card.offset else device
    laptop.ok(["udevadm", "wait", "--timeout=20", part])
    laptop.ok(f"mkdir -p /run/card && mount -o ro {part} /run/card")
    found = laptop.ok("cd /run/card && find . -type f -exec sha256sum {} +")
    laptop.ok(["umount", "/run/card"])
    seen = dict(reversed(line.split("  ./", 1)) for line in found.splitlines())
    wanted = {name: hashlib.sha256(data).hexdigest() for name, data in card.files.items()}
    return {name for name in wanted.keys() | seen.keys() if wanted.get(name) != seen.get(name)}


@pytest.mark.campaign
def test_a_laptop_boots_and_keeps_what_was_synced_when_the_power_goes(fresh_laptop):
    fresh_laptop.ok("echo safe >/var/lib/safe && sync /var/lib/safe /var/lib")
    fresh_laptop.power_cut()
    fresh_laptop.boot_again()
    assert fresh_laptop.read("/var/lib/safe") == b"safe\n"


def test_a_saved_laptop_wakes_with_the_right_time(laptop):
    assert abs(float(laptop.ok(["date", "+%s.%N"])) - time.time()) < 5


def test_nothing_a_test_does_outlives_it_1(laptop):
    assert laptop.run(["test", "-e", "/var/lib/trace"]).code == 1
    laptop.ok("touch /var/lib/trace && sync")


def test_nothing_a_test_does_outlives_it_2(laptop):
    assert laptop.run(["test", "-e", "/var/lib/trace"]).code == 1
    laptop.ok("touch /var/lib/trace && sync")


def test_alice_sits_in_front_of_it(laptop):
    shown = laptop.ok("loginctl show-session $(loginctl show-user alice -P Display) -p Active -p Seat")
    assert "Active=yes" in shown and "Seat=seat0" in shown


CARDS = [("fat16", True), ("exfat", False)]
MORE_CARDS = [("fat12", True), ("fat32", True), ("exfat", True), ("fat12", False), ("fat16", False), ("fat32", False)]


@pytest.mark.parametrize(
    "fs, partitioned", [*CARDS, *(pytest.param(*card, marks=pytest.mark.campaign) for card in MORE_CARDS)]
)
def test_a_card_made_here_is_read_whole_by_the_kernel(laptop, make_card, fs, partitioned):
    card = make_card(fs=fs, partitioned=partitioned)
    assert card.fsck()[0] == 0
    device = laptop.plug_usb_storage(card.path, serial="BR0001")
    assert read_back(laptop, device, card) == set()


def test_a_camera_is_plugged_in_and_out(laptop, make_card):
    card = make_card()
    device = laptop.plug_usb_storage(card.path, serial="BR0001", vendor="SUNNY", product="BLUE ROOM CAM")
    shown = laptop.ok(["lsblk", "-dno", "TRAN,VENDOR,MODEL,SERIAL", device])
    assert shown.split() == ["usb", "SUNNY", "BLUE", "ROOM", "CAM", "BR0001"]
    laptop.unplug()
    laptop.wait_usb_gone("BR0001")


def test_a_gadget_comes_and_goes_with_its_name(laptop, make_card):
    card = make_card(fs="fat16")
    camera = Gadget(laptop, laptop.attach_disk(card.path), serial="GADGET7")
    device = camera.plug()
    shown = laptop.ok(["udevadm", "info", "--query=property", device])
    assert "ID_USB_SERIAL_SHORT=GADGET7" in shown or "ID_SERIAL_SHORT=GADGET7" in shown
    assert "ID_VENDOR_ID=1209" in shown or "ID_USB_VENDOR_ID=1209" in shown
    assert read_back(laptop, device, card) == set()
    camera.unplug()
    assert laptop.run(["test", "-e", device]).code == 1
    camera.plug()
    camera.remove()


def test_broken_disks_break_when_told(laptop, make_card):
    disk = laptop.attach_disk(make_card(fs="fat16").path)
    read = "dd if={} of=/dev/null bs=4096 iflag=direct status=none"
    plain = faults.linear(laptop, disk)
    assert laptop.run(read.format(plain)).code == 0
    faults.break_sectors(laptop, disk, 20000)
    assert laptop.run(read.format(plain)).code != 0
    faults.mend(laptop, disk)
    before = laptop.ok(f"dd if={plain} bs=4096 iflag=direct status=none | sha256sum")
    faults.swap(laptop, laptop.attach_disk(make_card(fs="fat16", files={}).path))
    assert laptop.ok(f"dd if={plain} bs=4096 iflag=direct status=none | sha256sum") != before
    faults.mend(laptop, disk)
    faults.break_writes(laptop, disk)
    assert laptop.run(f"dd if=/dev/zero of={plain} bs=4096 count=1 oflag=direct").code != 0
    faults.break_all(laptop, disk)
    assert laptop.run(read.format(plain)).code != 0
    faults.mend(laptop, disk)
    assert laptop.ok(f"dd if={plain} bs=4096 iflag=direct status=none | sha256sum") == before


@pytest.mark.parametrize("fs", ["fat16", "exfat"])
def test_deleted_pictures_can_be_found_again_without_us(make_card, fs):
    card = make_card(fs=fs)
    assert cards.recovered_pictures(card.path) == len(card.pictures)
    assert card.canaries() > 1000
