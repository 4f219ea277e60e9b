# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole story: a camera comes back, its pictures are made safe, its card is cleared."""

import hashlib

import cards
import pytest
from nursery import CAMERA, card_hash

CARDS = [("fat32", True)]
MORE_CARDS = [("exfat", False), ("fat16", True), ("fat12", True), ("fat16", False), ("fat32", False), ("exfat", True)]


def card_id(fs, partitioned):
    return f"{fs}-{'partitioned' if partitioned else 'superfloppy'}"


def structures(card):
    """The bytes that a clear must leave alone: partition table and boot sector."""
    with open(card.path, "rb") as image:
        table = image.read(512) if card.offset else b""
        image.seek(card.offset)
        return table, image.read(512)


def assert_nothing_left(card):
    assert cards.recovered_pictures(card.path) == 0
    assert card.canaries() == 0
    assert card.list_files() == []
    status, text = card.fsck()
    assert status == 0, text


@pytest.mark.parametrize(
    "fs, partitioned",
    [pytest.param(*card, id=card_id(*card)) for card in CARDS]
    + [pytest.param(*card, id=card_id(*card), marks=pytest.mark.campaign) for card in MORE_CARDS],
)
def test_camera_to_vault_to_cleared_card(nursery, make_card, fs, partitioned):
    card = make_card(fs=fs, partitioned=partitioned)
    found = cards.recovered_pictures(card.path)
    assert found == len(card.pictures)
    before, kept = card_hash(card), structures(card)

    nursery.set_config("automatic", "false")  # else it may be done before it is asked for
    nursery.laptop.ok(["systemctl", "reload", "outingd"])
    nursery.plug_camera(card)
    nursery.register()
    result = nursery.offload(user="alice" if fs == "fat32" else None)
    assert result.code == 0, result.err
    assert card_hash(card) == before
    assert nursery.missing_from_vault(card) == set()
    (session,) = nursery.sessions()
    assert session["state"] == "committed" and session["files"] == len(card.files)
    held = nursery.session_files(session)
    assert held == {p: hashlib.sha256(d).hexdigest() for p, d in card.files.items()}

    result = nursery.wipe()
    assert result.code == 0, result.err
    (certificate,) = nursery.certificates()
    assert len(nursery.events("clear-done")) == 1
    nursery.laptop.unplug()
    assert structures(card) == kept
    assert_nothing_left(card)
    assert nursery.ctl("vault", "verify").code == 0
    assert nursery.ctl("audit", "verify").code == 0
    assert str(card.path.stat().st_size) in str(certificate)

    card.take_pictures(cards.camera_tree(3, first=50, video=False))
    assert card.fsck()[0] == 0
    for path, data in card.files.items():
        assert card.read_file(path) == data


def test_the_next_outing_is_taken_off_by_itself_and_keeps_both_pictures_of_one_name(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    nursery.cleared()
    nursery.laptop.unplug()
    first = dict(card.files)

    card.take_pictures({"DCIM/100MEDIA/IMG_0001.JPG": cards.pictures.jpeg(777)})
    seen = nursery.last_seq()
    nursery.plug_camera(card)
    nursery.wait_event("offload-done", after=seen)
    held = set(nursery.vault_hashes().values())
    for data in [*first.values(), *card.files.values()]:
        assert hashlib.sha256(data).hexdigest() in held
    assert len(nursery.sessions()) == 2


@pytest.mark.campaign
def test_a_card_that_has_not_been_offloaded_is_offloaded_before_it_is_cleared(nursery, make_card):
    nursery.set_config("automatic", "false")
    nursery.laptop.ok(["systemctl", "reload", "outingd"])
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.sessions() == []
    result = nursery.wipe()
    assert result.code == 0, result.err
    assert nursery.missing_from_vault(card) == set()
    assert card.canaries() == 0


@pytest.mark.campaign
def test_a_card_cleared_before_is_cleared_again_and_certified_again(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    nursery.cleared()
    cleared = card_hash(card)
    nursery.cleared()
    assert card_hash(card) == cleared
    assert len(nursery.certificates()) == 2


@pytest.mark.campaign
def test_an_empty_camera_is_no_failure(nursery, make_card):
    card = make_card(fs="fat16", files={})
    nursery.plug_camera(card)
    nursery.register()
    nursery.cleared()
    assert card.canaries() == 0


@pytest.mark.campaign
def test_staff_may_not_change_the_register_and_others_may_not_ask(nursery, make_card):
    nursery.plug_camera(make_card(fs="fat16"))
    found = nursery.wait_device(lambda d: d["present"])
    add = ["device", "add", CAMERA, "--role", "camera", "--device", found["id"]]
    assert nursery.ctl(*add, user="alice").code != 0
    assert nursery.ctl(*add, user="mona").code == 0
    nursery.wait_state("offloaded")
    nursery.laptop.ok("useradd --create-home visitor")
    assert nursery.ctl("wipe", CAMERA, "--yes", user="visitor").code != 0
    assert nursery.events("clear-started") == []


def test_the_vault_is_for_managers_only(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.offload().code == 0
    (session,) = nursery.sessions()
    listing = f"find '{session['path']}' -name '*.JPG' -exec md5sum {{}} + 2>/dev/null | wc -l"
    if not session["path"].startswith("/"):
        listing = "cd /var/lib/outing-guard/vault 2>/dev/null && " + listing
    assert nursery.laptop.run(listing, user="mona").out.strip() == str(len(card.pictures))
    assert nursery.laptop.run(listing, user="alice").out.strip() in ("0", "")
