# SPDX-License-Identifier: GPL-3.0-or-later
"""Which card is which: unregistered ones are left alone, twins are never confused."""

import shutil

import cards
import pytest
from nursery import CAMERA, card_hash


def test_an_unregistered_camera_is_left_alone_and_reported(nursery, make_card):
    card = make_card(fs="fat16")
    before = card_hash(card)
    nursery.plug_camera(card)
    found = nursery.wait_device(lambda d: d["present"] and d["state"] != "looking")
    assert not found["registered"] and found["state"] == "unregistered"
    assert nursery.events("device-unknown")
    assert nursery.ctl("offload", found["id"]).code == 1
    assert nursery.ctl("wipe", found["id"], "--yes").code == 1
    assert nursery.sessions() == []
    assert card_hash(card) == before


@pytest.mark.campaign
def test_two_cameras_are_told_apart_by_their_serial_numbers(nursery, make_card):
    laptop = nursery.laptop
    first = make_card(fs="fat16", volume_id=1, disk_id=1)
    second = make_card(fs="fat16", volume_id=2, disk_id=2, files=cards.camera_tree(4, first=30))
    nursery.plug_camera(first, serial="AAA")
    nursery.register("Blue Room camera", serial="AAA")
    nursery.wait_state("offloaded", "Blue Room camera")
    nursery.plug_camera(second, serial="BBB")
    nursery.register("Red Room camera", serial="BBB")
    nursery.wait_state("offloaded", "Red Room camera")
    before = card_hash(first)
    assert nursery.wipe("Red Room camera").code == 0
    assert card_hash(first) == before
    laptop.unplug()
    assert second.canaries() == 0


def test_a_copy_of_a_registered_card_is_not_taken_for_it(nursery, make_card, tmp_path):
    """Two cards with one identity, both plugged in: neither is cleared."""
    card = make_card(fs="fat16")
    twin = tmp_path / "twin.img"
    shutil.copyfile(card.path, twin)
    nursery.plug_camera(card, serial="SAME")
    nursery.register()
    nursery.wait_state("offloaded")
    before = card_hash(card)
    nursery.laptop.plug_usb_storage(twin, "SAME", wait=False)
    nursery.wait_device(lambda d: d["state"] == "ambiguous")
    result = nursery.wipe()
    assert result.code == 1
    assert card_hash(card) == before and twin.read_bytes() == card.path.read_bytes()
    assert nursery.certificates() == []


@pytest.mark.campaign
def test_a_renamed_camera_keeps_its_history(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    nursery.wait_state("offloaded")
    assert nursery.ctl("device", "rename", CAMERA, "Garden camera").code == 0
    device = nursery.wait_device(lambda d: d["name"] == "Garden camera")
    assert device["last_offload"]
    assert nursery.wipe("Garden camera").code == 0
