# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent encrypts a stick: what is in the vault first, what is remembered, what goes on after a kill.

Opening the stick needs device-mapper, which is not there: so each story here ends with "not-opened", the files safe in
the vault and the record saying so. The rest is told on the test laptop.
"""

import os
import subprocess
import tempfile

import pytest
from agent_bed import BUILD, TOP, Bed, CallError

STICK = "White stick"
GOOD = "purple kettle sings at dawn"
CANARY = b"CANARY-OF-AN-INVENTED-CHILD"


@pytest.fixture(scope="session", autouse=True)
def programs():
    done = subprocess.run(["make", "-C", str(TOP), "-j2", f"VARIANT={BUILD.name}", "all"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def bed():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        it = Bed(folder)
        yield it
        it.close()


def stick(bed, **facts):
    card = bed.card(name="stick", files=2, size=30_000, product="White", bytes=80 << 20, **facts)
    with open(f"{card['source']}/LETTER.TXT", "wb") as file:
        file.write(CANARY * 100)
    bed.image(card)
    bed.plug(card)
    return card


def passphrase(text=GOOD):
    fd = os.memfd_create("passphrase")
    os.write(fd, text.encode())
    os.lseek(fd, 0, os.SEEK_SET)
    return os.fdopen(fd)


def encrypt(bed, discard=False, text=GOOD, **how):
    with passphrase(text) as file:
        return bed.call("Encrypt", STICK, file, discard, **how)


def is_luks(card):
    return subprocess.run(["cryptsetup", "isLuks", card["node"]], check=False).returncode == 0


def raw(card):
    with open(card["node"], "rb") as file:
        return file.read()


def device(bed):
    return next(d for d in bed.call("ListDevices") if d["name"] == STICK)


def test_its_files_are_in_the_vault_before_it_is_written(bed):
    card = stick(bed)
    bed.start()
    bed.register(STICK, role="stick")
    job = encrypt(bed)
    ended = bed.signals.job_end(job)
    assert ended["kind"] == "encrypt" and ended["outcome"] == "not-opened", ended
    assert [e["event"] for e in bed.audit() if e["event"].startswith(("offload", "encrypt"))] == [
        "offload-started", "offload-done", "encrypt-started", "encrypt-failed"]
    (session,) = bed.call("ListSessions")
    assert session["state"] == "committed" and session["files"] == 3
    assert is_luks(card) and CANARY not in raw(card)
    assert device(bed)["state"] == "interrupted" and "puts them back" in device(bed)["reason"]
    assert GOOD not in (bed.log / "audit.jsonl").read_text() + bed.output()
    assert GOOD.encode() not in (bed.state / "state.db").read_bytes()


def test_weak_passphrases_and_other_devices_are_refused_at_once(bed):
    card = stick(bed)
    bed.start()
    bed.register(STICK, role="stick")
    before = raw(card)
    for text, word in (("short", "at least 12"), ("kindergarten2026", "easy to guess")):
        with pytest.raises(CallError, match=word):
            encrypt(bed, text=text)
    with open("/dev/zero", "rb") as zero, pytest.raises(CallError, match="file in memory"):
        bed.call("Encrypt", STICK, zero, False)
    assert bed.call("ListJobs") == [] and raw(card) == before


def test_a_camera_stays_a_camera(bed):
    stick(bed)
    bed.configure("offload: { automatic = false; };")
    bed.start()
    bed.register(STICK, role="camera")
    with pytest.raises(CallError, match="Only a stick"):
        encrypt(bed, discard=True)


def test_killed_in_the_middle_of_writing_it_goes_on(bed):
    card = stick(bed)
    bed.start(environment={"OUTING_FAULT_PAUSE_MS": "50"})
    bed.register(STICK, role="stick")
    job = encrypt(bed)
    bed.signals.wait("JobChanged", lambda n, d: n == job and d["phase"] == "encrypting" and d["bytes_done"] > 4 << 20)
    bed.kill()
    assert not is_luks(card) and not any(raw(card)[:4096])
    bed.start()
    assert device(bed)["state"] == "interrupted" and "goes on where it stopped" in device(bed)["reason"]
    ended = bed.signals.job_end(encrypt(bed))
    assert ended["outcome"] == "not-opened", ended
    assert is_luks(card) and CANARY not in raw(card)
    assert len(bed.call("ListSessions")) == 1, "what is safe already is not copied again"


def test_what_somebody_put_on_an_interrupted_stick_is_taken_first(bed):
    card = stick(bed)
    bed.start(environment={"OUTING_FAULT_PAUSE_MS": "50"})
    bed.register(STICK, role="stick")
    job = encrypt(bed)
    bed.signals.wait("JobChanged", lambda n, d: n == job and d["phase"] == "encrypting" and d["bytes_done"] > 4 << 20)
    bed.kill()
    new = bed.card(name="later", files=5, size=20_000, product="White", bytes=80 << 20, serial=card["serial"], diskseq=8)
    bed.image(new)
    bed.plug(new)
    bed.start()
    ended = bed.signals.job_end(encrypt(bed))
    assert ended["outcome"] == "not-opened", ended
    assert is_luks(new)
    assert sorted(s["files"] for s in bed.call("ListSessions")) == [3, 5]


def test_a_file_that_is_not_in_the_vault_stops_it(bed):
    """The stick holds more than what was copied: it is not touched."""
    card = stick(bed)
    extra = bed.folder / "EXTRA.TXT"
    extra.write_bytes(b"not copied")
    subprocess.run(["mcopy", "-i", card["node"], extra, "::EXTRA.TXT"], check=True)
    before = raw(card)
    bed.start()
    bed.register(STICK, role="stick")
    ended = bed.signals.job_end(encrypt(bed))
    assert ended["outcome"] == "set-differs", ended
    assert raw(card) == before


def test_a_stick_that_is_too_full_stays_as_it_is(bed):
    card = bed.card(name="stick", files=60, size=1_090_000, product="White", bytes=80 << 20)
    bed.image(card)
    bed.plug(card)
    before = raw(card)
    bed.start()
    bed.register(STICK, role="stick")
    ended = bed.signals.job_end(encrypt(bed))
    assert ended["outcome"] == "too-full", ended
    assert raw(card) == before


def test_cancelled_before_it_is_written_nothing_is_changed(bed):
    card = stick(bed)
    before = raw(card)
    bed.start(environment={"OUTING_FAULT_PAUSE_MS": "50"})
    bed.register(STICK, role="stick")
    job = encrypt(bed)
    bed.signals.wait("JobChanged", lambda n, d: n == job and d["state"] == "running")
    bed.call("CancelJob", job)
    assert bed.signals.job_end(job)["state"] == "cancelled"
    assert raw(card) == before


def test_a_stick_without_a_serial_stays_registered_under_its_new_identity(bed):
    card = stick(bed, serial="")
    bed.start()
    before = bed.register(STICK, role="stick")
    ended = bed.signals.job_end(encrypt(bed, discard=True))
    assert ended["outcome"] == "not-opened", ended
    uuid = subprocess.run(["cryptsetup", "luksUUID", card["node"]], check=True, capture_output=True, text=True).stdout.strip()
    bed.plug({**card, "diskseq": 8, "type": "crypto_LUKS", "volume_serial": uuid, "label": "", "table_id": ""})
    bed.signals.wait("DeviceChanged", lambda d: d["present"] and d["name"] == STICK)
    now = device(bed)
    assert now["registered"] and now["present"] and now["id"] != before["id"]
