# SPDX-License-Identifier: GPL-3.0-or-later
"""The same story where the card comes another way: in the computer's own slot, and in a reader that speaks UAS."""

import pytest
from laptop import Laptop
from nursery import CAMERA, Nursery, card_hash, prepare


@pytest.fixture
def with_card_in_slot(layer, tmp_path, keep_evidence, make_card):
    """(nursery, card): a laptop that was switched on with the card in its SD slot."""
    card = make_card(fs="fat16")
    machine = Laptop(layer, tmp_path / "laptop")
    machine.parts = [
        "-device", "sdhci-pci", "-drive", f"file={card.path},format=raw,if=none,id=card,cache=unsafe",
        "-device", "sd-card,drive=card",
    ]  # fmt: skip
    keep_evidence(machine)
    machine.boot()
    prepare(machine)
    return Nursery(machine), card


def is_read_only(laptop, node):
    return laptop.ok(["blockdev", "--getro", node]).strip() == "1"


def offloaded_and_cleared(nursery, card):
    nursery.register()
    assert nursery.offload().code == 0
    assert nursery.missing_from_vault(card) == set()
    result = nursery.wipe()
    assert result.code == 0, result.err
    assert nursery.missing_from_vault(card) == set()
    assert nursery.certificates()


@pytest.mark.campaign
def test_a_card_in_the_computers_own_slot(with_card_in_slot):
    nursery, card = with_card_in_slot
    laptop, before = nursery.laptop, card_hash(card)
    found = nursery.wait_device(lambda d: d["present"] and not d["registered"])
    assert found["kind"] == "disk"
    assert is_read_only(laptop, "/dev/mmcblk0") and is_read_only(laptop, "/dev/mmcblk0p1")
    assert laptop.run(["dd", "if=/dev/zero", "of=/dev/mmcblk0", "bs=512", "count=1", "conv=fsync"]).code != 0
    assert card_hash(card) == before
    offloaded_and_cleared(nursery, card)
    assert is_read_only(laptop, "/dev/mmcblk0")
    laptop.power_cut()
    assert card.canaries() == 0 and card.fsck()[0] == 0


@pytest.mark.campaign
def test_a_reader_that_speaks_uas(nursery, make_card):
    card = make_card(fs="exfat")
    node = nursery.plug_camera(card, bridge="usb-uas")
    assert nursery.laptop.run("ls -d /sys/bus/usb/drivers/uas/*:*").code == 0
    assert is_read_only(nursery.laptop, node)
    offloaded_and_cleared(nursery, card)
    assert nursery.wait_device(lambda d: d["name"] == CAMERA)["state"] == "cleared"
    nursery.laptop.unplug()
    assert card.canaries() == 0 and card.fsck()[0] == 0
