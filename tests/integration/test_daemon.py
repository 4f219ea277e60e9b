# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole agent on a private bus: what it tells, to whom it listens, and what survives its end."""

import hashlib
import json
import os
import pathlib
import re
import select
import signal
import stat
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from agent_bed import BUILD, NAME, PATH, TOP, CallError, open_bed

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: calls as another user")
NOBODY = 65534
XML = TOP / "agent/bus/org.outingguard.Agent1.xml"

# What each member can be called with so that it does no harm here.
ARGUMENTS = {
    "GetJob": (99,), "AddDevice": ("Blue Room camera", "camera", "disk-0000000000", ""),
    "RenameDevice": ("disk-0000000000", "Red Room camera"), "AssignDevice": ("disk-0000000000", "Blue Room"),
    "AssignPerson": ("disk-0000000000", "Kim"), "ImportDevices": (open(os.devnull, "rb"),),
    "RemoveDevice": ("disk-0000000000",), "Offload": ("disk-0000000000",), "Wipe": ("disk-0000000000", False),
    "Format": ("disk-0000000000", False),
    "CancelJob": (99,), "VaultCreate": ("t:1",), "Certificates": ("",), "Check": ("[]", True), "RecordOuting": ("{}",),
    "ReturnOuting": ("[]",), "Attest": ("passwords", ""), "AttestDevice": ("disk-0000000000", "encrypted", ""), "ImportNames": (open(os.devnull, "rb"), ""),
    "AllowCopy": ("disk-0000000000", "00" * 64, "letter.odt", "No names in it"), "Eject": ("disk-0000000000",),
    "Encrypt": ("disk-0000000000", open(os.devnull, "rb"), False),
}


@pytest.fixture(scope="session", autouse=True)
def built():
    subprocess.run(["make", "-C", str(TOP), "-s", "-j2", f"VARIANT={BUILD.name}", "all"], check=True, capture_output=True)


@pytest.fixture
def bed(tmp_path):
    with open_bed(tmp_path) as bed:
        yield bed


def members(kind):
    return [e for e in ElementTree.parse(XML).getroot().find("interface") if e.tag == kind]


def arguments_of(element):
    return [(a.get("name"), a.get("type"), a.get("direction")) for a in element.findall("arg")]


def hashes(folder):
    return sorted(hashlib.sha256(p.read_bytes()).hexdigest() for p in pathlib.Path(folder).rglob("*.JPG"))


# --- the interface ----------------------------------------------------------------------------------------------------

def test_live_introspection_is_the_documented_interface(bed):
    bed.start()
    text = subprocess.run(["busctl", f"--address={bed.address}", "call", NAME, PATH, "org.freedesktop.DBus.Introspectable",
                           "Introspect", "--json=short"], capture_output=True, text=True, check=True).stdout
    live = ElementTree.fromstring(json.loads(text)["data"][0])
    live = next(i for i in live.findall("interface") if i.get("name") == NAME)
    for kind in ("method", "signal", "property"):
        mine = {e.get("name"): e for e in live if e.tag == kind}
        documented = {e.get("name"): e for e in members(kind)}
        assert mine.keys() == documented.keys()
        for name, element in documented.items():
            if kind == "property":
                assert (mine[name].get("type"), mine[name].get("access")) == (element.get("type"), element.get("access"))
            elif kind == "signal":
                assert [a[:2] for a in arguments_of(mine[name])] == [a[:2] for a in arguments_of(element)]
            else:
                assert arguments_of(mine[name]) == arguments_of(element)


def test_every_member_is_documented():
    text = XML.read_text(encoding="utf-8")
    for element in members("method") + members("signal") + members("property"):
        comment = re.search(rf"<!--\s+{element.get('name')}:\n(.*?)-->", text, re.S)
        assert comment, element.get("name")
        for name, _, _ in arguments_of(element):
            assert f"@{name}:" in comment.group(1), (element.get("name"), name)


# --- who may ----------------------------------------------------------------------------------------------------------

def test_each_member_asks_polkit_and_believes_it(bed):
    bed.start()
    for element in members("method"):
        member = element.get("name")
        bed.allow({})
        with pytest.raises(CallError, match="Access denied"):
            bed.call(member, *ARGUMENTS.get(member, ()), user=NOBODY)
        question = json.loads(bed.asked.read_text(encoding="utf-8").splitlines()[-1])
        assert question["subject"] == "system-bus-name" and question["name"].startswith(":"), member
        assert bed.audit("request-refused")[-1]["fields"]["request"] == member
        bed.allow({question["action"]: "challenge"})
        with pytest.raises(CallError, match="password is needed"):
            bed.call(member, *ARGUMENTS.get(member, ()), user=NOBODY)
        bed.allow({question["action"]: "yes"})
        try:
            bed.call(member, *ARGUMENTS.get(member, ()), user=NOBODY)
        except CallError as error:
            assert "denied" not in error.sentence and "password" not in error.sentence, member


def test_interaction_is_allowed_only_when_the_caller_says_so(bed):
    bed.start()
    bed.allow({"org.outingguard.status": "yes"})
    bed.call("ListJobs", user=NOBODY, interactive=False)
    bed.call("ListJobs", user=NOBODY, interactive=True)
    flags = [json.loads(line)["flags"] for line in bed.asked.read_text(encoding="utf-8").splitlines()]
    assert flags == [0, 1]


def test_without_polkit_only_the_superuser_gets_through(bed):
    bed.start()
    bed.polkit.kill()
    bed.polkit.wait()
    with pytest.raises(CallError, match="Access denied"):
        bed.call("ListJobs", user=NOBODY)
    assert bed.call("ListJobs") == []


def test_a_member_that_is_not_there_is_refused(bed):
    bed.start()
    with pytest.raises(CallError, match="Unknown method"):
        bed.call("DeleteEverything")


def test_arguments_have_limits(bed):
    bed.start()
    with pytest.raises(CallError, match="too long"):
        bed.call("RemoveDevice", "x" * 600)
    with pytest.raises(CallError, match="too long or holds"):
        bed.call("RenameDevice", "disk-0000000000", "two\nlines")
    with pytest.raises(CallError, match="64 MB|configuration"):
        bed.call("VaultCreate", "t:1")


# --- devices and decisions --------------------------------------------------------------------------------------------

def test_an_unregistered_camera_is_left_alone_and_named(bed):
    bed.start()
    bed.plug(bed.card())
    refusal = bed.signals.wait("DeviceRefused")[0]
    assert refusal["reason"] == "unregistered" and refusal["name"] is None and "not registered" in refusal["sentence"]
    entry = bed.audit("device-unknown")[0]["fields"]
    assert entry["device"] == refusal["id"] and entry["vendor"] == "Acme"
    device = bed.call("ListDevices")[0]
    assert (device["state"], device["registered"], device["present"]) == ("unregistered", False, True)
    assert bed.call("ListJobs") == [] and not list(bed.vault.glob("*/*"))
    with pytest.raises(CallError, match="not registered"):
        bed.call("Offload", device["id"])
    with pytest.raises(CallError, match="not registered"):
        bed.call("Wipe", device["id"], True)


def test_recorded_before_reported(bed):
    """Whenever a signal arrives, its entry is in the log already."""
    bed.start()
    bed.plug(bed.card())
    bed.signals.wait("DeviceRefused")
    bed.register()
    for event in ("device-unknown", "register-changed", "device-found", "offload-started", "offload-done"):
        if event != "device-unknown":
            details = bed.signals.event(event)
            assert details in [e["fields"] for e in bed.audit(event)]


def test_a_registered_camera_is_offloaded_by_itself(bed):
    bed.start()
    card = bed.card(files=5)
    bed.plug(card)
    bed.signals.wait("DeviceRefused")
    device = bed.register()
    assert device["name"] == "Blue Room camera" and device["role"] == "camera"
    done = bed.signals.event("offload-done")
    assert (done["files"], done["outcome"], done["by_itself"]) == (5, "committed", True)
    assert hashes(bed.vault / "Blue Room camera") == hashes(card["source"])
    device = bed.call("ListDevices")[0]
    assert device["state"] == "offloaded" and device["last_offload"] and device["last_clear"] is None
    session = bed.call("ListSessions")[0]
    assert session["state"] == "committed" and session["files"] == 5
    known = (bed.state / "known-media").read_text(encoding="utf-8")
    assert known.startswith("outing-guard known-media 1\ncamera ")
    assert stat.S_IMODE((bed.state / "known-media").stat().st_mode) == 0o644 and card["serial"] not in known


def test_an_offloaded_camera_is_not_offloaded_twice(bed):
    card = bed.card()
    bed.start()
    bed.plug(card)
    bed.signals.wait("DeviceRefused")
    bed.register()
    bed.signals.event("offload-done")
    bed.plug(card, bed.card("other", serial="SN00999999"))
    bed.signals.wait("DeviceRefused")
    assert len(bed.call("ListJobs")) == 1
    bed.terminate()
    bed.start()
    assert bed.call("ListJobs") == [] and len(bed.call("ListSessions")) == 1
    bed.plug({**card, "diskseq": 9})
    bed.signals.event("offload-done")
    assert len(bed.call("ListSessions")) == 2


def test_two_of_one_identity_are_refused_both(bed):
    bed.start()
    first, second = bed.card("one", serial="SN00777777"), bed.card("two", serial="SN00777777", diskseq=8)
    bed.plug(first, second)
    bed.signals.wait("DeviceRefused", lambda r: r["reason"] == "ambiguous")
    states = [d["state"] for d in bed.call("ListDevices")]
    assert states == ["ambiguous", "ambiguous"]
    with pytest.raises(CallError, match="cannot be told apart"):
        bed.register()
    bed.plug(first)
    bed.signals.wait("DeviceRefused", lambda r: r["reason"] == "unregistered")
    bed.register()
    bed.signals.event("offload-done")
    bed.plug(first, second)
    bed.signals.wait("DeviceRefused", lambda r: r["reason"] == "ambiguous" and r["name"] == "Blue Room camera")
    for member, more in (("Offload", ()), ("Wipe", (True,))):
        with pytest.raises(CallError, match="cannot be told apart"):
            bed.call(member, "Blue Room camera", *more)


def test_a_card_that_is_still_looked_at_says_so(bed):
    """At the agent's start, before udev has said what is plugged in."""
    bed.configure("offload: { automatic = false; };\n")
    card = bed.card()
    bed.plug(card)
    bed.start()
    bed.register()
    bed.terminate()
    bed.plug({**card, "settled": False})
    bed.start()
    assert [d["state"] for d in bed.call("ListDevices")] == ["looking"]
    with pytest.raises(CallError, match="still looking at Blue Room camera"):
        bed.call("Offload", "Blue Room camera")
    bed.plug(card)
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "present")
    bed.signals.job_end(bed.call("Offload", "Blue Room camera"))
    assert bed.call("ListDevices")[0]["state"] == "offloaded"


def test_the_register_is_changed_and_each_change_is_recorded(bed):
    bed.configure("offload: { automatic = false; };\n")
    bed.start()
    bed.plug(bed.card())
    bed.signals.wait("DeviceRefused")
    bed.register()
    bed.call("RenameDevice", "Blue Room camera", "Red Room camera")
    bed.call("AssignDevice", "Red Room camera", "Red Room")
    device = bed.call("ListDevices")[0]
    assert (device["name"], device["room"], device["state"]) == ("Red Room camera", "Red Room", "present")
    with pytest.raises(CallError, match="neither plugged in nor registered"):
        bed.call("RemoveDevice", "Blue Room camera")
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: not d["present"])
    assert bed.call("ListDevices")[0]["state"] == "absent"
    bed.call("RemoveDevice", "Red Room camera")
    assert bed.call("ListDevices") == []
    assert [e["fields"]["change"] for e in bed.audit("register-changed")] == ["added", "renamed", "assigned", "removed"]
    assert "camera" not in (bed.state / "known-media").read_text(encoding="utf-8")


def test_names_and_roles_are_checked(bed):
    bed.start()
    bed.plug(bed.card(), bed.card("two", serial="SN00555555", diskseq=8))
    bed.signals.wait("DeviceRefused")
    bed.signals.wait("DeviceRefused")
    with pytest.raises(CallError, match="not a role"):
        bed.register(role="toaster")
    with pytest.raises(CallError):
        bed.register(name="../../etc")
    bed.register(name="Blue Room camera", role="stick")
    with pytest.raises(CallError, match="already"):
        bed.register(name="Blue Room camera", role="stick")


def test_without_a_vault_nothing_is_copied(bed):
    (bed.vault / ".outing-guard-vault").unlink()
    bed.start()
    bed.plug(bed.card())
    bed.signals.wait("DeviceRefused")
    bed.register()
    failed = bed.signals.event("offload-failed")
    assert failed["outcome"] == "no-vault" and "vault create" in failed["reason"]
    assert list(bed.vault.iterdir()) == []
    assert bed.call("VaultStatus")["state"] == "missing"


# --- configuration ----------------------------------------------------------------------------------------------------

def test_a_broken_configuration_keeps_the_settings_in_use(bed):
    bed.configure("offload: { automatic = false; };\n")
    bed.start()
    bed.configure("offload: { automatik = true; };\n")
    with pytest.raises(CallError, match=r"outing-guard\.conf:3:.*automatik"):
        bed.call("Reload")
    status = bed.call("Status")
    assert status["automatic_offload"] is False and status["config"]["ok"] is False
    assert "automatik" in bed.audit("config-rejected")[0]["fields"]["reason"]
    bed.configure("offload: { automatic = true; };\n")
    bed.agent.send_signal(signal.SIGHUP)
    bed.signals.event("config-reloaded")
    status = bed.call("Status")
    assert status["automatic_offload"] is True and status["config"]["ok"] is True


def test_a_broken_configuration_at_start_starts_nothing_by_itself(bed):
    bed.configure("nonsense = 1;\n")
    bed.start()
    assert bed.call("Status")["automatic_offload"] is False
    assert "nonsense" in bed.audit("agent-started")[0]["fields"]["config_problem"]


# --- jobs -------------------------------------------------------------------------------------------------------------

SLOW_READER = {"OUTING_FAULT_PROGRAM": "outing-offload-worker", "OUTING_FAULT_POINT": "offload-read",
               "OUTING_FAULT_PAUSE_MS": "30"}


def begin_long_offload(bed):
    card = bed.card(files=30, size=6_000_000)
    bed.start(environment=SLOW_READER)
    bed.plug(card)
    bed.signals.wait("DeviceRefused")
    bed.register()
    bed.signals.wait("JobChanged", lambda n, d: d["state"] == "running" and d["bytes_done"] > 0)
    return card


def test_a_job_is_cancelled_and_goes_on_where_it_stopped(bed):
    card = begin_long_offload(bed)
    bed.call("CancelJob", 1)
    assert bed.signals.job_end(1)["state"] == "cancelled"
    assert bed.audit("offload-failed")[0]["fields"]["outcome"] == "cancelled"
    with pytest.raises(CallError, match="ended already"):
        bed.call("CancelJob", 1)
    job = bed.call("Offload", "Blue Room camera")
    assert bed.signals.job_end(job)["outcome"] == "committed"
    assert hashes(bed.vault / "Blue Room camera") == hashes(card["source"])
    assert len(bed.call("ListSessions")) == 1


def test_one_job_a_device(bed):
    begin_long_offload(bed)
    assert bed.call("Offload", "Blue Room camera") == 1
    with pytest.raises(CallError, match="has a job already"):
        bed.call("Wipe", "Blue Room camera", False)
    with pytest.raises(CallError, match="not finished"):
        bed.call("RemoveDevice", "Blue Room camera")


def test_a_clean_stop_in_the_middle_of_a_job(bed):
    card = begin_long_offload(bed)
    assert bed.terminate() == 0
    assert bed.audit()[-1]["event"] == "agent-stopped" and bed.audit()[-1]["fields"]["clean"] is True
    assert bed.audit("offload-failed")[-1]["fields"]["outcome"] == "cancelled"
    bed.start()
    bed.signals.event("offload-done")
    assert hashes(bed.vault / "Blue Room camera") == hashes(card["source"])
    assert len(bed.call("ListSessions")) == 1


def test_killed_in_the_middle_of_a_job(bed):
    card = begin_long_offload(bed)
    bed.kill()
    bed.start()
    assert bed.signals.event("offload-done")["files"] == 30
    assert hashes(bed.vault / "Blue Room camera") == hashes(card["source"])
    assert bed.call("AuditVerify")["ok"] is True


def fake_workers(bed, script):
    bed.libexec = bed.folder / "libexec"
    bed.libexec.mkdir()
    worker = bed.libexec / "outing-offload"
    worker.write_text("#!/bin/sh\n" + script, encoding="utf-8")
    worker.chmod(0o755)
    bed.start()
    bed.plug(bed.card())
    bed.signals.wait("DeviceRefused")
    bed.register()


def test_a_worker_that_dies_is_a_failure_with_a_sentence(bed):
    fake_workers(bed, "exit 9\n")
    failed = bed.signals.event("offload-failed")
    assert failed["outcome"] and failed["reason"]
    job = bed.signals.job_end(1)
    assert job["state"] == "failed" and job["sentence"]
    assert bed.call("ListDevices")[0]["state"] == "present"


def test_a_worker_that_talks_nonsense_is_ended(bed):
    fake_workers(bed, "printf nonsense >&3\nexec 0<&3\nwhile :; do read never; done\n")
    assert bed.signals.job_end(1)["state"] == "failed"
    assert bed.call("ListSessions") == [] or bed.call("ListSessions")[0]["state"] != "committed"


def test_a_worker_that_does_not_stop_is_killed(bed):
    fake_workers(bed, "trap '' TERM\nexec 0<&3\nwhile :; do read never; done\n")
    bed.signals.event("offload-started")
    bed.call("CancelJob", 1)
    assert bed.signals.job_end(1)["state"] == "cancelled"


def test_a_stop_does_not_wait_for_a_worker_for_ever(bed):
    fake_workers(bed, "trap '' TERM\nexec 0<&3\nwhile :; do read never; done\n")
    bed.signals.event("offload-started")
    assert bed.terminate(patience=25) == 0


# --- clearing ---------------------------------------------------------------------------------------------------------

def empty(card):
    for path in pathlib.Path(card["source"]).rglob("*.JPG"):
        path.unlink()


def camera_with_image(bed, **facts):
    """A registered camera that is being offloaded; its image holds what its folder holds."""
    card = bed.image(bed.card(files=4, bytes=64 << 20, **facts))
    bed.start()
    bed.plug(card)
    bed.signals.wait("DeviceRefused")
    bed.register()
    return card


def test_a_card_is_cleared_with_a_certificate(bed):
    card = camera_with_image(bed)
    bed.signals.event("offload-done")
    pictures = [p.read_bytes()[:64] for p in pathlib.Path(card["source"]).rglob("*.JPG")]
    job = bed.call("Wipe", "Blue Room camera", False)
    done = bed.signals.event("clear-done")
    assert bed.signals.job_end(job)["state"] == "done"
    certificate = bed.call("Certificates", "Blue Room camera")[0]
    assert done["certificate"] == certificate
    assert bed.audit("clear-done")[0]["fields"]["certificate"] == certificate
    session = bed.call("ListSessions")[0]["id"]
    assert session in json.dumps(certificate) and hashlib.sha512(
        pathlib.Path(card["node"]).read_bytes()).hexdigest() in json.dumps(certificate)
    image = pathlib.Path(card["node"]).read_bytes()
    assert not any(picture in image for picture in pictures)
    device = bed.call("ListDevices")[0]
    assert device["state"] == "cleared" and device["last_clear"]


def test_a_wipe_offloads_first_when_nothing_was_offloaded(bed):
    bed.configure("offload: { automatic = false; };\n")
    card = camera_with_image(bed)
    job = bed.call("Wipe", "Blue Room camera", False)
    assert bed.signals.event("offload-done")["files"] == 4
    bed.signals.event("clear-done")
    assert bed.signals.job_end(job)["state"] == "done"
    assert len(list(bed.vault.rglob("*.JPG"))) == 4
    # Once more: the card is looked at anew, and is as empty as it was left.
    empty(card)
    ended = bed.signals.job_end(bed.call("Wipe", "Blue Room camera", False))
    assert ended["state"] == "done", ended
    assert len(bed.call("Certificates", "")) == 2


def test_a_picture_that_is_not_in_the_vault_is_never_cleared(bed):
    """Something appears on the card after the offload: the scan differs from what was recorded."""
    card = camera_with_image(bed)
    bed.signals.event("offload-done")
    late = pathlib.Path(bed.folder / "LATE.JPG")
    late.write_bytes(b"late picture" * 1000)
    subprocess.run(["mcopy", "-i", card["node"], str(late), "::DCIM/100BLUE/"], check=True)
    before = pathlib.Path(card["node"]).read_bytes()
    job = bed.call("Wipe", "Blue Room camera", True)
    ended = bed.signals.job_end(job)
    assert ended["state"] == "failed" and ended["outcome"] == "set-differs"
    assert pathlib.Path(card["node"]).read_bytes() == before
    assert bed.audit("clear-failed")[0]["fields"]["outcome"] == "set-differs" and not bed.audit("clear-done")


def test_another_plug_in_needs_another_offload(bed):
    bed.configure("offload: { automatic = false; };\n")
    card = camera_with_image(bed)
    bed.signals.job_end(bed.call("Offload", "Blue Room camera"))
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: not d["present"])
    bed.plug({**card, "diskseq": 8})
    bed.signals.wait("DeviceChanged", lambda d: d["present"] and d["state"] == "present")
    job = bed.call("Wipe", "Blue Room camera", False)
    bed.signals.event("offload-done")
    bed.signals.event("clear-done")
    assert bed.signals.job_end(job)["state"] == "done" and len(bed.call("ListSessions")) == 2


@pytest.mark.skipif(BUILD.name != "faults", reason="needs fault points")
def test_a_clear_that_was_cut_is_finished_at_the_next_plug_in(bed):
    card = camera_with_image(bed)
    bed.signals.event("offload-done")
    bed.terminate()
    bed.start(environment={"OUTING_FAULT_PROGRAM": "outingd", "OUTING_FAULT_POINT": "recorder-reading-back",
                           "OUTING_FAULT_AT": "1"})
    bed.call("Wipe", "Blue Room camera", False)
    assert bed.agent.wait(timeout=60) == -signal.SIGKILL
    assert not bed.audit("clear-done")
    empty(card)
    bed.plug({**card, "diskseq": 8})
    bed.start()
    assert bed.signals.event("clear-done")["by_itself"] is True
    bed.signals.wait("DeviceChanged", lambda d: d["state"] == "cleared")
    assert len(bed.call("ListJobs")) == 1


# --- hooks ------------------------------------------------------------------------------------------------------------

def what_comes_through(pipe, seconds=60):
    with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), encoding="utf-8") as file:
        assert select.select([file], [], [], seconds)[0], "nobody wrote into it"
        os.set_blocking(file.fileno(), True)
        return file.read()


def test_hooks_are_told_and_cannot_harm(bed):
    """One hook writes down what it is told, another one fails; the offload ends well all the same."""
    told = bed.folder / "told"
    os.mkfifo(told)
    told.chmod(0o666)
    hooks = bed.folder / "hooks.d" / "offload-done"
    hooks.mkdir(parents=True)
    for name, script in (("10-fails", "exit 1"), ("20-tells", f"env >{told}")):
        (hooks / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    bed.configure(hooks='enabled = true; user = "nobody"; timeout_seconds = 30;')
    bed.start("--hooks", str(bed.folder / "hooks.d"))
    bed.plug(bed.card())
    bed.signals.wait("DeviceRefused")
    bed.register()
    environment = dict(line.split("=", 1) for line in what_comes_through(told).splitlines())
    assert environment["OUTING_EVENT"] == "offload-done" and environment["OUTING_DEVICE"] == "Blue Room camera"
    assert environment["OUTING_FILES"] == "3" and environment["OUTING_SESSION"] == bed.call("ListSessions")[0]["id"]
    assert bed.call("ListJobs")[0]["state"] == "done"


# --- records ----------------------------------------------------------------------------------------------------------

def test_the_audit_log_is_verified_and_a_change_is_found(bed):
    bed.start()
    assert bed.call("AuditVerify")["ok"] is True
    bed.terminate()
    path = bed.log / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b"agent-started", b"agent-Started", 1))
    bed.start()
    result = bed.call("AuditVerify")
    assert result["ok"] is False and result["sentence"]
    assert bed.audit("log-damaged") or result["verdict"] == "changed"


def three_seconds_without_a_wake(agent):
    """Mounts and devices of other tests wake the agent, too, and rightly; a timer of its own, of less than that, would do so in each look."""
    def wakes():
        text = pathlib.Path(f"/proc/{agent.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M).group(1))

    before = wakes()
    with pytest.raises(subprocess.TimeoutExpired):
        agent.wait(timeout=3)
    return wakes() == before


@pytest.mark.skipif(BUILD.name == "asan", reason="the sanitizer is large")
def test_an_idle_agent_is_small_and_sleeps(bed):
    bed.start()
    bed.call("ListDevices")
    status = pathlib.Path(f"/proc/{bed.agent.pid}/smaps_rollup").read_text(encoding="utf-8")
    assert int(re.search(r"^Pss:\s+(\d+) kB", status, re.M).group(1)) < 6000
    assert any(three_seconds_without_a_wake(bed.agent) for _ in range(5))


@pytest.mark.skipif(BUILD.name == "asan", reason="the sanitizer looks for the same")
def test_the_agent_gives_back_what_it_took(bed):
    """valgrind over everything but jobs: it does not know the system call that workers are watched by."""
    bed.configure("offload: { automatic = false; };\n")
    report = bed.folder / "valgrind.log"
    bed.start(under=("valgrind", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=99",
                     f"--log-file={report}"))
    bed.plug(bed.card(), bed.card("two", serial="SN00555555", diskseq=8))
    bed.signals.wait("DeviceRefused")
    bed.register()
    for member, arguments in (("ListDevices", ()), ("ListSessions", ()), ("ListJobs", ()), ("Certificates", ("",)),
                              ("Reload", ()), ("RenameDevice", ("Blue Room camera", "Red Room camera")),
                              ("RemoveDevice", ("Red Room camera",))):
        bed.call(member, *arguments)
    with pytest.raises(CallError):
        bed.call("ListDevices", user=NOBODY)
    bed.plug()
    bed.signals.wait("DeviceChanged", lambda d: not d["present"])
    assert bed.terminate(patience=60) == 0, report.read_text(encoding="utf-8")
