# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras, phones and tablets that speak PTP or MTP, as the agent deals with them: offloaded by itself, emptied on
request, and called "removed, not wiped" whatever goes wrong. After each test everything that the camera ever held is
on it or in the vault."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import threading

import pytest
from agent_bed import BUILD, TOP, Bed, CallError, let_others_enter
from socket_camera import STORE, SocketCamera, make_libexec, vault_content

CAMERA = "Blue Room camera"
CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"
LONG = 1800  # seconds: copying and comparing some GiB
SLOW = {"OUTING_FAULT_PROGRAM": "outing-empty-worker", "OUTING_FAULT_POINT": "empty-delete",
        "OUTING_FAULT_PAUSE_MS": "500"}  # fmt: skip
pytestmark = pytest.mark.skipif(BUILD.name not in ("faults", "asan"), reason="needs simulated devices")


@pytest.fixture
def bed(tmp_path):
    let_others_enter(tmp_path)  # one test calls as another user
    libexec = make_libexec(tmp_path / "libexec")
    (tmp_path / "bed").mkdir()
    bed = Bed(tmp_path / "bed", libexec)
    bed.camera = SocketCamera(libexec, tmp_path / "camera")
    yield bed
    held = getattr(bed, "held", {})
    safe = {**bed.camera.content()}
    lost = [path for path, digest in held.items()
            if safe.get(path) != digest and digest not in set(vault_content(bed.vault).values())]
    bed.camera.pull()
    bed.close()
    assert lost == []


def plug(bed, *options, pictures=("IMG_0001.JPG", "IMG_0002.JPG", "IMG_0003.JPG"), number=1, **facts):
    for name in pictures:
        bed.camera.take(name)
    bed.held = {**getattr(bed, "held", {}), **bed.camera.content()}
    bed.camera.switch_on(*options)
    bed.plug(bed.camera.entry(number, **facts))


def unplug(bed):
    bed.camera.pull()
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: not d["present"])


def registered(bed, *options, role="camera", **facts):
    """Plugged in, registered, offloaded by itself."""
    plug(bed, *options, **facts)
    bed.start()
    bed.register(role=role)
    return bed.signals.event("offload-done")


def device(bed):
    return next(d for d in bed.call("ListDevices") if d["name"] == CAMERA)


def wait_state(bed, state):
    if device(bed)["state"] != state:
        bed.signals.wait("DeviceChanged", lambda d: d["state"] == state)


@pytest.mark.parametrize("kind", ["ptp", "mtp"])
def test_the_whole_story(bed, kind):
    bed.configure(hooks="enabled = false;")
    done = registered(bed, *([kind] if kind == "mtp" else []), kind=kind)
    assert (done["files"], done["by_itself"]) == (3, True)
    session = bed.call("ListSessions")[0]
    stored = vault_content(session["path"])
    assert stored == bed.camera.content()
    wait_state(bed, "offloaded")
    assert device(bed)["kind"] == kind and device(bed)["last_clear"] is None
    assert bed.audit("device-found")[0]["fields"]["kind"] == kind
    job = bed.call("Wipe", CAMERA, False)
    removed = bed.signals.event("removal-done")
    ended = bed.signals.job_end(job)
    assert (ended["state"], ended["outcome"]) == ("done", "removed")
    assert "Removed is not wiped" in ended["sentence"] and "card reader" in ended["sentence"]
    assert bed.camera.content() == {} and vault_content(session["path"]) == stored
    assert device(bed)["state"] == "emptied" and device(bed)["last_clear"] is None
    # A record, in the audit log, the state database and to everybody, and no certificate of a clear.
    record = removed["record"]
    assert (record["result"], record["offload"]["session"], record["offload"]["files"]) == (
        "removed, not wiped", session["id"], 3)
    assert bed.audit("removal-done")[0]["fields"]["record"] == record and bed.audit("removal-started")
    assert bed.call("Certificates", CAMERA) == [record]
    assert not bed.audit("clear-done") and "IMG_0001" not in json.dumps(bed.audit())
    bed.camera.pull()
    deletes = bed.camera.commands("100b")
    assert len(deletes) == 3 and not any(d.split()[1] in ("00000000", "ffffffff") for d in deletes)


FOUR_GIB = 1 << 32
MARKS = {0: b"begin", FOUR_GIB - 3: b"across", FOUR_GIB + 5_000_000: b"behind", FOUR_GIB + 70_000_000: b"end"}


def long_film(path):
    """A film of more than 4 GiB, most of it a hole."""
    with open(path, "wb") as film:
        for place, mark in MARKS.items():
            film.seek(place)
            film.write(mark)
    assert os.path.getsize(path) == FOUR_GIB + 70_000_003 and os.stat(path).st_blocks * 512 < 1 << 20


def size_and_hash(path):
    digest = hashlib.sha512()
    with open(path, "rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return os.path.getsize(path), digest.hexdigest()


def plug_with_film(bed, *options):
    """A camera with a film and a picture is plugged in and registered; the film, and both paths in the vault."""
    paths = bed.camera.take("FILM.MP4", 0), bed.camera.take("IMG_0001.JPG")
    film = bed.camera.folder / "DCIM/100CANON/FILM.MP4"
    long_film(film)
    bed.camera.switch_on(*options)
    bed.plug(bed.camera.entry(kind="mtp" if "mtp" in options else "ptp"))
    bed.start()
    bed.register()
    return film, *paths


@pytest.mark.skipif(not CAMPAIGN, reason="minutes: only with OUTING_CAMPAIGN=1")
def test_a_film_of_more_than_four_gib_is_copied_compared_and_removed(bed, tmp_path):
    if shutil.disk_usage(tmp_path).free < 3 * FOUR_GIB:
        pytest.skip("no room for such a film and its copy")
    film, in_vault, small = plug_with_film(bed, "mtp")
    made, picture = size_and_hash(film), size_and_hash(film.with_name("IMG_0001.JPG"))
    done = bed.signals.wait("Event", lambda name, _: name in ("offload-done", "offload-failed"), LONG)
    assert (done[0], done[1]["files"], done[1]["bytes"]) == ("offload-done", 2, made[0] + picture[0]), done
    folder = pathlib.Path(bed.call("ListSessions")[0]["path"])
    stored = folder / in_vault
    try:
        assert size_and_hash(stored) == made and size_and_hash(folder / small) == picture
        with open(stored, "rb") as copy:
            for place, mark in MARKS.items():
                copy.seek(place)
                assert copy.read(len(mark)) == mark
        ended = bed.signals.job_end(bed.call("Wipe", CAMERA, False), LONG)
        assert (ended["state"], ended["outcome"]) == ("done", "removed"), ended
        assert bed.camera.content() == {}
        assert size_and_hash(stored) == made
        bed.camera.pull()
        # Each was read twice, in two sessions, before any was deleted.
        spoken = [line.split()[0] for line in bed.camera.log]
        before = spoken[: spoken.index("100b")]
        assert before.count("1002") >= 2 and before.count("1009") + before.count("95c1") >= 4
    finally:
        film.unlink(missing_ok=True)
        stored.unlink()


def test_a_film_whose_size_nobody_can_say_is_named_and_kept(bed):
    """PTP has 32 bits for it, and 0xFFFFFFFF for more."""
    film, in_vault, small = plug_with_film(bed)
    failed = bed.signals.event("offload-failed")
    assert (failed["outcome"], failed["files"], failed["failed"]) == ("incomplete", 1, 1)
    assert "1 file or folder" in failed["reason"] and "still only there" in failed["reason"]
    assert "FILM.MP4" in json.dumps(bed.call("GetJob", failed["job"])["findings"])
    assert list(vault_content(bed.vault)) and not [p for p in vault_content(bed.vault) if p.endswith(in_vault)]
    ended = bed.signals.job_end(bed.call("Wipe", CAMERA, False))
    assert ended["state"] == "failed", ended
    assert film.exists() and film.with_name("IMG_0001.JPG").exists()
    bed.camera.pull()
    assert bed.camera.commands("100b") == []
    film.unlink()


def test_an_unregistered_one_is_left_alone_and_named(bed):
    plug(bed)
    bed.start()
    refused = bed.signals.wait("DeviceRefused")[0]
    assert refused["reason"] == "unregistered" and "not registered" in refused["sentence"]
    listed = bed.call("ListDevices")[0]
    assert (listed["state"], listed["kind"], listed["id"][:4]) == ("unregistered", "ptp", "usb-")
    assert bed.audit("device-unknown")[0]["fields"]["product"] == "Compact 2"
    for call in (("Offload", listed["id"]), ("Wipe", listed["id"], False)):
        with pytest.raises(CallError, match="not registered"):
            bed.call(*call)
    assert bed.call("ListJobs") == []
    bed.camera.pull()
    assert bed.camera.log == []


@pytest.mark.parametrize("role, why", [("stick", "does not answer like one"), ("reader", "not plugged in")])
def test_what_does_not_answer_like_its_role_is_left_alone(bed, role, why):
    plug(bed)
    bed.start()
    bed.register(role=role)
    with pytest.raises(CallError, match=why):
        bed.call("Wipe", CAMERA, False)
    bed.camera.pull()
    assert bed.camera.log == []


@pytest.mark.parametrize("role", ["phone", "tablet"])
def test_phones_and_tablets_are_offloaded_as_cameras_are(bed, role):
    assert registered(bed, role=role, kind="mtp")["files"] == 3
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"


def test_without_automatic_offloads_a_wipe_offloads_first(bed):
    bed.configure("offload: { automatic = false; };\n")
    plug(bed)
    bed.start()
    bed.register()
    wait_state(bed, "present")
    job = bed.call("Wipe", CAMERA, False)
    assert bed.signals.event("offload-done")["files"] == 3
    assert bed.signals.job_end(job)["outcome"] == "removed"
    # Once more: there is nothing, and that is looked at anew.
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"
    assert len(bed.call("ListSessions")) == 2 and len(bed.call("Certificates", "")) == 2


def test_pictures_taken_since_the_offload_are_offloaded_before_anything_is_deleted(bed):
    registered(bed)
    wait_state(bed, "offloaded")
    bed.camera.pull()
    late = bed.camera.take("LATE.JPG")
    bed.held.update(bed.camera.content())
    bed.camera.switch_on()
    job = bed.call("Wipe", CAMERA, False)
    assert bed.signals.event("offload-done")["files"] == 4
    assert bed.signals.job_end(job)["outcome"] == "removed"
    assert bed.camera.content() == {}
    assert late in vault_content(bed.call("ListSessions")[0]["path"])


def test_protected_pictures_need_a_word(bed):
    bed.camera.take("KEEP.JPG")
    (bed.camera.folder / "DCIM/100CANON/KEEP.JPG").chmod(0o444)
    registered(bed)
    ended = bed.signals.job_end(bed.call("Wipe", CAMERA, False))
    assert (ended["state"], ended["outcome"]) == ("failed", "protected-files")
    assert list(bed.camera.content()) == [f"{STORE}/DCIM/100CANON/KEEP.JPG"]
    job = bed.call("GetJob", ended["id"])
    assert len(job["findings"]) == 1 and "KEEP.JPG" in job["findings"][0] and "protected" in job["findings"][0]
    assert bed.audit("removal-failed")[0]["fields"]["left"] == 1
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, True))["outcome"] == "removed"
    assert bed.camera.content() == {}


# --- formatted at the end ---------------------------------------------------------------------------------------------

def formatted(bed, protected=False):
    return bed.signals.job_end(bed.call("Format", CAMERA, protected))


def was_told_to_format(bed):
    bed.camera.pull()
    return len(bed.camera.commands("100f"))


def test_a_manager_may_have_it_formatted(bed):
    registered(bed, "formats")
    stored = vault_content(bed.call("ListSessions")[0]["path"])
    ended = formatted(bed)
    assert (ended["state"], ended["outcome"], ended["kind"]) == ("done", "formatted", "wipe")
    assert "Formatted is not wiped" in ended["sentence"] and "card reader" in ended["sentence"]
    assert bed.camera.content() == {} and vault_content(bed.call("ListSessions")[0]["path"]) == stored
    assert device(bed)["state"] == "emptied" and device(bed)["last_clear"] is None
    assert bed.audit("removal-started")[0]["fields"]["format"] is True
    record = bed.audit("removal-done")[0]["fields"]["record"]
    assert (record["result"], record["method"]) == ("removed, not wiped", "deleted file by file, then formatted by the camera")
    assert bed.call("Certificates", CAMERA) == [record] and not bed.audit("clear-done")
    bed.camera.pull()
    commands = [line.split()[0] for line in bed.camera.log]
    assert commands.count("100f") == 1 and commands.index("100f") > max(i for i, c in enumerate(commands) if c == "100b")


def test_a_wipe_never_formats(bed):
    registered(bed, "formats")
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"
    assert bed.audit("removal-done")[0]["fields"]["record"]["method"] == "deleted file by file"
    assert was_told_to_format(bed) == 0


def test_what_was_emptied_before_can_be_formatted(bed):
    registered(bed, "formats")
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"
    assert formatted(bed)["outcome"] == "formatted" and was_told_to_format(bed) == 1


@pytest.mark.parametrize("options, why, told", [
    ((), "cannot be told to", 0), (("formats", "fuller"), "never copied", 0),
    (("formats", "8:100f:0:0:0:0"), "same folders as before", 1),
    (("formats", "7:100f:0:0:200e:0"), "Store_Read_Only", 1)])  # fmt: skip
def test_what_was_not_formatted_is_removed_all_the_same(bed, options, why, told):
    registered(bed, *options)
    ended = formatted(bed)
    assert (ended["state"], ended["outcome"]) == ("failed", "not-formatted") and why in ended["sentence"], ended
    assert bed.camera.content() == {} and device(bed)["state"] == "emptied"
    assert bed.audit("removal-done")[0]["fields"]["record"]["method"] == "deleted file by file"
    assert was_told_to_format(bed) == told


def test_a_protected_picture_keeps_it_from_being_formatted(bed):
    bed.camera.take("KEEP.JPG")
    (bed.camera.folder / "DCIM/100CANON/KEEP.JPG").chmod(0o444)
    registered(bed, "formats")
    assert formatted(bed)["outcome"] == "protected-files"
    assert list(bed.camera.content()) == [f"{STORE}/DCIM/100CANON/KEEP.JPG"]
    assert formatted(bed, protected=True)["outcome"] == "formatted" and was_told_to_format(bed) == 1


def test_new_pictures_are_offloaded_before_it_is_formatted(bed):
    registered(bed, "formats")
    wait_state(bed, "offloaded")
    bed.camera.pull()
    late = bed.camera.take("LATE.JPG")
    bed.held.update(bed.camera.content())
    bed.camera.switch_on("formats")
    assert formatted(bed)["outcome"] == "formatted"
    assert late in vault_content(bed.call("ListSessions")[0]["path"])


def test_what_is_gone_on_with_by_itself_is_not_formatted(bed):
    registered(bed, "formats", "17:100b:1:1:0:0")
    assert formatted(bed)["outcome"] == "gone"
    unplug(bed)
    plug(bed, "formats", pictures=(), number=2)
    done = bed.signals.event("removal-done")
    assert (done["by_itself"], done["format"], done["outcome"]) == (True, False, "removed")
    assert was_told_to_format(bed) == 0


@pytest.mark.parametrize("role", ["phone", "tablet"])
def test_only_cameras_are_formatted(bed, role):
    registered(bed, "formats", role=role, kind="mtp")
    with pytest.raises(CallError, match="Only a camera can be formatted"):
        bed.call("Format", CAMERA, False)
    assert was_told_to_format(bed) == 0 and len(bed.camera.content()) == 3


@pytest.mark.skipif(BUILD.name != "faults", reason="needs fault points")
def test_an_order_does_not_join_a_wipe_that_runs(bed):
    plug(bed, "formats")
    bed.start(environment=SLOW)
    bed.register()
    bed.signals.event("offload-done")
    job = bed.call("Wipe", CAMERA, False)
    with pytest.raises(CallError, match="job"):
        bed.call("Format", CAMERA, False)
    assert bed.signals.job_end(job)["outcome"] == "removed" and was_told_to_format(bed) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="calls as another user")
def test_who_may_wipe_may_not_format(bed):
    registered(bed, "formats")
    bed.allow({"org.outingguard.wipe": "yes", "org.outingguard.status": "yes", "org.outingguard.offload": "yes"})
    with pytest.raises(CallError, match="Access denied"):
        bed.call("Format", CAMERA, False, user=65534)
    bed.allow({"org.outingguard.format": "yes"})
    job = bed.call("Format", CAMERA, False, user=65534)
    assert bed.signals.job_end(job)["outcome"] == "formatted"


def test_the_polkit_action_is_for_managers():
    text = (TOP / "packaging/org.outingguard.policy").read_text(encoding="utf-8")
    action = re.search(r'<action id="org.outingguard.format">.*?</action>', text, re.S).group(0)
    assert re.findall(r"<allow_(\w+)>(\w+)<", action) == [(who, "auth_admin") for who in ("any", "inactive", "active")]
    rules = (TOP / "packaging/org.outingguard.rules").read_text(encoding="utf-8")
    assert re.search(r'case "org.outingguard.format":\s+case "org.outingguard.allow-copy":\s+return manager \? ', rules)


def test_a_delete_that_lies_is_not_believed(bed):
    registered(bed, "8:100b:1:1:0:0")
    ended = bed.signals.job_end(bed.call("Wipe", CAMERA, False))
    assert (ended["state"], ended["outcome"]) == ("failed", "kept")
    assert "still lists it" in bed.call("GetJob", ended["id"])["findings"][0]
    assert len(bed.camera.content()) == 1 and not bed.audit("removal-done")
    assert device(bed)["state"] != "emptied"
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"


@pytest.mark.parametrize("role, vendor_id, tap", [("phone", 0x18D1, "File transfer"), ("tablet", 0x05AC, "Trust"),
                                                  ("camera", 0x04A9, "its card is in")])  # fmt: skip
def test_one_that_shows_nothing_says_what_to_tap(bed, role, vendor_id, tap):
    plug(bed, "locked", kind="mtp", vendor_id=vendor_id)
    bed.start()
    bed.register(role=role)
    failed = bed.signals.event("offload-failed")
    assert failed["outcome"] == "source-locked" and tap in failed["reason"], failed
    wait_state(bed, "present")
    ended = bed.signals.job_end(bed.call("Wipe", CAMERA, False))
    assert (ended["state"], ended["outcome"]) == ("failed", "source-locked") and tap in ended["sentence"]


def test_one_that_locks_itself_is_not_empty(bed):
    registered(bed, role="phone")
    wait_state(bed, "offloaded")
    bed.camera.pull()
    bed.camera.switch_on("locked")
    ended = bed.signals.job_end(bed.call("Wipe", CAMERA, False))
    assert (ended["state"], ended["outcome"]) == ("failed", "locked") and "File transfer" in ended["sentence"]
    assert device(bed)["state"] == "interrupted" and len(bed.camera.content()) == 3


def test_a_cable_that_is_pulled_while_it_is_read(bed):
    plug(bed, "17:1009:2:1:0:0")
    bed.start()
    bed.register()
    failed = bed.signals.event("offload-failed")
    assert failed["outcome"] == "source-gone" and "plug it in again" in failed["reason"]
    unplug(bed)
    plug(bed, pictures=(), number=2)
    assert bed.signals.event("offload-done")["files"] == 3
    assert vault_content(bed.call("ListSessions")[0]["path"]) == bed.camera.content()


def cut_emptying(bed):
    """Emptying was asked for, and after the first file the cable is pulled."""
    registered(bed, "17:100b:1:1:0:0")
    ended = bed.signals.job_end(bed.call("Wipe", CAMERA, False))
    assert (ended["state"], ended["outcome"]) == ("failed", "gone") and "Nothing is lost" in ended["sentence"]
    assert device(bed)["state"] == "interrupted"
    unplug(bed)


def test_emptying_that_was_cut_goes_on_at_the_next_plug_in(bed):
    cut_emptying(bed)
    assert 0 < len(bed.camera.content()) < 3
    plug(bed, pictures=(), number=2)
    assert bed.signals.event("offload-done")["by_itself"] is True
    assert bed.signals.event("removal-done")["by_itself"] is True
    wait_state(bed, "emptied")
    assert bed.camera.content() == {}


def test_what_was_taken_since_is_not_deleted_without_being_asked(bed):
    cut_emptying(bed)
    plug(bed, pictures=("NEW.JPG",), number=2)
    bed.signals.event("offload-done")
    failed = bed.signals.event("removal-failed")
    assert failed["outcome"] == "new-pictures" and "nothing more was deleted" in failed["reason"]
    assert f"{STORE}/DCIM/100CANON/NEW.JPG" in bed.camera.content() and len(bed.camera.content()) > 1
    wait_state(bed, "offloaded")
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"


def test_a_picture_that_looks_like_one_that_is_gone_is_copied_first(bed):
    """The camera counts anew: the same name, size and time, another picture."""
    registered(bed)
    first = bed.camera.folder / "DCIM/100CANON/IMG_0001.JPG"
    stamp = first.stat().st_mtime
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"
    bed.camera.pull()
    bed.camera.take("IMG_0001.JPG")
    os.utime(first, (stamp, stamp))
    bed.held.update({f"again {p}": d for p, d in bed.camera.content().items()})
    bed.camera.switch_on()
    job = bed.call("Wipe", CAMERA, False)
    assert bed.signals.event("offload-done")["files"] == 1
    assert bed.signals.job_end(job)["outcome"] == "removed"


@pytest.mark.skipif(BUILD.name != "faults", reason="needs fault points")
def test_a_person_may_stop_it_and_the_end_of_the_agent_does_not(bed):
    plug(bed, pictures=[f"IMG_{n:04}.JPG" for n in range(12)])
    bed.start(environment=SLOW)
    bed.register()
    bed.signals.event("offload-done")
    job = bed.call("Wipe", CAMERA, False)
    bed.signals.wait("JobChanged", lambda n, d: n == job and d["phase"] == "removing")
    bed.call("CancelJob", job)
    ended = bed.signals.job_end(job)
    assert (ended["state"], ended["outcome"]) == ("cancelled", "cancelled")
    assert device(bed)["state"] == "offloaded" and len(bed.camera.content()) > 0
    job = bed.call("Wipe", CAMERA, False)
    bed.signals.wait("JobChanged", lambda n, d: n == job and d["phase"] == "removing")
    assert bed.terminate() == 0
    assert len(bed.camera.content()) > 0
    bed.start()
    assert bed.signals.event("removal-done")["by_itself"] is True
    assert bed.camera.content() == {}


def test_two_that_cannot_be_told_apart_are_refused(bed):
    registered(bed)
    wait_state(bed, "offloaded")
    bed.plug(bed.camera.entry(1), {**bed.camera.entry(2), "node": "/other"})
    bed.signals.event("device-refused")
    with pytest.raises(CallError, match="cannot be told apart"):
        bed.call("Wipe", device(bed)["id"], False)


# --- may it travel? ----------------------------------------------------------------------------------------------------

ACCEPTED = "outing: { accept_removed = true; };\n"
NAMES_ONLY = 'outing: { policy = "names-only"; };\n'


def verdict(bed):
    return bed.call("Check", json.dumps([CAMERA]), True)["devices"][0]


def emptied(bed, **how):
    registered(bed, **how)
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"


def test_what_was_removed_but_not_wiped_may_travel_only_where_the_setting_says_so(bed):
    registered(bed)
    wait_state(bed, "offloaded")
    before = verdict(bed)
    assert (before["verdict"], before["action"]) == ("not-ready", "offload-and-clear") and "still on it" in before["reason"]
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"
    strict = verdict(bed)
    assert (strict["verdict"], strict["action"], strict["state"]) == ("not-ready", None, "emptied")
    assert "removed is not wiped" in strict["reason"] and "card reader" in strict["fix"]
    bed.configure(ACCEPTED)
    bed.call("Reload")
    accepted = verdict(bed)
    assert (accepted["verdict"], accepted["fix"]) == ("ready", "")
    assert "Removed is not wiped" in accepted["reason"] and "card reader" in accepted["reason"]
    unplug(bed)
    assert "not plugged in" in verdict(bed)["reason"]


def test_only_what_is_seen_now_counts(bed):
    """The camera is at hand all the time: it takes a picture, locks itself, hangs, is gone."""
    bed.configure(ACCEPTED)
    emptied(bed)
    assert verdict(bed)["verdict"] == "ready"
    bed.camera.pull()
    bed.camera.take("LATE.JPG")
    bed.held.update(bed.camera.content())
    bed.camera.switch_on()
    late = verdict(bed)
    assert (late["verdict"], late["action"]) == ("not-ready", "offload-and-clear") and "1 file" in late["reason"]
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"
    assert verdict(bed)["verdict"] == "ready"
    for option, why in (("locked", "shows no memory"), ("6:1004:0:0:0:0", "could not be found out"), ("mtp", "")):
        bed.camera.pull()
        bed.camera.switch_on(option)
        now = verdict(bed)
        assert now["verdict"] == ("not-ready" if why else "ready") and why in now["reason"], now
    bed.camera.pull()
    gone = verdict(bed)
    assert gone["verdict"] == "not-ready" and "could not be found out" in gone["reason"]
    assert bed.camera.commands("100b") and bed.audit("outing-checked")


def test_a_check_changes_nothing_on_it(bed):
    registered(bed)
    wait_state(bed, "offloaded")
    bed.camera.pull()
    bed.camera.log.clear()
    bed.camera.switch_on()
    verdict(bed)
    bed.camera.pull()
    assert {line.split()[0] for line in bed.camera.log} <= {"1001", "1002", "1003", "1004", "1005", "1007", "1008"}


def test_a_delete_that_lied_is_not_ready(bed):
    bed.configure(ACCEPTED)
    registered(bed, "8:100b:1:1:0:0")
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "kept"
    said = verdict(bed)
    assert (said["verdict"], said["action"]) == ("not-ready", "offload-and-clear") and "still on it" in said["reason"]


def test_names_only_leaves_pictures_that_are_safe(bed):
    bed.configure(NAMES_ONLY)
    registered(bed)
    wait_state(bed, "offloaded")
    assert verdict(bed)["verdict"] == "ready"
    bed.camera.pull()
    bed.camera.take("LATE.JPG")
    bed.held.update(bed.camera.content())
    bed.camera.switch_on()
    late = verdict(bed)
    assert (late["verdict"], late["action"]) == ("not-ready", "offload")
    assert bed.signals.job_end(bed.call("Offload", CAMERA))["state"] == "done"
    named = verdict(bed)
    assert (named["verdict"], named["action"]) == ("not-ready", "offload-and-clear") and "no camera has chosen" in named["reason"]
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"
    assert verdict(bed)["verdict"] == "ready"


def test_a_phone_travels_only_when_the_manager_has_looked_into_its_settings(bed):
    emptied(bed, role="phone", kind="mtp")
    unknown = verdict(bed)
    assert unknown["verdict"] == "not-ready" and "not known whether" in unknown["reason"]
    assert "outingctl attest encrypted" in unknown["fix"]
    with pytest.raises(CallError, match="nothing that can be attested"):
        bed.call("AttestDevice", CAMERA, "clean", "")
    with pytest.raises(CallError, match="no device"):
        bed.call("AttestDevice", "Nobody's phone", "encrypted", "")
    assert bed.call("AttestDevice", CAMERA, "encrypted", "Code of six digits.") is None
    told = bed.signals.event("attested")
    assert (told["what"], told["name"], told["note"]) == ("encrypted", CAMERA, "Code of six digits.")
    ready = verdict(bed)
    assert ready["verdict"] == "ready" and "as the manager says" in ready["reason"], ready
    bed.terminate()
    with sqlite3.connect(bed.state / "state.db") as database:
        database.execute("UPDATE device_attestation SET at = at - 366 * 86400")
    bed.start()
    assert "366 days ago" in verdict(bed)["reason"]


def test_a_job_waits_for_a_look_and_a_look_for_no_job(bed):
    registered(bed)
    wait_state(bed, "offloaded")
    asked = [threading.Thread(target=verdict, args=(bed,)) for _ in range(3)]
    for thread in asked:
        thread.start()
    assert bed.signals.job_end(bed.call("Wipe", CAMERA, False))["outcome"] == "removed"
    for thread in asked:
        thread.join()


POINTS = [("outingd", "record-committed"), ("outingd", "empty-intended"), ("outingd", "empty-gone"),
          ("outingd", "empty-gone-recorded"), ("outingd", "removal-record"), ("outing-empty-worker", "empty-delete"),
          ("outing-empty-worker", "empty-deleted")]  # fmt: skip


@pytest.mark.skipif(BUILD.name != "faults", reason="needs fault points")
@pytest.mark.parametrize("program, point", POINTS)
def test_killed_at_each_boundary_nothing_is_lost_and_it_goes_on(bed, program, point):
    bed.configure("offload: { automatic = false; };\n")
    plug(bed)
    bed.start()
    bed.register()
    bed.terminate()
    bed.start(environment={"OUTING_FAULT_PROGRAM": program, "OUTING_FAULT_POINT": point, "OUTING_FAULT_AT": "1"})
    job = bed.call("Wipe", CAMERA, False)
    if program == "outingd":
        assert bed.agent.wait(timeout=60) == -signal.SIGKILL
    else:
        assert bed.signals.job_end(job)["outcome"] == "worker-died"
        bed.terminate()
    unplug_quietly(bed)
    plug(bed, pictures=(), number=2)
    bed.start()
    if point == "record-committed":
        wait_state(bed, "present")
        bed.call("Wipe", CAMERA, False)
    wait_state(bed, "emptied")
    assert bed.camera.content() == {}


def unplug_quietly(bed):
    bed.camera.pull()
    bed.plug()
