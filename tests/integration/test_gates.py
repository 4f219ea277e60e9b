# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent and the gates: when one is opened and for whom, what is told of it, and that it never outlives the wish for it."""

import concurrent.futures
import hashlib
import json
import os
import signal
import subprocess
import time

import pytest
from agent_bed import BUILD, TOP, CallError, open_bed
from mock_gate import (ALLOWED, CLOSED, END_BROKEN, END_GONE, END_REFUSED, END_SHUT, NAMES, OPENED, REPORT, SHUT, GateService,
                       report)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: calls as another user")
NOBODY, ROBIN, KIM = 65534, 1000, 1001
STICK = "White stick"
DIGEST = hashlib.sha512(b"a letter").hexdigest()


@pytest.fixture(scope="session", autouse=True)
def built():
    subprocess.run(["make", "-C", str(TOP), "-s", "-j2", f"VARIANT={BUILD.name}", "all"], check=True, capture_output=True)


@pytest.fixture
def bed(tmp_path):
    with open_bed(tmp_path) as bed:
        yield bed


@pytest.fixture
def service(bed):
    service = GateService(bed.gate_socket)
    yield service
    service.close()


def stick(number=1, **facts):
    return {"node": f"/dev/fake{number}", "vendor": "Acme", "product": "Stick", "serial": f"STICK{number:06}", "diskseq": 20 + number,
            "bytes": 8 << 30, "type": "vfat", "volume_serial": f"AAAA-000{number}", "label": "WHITE",
            "table_id": f"0000000{number}", "media": "plain", **facts}


def rules(**words):
    return "removable: { " + " ".join(f'{key} = "{word}";' for key, word in words.items()) + " };\n"


def plug_in(bed, name=STICK, role="stick", **facts):
    bed.plug(stick(**facts))
    bed.signals.wait("DeviceRefused", lambda r: r["reason"] == "unregistered")
    return bed.register(name, role)


def opened(bed, service, who=ROBIN, **facts):
    """A registered stick with an open gate."""
    bed.sit_down(who)
    bed.start()
    plug_in(bed, **facts)
    gate = service.gate()
    assert gate.wish()["uid"] == who
    gate.opened()
    bed.signals.wait("DeviceChanged", lambda d: d["mountpoint"])
    return gate


def device(bed, number=0):
    return bed.call("ListDevices")[number]


# --- opening ----------------------------------------------------------------------------------------------------------

def test_a_registered_stick_is_opened_for_who_is_there(bed, service):
    bed.sit_down(ROBIN)
    bed.start()
    added = plug_in(bed)
    gate = service.gate()
    assert gate.wish() == {"node": "/dev/fake1", "diskseq": 21, "type": "vfat", "label": "WHITE", "uid": ROBIN, "keep": 900}
    assert (device(bed)["state"], device(bed)["mountpoint"]) == ("gated", None)
    gate.opened()
    changed = bed.signals.wait("DeviceChanged", lambda d: d["mountpoint"])[0]
    assert (changed["state"], changed["mountpoint"], changed["reason"]) == ("gated", "/run/media/robin/WHITE", None)
    assert bed.call("Status")["devices_gated"] == 1
    assert bed.audit("device-found")[-1]["fields"]["decision"] == "gate"
    assert bed.audit("gate-opened")[0]["fields"] == {"device": added["id"], "name": STICK, "role": "stick", "node": "/dev/fake1",
                                                     "uid": ROBIN}


def test_nothing_is_opened_before_somebody_is_there_and_it_stays_theirs(bed, service):
    bed.start()
    plug_in(bed)
    assert device(bed)["state"] == "gated" and "logs in" in device(bed)["reason"]
    assert service.nobody_called()
    bed.sit_down(ROBIN)
    gate = service.gate()
    assert gate.wish()["uid"] == ROBIN
    gate.opened()
    bed.signals.wait("DeviceChanged", lambda d: d["mountpoint"])
    bed.sit_down(KIM)
    bed.plug(stick(), stick(2))
    bed.signals.wait("DeviceRefused")
    bed.register("Red stick", "stick")
    other = service.gate()
    assert other.wish()["uid"] == KIM
    gate.hang_up()
    again = service.gate()
    assert again.wish()["uid"] == ROBIN


@pytest.mark.parametrize("facts, role", [
    ({"type": "crypto_LUKS", "media": "encrypted"}, "stick"), ({"hardware_encrypted": True}, "stick"),
    ({"type": "crypto_LUKS"}, "stick"), ({"type": ""}, "stick"), ({"type": "btrfs"}, "stick"), ({}, "reader"), ({}, "phone"),
    ({}, "tablet"), ({"kind": "mtp"}, "stick"), ({"settled": False}, "stick")])
def test_what_is_not_a_plain_stick_has_no_gate(bed, service, facts, role):
    bed.sit_down(ROBIN)
    bed.start()
    bed.plug(stick(**{**facts, "settled": True}))
    bed.signals.wait("DeviceRefused")
    if facts.get("settled") is False:
        bed.plug(stick(settled=False))
        bed.signals.wait("DeviceChanged")
    bed.register(STICK, role)
    bed.plug(stick(**facts), stick(9))  # another round
    bed.signals.wait("DeviceRefused", lambda r: r["name"] is None)
    assert service.nobody_called() and all(d["mountpoint"] is None for d in bed.call("ListDevices"))


def test_a_camera_is_offloaded_and_not_gated(bed, service):
    bed.sit_down(ROBIN)
    bed.start()
    bed.plug(bed.card())
    bed.signals.wait("DeviceRefused")
    bed.register()
    bed.signals.event("offload-done")
    assert service.nobody_called()


def test_unknown_sticks_are_refused_or_gated(bed, service):
    bed.sit_down(ROBIN)
    bed.start()
    bed.plug(stick())
    refusal = bed.signals.wait("DeviceRefused")[0]
    assert refusal["reason"] == "unregistered" and "the manager can register it" in refusal["sentence"]
    assert device(bed)["state"] == "unregistered" and service.nobody_called()
    bed.configure(rules(unknown_device="gate"))
    bed.call("Reload")
    gate = service.gate()
    assert gate.wish()["uid"] == ROBIN
    gate.opened()
    changed = bed.signals.wait("DeviceChanged", lambda d: d["mountpoint"])[0]
    assert (changed["state"], changed["registered"]) == ("gated", False)
    assert bed.audit("device-unknown")[-1]["fields"]["decision"] == "gate"
    gate.report(report())
    assert bed.signals.wait("CopyRefused")[0]["name"] == "WHITE"
    assert bed.audit("copy-refused")[0]["fields"]["name"] is None


def test_each_file_system_has_its_own_gate(bed, service):
    bed.sit_down(ROBIN)
    bed.start()
    plug_in(bed, volumes=[{"node": "/dev/fake1p1", "type": "vfat", "label": "ONE"}, {"node": "/dev/fake1p2", "type": "crypto_LUKS"},
                          {"node": "/dev/fake1p3", "type": "ext4"}])
    gates = [service.gate(), service.gate()]
    wishes = {g.wish()["node"]: g for g in gates}
    assert wishes.keys() == {"/dev/fake1p1", "/dev/fake1p3"}
    wishes["/dev/fake1p1"].opened("/run/media/robin/ONE")
    wishes["/dev/fake1p3"].closed(END_REFUSED, sentence="Its file system is damaged.")
    for _ in range(3):
        again = service.gate()
        assert again.wish()["node"] == "/dev/fake1p3"
        again.closed(END_REFUSED, sentence="Its file system is damaged.")
    failed = bed.signals.wait("Event", lambda name, details: name == "gate-failed" and details["tries"] == 4)[1]
    assert failed["node"] == "/dev/fake1p3" and failed["reason"] == "Its file system is damaged."
    assert device(bed)["mountpoint"] == "/run/media/robin/ONE"
    wishes["/dev/fake1p1"].closed(END_SHUT)
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "refused")


# --- closing ----------------------------------------------------------------------------------------------------------

def test_pulled(bed, service):
    gate = opened(bed, service)
    bed.plug()
    assert bed.signals.event("device-gone")["name"] == STICK
    gate.wait(SHUT)
    gate.closed(END_GONE, unwritten=2)
    assert bed.signals.event("gate-closed")["end"] == "pulled"
    assert bed.audit("gate-closed")[0]["fields"]["unwritten"] == 2
    bed.plug(stick(diskseq=99))
    again = service.gate()
    assert again.wish()["diskseq"] == 99


def test_swapped_in_place(bed, service):
    """Another medium in the same slot: the old gate ends before the new one begins."""
    gate = opened(bed, service)
    bed.plug(stick(diskseq=50))
    gate.wait(SHUT)
    gate.closed(END_GONE)
    assert service.gate().wish()["diskseq"] == 50


def test_a_stick_that_is_looked_at_again_keeps_its_gate(bed, service):
    gate = opened(bed, service)
    bed.plug(stick(settled=False))
    bed.plug(stick(settled=False), stick(2))
    bed.signals.wait("DeviceRefused")
    assert device(bed, 1)["state"] == "gated" or device(bed, 0)["state"] == "gated"
    bed.plug(stick())
    bed.signals.event("device-gone")
    assert gate.said.empty() and bed.audit("gate-closed") == []


def test_ejected_by_its_person_it_stays_closed(bed, service):
    gate = opened(bed, service)
    gate.closed(END_SHUT)
    changed = bed.signals.wait("DeviceChanged", lambda d: d["state"] == "ejected")[0]
    assert "may be unplugged" in changed["reason"] and changed["mountpoint"] is None
    assert bed.audit("gate-closed")[0]["fields"]["end"] == "ejected"
    bed.call("Reload")
    bed.sit_down(KIM)
    bed.plug(stick(), stick(2))
    bed.signals.wait("DeviceRefused")
    assert service.nobody_called()
    bed.plug()
    bed.signals.event("device-gone")
    bed.plug(stick())
    assert service.gate().wish()["uid"] == KIM


def test_eject(bed, service):
    gate = opened(bed, service)
    bed.allow({"org.outingguard.eject": "yes"})
    with Call(bed, "Eject", STICK, user=NOBODY) as call:
        gate.wait(SHUT)
        with pytest.raises(CallError, match="is being ejected already"):
            bed.call("Eject", STICK)
        assert call.running()
        gate.closed()
        call.done()
    assert device(bed)["state"] == "ejected" and bed.audit("gate-closed")[0]["fields"]["end"] == "asked"
    assert json.loads(bed.asked.read_text(encoding="utf-8").splitlines()[-1])["action"] == "org.outingguard.eject"
    bed.call("Eject", STICK)
    bed.plug()
    bed.signals.event("device-gone")
    with pytest.raises(CallError, match="is not plugged in"):
        bed.call("Eject", STICK)


def test_eject_says_what_was_not_written(bed, service):
    gate = opened(bed, service)
    with Call(bed, "Eject", STICK) as call:
        gate.wait(SHUT)
        gate.closed(unwritten=1)
        call.failed("1 file could not be written")


def test_eject_when_the_gate_breaks(bed, service):
    gate = opened(bed, service)
    with Call(bed, "Eject", STICK) as call:
        gate.wait(SHUT)
        gate.hang_up()
        call.failed("ended unexpectedly")
    assert service.nobody_called() and device(bed)["state"] == "refused"


def test_eject_before_anybody_was_there(bed, service):
    bed.start()
    plug_in(bed)
    bed.call("Eject", STICK)
    bed.sit_down(ROBIN)
    bed.plug(stick(), stick(2))
    bed.signals.wait("DeviceRefused")
    assert service.nobody_called()


@pytest.mark.parametrize("word, state", [("read-only", "present"), ("refuse", "refused")])
def test_new_rules_act_at_once(bed, service, word, state):
    gate = opened(bed, service)
    bed.configure(rules(unencrypted=word))
    bed.call("Reload")
    gate.wait(SHUT)
    gate.closed()
    changed = bed.signals.wait("DeviceChanged", lambda d: d["state"] == state and not d["mountpoint"])[0]
    assert "not encrypted" in changed["reason"]
    bed.configure(rules(unencrypted="gate"))
    bed.call("Reload")
    assert service.gate().wish()["node"] == "/dev/fake1"


def test_taken_out_of_the_register(bed, service):
    gate = opened(bed, service)
    bed.call("RemoveDevice", STICK)
    gate.wait(SHUT)
    gate.closed()
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "unregistered")


def test_a_job_has_the_stick_for_itself(bed, service):
    gate = opened(bed, service)
    job = bed.call("Wipe", STICK, False)
    gate.wait(SHUT)
    assert bed.call("GetJob", job)["state"] == "queued"
    gate.closed()
    bed.signals.job_end(job)
    assert service.gate().wish()["node"] == "/dev/fake1"


def test_the_agents_end_shuts_all(bed, service):
    gate = opened(bed, service)
    bed.agent.send_signal(signal.SIGTERM)
    gate.wait(SHUT)
    gate.closed()
    assert bed.agent.wait(timeout=30) == 0
    assert [e["event"] for e in bed.audit()][-2:] == ["gate-closed", "agent-stopped"]


def test_the_agents_end_does_not_wait_for_ever(bed, service):
    gate = opened(bed, service)
    bed.agent.send_signal(signal.SIGTERM)
    gate.wait(SHUT)
    assert bed.agent.wait(timeout=35) == 0
    gate.wait(None)
    assert [e["event"] for e in bed.audit()][-2:] == ["gate-failed", "agent-stopped"]


def test_an_agent_that_dies_hangs_up(bed, service):
    gate = opened(bed, service)
    bed.kill()
    gate.wait(None)
    bed.start()
    assert service.gate().wish()["uid"] == ROBIN


# --- failing ----------------------------------------------------------------------------------------------------------

def test_a_service_that_dies_is_called_a_few_times(bed, service):
    gate = opened(bed, service)
    for _ in range(3):
        gate.hang_up()
        gate = service.gate()
        gate.wish()
    gate.closed(END_BROKEN, sentence="The stick does not answer.")
    changed = bed.signals.wait("DeviceChanged", lambda d: d["state"] == "refused")[0]
    assert changed["reason"] == "The stick does not answer." and service.nobody_called()
    assert [e["fields"]["tries"] for e in bed.audit("gate-failed")] == [1, 2, 3, 4]
    bed.plug()
    bed.signals.event("device-gone")
    bed.plug(stick())
    service.gate().opened()
    bed.signals.wait("DeviceChanged", lambda d: d["mountpoint"])


def test_without_a_service_it_stays_closed_and_says_why(bed):
    bed.sit_down(ROBIN)
    bed.start()
    plug_in(bed)
    changed = bed.signals.wait("DeviceChanged", lambda d: d["state"] == "refused")[0]
    assert "systemctl start outing-gate.socket" in changed["reason"]
    assert len(bed.audit("gate-failed")) == 4


@pytest.mark.parametrize("kind, payload", [
    (OPENED, b""), (OPENED, b"/run/media" + b"\0" * 501), (OPENED, b"x" * 512), (OPENED, b"media\0".ljust(512, b"\0")),
    (OPENED, b"/a\x1b[2J\0".ljust(512, b"\0")), (CLOSED, b"\0" * 264), (CLOSED, b"\x09".ljust(264, b"\0")), (CLOSED, b"\x01"),
    (REPORT, b"{"), (REPORT, b"[]"), (REPORT, b""), (REPORT, report(event="passed").encode()),
    (REPORT, report(cause="because").encode()), (REPORT, report(sentence="").encode()),
    (REPORT, report(sentence="a\nb").encode()), (REPORT, report(sentence=None).encode()), (ALLOWED, b""),
    (ALLOWED, b"\xff" * 528), (0x6711, b""), (1, b"")])
def test_nonsense_ends_the_connection(bed, service, kind, payload):
    gate = opened(bed, service) if kind != OPENED else None
    if not gate:
        bed.sit_down(ROBIN)
        bed.start()
        plug_in(bed)
        gate = service.gate()
        gate.wish()
    gate.send(kind, payload)
    gate.wait(None)
    assert "unexpectedly" in bed.signals.event("gate-failed")["reason"]
    assert bed.audit("copy-refused") == []
    service.gate().wish()


# --- refusals ---------------------------------------------------------------------------------------------------------

def test_a_refusal_is_recorded_then_told(bed, service):
    gate = opened(bed, service)
    gate.report(report(path="letters/class.odt", cause="names", sentence="It names children."))
    told = bed.signals.wait("CopyRefused")[0]
    assert told == {"device": device(bed)["id"], "name": STICK, "path": "letters/class.odt", "event": "refused", "cause": "names",
                    "sentence": "It names children.", "uid": ROBIN, "allowable": True, "count": 1}
    entry = bed.audit("copy-refused")[0]["fields"]
    assert (entry["path"], entry["refusal"], entry["cause"], entry["uid"]) == ("letters/class.odt", "refused", "names", ROBIN)
    members = [name for name, _ in bed.signals.seen]
    assert "Event" in members[members.index("DeviceChanged"):]


def test_a_refused_name_is_never_repeated(bed, service):
    gate = opened(bed, service)
    for more in ({"path": None, "folder": "Emma Example"}, {"path": "Emma Example.txt"}):
        gate.report(report(**{"event": "name-refused", "cause": "names", "sentence": "The name may not go onto it.", **more}))
        told = bed.signals.wait("CopyRefused")[0]
        assert told["path"] is None and not told["allowable"]
    everything = (bed.log / "audit.jsonl").read_text(encoding="utf-8") + bed.output() + json.dumps(bed.signals.seen)
    assert "Emma" not in everything


def test_a_mount_point_is_not_logged(bed, service):
    bed.sit_down(ROBIN)
    bed.start()
    plug_in(bed, label="EMMA EX")
    gate = service.gate()
    gate.opened("/run/media/robin/EMMA EX")
    bed.signals.wait("DeviceChanged", lambda d: d["mountpoint"])
    gate.report(report())
    bed.signals.wait("CopyRefused")
    assert "EMMA" not in (bed.log / "audit.jsonl").read_text(encoding="utf-8") + bed.output()


@pytest.mark.parametrize("event, allowable", [("too-large", False), ("staging-full", False), ("not-written", False)])
def test_each_kind_is_told(bed, service, event, allowable):
    gate = opened(bed, service)
    gate.report(report(event=event, cause=None))
    told = bed.signals.wait("CopyRefused")[0]
    assert (told["event"], told["cause"], told["allowable"]) == (event, None, allowable)


def test_what_the_gate_no_longer_has_cannot_be_allowed(bed, service):
    gate = opened(bed, service)
    for word in (False, None, "yes"):
        gate.report(report(path=f"{word}.odt", allowable=word))
        assert bed.signals.wait("CopyRefused")[0]["allowable"] is False


def test_a_finished_copy_is_no_refusal(bed, service):
    gate = opened(bed, service)
    gate.report(report(event="finished", cause=None))
    gate.report(report())
    assert bed.signals.wait("CopyRefused")[0]["event"] == "refused"
    assert len(bed.audit("copy-refused")) == 1


def test_a_burst_is_counted(bed, service):
    """A hundred thousand refusals: all are counted, memory and log stay small, and the agent answers meanwhile."""
    gate = opened(bed, service)
    status = f"/proc/{bed.agent.pid}/status"

    def resident():
        with open(status, encoding="utf-8") as file:
            return int(next(line for line in file if line.startswith("VmRSS")).split()[1])

    gate.report(report())
    bed.signals.wait("CopyRefused")
    before = resident()
    photo, names = report(cause="image", sentence="It is a photo."), report()
    for number in range(100_000):
        gate.report(photo if number % 4 else names)
        if number % 20_000 == 0:
            assert bed.call("ListJobs") == []
    seen = {"image": 0, "names": 1}
    while sum(seen.values()) < 100_001:
        told = bed.signals.wait("CopyRefused")[0]
        assert told["count"] == 1 or told["path"] is None
        seen[told["cause"]] += told["count"]
    assert seen == {"image": 75_000, "names": 25_001}
    entries = bed.audit("copy-refused")
    assert sum(e["fields"]["count"] for e in entries) == 100_001
    assert len(entries) < 120, len(entries)
    if BUILD.name == "faults":
        assert resident() - before < 2048  # sanitizers keep what was freed
    assert len(bed.output().splitlines()) < 60


def test_what_was_counted_is_told_when_the_gate_ends(bed, service):
    gate = opened(bed, service)
    for _ in range(20):
        gate.report(report())
    gate.closed()
    bed.signals.event("gate-closed")
    assert sum(e["fields"]["count"] for e in bed.audit("copy-refused")) == 20


def test_hooks_hear_of_refusals_once_a_second(bed, service):
    hooks = bed.folder / "hooks" / "copy-refused"
    hooks.mkdir(parents=True)
    (hooks / "note").write_text(f'#!/bin/sh\necho "$OUTING_DEVICE|$OUTING_ROLE|$OUTING_REFUSALS|$OUTING_REASON" >> {bed.folder}/told\n',
                                encoding="utf-8")
    (hooks / "note").chmod(0o755)
    (bed.folder / "told").touch()
    (bed.folder / "told").chmod(0o666)
    bed.configure(hooks='enabled = true; user = "nobody"; timeout_seconds = 20')
    bed.sit_down(ROBIN)
    bed.start("--hooks", str(bed.folder / "hooks"))
    plug_in(bed)
    gate = service.gate()
    gate.opened()
    for _ in range(3):
        gate.report(report())
    deadline = time.monotonic() + 20
    while not (told := (bed.folder / "told").read_text(encoding="utf-8")) and time.monotonic() < deadline:
        bed.call("ListJobs")
    assert told == f"{STICK}|stick|3|It holds the names of children.\n"


# --- exceptions -------------------------------------------------------------------------------------------------------

def test_a_manager_allows_one_content_once(bed, service):
    gate = opened(bed, service)
    bed.allow({})
    with pytest.raises(CallError, match="Access denied"):
        bed.call("AllowCopy", STICK, DIGEST, "letter.odt", "For the school", user=NOBODY)
    assert bed.audit("copy-allowed") == []
    bed.allow({"org.outingguard.allow-copy": "yes"})
    bed.call("AllowCopy", STICK, DIGEST.upper(), "letter.odt", "For the school", user=NOBODY)
    wish = gate.allow()
    assert wish["sha512"] == DIGEST and wish["seconds"] == 900
    entry = bed.audit("copy-allowed")[0]["fields"]
    assert (entry["reason"], entry["uid"], entry["sha512"]) == ("For the school", NOBODY, DIGEST)
    assert "nobody" in entry["by"] and "letter.odt" not in json.dumps(entry)
    gate.allowed(wish["ticket"], path="school/letter.odt")
    written = bed.signals.event("copy-allowed-written")
    assert (written["path"], written["sha512"], written["uid"]) == ("school/letter.odt", DIGEST, NOBODY)
    gate.allowed(wish["ticket"])
    gate.report(report())
    bed.signals.wait("CopyRefused")
    assert len(bed.audit("copy-allowed-written")) == 1


@pytest.mark.parametrize("arguments, says", [
    ((STICK, "ab", "letter.odt", "Why"), "SHA-512"), ((STICK, "x" * 128, "letter.odt", "Why"), "SHA-512"),
    ((STICK, DIGEST, "letter.odt", ""), "needs a reason"), ((STICK, DIGEST, "letter.odt", "  "), "needs a reason"),
    ((STICK, DIGEST, "", "Why"), "file's name"), ((STICK, DIGEST, "a/b", "Why"), "file's name"),
    (("Nobody's stick", DIGEST, "letter.odt", "Why"), "neither plugged in nor registered")])
def test_what_cannot_be_allowed(bed, service, arguments, says):
    gate = opened(bed, service)
    with pytest.raises(CallError, match=says):
        bed.call("AllowCopy", *arguments)
    assert gate.said.empty() and bed.audit("copy-allowed") == []


def test_nothing_is_allowed_on_what_is_closed(bed, service):
    gate = opened(bed, service)
    gate.closed()
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "ejected")
    with pytest.raises(CallError, match="is not open"):
        bed.call("AllowCopy", STICK, DIGEST, "letter.odt", "Why")
    bed.plug(stick(type="crypto_LUKS", media="encrypted", diskseq=77))
    bed.signals.event("device-found")
    with pytest.raises(CallError, match="not offered through the gate"):
        bed.call("AllowCopy", STICK, DIGEST, "letter.odt", "Why")


def test_exceptions_are_limited_and_end_with_the_gate(bed, service):
    gate = opened(bed, service)
    tickets = []
    for _ in range(16):
        bed.call("AllowCopy", STICK, DIGEST, "letter.odt", "Why")
        tickets.append(gate.allow()["ticket"])
    assert len(set(tickets)) == 16
    with pytest.raises(CallError, match="Too many exceptions"):
        bed.call("AllowCopy", STICK, DIGEST, "letter.odt", "Why")
    gate.allowed(tickets[3], error=62, path="")
    gate.allowed(tickets[4], error=28, path="")
    told = bed.signals.wait("CopyRefused")[0]
    assert told["event"] == "not-written" and "No space left" in told["sentence"]
    bed.call("AllowCopy", STICK, DIGEST, "letter.odt", "Why")
    gate.hang_up()
    again = service.gate()
    again.wish()
    again.opened()
    bed.signals.wait("DeviceChanged", lambda d: d["mountpoint"])
    again.allowed(tickets[0])
    again.report(report())
    bed.signals.wait("CopyRefused")
    assert bed.audit("copy-allowed-written") == []


def test_of_several_file_systems_the_one_that_refused(bed, service):
    bed.sit_down(ROBIN)
    bed.start()
    plug_in(bed, volumes=[{"node": "/dev/fake1p1", "type": "vfat"}, {"node": "/dev/fake1p2", "type": "exfat"}])
    gates = {}
    for number in range(2):
        gate = service.gate()
        gates[gate.wish()["node"]] = gate
        gate.opened(f"/run/media/robin/{number}")
    for _ in range(2):
        bed.signals.event("gate-opened")
    for node in ("/dev/fake1p2", "/dev/fake1p1"):
        gates[node].report(report())
        bed.signals.wait("CopyRefused")
        bed.call("AllowCopy", STICK, DIGEST, "letter.odt", "Why")
        gates[node].allow()
    assert all(g.said.empty() for g in gates.values())


# --- outings ----------------------------------------------------------------------------------------------------------

def test_a_stick_behind_the_gate_does_not_travel(bed, service):
    """It is not encrypted, whatever was looked at; and so says the check, also when the rules refuse such sticks."""
    gate = opened(bed, service)
    for _ in range(2):
        verdict = bed.call("Check", json.dumps([STICK]), True)["devices"][0]
        assert (verdict["verdict"], verdict["reason"]) == ("not-ready", f"{STICK} is not encrypted.")
        assert "take an encrypted stick" in verdict["fix"]
        bed.configure(rules(unencrypted="refuse"))
        bed.call("Reload")
    gate.wait(SHUT)


# --- names ------------------------------------------------------------------------------------------------------------

def test_gates_hear_of_new_names(bed, service, tmp_path):
    bed.sit_down(ROBIN)
    bed.start()
    plug_in(bed)
    gate = service.gate()
    gate.wish()
    children = tmp_path / "children.csv"
    children.write_text("first name,last name,date of birth\nEmma,Example,2021-03-04\n", encoding="utf-8")
    with open(children, "rb") as file:
        bed.call("ImportNames", file, "")
    assert gate.said.empty()
    gate.opened()
    gate.wait(NAMES)
    bed.call("CountNames")
    bed.call("ClearNames")
    gate.wait(NAMES)
    assert gate.said.empty()


class Call:
    """A call that is answered later."""

    def __init__(self, bed, *arguments, **options):
        self.bed, self.arguments, self.options = bed, arguments, options

    def __enter__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.future = self.pool.submit(self.bed.call, *self.arguments, **self.options)
        return self

    def __exit__(self, *_):
        self.pool.shutdown(wait=False)

    def running(self):
        return not self.future.done()

    def done(self):
        assert self.future.result(timeout=30) is None

    def failed(self, says):
        with pytest.raises(CallError, match=says):
            self.future.result(timeout=30)
