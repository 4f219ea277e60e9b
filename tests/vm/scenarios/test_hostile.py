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


def why_not_cleared(nursery):
    return nursery.events("clear-failed")[-1]["fields"]["outcome"]


def set_fat16(card, image, cluster, value):
    """The entry of CLUSTER in both copies of the table."""
    reserved, = struct.unpack_from("<H", image, card.offset + 14)
    copies, size = image[card.offset + 16], struct.unpack_from("<H", image, card.offset + 22)[0]
    for copy in range(copies):
        struct.pack_into("<H", image, card.offset + (reserved + copy * size) * 512 + cluster * 2, value)


def first_cluster(card, image, short_name):
    """(place of its directory entry, first cluster) of the entry SHORT_NAME, 11 bytes."""
    place = image.index(short_name, card.offset)
    return place, struct.unpack_from("<H", image, place + 26)[0]


@pytest.mark.campaign
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
    assert offload.code == 0, offload.err
    assert "photo.jpg" in held


@pytest.mark.campaign
def test_what_a_repair_left_on_a_linux_stick_is_named(nursery, tmp_path):
    """lost+found is root's alone: what lies in it cannot be taken, and so the stick is not done."""
    path, found = tmp_path / "stick.img", tmp_path / "found.jpg"
    found.write_bytes(cards.pictures.jpeg(2))
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "photo.jpg").write_bytes(cards.pictures.jpeg(1))
        subprocess.run(["mkfs.ext4", "-q", "-d", folder, str(path), "24M"], check=True)
    subprocess.run(["debugfs", "-w", "-R", f"write {found} lost+found/#12", str(path)], check=True, capture_output=True)
    offload, wipe = judge(nursery, path)
    assert offload.code == 1 and wipe.code == 1
    assert "lost+found/#12" in offload.out + offload.err
    assert "photo.jpg" in nursery.laptop.ok("find /var/lib/outing-guard/vault -name photo.jpg")


def test_a_file_whose_clusters_run_in_a_circle(nursery, make_card):
    card = make_card(fs="fat16")
    image = bytearray(card.path.read_bytes())
    _, cluster = first_cluster(card, image, b"IMG_0002JPG")
    set_fat16(card, image, cluster + 3, cluster)
    card.path.write_bytes(image)
    _, wipe = judge(nursery, card.path)
    assert wipe.code == 1 and why_not_cleared(nursery) == "loop"


def test_a_folder_that_contains_itself(nursery, make_card):
    card = make_card(fs="fat16")
    image = bytearray(card.path.read_bytes())
    _, media = first_cluster(card, image, b"DCIM       ")
    place, _ = first_cluster(card, image, b"100MEDIA   ")
    struct.pack_into("<H", image, place + 26, media)
    card.path.write_bytes(image)
    offload, wipe = judge(nursery, card.path)
    assert offload.code == 1 and "DCIM/100MEDIA/100MEDIA" in offload.out + offload.err
    assert wipe.code == 1


@pytest.mark.campaign
def test_two_photos_on_the_same_clusters(nursery, make_card):
    card = make_card(fs="fat16")
    image = bytearray(card.path.read_bytes())
    place, _ = first_cluster(card, image, b"IMG_0003JPG")
    other, _ = first_cluster(card, image, b"IMG_0002JPG")
    image[place + 26 : place + 32] = image[other + 26 : other + 32]
    card.path.write_bytes(image)
    _, wipe = judge(nursery, card.path)
    assert wipe.code == 1 and why_not_cleared(nursery) == "cross-linked"


@pytest.mark.parametrize("fs", [*(pytest.param(fs, marks=pytest.mark.campaign) for fs in ("fat16", "exfat")), "fat32"])
def test_a_card_cut_off_in_the_middle(nursery, make_card, fs):
    card = make_card(fs=fs)
    os.truncate(card.path, card.path.stat().st_size // 2)
    _, wipe = judge(nursery, card.path)
    assert wipe.code == 1


@pytest.mark.campaign
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


def larger_vault(nursery, size):
    """An empty vault of SIZE instead of the half gigabyte, which has no room for so many names."""
    folder = "/var/lib/outing-guard"
    nursery.laptop.ok(
        f"systemctl stop outingd outing-vault && rm {folder}/vault.luks {folder}/vault-key.cred && systemctl start outingd"
    )
    nursery.laptop.ok(["outingctl", "vault", "create", "--size", size], timeout=300)


@pytest.mark.campaign
@pytest.mark.parametrize("count", [1_000, 100_000])
def test_a_great_many_files(nursery, make_card, count):
    files = {f"DCIM/{i // 500:03}FILES/F{i:06}.JPG": b"\xff\xd8\xff%d" % i for i in range(count)}
    card = make_card(fs="fat32", mib=max(64, count // 500), files=files, dirty=False)
    if count > 10_000:
        larger_vault(nursery, "2G")
    nursery.plug_camera(card)
    nursery.register()
    result = nursery.offload(timeout=3600)
    assert result.code == 0, result.err
    session = nursery.sessions()[-1]
    assert session["state"] == "committed" and session["files"] == count
    before = card_hash(card)
    result = nursery.wipe(timeout=3600)
    assert result.code == 0, result.err
    assert card_hash(card) != before and card.list_files() == []
    assert nursery.wait_device(lambda d: d["name"] == CAMERA)
