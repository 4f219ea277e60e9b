# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-wipe as a whole, on card images: what recovery tools find before and after, what stays, what is refused, and
that a kill at any point loses nothing and certifies nothing."""

import json
import os
import signal
import struct
import subprocess

import pytest
import wipe_lab
from wipe_lab import PROGRAM, SMALL, Lab, cards, foremost, geometry, scalpel, sleuthkit

CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"
SYSTEMS = [(fs, table) for fs in ("fat12", "fat16", "fat32", "exfat") for table in (True, False)]
every_card = pytest.mark.parametrize("fs,table", SYSTEMS, ids=[f"{fs}-{'table' if t else 'plain'}" for fs, t in SYSTEMS])


@pytest.fixture(scope="session", autouse=True)
def program():
    wipe_lab.build()


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def pictures_only(fs):
    """Twelve real pictures; on the smallest card nothing beside them fits."""
    return cards.camera_tree(photos=12, video=fs != "fat12", extras=False)


# --- the point of it all ---------------------------------------------------------------------------------------------

@every_card
def test_nothing_is_recovered_from_a_cleared_card(lab, fs, table):
    card = lab.make_card(fs, pictures_only(fs), partitioned=table)
    assert cards.recovered_pictures(card.path) >= 12
    assert card.canaries() > 100
    before = geometry(card)
    lab.offloaded()
    certificate = lab.clear()
    assert cards.recovered_pictures(card.path) == 0
    assert foremost(card.path) == 0
    assert scalpel(card.path) == 0
    assert sleuthkit(card) == (0, 0)
    assert card.canaries() == 0
    assert geometry(card) == before
    status, text = card.fsck()
    assert status == 0, text
    assert certificate["level"] == "Clear"
    assert certificate["bytes_read_back"] == card.path.stat().st_size


@pytest.mark.parametrize("fs", ["fat16", "fat32"])
def test_the_tools_find_what_a_quick_format_leaves(lab, fs):
    card = lab.make_card(fs, pictures_only(fs), dirty=False)
    lab.offloaded()
    cards.mtools(card, "mdeltree", "::/DCIM")
    assert cards.recovered_pictures(card.path) >= 12
    assert foremost(card.path) == 12
    assert scalpel(card.path) >= 12
    sectors, = struct.unpack_from("<I", card.path.read_bytes(), 446 + 12)
    subprocess.run(["mkfs.vfat", "-F", fs[3:], "--offset", str(card.offset // 512), "-a", card.path, str(sectors // 2)],
                   check=True, capture_output=True)
    assert cards.recovered_pictures(card.path) >= 12
    # What is deleted was not offloaded by name any more: an empty session, and the same clear.
    lab.offloaded(files={})
    lab.clear()
    assert cards.recovered_pictures(card.path) == foremost(card.path) == 0


@pytest.mark.parametrize("fs", ["fat12", "fat16", "fat32"])
def test_a_cleared_card_takes_new_pictures(lab, fs):
    card = lab.make_card(fs, SMALL)
    lab.offloaded()
    lab.clear()
    assert card.list_files() == []
    new = lab.folder / "new.jpg"
    new.write_bytes(b"\xff\xd8\xff" + os.urandom(500_000))
    cards.mtools(card, "mcopy", new, "::/DCIM/IMG_0001.JPG")
    back = lab.folder / "back.jpg"
    cards.mtools(card, "mcopy", "::/DCIM/IMG_0001.JPG", back)
    assert back.read_bytes() == new.read_bytes()
    assert card.fsck()[0] == 0
    assert card.label in cards.mtools(card, "mlabel", "-s", "::")


def test_a_cleared_exfat_card_takes_new_pictures(lab):
    card = lab.make_card("exfat", SMALL)
    lab.offloaded()
    lab.clear()
    with open(card.path, "r+b") as image:
        volume = cards.exfat.Volume(image, card.offset)
        volume.add_tree({"NEW/IMG_0001.JPG": b"\xff\xd8\xff" + bytes(90_000)}, cards.TAKEN)
    status, text = card.fsck()
    assert status == 0, text
    lab.offloaded(files={"NEW/IMG_0001.JPG": b"\xff\xd8\xff" + bytes(90_000)})
    lab.clear()


@every_card
def test_a_clear_card_costs_little_writing(lab, fs, table):
    lab.make_card(fs, SMALL, partitioned=table)
    lab.offloaded()
    first = lab.clear()
    image = lab.card.path.read_bytes()
    lab.offloaded(files={})
    second = lab.clear()
    assert lab.card.path.read_bytes() == image
    assert second["image_sha512"] == first["image_sha512"]
    assert second["bytes_written"] < 1_000_000 < first["bytes_written"]
    assert second["bytes_read"] < 2.2 * len(image)


@pytest.mark.parametrize("fs", ["fat32", "exfat"])
def test_two_passes_end_in_the_same_image(lab, fs, tmp_path_factory):
    lab.make_card(fs, SMALL)
    lab.offloaded()
    twin = wipe_lab.copy(lab, tmp_path_factory.mktemp("twin") / "lab")
    one, two = lab.clear(), twin.clear("--method", "clear-2pass")
    assert one["image_sha512"] == two["image_sha512"]
    assert two["passes"] == 2 and two["method"] == "clear-2pass"
    assert two["bytes_written"] > 1.8 * lab.card.path.stat().st_size


def test_folders_are_kept_when_asked(lab):
    lab.make_card("fat32")
    lab.offloaded()
    lab.clear("--keep-folders")
    listing = cards.mtools(lab.card, "mdir", "-/", "-b", "-a", "::/")
    assert "::/PRIVATE/AVCHD/BDMV/STREAM/" in listing and "::/DCIM/100MEDIA/" in listing
    assert lab.card.list_files() == []
    assert lab.card.fsck()[0] == 0
    assert lab.card.canaries() == 0


@pytest.mark.parametrize("fs", ["fat16", "fat32", "exfat"])
def test_more_folders_than_can_be_kept_are_no_hindrance(lab, fs):
    card = lab.make_card(fs, {f"DCIM/{n:03}BLUE/IMG_{n:04}.JPG": b"\xff\xd8\xffphoto %d" % n for n in range(700)}, dirty=False)
    lab.offloaded()
    lab.clear("--keep-folders")
    status, text = card.fsck()
    assert status == 0 and card.list_files() == [], text
    after = card.path.read_bytes()
    assert after.count("BLUE".encode("utf-16-le" if fs == "exfat" else "ascii")) > 10 and b"photo" not in after
    lab.offloaded({})
    lab.clear("--keep-folders")
    assert card.path.read_bytes() == after


def test_large_clusters_and_odd_sizes(lab):
    card = lab.make_card("fat32", SMALL, mib=300, cluster_sectors=8, dirty=False)
    with open(card.path, "r+b") as image:
        image.truncate(card.path.stat().st_size + 1536)
    lab.offloaded()
    lab.clear()
    assert card.fsck()[0] == 0


# --- certificate and records -----------------------------------------------------------------------------------------

def test_the_certificate_says_what_was_proven_and_what_not(lab):
    lab.make_card("fat32")
    lab.offloaded()
    certificate = lab.clear()
    text = subprocess.run(["sha512sum", lab.card.path], capture_output=True, text=True, check=True).stdout.split()[0]
    assert certificate["image_sha512"] == text
    assert certificate["standard"] == "NIST SP 800-88"
    assert certificate["device"]["capacity_bytes"] == lab.card.path.stat().st_size
    assert certificate["device"]["volume_serial"] == "2026-1120"
    assert certificate["device"]["label"] == "BLUE ROOM"
    assert certificate["offload"]["session"] == lab.session
    assert certificate["offload"]["files"] == len(lab.card.files)
    assert any("not Purge" in limit for limit in certificate["limits"])
    events = lab.events()
    assert [e["event"] for e in events if e["event"].startswith("clear-")] == ["clear-started", "clear-done"]
    assert events[-1]["fields"]["certificate"] == certificate
    row, = lab.rows()
    assert row["state"] == "done" and json.loads(row["certificate"]) == certificate


def test_the_certificate_as_text(lab):
    lab.make_card("fat16", SMALL)
    lab.offloaded()
    done = subprocess.run([PROGRAM, "--device", lab.card.path, "--session", lab.session, "--state", lab.state],
                          capture_output=True, text=True, check=True)
    assert "CERTIFICATE OF CLEARING" in done.stdout
    assert "every addressable sector" in " ".join(done.stdout.split()).lower()
    assert "Blue Room camera" in done.stdout


def test_usage():
    assert subprocess.run([PROGRAM, "--help"], capture_output=True, check=True).stdout.startswith(b"Usage: outing-wipe")
    for arguments in ([], ["--device", "x"], ["--session", "x"], ["--device", "x", "--session", "y", "--method", "z"],
                      ["--device", "x", "--session", "y", "more"]):
        assert subprocess.run([PROGRAM, *arguments], capture_output=True, check=False).returncode == 2


# --- refusals: nothing is touched ------------------------------------------------------------------------------------

def test_sessions_that_do_not_prove_enough(lab):
    lab.make_card("fat16", SMALL)
    lab.offloaded()
    assert lab.refused(session="00000000-0000-4000-8000-000000000000") == "no-session"
    old = lab.session
    lab.offloaded()
    assert lab.refused(session=old) == "session-stale"
    lab.offloaded(insertion="another-boot/7")
    assert lab.refused() == "other-insertion"
    lab.offloaded()
    lab.clear()
    assert lab.refused() == "session-stale"


def test_the_files_must_be_those_that_were_offloaded(lab):
    lab.make_card("fat32", SMALL)
    lab.offloaded(files={**SMALL, "DCIM/100MEDIA/IMG_0003.JPG": b"more"})
    assert lab.refused() == "set-differs"
    lab.offloaded(files={path: data + b"x" for path, data in SMALL.items()})
    assert lab.refused() == "set-differs"
    lab.offloaded(files={path.replace("0002", "0004"): data for path, data in SMALL.items()})
    assert lab.refused() == "set-differs"
    lab.offloaded()
    lab.clear()


def test_protected_pictures_need_a_yes(lab):
    card = lab.make_card("fat16", SMALL)
    cards.mtools(card, "mattrib", "+r", "::/DCIM/100MEDIA/IMG_0002.JPG")
    lab.offloaded()
    assert lab.refused() == "protected-files"
    lab.clear("--confirm-protected")


def test_other_things_are_no_cards(lab, tmp_path):
    lab.make_card("fat16", SMALL)
    lab.offloaded()
    for device in ("/dev/null", tmp_path):
        code, said, _ = lab.wipe(device=device)
        assert code == 1 and said["outcome"] == "not-external"


def table_of(*parts):
    return cards.mbr(7, parts)


def boot(lab, offset, data):
    lab.change(offset, data)


def second_partition(lab):
    lab.card.offset, keep = 0, lab.card.offset
    lab.change(446 + 16, struct.pack("<B3sB3sII", 0, b"", 0x83, b"", 63000, 100))
    lab.card.offset = keep


def gpt(lab):
    lab.card.offset, keep = 0, lab.card.offset
    lab.change(0, table_of((0xEE, 1, 65535)))
    lab.change(512, b"EFI PART")
    lab.card.offset = keep


def fat_of(lab):
    reserved, = struct.unpack("<H", lab.volume(14, 2))
    return reserved * 512


def lost_cluster(lab):
    fats = fat_of(lab), fat_of(lab) + struct.unpack("<H", lab.volume(22, 2))[0] * 512
    for fat in fats:
        lab.change(fat + 2 * 12000, b"\xff\xff")


REFUSALS = {
    "dirty": lambda lab: lab.change(0x25, b"\x01"),
    "fats-differ": lambda lab: lab.change(fat_of(lab) + 20000, b"\x01"),
    "lost-clusters": lost_cluster,
    "many-partitions": second_partition,
    "gpt": gpt,
    "bad-boot-sector": lambda lab: lab.change(11, b"\x03\x03"),
    "other-file-system": lambda lab: lab.change(0, bytes(512)),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_damage_has_a_name(lab, name):
    lab.make_card("fat16", SMALL)
    lab.offloaded()
    REFUSALS[name](lab)
    assert lab.refused() == name
    row = [e for e in lab.events() if e["event"] == "clear-failed"][-1]
    assert row["fields"]["outcome"] == name


def test_a_damaged_exfat_card_is_refused(lab):
    card = lab.make_card("exfat", SMALL)
    lab.offloaded()
    flags = lab.volume(106, 1)
    lab.change(106, b"\x02")
    assert lab.refused() == "dirty"
    lab.change(106, flags)
    lab.change(200, b"X")
    assert lab.refused() == "bad-checksum"
    assert card.fs == "exfat"


def test_a_card_in_use_is_refused(lab):
    import fcntl
    lab.make_card("fat16", SMALL)
    lab.offloaded()
    with open(lab.card.path, "r+b") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert lab.refused() == "in-use"


# --- kills -----------------------------------------------------------------------------------------------------------

def count_points(lab, folder, program, method):
    twin = wipe_lab.copy(lab, folder)
    counter = folder.parent / f"count-{program}"
    twin.clear("--method", method, environment={"OUTING_FAULT_PROGRAM": program, "OUTING_FAULT_COUNT": str(counter)})
    return int(counter.read_text().split()[-1])


@pytest.mark.parametrize("program", ["outing-wipe", "outing-wipe-worker"])
@pytest.mark.parametrize("fs,method", [("fat12", "clear"), ("exfat", "clear"), ("fat16", "clear-2pass")])
def test_a_kill_at_any_point_is_gone_on_from(lab, tmp_path_factory, count_kills, program, fs, method):
    lab.make_card(fs, SMALL, mib={"fat12": 9, "exfat": 9, "fat16": 16}[fs])
    lab.offloaded()
    folder = tmp_path_factory.mktemp("kills")
    points = count_points(lab, folder / "lab", program, method)
    assert points >= 8
    step = 1 if CAMPAIGN else (points + 19) // 20
    for at in range(1, points + 1, step):
        twin = wipe_lab.copy(lab, folder / "lab")
        code, _, _ = twin.wipe("--method", method, environment={"OUTING_FAULT_PROGRAM": program, "OUTING_FAULT_AT": str(at)})
        rows = twin.rows()
        assert code == (-signal.SIGKILL if program == "outing-wipe" else 1), at
        count_kills(program)
        done = [row for row in rows if row["state"] == "done"]
        if done:
            # Killed after the certificate was recorded, before a person was told.
            assert not twin.card.canaries()
            continue
        code, said, errors = twin.wipe("--method", method)
        assert code == 0, (at, said, errors)
        assert said["bytes_read_back"] == twin.card.path.stat().st_size
        assert twin.card.canaries() == 0
        assert twin.card.fsck()[0] == 0
        assert [row["state"] for row in twin.rows()].count("done") == 1


def test_a_cancelled_clear_goes_on(lab):
    lab.make_card("fat32", SMALL, mib=256)
    lab.offloaded()
    root = lab.card.path.read_bytes().index(b"DCIM       ")
    process = subprocess.Popen([PROGRAM, "--device", lab.card.path, "--session", lab.session, "--state", lab.state],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "OUTING_FAULT_POINT": "wipe-root-empty", "OUTING_FAULT_PAUSE_MS": "3000"})
    # "writing" is recorded before the first byte is; a clear that was stopped between the two begins again.
    with open(lab.card.path, "rb") as card:
        while os.pread(card.fileno(), 11, root) == b"DCIM       ":
            assert process.poll() is None
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 1 and "stopped" in errors
    assert [row["state"] for row in lab.rows()] == ["writing"]
    certificate = lab.clear()
    assert certificate["resumed"] is True
    assert lab.card.canaries() == 0


def test_a_card_that_was_used_in_between_is_offloaded_first(lab):
    lab.make_card("fat16", SMALL)
    lab.offloaded()
    code, _, _ = lab.wipe(environment={"OUTING_FAULT_PROGRAM": "outing-wipe-worker", "OUTING_FAULT_POINT": "wipe-file-system",
                                       "OUTING_FAULT_AT": "1"})
    assert code == 1
    new = lab.folder / "new.jpg"
    new.write_bytes(b"new picture")
    cards.mtools(lab.card, "mcopy", new, "::/DCIM/IMG_0001.JPG")
    assert lab.refused() in ("offload-first", "set-differs")
    lab.offloaded(files={"DCIM/IMG_0001.JPG": b"new picture"})
    lab.clear()
    assert lab.card.canaries() == 0


def test_another_card_is_never_gone_on_with(lab):
    lab.make_card("fat16", SMALL)
    lab.offloaded()
    lab.wipe(environment={"OUTING_FAULT_PROGRAM": "outing-wipe-worker", "OUTING_FAULT_POINT": "wipe-file-system",
                          "OUTING_FAULT_AT": "1"})
    session = lab.session
    lab.make_card("fat16", {"DCIM/100MEDIA/OTHER.JPG": b"not offloaded"}, volume_id=0x11111111)
    assert lab.refused(session=session) == "card-changed"
