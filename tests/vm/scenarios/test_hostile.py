# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards made to harm: every one ends in a named answer, in bounded time, with the agent alive."""

import os
import pathlib
import struct
import subprocess
import tempfile

import cards
import pytest
from nursery import CAMERA, card_hash

pytestmark = pytest.mark.campaign

CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"


def judge(nursery, path, serial="BAD1"):
    """Plugs the card at PATH in, offloads and wipes; returns both results. Checks what must always hold."""
    before = pathlib.Path(path).read_bytes()
    nursery.laptop.plug_usb_storage(path, serial)
    nursery.register()
    offload, wipe = nursery.offload(timeout=120), nursery.wipe(timeout=120)
    assert nursery.ctl("status").code == 0
    assert nursery.laptop.ok("systemctl show -P NRestarts outingd").strip() == "0"
    if wipe.code != 0:
        assert pathlib.Path(path).read_bytes() == before
        assert nursery.certificates() == []
        assert wipe.err.strip()
    return offload, wipe


def fat16_entry(card, image, cluster):
    reserved = struct.unpack_from("<H", image, card.offset + 14)[0]
    return card.offset + reserved * 512 + cluster * 2


def first_cluster(card, image, short_name):
    """(place of its directory entry, first cluster) of the entry SHORT_NAME, 11 bytes."""
    place = image.index(short_name, card.offset)
    return place, struct.unpack_from("<H", image, place + 26)[0]


def test_a_linux_stick_with_links_and_devices(nursery, tmp_path):
    path = tmp_path / "stick.img"
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        (tree / "photo.jpg").write_bytes(cards.pictures.jpeg(1))
        (tree / "passwords").symlink_to("/etc/shadow")
        (tree / "up").symlink_to("../../../../etc")
        os.mkfifo(tree / "pipe")
        os.mknod(tree / "disk", 0o060666, os.makedev(254, 0))
        (tree / "suid").write_bytes(b"#!/bin/sh\n")
        (tree / "suid").chmod(0o4755)
        subprocess.run(["mkfs.ext4", "-q", "-d", folder, str(path), "24M"], check=True)
    offload, wipe = judge(nursery, path)
    assert wipe.code == 1
    held = nursery.laptop.ok("cd /var/lib/outing-guard/vault && find . -printf '%y %m %f\\n'")
    assert not [line for line in held.splitlines() if line[0] not in "fd"]
    assert " 4" not in [line[1:3] for line in held.splitlines()]
    shadow = nursery.laptop.ok("sha256sum /etc/shadow").split()[0]
    assert shadow not in nursery.vault_hashes().values()
    if offload.code == 0:
        assert "photo.jpg" in held


def test_a_file_whose_clusters_run_in_a_circle(nursery, make_card):
    card = make_card(fs="fat16")
    image = bytearray(card.path.read_bytes())
    _, cluster = first_cluster(card, image, b"IMG_0002JPG")
    struct.pack_into("<H", image, fat16_entry(card, image, cluster + 3), cluster)
    card.path.write_bytes(image)
    _, wipe = judge(nursery, card.path)
    assert wipe.code == 1


def test_a_folder_that_contains_itself(nursery, make_card):
    card = make_card(fs="fat16")
    image = bytearray(card.path.read_bytes())
    _, media = first_cluster(card, image, b"DCIM       ")
    place, _ = first_cluster(card, image, b"100MEDIA   ")
    struct.pack_into("<H", image, place + 26, media)
    card.path.write_bytes(image)
    _, wipe = judge(nursery, card.path)
    assert wipe.code == 1


def test_two_photos_on_the_same_clusters(nursery, make_card):
    card = make_card(fs="fat16")
    image = bytearray(card.path.read_bytes())
    place, _ = first_cluster(card, image, b"IMG_0003JPG")
    _, other = first_cluster(card, image, b"IMG_0002JPG")
    struct.pack_into("<H", image, place + 26, other)
    card.path.write_bytes(image)
    _, wipe = judge(nursery, card.path)
    assert wipe.code == 1


@pytest.mark.parametrize("fs", ["fat16", "fat32", "exfat"])
def test_a_card_cut_off_in_the_middle(nursery, make_card, fs):
    card = make_card(fs=fs)
    os.truncate(card.path, card.path.stat().st_size // 2)
    _, wipe = judge(nursery, card.path)
    assert wipe.code == 1


def test_a_card_full_of_noise(nursery, tmp_path):
    path = tmp_path / "noise.img"
    path.write_bytes(os.urandom(4 << 20))
    offload, wipe = judge(nursery, path)
    assert offload.code == 1 and wipe.code == 1


def test_a_card_with_two_partitions_is_offloaded_but_not_cleared(nursery, make_card):
    card = make_card(fs="fat16")
    image = bytearray(card.path.read_bytes())
    image[462:478] = image[446:462]
    struct.pack_into("<II", image, 462 + 8, 2048, 1024)
    card.path.write_bytes(image)
    _, wipe = judge(nursery, card.path)
    assert wipe.code == 1


def test_names_that_only_differ_in_case_or_end_oddly(nursery, make_card):
    files = {
        "DCIM/100MEDIA/IMG_0001.JPG": b"one",
        "DCIM/100MEDIA/" + "n" * 240 + ".JPG": b"long",
        "DCIM/100MEDIA/Ünïcödé 🐸.JPG": b"frog",
        "DCIM/100MEDIA/-rf": b"dash",
        "DCIM/100MEDIA/$(reboot);`id`": b"shell",
    }
    card = make_card(fs="exfat", files=files)
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.offload().code == 0
    assert nursery.missing_from_vault(card) == set()
    assert nursery.wipe().code == 0
    assert card.canaries() == 0


@pytest.mark.parametrize("count", [100_000] if CAMPAIGN else [1_000])
def test_a_great_many_files(nursery, make_card, count):
    files = {f"DCIM/{i // 500:03}FILES/F{i:06}.JPG": b"\xff\xd8\xff%d" % i for i in range(count)}
    card = make_card(fs="fat32", mib=max(64, count // 500), files=files, dirty=False)
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.offload(timeout=3600).code == 0
    (session,) = nursery.sessions()
    assert session["files"] == count
    before = card_hash(card)
    assert nursery.wipe(timeout=3600).code == 0
    assert card_hash(card) != before and card.list_files() == []
    assert nursery.wait_device(lambda d: d["name"] == CAMERA)
