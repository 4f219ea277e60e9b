# SPDX-License-Identifier: GPL-3.0-or-later
"""The battery falls out in the middle of an offload, or of a clear.

Whatever the moment: every picture is complete on the card, or complete in the
vault and recorded; nothing is certified that was not read back; and when the
laptop is on again the work goes on to its end.
"""

import os

import cards
import pytest
from nursery import CAMERA, card_hash

CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"
EVERYWHERE = [i / 20 for i in range(20)]


def at_home_again(nursery):
    nursery.laptop.power_cut()
    nursery.laptop.boot_again()


@pytest.mark.campaign
@pytest.mark.parametrize("moment", EVERYWHERE)
def test_power_cut_in_an_offload(nursery, make_card, moment):
    card = make_card(fs="fat16")
    before = card_hash(card)
    nursery.plug_camera(card)
    nursery.register()
    nursery.wait_progress("offload", moment)
    at_home_again(nursery)
    assert card_hash(card) == before
    assert nursery.certificates() == []
    assert nursery.ctl("audit", "verify").code == 0
    for session in nursery.sessions():
        if session["state"] == "committed":
            assert nursery.missing_from_vault(card) == set()
    nursery.plug_camera(card)
    nursery.wait_state({"present", "offloading", "offloaded"})
    result = nursery.offload()
    assert result.code == 0, result.err
    assert nursery.missing_from_vault(card) == set()
    assert nursery.ctl("vault", "verify").code == 0


@pytest.mark.parametrize("moment", EVERYWHERE if CAMPAIGN else [0.5])
def test_power_cut_in_a_clear(nursery, make_card, moment):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.offload().code == 0
    assert nursery.ctl("wipe", CAMERA, "--yes", "--no-wait").code == 0
    job = nursery.wait_progress("wipe", moment)
    at_home_again(nursery)
    assert nursery.missing_from_vault(card) == set()
    assert nursery.ctl("audit", "verify").code == 0
    if nursery.certificates():
        assert job["state"] == "done" or moment > 0.8
        assert card.canaries() == 0
    nursery.plug_camera(card)
    nursery.wait_state({"offloaded", "interrupted", "clearing", "cleared"})
    result = nursery.wipe()
    assert result.code == 0, result.err
    nursery.laptop.unplug()
    assert card.canaries() == 0 and cards.recovered_pictures(card.path) == 0
    assert card.fsck()[0] == 0
    assert nursery.missing_from_vault(card) == set()
    assert nursery.certificates()
