# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks, outings, what is overdue and what comes back: the whole agent on a private bus, with a judge of the test's own."""

import datetime
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import threading

import jsonschema
import pytest
from agent_bed import BUILD, TOP, Bed, CallError, open_bed
from mock_judge import CHECKS, Judge, check, leaf, reply

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: calls as another user")
NOBODY = 65534
SCHEMA = json.loads((TOP / "packaging/outing-check.schema.json").read_text())
CAMERA, STICK = "Blue Room camera", "Office stick"
MANUAL = "offload: { automatic = false; };\n"
NAMES_ONLY = 'outing: { policy = "names-only"; };\n'


@pytest.fixture(scope="session", autouse=True)
def built():
    subprocess.run(["make", "-C", str(TOP), "-s", "-j2", f"VARIANT={BUILD.name}", "all"], check=True, capture_output=True)


class DocumentedBed(Bed):
    """Holds every result of a check against the documented schema."""

    def call(self, member, *arguments, **options):
        result = super().call(member, *arguments, **options)
        if member == "Check":
            jsonschema.validate(result, SCHEMA, jsonschema.Draft202012Validator)
        return result


@pytest.fixture
def bed(tmp_path):
    with open_bed(tmp_path, DocumentedBed) as bed:
        yield bed


@pytest.fixture
def judge(bed):
    judge = Judge(bed.judge_socket)
    yield judge
    judge.close()


def stick(bed, media="plain", number=1, **facts):
    return {"node": str(bed.folder / f"stick{number}.img"), "vendor": "Acme", "product": "Stick", "serial": f"STICK{number:06}",
            "diskseq": 20 + number, "bytes": 8 << 30, "type": "crypto_LUKS" if media == "encrypted" else "vfat",
            "volume_serial": f"AAAA-000{number}", "label": "", "table_id": f"0000000{number}", "media": media, **facts}


def plug_and_register(bed, *devices):
    """Each is (entry, name, role)."""
    for entry, name, role in devices:
        bed.plug(*[e for e, n, r in devices[:devices.index((entry, name, role)) + 1]])
        bed.signals.wait("DeviceRefused", lambda r: r["reason"] == "unregistered")
        bed.register(name, role)


def camera(bed, config=MANUAL, **facts):
    """A registered camera that nothing was done with yet."""
    bed.configure(config)
    bed.start()
    card = bed.card("card", 2, 2000, **facts)
    folder = pathlib.Path(card["source"]) / "DCIM/100BLUE"
    folder.rename(folder.with_name("100MSDCF"))
    plug_and_register(bed, (card, CAMERA, "camera"))
    return card


def take(*names):
    return json.dumps(names)


def devices(bed, *names):
    """The verdicts about devices alone, by name."""
    return {d["name"]: d for d in bed.call("Check", take(*names), True)["devices"]}


def offload(bed, name=CAMERA):
    ended = bed.signals.job_end(bed.call("Offload", name))
    assert ended["state"] == "done", ended


def clear(bed, name=CAMERA):
    ended = bed.signals.job_end(bed.call("Wipe", name, False))
    assert ended["state"] == "done", ended


def later(seconds=3600):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def request(*names, **changes):
    wanted = {"take": list(names), "leave_laptop": False, "destination": "Farm", "due_back": later(), "leader": "Robin Example",
              "people": ["Kim Example"], "acknowledged": True, **changes}
    return json.dumps({k: v for k, v in wanted.items() if v != "left out"})


# --- this computer ----------------------------------------------------------------------------------------------------

def test_a_ready_computer(bed, judge):
    bed.start()
    result = bed.call("Check", "[]", False)
    assert list(result) == ["verdict", "checked_at", "policy", "accept_weak", "sentence", "laptop", "devices"]
    assert (result["verdict"], result["policy"], result["devices"]) == ("ready", "transfer-all", [])
    assert result["laptop"] == {"included": True, "verdict": "ready", "error": None, "storage": judge.answer["storage"],
                                "checks": judge.answer["checks"]}
    assert judge.asked.get(timeout=5) == {"checks": True, "attested": {"passwords": None}}
    told = bed.signals.event("outing-checked")
    assert told == bed.audit("outing-checked")[0]["fields"]
    assert (told["verdict"], told["uid"], told["laptop"]) == ("ready", 0, "ready")
    assert told["storage"] == [{"device": "/dev/nvme0n1p3", "verdict": "encrypted"}]
    assert [c["check"] for c in told["checks"]] == list(CHECKS)


@pytest.mark.parametrize("answer", [
    reply([leaf(verdict="not-encrypted")]), reply([leaf(), leaf("/dev/sda1", "unknown")]), reply([leaf(verdict="weak")]),
    reply(checks=[check(w, "fail" if w == "updates" else "pass") for w in CHECKS]),
    reply(checks=[check(w, "unknown" if w == "malware" else "pass") for w in CHECKS]),
    reply(checks=[check(w) for w in CHECKS[1:]])], ids=["plain", "unknown", "weak", "fail", "unknown check", "missing check"])
def test_a_computer_that_is_not_ready(bed, judge, answer):
    judge.answer = answer
    bed.start()
    result = bed.call("Check", "[]", False)
    assert (result["verdict"], result["laptop"]["verdict"], result["laptop"]["error"]) == ("not-ready", "not-ready", None)
    assert result["laptop"]["storage"] == answer["storage"] and result["laptop"]["checks"] == answer["checks"]
    assert bed.audit("outing-checked")[0]["fields"]["verdict"] == "not-ready"


def test_weak_may_travel_where_the_configuration_says_so(bed, judge):
    judge.answer = reply([leaf(verdict="weak")])
    bed.configure("outing: { accept_weak = true; };\n")
    bed.start()
    result = bed.call("Check", "[]", False)
    assert (result["verdict"], result["accept_weak"]) == ("ready", True)


GOOD = json.dumps(reply()).encode()
BROKEN = {
    "nothing": b"", "garbage": b"\xff\xfe\x00{{{", "truncated": GOOD[:-20], "two": GOOD + GOOD, "a word": b"ready\n",
    "empty storage": reply([]), "empty checks": reply(checks=[]), "no error member": {k: v for k, v in reply().items() if k != "error"},
    "a strange word": reply([leaf(verdict="Encrypted")]), "one member more": {**reply(), "verdict": "ready"},
    "a wrong type": reply([leaf(bytes="many")]), "a check twice": reply(checks=[check("passwords")] * 8),
    "without end": b" " * (5 << 20),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_an_answer_that_is_none_is_not_ready(bed, judge, answer):
    judge.answer = answer
    bed.start()
    result = bed.call("Check", "[]", False)
    assert (result["verdict"], result["laptop"]["verdict"]) == ("not-ready", "not-ready")
    assert "could not be judged" in result["laptop"]["error"]
    assert result["laptop"]["storage"] == [] and result["laptop"]["checks"] == []
    assert bed.audit("outing-checked")[0]["fields"]["laptop_error"] == result["laptop"]["error"]
    judge.answer = reply()
    assert bed.call("Check", "[]", False)["verdict"] == "ready"


def test_what_the_judge_could_not_do_is_passed_on(bed, judge):
    judge.answer = reply([], [], error="No disk of this computer could be found to judge.")
    bed.start()
    result = bed.call("Check", "[]", False)
    assert (result["verdict"], result["laptop"]["error"]) == ("not-ready", "No disk of this computer could be found to judge.")


def test_without_a_judge_nothing_is_ready(bed):
    bed.start()
    result = bed.call("Check", "[]", False)
    assert result["verdict"] == "not-ready" and "cannot be reached" in result["laptop"]["error"]
    with socket.socket(socket.AF_UNIX) as dead:  # the file stays, nobody listens
        dead.bind(str(bed.judge_socket))
    assert "cannot be reached" in bed.call("Check", "[]", False)["laptop"]["error"]


def test_a_judge_of_somebody_else_is_not_believed(bed):
    bed.start()
    (bed.folder / "open").mkdir()
    (bed.folder / "open").chmod(0o777)
    code = f"""if True:
        import socket, sys
        s = socket.socket(socket.AF_UNIX); s.bind({str(bed.folder / 'open/judge.sock')!r}); s.listen()
        print("ready", flush=True)
        sys.stdin.read()
    """
    other = subprocess.Popen(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "/usr/bin/python3", "-c", code],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "ready\n"
    bed.judge_socket.symlink_to(bed.folder / "open/judge.sock")
    assert "cannot be reached" in bed.call("Check", "[]", False)["laptop"]["error"]
    other.communicate("")


def test_a_judge_that_hangs_is_not_waited_for(bed, judge):
    judge.silent = True
    bed.start("--judge-timeout", "300")
    result = bed.call("Check", "[]", False)
    assert result["verdict"] == "not-ready" and "did not answer in time" in result["laptop"]["error"]
    assert judge.hung_up.get(timeout=5)


def test_the_agent_goes_on_while_a_judge_is_silent(bed, judge):
    judge.silent = True
    bed.start()
    call = ["busctl", f"--address={bed.address}", "--timeout=60", "call", "org.outingguard.Agent1", "/org/outingguard/Agent1",
            "org.outingguard.Agent1"]
    slow = [subprocess.Popen([*call, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=bed.environment)
            for words in [("Check", "sb", "[]", "false")] * 2 + [("RecordOuting", "s", request())] * 2]
    for _ in slow:
        judge.asked.get(timeout=20)
    with pytest.raises(CallError, match="Too many checks"):
        bed.call("Check", "[]", False)
    assert bed.call("ListJobs") == []
    assert bed.terminate() == 0  # with four of them waiting
    for process in slow:
        assert "The agent is being stopped" in process.communicate(timeout=20)[1]
    assert bed.audit("outing-checked") == [] and bed.audit("outing-recorded") == []


def test_the_attestation_reaches_the_judge(bed, judge):
    bed.start()
    assert bed.call("Attest", "passwords", "All changed.") is None
    told = bed.signals.event("attested")
    assert (told["what"], told["note"], told["uid"]) == ("passwords", "All changed.", 0)
    entry = bed.audit("attested")[0]
    bed.call("Check", "[]", False)
    at = judge.asked.get(timeout=5)["attested"]["passwords"]
    assert at[:16] == entry["time"][:16] or at <= entry["time"]
    for what, note, why in (("shoes", "", "nothing that can be attested"), ("passwords", "x" * 512, "too long")):
        with pytest.raises(CallError, match=why):
            bed.call("Attest", what, note)
    assert len(bed.audit("attested")) == 1


# --- devices ----------------------------------------------------------------------------------------------------------

def test_a_camera_from_its_plug_in_to_ready(bed):
    card = camera(bed)
    before = devices(bed, CAMERA)[CAMERA]
    assert list(before) == ["id", "name", "role", "room", "verdict", "reason", "fix", "present", "state", "action"]
    assert (before["verdict"], before["action"], before["state"], before["present"]) == (
        "not-ready", "offload-and-clear", "present", True)
    bed.image(card)
    bed.plug({**card, "diskseq": 8})
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "present")
    offload(bed)
    between = devices(bed, CAMERA)[CAMERA]
    assert (between["verdict"], between["action"], between["state"]) == ("not-ready", "offload-and-clear", "offloaded")
    clear(bed)
    after = devices(bed, CAMERA)[CAMERA]
    assert (after["verdict"], after["action"], after["state"], after["fix"]) == ("ready", None, "cleared", "")
    bed.plug({**card, "diskseq": 9})  # it was out of the computer
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "present")
    assert devices(bed, CAMERA)[CAMERA]["verdict"] == "not-ready"
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "absent")
    gone = devices(bed, CAMERA)[CAMERA]
    assert (gone["verdict"], gone["action"], gone["state"], gone["present"]) == ("not-ready", None, "absent", False)
    assert "not plugged in" in gone["reason"] and "Plug it in" in gone["fix"]


def test_an_encrypted_stick_is_judged_by_its_lock_too(bed, judge):
    bed.start()
    plug_and_register(bed, (stick(bed, "encrypted"), STICK, "stick"))
    judge.answer = reply([leaf(), leaf(stick(bed)["node"], "weak", used_for=["not mounted"], external=True)])
    assert bed.call("Check", take(STICK), False)["laptop"]["verdict"] == "not-ready"
    bed.plug(stick(bed, "plain", hardware_encrypted=True, diskseq=9))
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "present")
    judge.answer = reply([leaf(), leaf(stick(bed)["node"], "not-encrypted", used_for=["not mounted"], external=True)])
    assert bed.call("Check", take(STICK), False)["verdict"] == "ready"


def test_names_only_looks_at_the_names(bed):
    card = camera(bed, MANUAL + NAMES_ONLY)
    assert devices(bed, CAMERA)[CAMERA]["action"] == "offload"
    offload(bed)
    good = devices(bed, CAMERA)[CAMERA]
    assert (good["verdict"], good["action"]) == ("ready", None), good
    folder = pathlib.Path(card["source"])
    (folder / "Testchild at the farm.JPG").write_bytes(b"a picture")
    bed.plug({**card, "diskseq": 8})
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "present")
    offload(bed)
    named = devices(bed, CAMERA)[CAMERA]
    assert (named["verdict"], named["action"]) == ("not-ready", "offload-and-clear")
    assert "1 file" in named["reason"] and "Testchild" not in json.dumps(named)
    assert "Testchild" not in (bed.log / "audit.jsonl").read_text() and "Testchild" not in bed.output()


def test_names_only_does_not_clear_a_camera_of_doubt(bed):
    """A link has a name, too, and nobody looked at it."""
    card = camera(bed, MANUAL + NAMES_ONLY)
    (pathlib.Path(card["source"]) / "DCIM/100MSDCF/DSC00009.JPG").symlink_to("IMG_0001.JPG")
    bed.plug({**card, "diskseq": 8})
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "present")
    bed.signals.job_end(bed.call("Offload", CAMERA))
    assert devices(bed, CAMERA)[CAMERA]["verdict"] == "not-ready"


def test_a_cleared_camera_does_not_stand_in_the_laptops_way(bed, judge):
    card = camera(bed)
    mine = leaf(card["node"], "not-encrypted", used_for=["not mounted"], external=True, fix="Take it out.", chain=[])
    judge.answer = reply([leaf(), mine])
    result = bed.call("Check", take(CAMERA), False)
    assert (result["verdict"], result["laptop"]["verdict"], result["devices"][0]["verdict"]) == ("not-ready", "ready", "not-ready")
    bed.image(card)
    offload(bed)
    clear(bed)
    result = bed.call("Check", take(CAMERA), False)
    assert (result["verdict"], result["laptop"]["verdict"]) == ("ready", "ready")
    told = result["laptop"]["storage"][1]
    assert (told["verdict"], told["fix"]) == ("exempt", "") and f"in {CAMERA}, which is to travel" in told["reason"]
    judge.answer = reply([leaf(), dict(mine, device="/dev/sdz1")])  # somebody else's
    assert bed.call("Check", take(CAMERA), False)["laptop"]["verdict"] == "not-ready"


def test_a_camera_that_stays_may_not_stay_in_the_laptop(bed, judge):
    card = camera(bed)
    bed.plug(card, stick(bed, "encrypted"))
    bed.signals.wait("DeviceRefused", lambda r: r["reason"] == "unregistered")
    bed.register(STICK, "stick")
    judge.answer = reply([leaf(), leaf(card["node"], "not-encrypted", used_for=["not mounted"], external=True, chain=[])])
    result = bed.call("Check", take(STICK), False)
    assert (result["verdict"], result["laptop"]["verdict"], result["devices"][0]["verdict"]) == ("not-ready", "not-ready", "ready")


def test_cameras_that_speak_ptp_are_judged_by_their_pictures(bed):
    """The rest of it: test_cameras.py."""
    camera(bed, kind="ptp")
    verdict = devices(bed, CAMERA)[CAMERA]
    assert (verdict["verdict"], verdict["action"]) == ("not-ready", "offload-and-clear")
    assert "outingctl wipe" in verdict["fix"] and "card reader" in verdict["fix"]


@pytest.mark.parametrize("media, more, ready", [
    ("encrypted", {}, True), ("plain", {}, False), ("unknown", {}, False), ("", {}, False),
    ("plain", {"hardware_encrypted": True}, True)])
def test_sticks(bed, media, more, ready):
    bed.start()
    plug_and_register(bed, (stick(bed, media, **more), STICK, "stick"))
    assert (devices(bed, STICK)[STICK]["verdict"] == "ready") is ready
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "absent")
    assert devices(bed, STICK)[STICK]["verdict"] == "not-ready"


def test_everything_portable_is_what_is_registered_and_holds_data(bed, judge):
    bed.configure(MANUAL)
    bed.start()
    plug_and_register(bed, (bed.card(), CAMERA, "camera"), (stick(bed, "encrypted"), STICK, "stick"),
                      (stick(bed, "plain", 2), "Reader", "reader"))
    result = bed.call("Check", "[]", False)
    assert {d["name"] for d in result["devices"]} == {CAMERA, STICK}
    assert (result["verdict"], result["laptop"]["verdict"]) == ("not-ready", "ready")
    result = bed.call("Check", take(STICK), False)
    assert [d["name"] for d in result["devices"]] == [STICK] and result["verdict"] == "ready"
    reader = bed.call("Check", take("Reader"), True)["devices"][0]
    assert reader["verdict"] == "not-ready" and "There is a card in Reader" in reader["reason"]
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: d["name"] == STICK and d["state"] == "absent")
    assert bed.call("Check", take("Reader"), True)["verdict"] == "ready"


def test_only_what_goes_is_judged(bed):
    """No judge is there: a laptop that stays is not asked about."""
    bed.start()
    plug_and_register(bed, (stick(bed, "encrypted"), STICK, "stick"))
    result = bed.call("Check", take(STICK, STICK), True)
    assert result["verdict"] == "ready" and len(result["devices"]) == 1
    assert result["laptop"] == {"included": False, "verdict": "not-ready", "error": None, "storage": [], "checks": []}
    assert bed.audit("outing-checked")[0]["fields"]["laptop"] is None


def test_what_cannot_be_taken_is_said(bed):
    bed.start()
    with pytest.raises(CallError, match="Nothing is to travel"):
        bed.call("Check", "[]", True)
    with pytest.raises(CallError, match="neither plugged in nor registered"):
        bed.call("Check", take("Nobody's camera"), True)
    bed.plug(stick(bed))
    bed.signals.wait("DeviceRefused")
    with pytest.raises(CallError, match="is not registered"):
        bed.call("Check", take(bed.call("ListDevices")[0]["id"]), True)
    for text in ("", "x", "{}", '"x"', "[1]", '[""]', "[null]", json.dumps(["x"] * 65), json.dumps(["x" * 300])):
        with pytest.raises(CallError, match="JSON array"):
            bed.call("Check", text, True)
    with pytest.raises(CallError, match="too long"):
        bed.call("Check", json.dumps(["x" * 9000]), True)
    assert bed.audit("outing-checked") == []


# --- outings ----------------------------------------------------------------------------------------------------------

def ready_stick(bed, config=""):
    bed.configure(config)
    bed.start()
    plug_and_register(bed, (stick(bed, "encrypted"), STICK, "stick"))


def test_an_outing_is_recorded_when_all_is_ready(bed, judge):
    ready_stick(bed, 'outing: { sentence = "I bring it back."; };\n')
    due = later()
    outing = bed.call("RecordOuting", request(STICK, due_back=due, people=["Kim Example", "Jo Example"]))
    assert outing["number"] == 1 and outing["state"] == "out" and outing["laptop"] is True
    assert (outing["destination"], outing["leader"], outing["people"]) == ("Farm", "Robin Example", ["Kim Example", "Jo Example"])
    assert (outing["sentence"], outing["requested_by"]) == ("I bring it back.", "uid 0 (root)")
    assert (outing["due_back"], outing["returned_at"]) == (due, None)
    assert [(d["name"], d["role"], d["returned_at"]) for d in outing["devices"]] == [(STICK, "stick", None)]
    assert outing["check"] == {"verdict": "ready", "checked_at": outing["left_at"]}
    assert bed.call("ListOutings") == [outing]
    checked, recorded = bed.audit("outing-checked")[0], bed.audit("outing-recorded")[0]
    assert checked["seq"] < recorded["seq"] and checked["fields"]["verdict"] == "ready"
    told = bed.signals.event("outing-recorded")
    assert told == recorded["fields"] and told["what"] == [STICK, "this computer"] and told["leader"] == "Robin Example"


@pytest.fixture
def small_log(bed):
    """The log lies on a file system of its own that a test can fill."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "outing-test", bed.log], check=True)
    yield bed.log / "filler"
    if bed.agent and bed.agent.poll() is None:
        bed.kill()
    subprocess.run(["umount", bed.log], check=True)


def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1024))
        except OSError:
            pass


def test_the_log_has_it_before_the_answer(bed, judge, small_log):
    """An outing that the log cannot take is not recorded, and what is not recorded may not leave."""
    ready_stick(bed)
    fill(small_log)
    with pytest.raises(CallError, match="could not be recorded|could not be booked in"):
        for _ in range(20):
            bed.call("RecordOuting", request(STICK, people=["x" * 200]))
            bed.call("ReturnOuting", "[]")
    small_log.unlink()
    assert len(bed.audit("outing-recorded")) == len(bed.call("ListOutings"))
    bed.call("ReturnOuting", "[]")
    assert bed.call("RecordOuting", request(STICK))["state"] == "out"
    assert bed.call("AuditVerify")["ok"] is True


def test_what_is_not_ready_does_not_leave(bed, judge):
    card = camera(bed)
    with pytest.raises(CallError, match="was not recorded: Blue Room camera was not transferred"):
        bed.call("RecordOuting", request(CAMERA, leave_laptop=True))
    judge.answer = reply([leaf(verdict="not-encrypted")])
    bed.plug(card, stick(bed, "encrypted"))
    bed.signals.wait("DeviceRefused", lambda r: r["reason"] == "unregistered")
    bed.register(STICK, "stick")
    with pytest.raises(CallError, match="This computer is not ready"):
        bed.call("RecordOuting", request(STICK))
    judge.answer = b"garbage"
    with pytest.raises(CallError, match="could not be judged"):
        bed.call("RecordOuting", request(STICK))
    assert bed.call("ListOutings") == [] and bed.audit("outing-recorded") == []
    assert [e["fields"]["verdict"] for e in bed.audit("outing-checked")] == ["not-ready"] * 3
    assert bed.call("RecordOuting", request(STICK, leave_laptop=True))["laptop"] is False


@pytest.mark.parametrize("changes, why", [
    ({"acknowledged": False}, "acknowledged the setting's rule"), ({"acknowledged": "yes"}, "must be true or false"),
    ({"due_back": "2020-01-01T00:00:00Z"}, "in the past"), ({"due_back": "soon"}, "time with its zone"),
    ({"due_back": "2199-01-01T00:00:00Z"}, "more than a year"), ({"due_back": 7}, "time with its zone"),
    ({"destination": ""}, "The destination is missing"), ({"destination": "x" * 256}, "longer than 255"),
    ({"leader": "left out"}, "The request must be"), ({"leader": None}, "who leads"), ({"leader": "a\u202eb"}, "cannot be printed"),
    ({"people": "Kim"}, "array of at most 50"), ({"people": ["x"] * 51}, "array of at most 50"), ({"people": [""]}, "name of a person"),
    ({"take": "everything"}, "The request must be"), ({"colour": "red"}, "The request must be"),
    ({"leave_laptop": 1}, "must be true or false")])
def test_requests_that_are_not_taken(bed, changes, why):
    bed.start()
    with pytest.raises(CallError, match=why):
        bed.call("RecordOuting", request(**changes))
    assert bed.audit("outing-checked") == [] and bed.call("ListOutings") == []


def test_a_device_is_out_once(bed, judge):
    ready_stick(bed)
    bed.call("RecordOuting", request(STICK, leave_laptop=True))
    with pytest.raises(CallError, match="is out already"):
        bed.call("RecordOuting", request(STICK, leave_laptop=True))
    bed.call("ReturnOuting", take(STICK))
    assert bed.call("RecordOuting", request(STICK, leave_laptop=True))["number"] == 2
    assert [o["number"] for o in bed.call("ListOutings")] == [2, 1]


def test_what_comes_back_is_booked_in(bed, judge):
    ready_stick(bed)
    bed.call("RecordOuting", request(STICK))
    with pytest.raises(CallError, match="is not out"):
        bed.call("ReturnOuting", take(STICK, "Red Room camera"))
    assert bed.call("ListOutings")[0]["devices"][0]["returned_at"] is None
    bed.call("RenameDevice", STICK, "Red stick")
    result = bed.call("ReturnOuting", take("Red stick"))
    assert result["returned"] == [STICK] and result["plug_in"] == [] and result["jobs"] == []
    assert [(s["name"], s["outing"]) for s in result["still_out"]] == [("laptop", 1)]
    assert bed.call("ListOutings")[0]["state"] == "out"
    result = bed.call("ReturnOuting", take("laptop"))
    assert result == {"returned": ["laptop"], "still_out": [], "plug_in": [], "jobs": []}
    outing = bed.call("ListOutings")[0]
    assert outing["state"] == "returned" and outing["returned_at"] and outing["laptop_returned_at"]
    assert bed.call("ReturnOuting", "[]")["returned"] == []
    assert [e["fields"]["returned"] for e in bed.audit("outing-returned")] == [[STICK], ["laptop"]]
    assert bed.signals.event("outing-returned") == bed.audit("outing-returned")[0]["fields"]


def test_a_camera_that_is_back_is_offloaded(bed):
    card = camera(bed, MANUAL + NAMES_ONLY)
    offload(bed)
    bed.call("RecordOuting", request(CAMERA, leave_laptop=True))
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "absent")
    out = devices(bed, CAMERA)[CAMERA]
    assert out["verdict"] == "not-ready" and "out on an outing" in out["reason"]
    pathlib.Path(card["source"], "DCIM/100MSDCF/DSC00077.JPG").write_bytes(b"at the farm")
    bed.plug({**card, "diskseq": 8})
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "present")
    assert bed.call("ListOutings")[0]["devices"][0]["seen_at"]
    result = bed.call("ReturnOuting", "[]")
    assert result["returned"] == [CAMERA] and result["plug_in"] == [] and len(result["jobs"]) == 1
    assert bed.signals.job_end(result["jobs"][0])["state"] == "done"
    assert any(p.read_bytes() == b"at the farm" for p in bed.vault.rglob("*.JPG"))


def test_a_camera_that_is_back_but_not_plugged_in(bed):
    camera(bed, MANUAL + NAMES_ONLY)
    offload(bed)
    bed.call("RecordOuting", request(CAMERA, leave_laptop=True))
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "absent")
    result = bed.call("ReturnOuting", "[]")
    assert (result["returned"], result["plug_in"], result["jobs"]) == ([CAMERA], [CAMERA], [])


# --- what is overdue --------------------------------------------------------------------------------------------------

def test_an_outing_that_is_not_back_is_an_incident_once(bed):
    ready_stick(bed)
    bed.call("RecordOuting", request(STICK, leave_laptop=True, due_back=later(2)))
    told = bed.signals.event("outing-overdue")
    assert told == bed.audit("outing-overdue")[0]["fields"]
    assert told["still_out"] == [STICK] and "Farm with Robin Example" in told["sentence"]
    incident = bed.call("ListIncidents")
    assert [(i["number"], i["kind"], i["outing"], i["device"], i["closed_at"]) for i in incident] == [(1, "overdue", 1, None, None)]
    assert bed.call("ListOutings")[0]["state"] == "overdue"
    assert bed.terminate() == 0
    bed.start()
    assert len(bed.audit("outing-overdue")) == 1 and len(bed.call("ListIncidents")) == 1
    bed.call("ReturnOuting", "[]")
    assert bed.call("ListOutings")[0]["state"] == "returned" and bed.call("ListIncidents")[0]["closed_at"]


def test_what_became_overdue_while_the_agent_was_off_is_told_at_its_start(bed):
    ready_stick(bed)
    bed.call("RecordOuting", request(STICK, leave_laptop=True, due_back=later(900)))
    assert bed.terminate() == 0
    with sqlite3.connect(bed.state / "state.db") as database:
        database.execute("UPDATE outing SET left_at = left_at - 9000, due_back = due_back - 9000")
    database.close()
    bed.start()
    assert bed.signals.event("outing-overdue")["number"] == 1
    assert bed.call("ListOutings")[0]["state"] == "overdue"


def test_what_is_back_in_time_is_no_incident(bed):
    """The second outing is due later: its alarm comes when the first one's would have been over."""
    ready_stick(bed)
    bed.call("RecordOuting", request(STICK, leave_laptop=True, due_back=later(2)))
    bed.call("ReturnOuting", "[]")
    bed.call("RecordOuting", request(STICK, leave_laptop=True, due_back=later(3), destination="Museum"))
    assert bed.signals.event("outing-overdue")["number"] == 2
    assert [e["fields"]["number"] for e in bed.audit("outing-overdue")] == [2]


def test_an_outing_that_a_crash_kept_from_the_log_gets_there(bed):
    ready_stick(bed)
    bed.call("RecordOuting", request(STICK, leave_laptop=True))
    bed.kill()
    with sqlite3.connect(bed.state / "state.db") as database:
        database.execute("UPDATE outing SET audited = 0")
    database.close()
    bed.start()
    assert [e["fields"]["number"] for e in bed.audit("outing-recorded")] == [1, 1]
    assert bed.terminate() == 0
    bed.start()
    assert len(bed.audit("outing-recorded")) == 2


# --- who may ----------------------------------------------------------------------------------------------------------

def test_who_may_check_is_asked(bed, judge):
    ready_stick(bed)
    for member, arguments in (("Check", ("[]", False)), ("RecordOuting", (request(STICK),)), ("ReturnOuting", ("[]",))):
        bed.allow({})
        with pytest.raises(CallError, match="Access denied"):
            bed.call(member, *arguments, user=NOBODY)
        assert bed.audit("request-refused")[-1]["fields"]["action"] == "org.outingguard.check"
        bed.allow({"org.outingguard.check": "yes"})
        bed.call(member, *arguments, user=NOBODY)
    assert bed.audit("outing-checked")[0]["fields"]["uid"] == NOBODY
    assert bed.call("ListOutings")[0]["requested_by"].startswith(f"uid {NOBODY} (")
    with pytest.raises(CallError, match="Access denied"):
        bed.call("Attest", "passwords", "", user=NOBODY)


def test_the_polkit_action_is_for_whoever_sits_at_the_computer():
    text = (TOP / "packaging/org.outingguard.policy").read_text(encoding="utf-8")
    action = re.search(r'<action id="org.outingguard.check">.*?</action>', text, re.S).group(0)
    assert re.findall(r"<allow_(\w+)>(\w+)<", action) == [("any", "auth_admin"), ("inactive", "auth_admin"), ("active", "yes")]
    rules = (TOP / "packaging/org.outingguard.rules").read_text(encoding="utf-8")
    assert re.search(r'case "org.outingguard.check":\s+return staff \|\| manager \? polkit.Result.YES', rules)


# --- what is stored ---------------------------------------------------------------------------------------------------

def test_killed_while_outings_are_recorded_and_returned(bed):
    """At whatever moment it dies: what was answered is there, and nothing is half there."""
    ready_stick(bed)
    answered = 0
    for round_number in range(4):
        timer = threading.Timer(0.05 + 0.06 * round_number, bed.agent.send_signal, (signal.SIGKILL,))
        timer.start()
        try:
            while True:
                bed.call("RecordOuting", request(STICK, leave_laptop=True))
                answered += 1
                bed.call("ReturnOuting", "[]")
        except CallError:
            pass
        timer.join()
        bed.agent.wait()
        bed.start()
        outings = bed.call("ListOutings")
        assert len(outings) >= answered
        logged = {e["fields"]["number"] for e in bed.audit("outing-recorded")}
        assert logged == {o["number"] for o in outings}
        bed.call("ReturnOuting", "[]")
        answered = len(outings)
    assert bed.call("AuditVerify")["ok"] is True


def test_the_list_of_models_names_none_and_says_how(tmp_path):
    text = (TOP / "udev-rules/72-outing-guard-encrypted.hwdb").read_text(encoding="utf-8")
    entries = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert entries == ["outing-guard:none", " OUTING_GUARD_HARDWARE_ENCRYPTED=0"]
    assert "/etc/udev/hwdb.d/" in text and "systemd-hwdb update" in text
    rules = (TOP / "udev-rules/71-outing-guard.rules").read_text(encoding="utf-8")
    assert "hwdb --subsystem=usb --lookup-prefix=outing-guard: --filter=OUTING_GUARD_*" in rules
