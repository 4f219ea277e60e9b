# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop stays out: no mount, no write, from the first moment and without the daemon."""

import pytest
from gadget import Gadget
from nursery import CAMERA


def read_only(laptop, device):
    nodes = laptop.ok(f"ls {device}*").split()
    return [laptop.ok(["blockdev", "--getro", node]).strip() for node in nodes]


def write_attempt(laptop, device):
    return laptop.run(f"dd if=/dev/zero of={device} bs=512 count=1 oflag=direct conv=notrunc")


@pytest.mark.campaign
def test_alice_cannot_mount_the_camera(nursery, make_card):
    card = make_card(fs="fat32")
    nursery.plug_camera(card)
    device = nursery.laptop.wait_usb_disk("BR0001")
    nursery.register()
    nursery.wait_state("offloaded")
    for node in (device, device + "1"):
        result = nursery.laptop.run(["udisksctl", "mount", "-b", node], user="alice")
        assert result.code != 0
    assert "BLUE ROOM" not in nursery.laptop.ok(["findmnt", "--list"])
    nursery.laptop.unplug()
    nursery.plug_camera(card)
    result = nursery.laptop.run(["udisksctl", "mount", "-b", device + "1"], user="alice")
    assert result.code != 0


@pytest.mark.parametrize(
    "fs, daemon",
    [
        ("fat32", "running"),
        pytest.param("exfat", "stopped", marks=pytest.mark.campaign),
        pytest.param("fat32", "stopped", marks=pytest.mark.campaign),
        pytest.param("exfat", "running", marks=pytest.mark.campaign),
    ],
)
def test_a_card_is_read_only_from_the_first_moment(nursery, make_card, fs, daemon):
    laptop = nursery.laptop
    if daemon == "stopped":
        laptop.ok(["systemctl", "stop", "outingd"])
    card = make_card(fs=fs)
    before = card.path.read_bytes()
    device = nursery.plug_camera(card)
    laptop.ok(["udevadm", "wait", "--timeout=20", device + "1"])
    assert read_only(laptop, device) == ["1", "1"]
    assert write_attempt(laptop, device).code != 0
    assert write_attempt(laptop, device + "1").code != 0
    laptop.unplug()
    assert card.path.read_bytes() == before


RACER = """
end=$(($(date +%s) + 10))
while [ "$(date +%s)" -lt $end ]; do
    for node in /dev/sd[a-z] /dev/sd[a-z]1; do
        [ -w "$node" ] && printf OUTING-RACER | dd of="$node" bs=512 seek=40 conv=notrunc,fsync status=none && echo wrote
    done
done 2>/dev/null
"""


def test_nobody_finds_a_moment_when_it_is_writable(nursery, make_card):
    """Somebody who may write to disks tries to, as soon as there is a node: too late every time."""
    laptop = nursery.laptop
    laptop.ok(["usermod", "-aG", "disk", "mona"])
    card = make_card(fs="fat16")
    camera = Gadget(laptop, laptop.attach_disk(card.path), serial="RACE1")
    before = card.path.read_bytes()
    racer = laptop.start(RACER, user="mona")
    for _ in range(3):
        device = camera.plug()
        laptop.run(["blockdev", "--rereadpt", device])
        camera.unplug()
    assert laptop.finish(racer).out == ""
    assert card.path.read_bytes() == before


@pytest.mark.campaign
def test_it_stays_read_only_after_the_clear_and_when_plugged_in_again(nursery, make_card):
    card = make_card(fs="fat16")
    device = nursery.plug_camera(card)
    nursery.register()
    nursery.cleared()
    assert set(read_only(nursery.laptop, device)) == {"1"}
    assert write_attempt(nursery.laptop, device).code != 0
    nursery.laptop.unplug()
    nursery.wait_state("absent", CAMERA)
    device = nursery.plug_camera(card)
    assert set(read_only(nursery.laptop, device)) == {"1"}


@pytest.mark.campaign
def test_a_card_that_was_in_at_boot_is_read_only_and_known(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.offload().code == 0
    nursery.laptop.ok(["systemctl", "restart", "systemd-udevd"])
    nursery.laptop.ok("udevadm trigger --action=add && udevadm settle")
    nursery.restart_agent()
    nursery.wait_state({"present", "offloaded", "offloading"})
    device = nursery.laptop.wait_usb_disk("BR0001")
    assert set(read_only(nursery.laptop, device)) == {"1"}
