# SPDX-License-Identifier: GPL-3.0-or-later
"""The cable is pulled while the agent works. What is not finished is not claimed."""

import os

import cards
import pytest
from gadget import Gadget
from nursery import CAMERA, card_hash

CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"
EVERYWHERE = [i / 20 for i in range(20)]


@pytest.fixture
def camera(nursery, make_card):
    """The Blue Room camera as a gadget, registered, offloads only when asked."""
    nursery.set_config("automatic", "false")
    nursery.laptop.ok(["systemctl", "reload", "outingd"])
    card = make_card(fs="fat16")
    gadget = Gadget(nursery.laptop, nursery.laptop.attach_disk(card.path))
    gadget.card = card
    gadget.plug()
    nursery.register()
    return gadget


def start(nursery, verb, *more):
    result = nursery.ctl(verb, CAMERA, "--no-wait", *more)
    assert result.code == 0, result.err


def last_job(nursery, kind):
    return [job for job in nursery.jobs() if job["kind"] == kind][-1]


@pytest.mark.campaign
@pytest.mark.parametrize("offset", EVERYWHERE)
def test_pulled_in_an_offload(nursery, camera, offset):
    before = card_hash(camera.card)
    start(nursery, "offload")
    nursery.wait_progress("offload", offset)
    camera.unplug()
    nursery.wait_state("absent")
    job = last_job(nursery, "offload")
    assert job["state"] in ("failed", "done")
    if job["state"] == "done":
        assert nursery.missing_from_vault(camera.card) == set()
    else:
        assert job["sentence"]
        assert nursery.events("offload-failed")
    assert card_hash(camera.card) == before

    camera.plug()
    nursery.wait_state({"present", "offloaded"})
    result = nursery.offload()
    assert result.code == 0, result.err
    assert nursery.missing_from_vault(camera.card) == set()
    assert card_hash(camera.card) == before


@pytest.mark.parametrize("offset", EVERYWHERE if CAMPAIGN else [0.35])
def test_pulled_in_a_clear(nursery, camera, offset):
    assert nursery.offload().code == 0
    start(nursery, "wipe", "--yes")
    nursery.wait_progress("wipe", offset)
    camera.unplug()
    nursery.wait_state("absent")
    job = last_job(nursery, "wipe")
    assert bool(nursery.certificates()) == (job["state"] == "done")
    assert nursery.missing_from_vault(camera.card) == set()

    camera.plug()
    nursery.wait_state({"present", "offloaded", "interrupted", "cleared"})
    result = nursery.wipe()
    assert result.code == 0, result.err
    camera.unplug()
    nursery.laptop.ok(["sync"])
    assert camera.card.canaries() == 0
    assert cards.recovered_pictures(camera.card.path) == 0
    assert camera.card.fsck()[0] == 0


def test_another_card_is_put_into_the_camera_before_the_clear(nursery, camera, make_card):
    assert nursery.offload().code == 0
    camera.unplug()
    nursery.wait_state("absent")
    other = make_card(fs="fat16", files=cards.camera_tree(4, first=200), volume_id=0x77777777, disk_id=0x88888888)
    camera.remove()
    swapped = Gadget(nursery.laptop, nursery.laptop.attach_disk(other.path))
    before = card_hash(other)
    swapped.plug()
    nursery.wait_device(lambda d: d["present"])
    nursery.wipe()
    pictures_lost = cards.recovered_pictures(other.path) < len(other.pictures)
    assert not pictures_lost or nursery.missing_from_vault(other) == set()
    if nursery.missing_from_vault(other):
        assert card_hash(other) == before
