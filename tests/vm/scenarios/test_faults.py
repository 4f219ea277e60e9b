# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards that cannot be read, cards that lie, vaults that are full or break."""

import contextlib
import threading

import faults
import pytest
from gadget import Gadget
from nursery import CAMERA, VAULT, card_hash

PHOTO = "DCIM/100MEDIA/IMG_0007.JPG"


@pytest.fixture(autouse=True)
def only_when_asked(request):
    if "nursery" not in request.fixturenames:
        return
    nursery = request.getfixturevalue("nursery")
    nursery.set_config("automatic", "false")
    nursery.laptop.ok(["systemctl", "reload", "outingd"])


def assert_wipe_refused(nursery, card):
    before = card_hash(card)
    result = nursery.wipe()
    assert result.code == 1
    assert result.err.strip()
    assert card_hash(card) == before
    assert nursery.certificates() == []


def test_a_photo_that_cannot_be_read_is_named_and_the_card_is_not_cleared(nursery, make_card):
    laptop = nursery.laptop
    card = make_card(fs="fat16")
    disk = laptop.attach_disk(card.path)
    camera = Gadget(laptop, faults.linear(laptop, disk))
    faults.break_sectors(laptop, disk, card.place_of(PHOTO) + 64)
    camera.plug()
    nursery.register()
    result = nursery.offload()
    assert result.code == 1
    assert "IMG_0007.JPG" in result.out + result.err
    assert nursery.missing_from_vault(card) == {PHOTO}
    assert_wipe_refused(nursery, card)
    assert nursery.missing_from_vault(card) == {PHOTO}

    faults.mend(laptop, disk)
    result = nursery.offload()
    assert result.code == 0, result.err
    assert nursery.missing_from_vault(card) == set()
    assert nursery.wipe().code == 0


@contextlib.contextmanager
def a_spot_that_never_stands_still(card, spot):
    """Inside, eight bytes at SPOT of the card are others every few milliseconds; behind, they are what they were."""
    flipping, steady = threading.Event(), card.path.read_bytes()[spot : spot + 8]

    def flip():
        value = 0
        with open(card.path, "r+b", buffering=0) as image:
            while not flipping.wait(0.003):
                value += 1
                image.seek(spot)
                image.write(value.to_bytes(8, "little"))
            image.seek(spot)
            image.write(steady)

    thread = threading.Thread(target=flip)
    thread.start()
    try:
        yield
    finally:
        flipping.set()
        thread.join()


@pytest.mark.campaign
def test_a_photo_that_reads_differently_each_time_is_never_called_safe(nursery, make_card):
    card = make_card(fs="fat16")
    before = card_hash(card)
    nursery.plug_camera(card)
    nursery.laptop.slow_down(4_000_000)  # so that no two readings fall between two changes
    nursery.register()
    with a_spot_that_never_stands_still(card, card.place_of(PHOTO) * 512 + 70_000):
        result = nursery.offload()
        assert result.code == 1
        assert "IMG_0007.JPG" in result.out + result.err
        assert nursery.missing_from_vault(card) == {PHOTO}
        result = nursery.wipe()
        assert result.code == 1 and "IMG_0007.JPG" in result.out + result.err
    assert nursery.certificates() == []
    assert card_hash(card) == before
    assert nursery.offload().code == 0
    assert nursery.missing_from_vault(card) == set()


@pytest.mark.campaign
def test_a_photo_that_appears_after_the_offload_stops_the_clear(nursery, make_card):
    """The fresh scan before the clear: the card must hold exactly what was recorded."""
    laptop = nursery.laptop
    card = make_card(fs="fat16")
    more = make_card(fs="fat16", files={**card.files, "DCIM/100MEDIA/IMG_9999.JPG": b"\xff\xd8\xff new"})
    disk, other = laptop.attach_disk(card.path), laptop.attach_disk(more.path)
    Gadget(laptop, faults.linear(laptop, disk)).plug()
    nursery.register()
    assert nursery.offload().code == 0
    faults.swap(laptop, other)
    laptop.ok("echo 3 >/proc/sys/vm/drop_caches")
    before = card_hash(more)
    result = nursery.wipe()
    if result.code == 0:
        assert nursery.missing_from_vault(more) == set()
    else:
        assert card_hash(more) == before and nursery.certificates() == []


BALLAST = f"{VAULT}/lost+found/ballast"


def fill_vault(laptop, leave_mib):
    """Takes the vault's room away but for LEAVE_MIB; 0 leaves not one block."""
    free = int(laptop.ok(f"df --output=avail -B1M {VAULT} | tail -1"))
    if free - 1 > leave_mib:
        result = laptop.run(["fallocate", "-l", f"{free - 1 - leave_mib}M", BALLAST])
        assert result.code == 0 or leave_mib == 0, result.err  # a job may have taken some of it meanwhile
    if leave_mib == 0:
        laptop.run(f"cat /dev/zero >>{BALLAST}")


@pytest.mark.campaign
def test_a_vault_without_room_says_so_before_the_first_byte(nursery, make_card):
    card = make_card(fs="fat16")
    fill_vault(nursery.laptop, leave_mib=18)
    held = nursery.vault_hashes()
    nursery.plug_camera(card)
    nursery.register()
    result = nursery.offload()
    assert result.code == 1
    assert "vault is full" in result.err
    assert nursery.vault_hashes() == held
    assert_wipe_refused(nursery, card)


def test_a_vault_that_fills_up_in_the_middle_loses_nothing(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.laptop.slow_down(4_000_000)
    nursery.register()
    assert nursery.ctl("offload", CAMERA, "--no-wait").code == 0
    assert nursery.wait_progress("offload", 0.05)["state"] == "running"
    fill_vault(nursery.laptop, leave_mib=0)
    result = nursery.offload()
    if nursery.missing_from_vault(card):
        assert result.code == 1
        assert_wipe_refused(nursery, card)
    nursery.laptop.ok(["rm", BALLAST])
    result = nursery.offload()
    assert result.code == 0, result.err
    assert nursery.missing_from_vault(card) == set()
    assert nursery.ctl("vault", "verify").code == 0


def vault_on_breakable_disk(laptop, image):
    """Moves the container onto a disk of its own, over IMAGE, that can be broken; returns that disk."""
    with open(image, "wb") as file:
        file.truncate(640 << 20)
    disk = laptop.attach_disk(image)
    plain = faults.linear(laptop, disk)
    laptop.ok(
        f"""set -e
        systemctl stop outingd outing-vault
        mkfs.ext4 -q -F {plain} && mkdir -p /srv/vault-disk && mount {plain} /srv/vault-disk
        cp --sparse=always -p /var/lib/outing-guard/vault.luks /srv/vault-disk/ && sync
        mount --bind /srv/vault-disk/vault.luks /var/lib/outing-guard/vault.luks
        systemctl start outing-vault outingd""",
        timeout=300,
    )
    return disk


def test_a_vault_that_cannot_be_written_is_never_believed(nursery, make_card, tmp_path):
    laptop = nursery.laptop
    disk = vault_on_breakable_disk(laptop, tmp_path / "vault-disk.img")
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.laptop.slow_down(4_000_000)
    nursery.register()
    assert nursery.ctl("offload", CAMERA, "--no-wait").code == 0
    assert nursery.wait_progress("offload", 0.1)["state"] == "running"
    faults.break_writes(laptop, disk)
    result = nursery.offload()
    assert result.code == 1
    assert_wipe_refused(nursery, card)
    assert [s for s in nursery.sessions() if s["state"] == "committed"] == []


def test_a_vault_that_is_not_encrypted_gets_nothing(nursery, make_card):
    laptop = nursery.laptop
    laptop.ok(
        f"mkdir -p /srv/plain && chown --reference={VAULT} /srv/plain && chmod 2750 /srv/plain && "
        f"cp -p {VAULT}/.outing* /srv/plain/"
    )
    nursery.set_config("path", '"/srv/plain"')
    laptop.ok(["systemctl", "restart", "outingd"])
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    result = nursery.offload()
    assert result.code == 1
    assert "encrypt" in result.err
    assert laptop.ok("find /srv/plain -name '*.JPG'") == ""
    assert_wipe_refused(nursery, card)


DAMAGE = """
cd {vault} && f=$(find . -name IMG_0002.JPG)
printf X | dd of="$f" bs=1 seek=999 conv=notrunc status=none
find . -name IMG_0003.JPG -delete
cp "$f" "$(dirname "$f")/IMG_7777.JPG"
"""


@pytest.mark.campaign
def test_a_changed_or_missing_file_in_the_vault_is_named(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.offload().code == 0
    assert nursery.ctl("vault", "verify").code == 0
    nursery.laptop.ok(DAMAGE.format(vault=VAULT))
    result = nursery.ctl("vault", "verify")
    assert result.code == 1
    for name in ("IMG_0002.JPG", "IMG_0003.JPG", "IMG_7777.JPG"):
        assert name in result.out + result.err
    assert "DCIM/100MEDIA/IMG_0002.JPG" in nursery.missing_from_vault(card)


@pytest.mark.campaign
def test_the_clock_is_set_back_in_the_middle(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    nursery.laptop.set_clock(1_700_000_000)
    nursery.cleared()
    assert nursery.missing_from_vault(card) == set()
    assert nursery.ctl("audit", "verify").code == 0
    assert nursery.ctl("vault", "verify").code == 0
