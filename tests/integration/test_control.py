# SPDX-License-Identifier: GPL-3.0-or-later
"""outingctl against an agent that says what each test wants it to say, on a bus of its own."""

import hashlib
import json
import os
import re
import signal
import subprocess
import unicodedata

import pytest
from control_bench import CAMERA, COMMAND, DONE, KEYS, REFUSED, SESSION, STRANGER, TOP, WAIT, Bench, Screen, job, width


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.close()


def fits(text):
    for line in text.splitlines():
        assert width(line) <= 80, line
    return text


# --- what is asked for goes to stdout, in the form of the contract ---------------------------------------------------


def test_devices_as_a_table(bench):
    bench.start(ListDevices={"text": [dict(CAMERA, state="offloaded", last_offload="2026-11-22T05:31:46Z"), STRANGER]})
    result = bench.run("devices")
    assert result.returncode == 0 and result.stderr == ""
    fits(result.stdout)
    assert "disk-3f9a1c07be  Blue Room camera" in result.stdout
    assert "2026-11-22T05:31:46Z" in result.stdout
    assert "--device disk-00112233aa" in result.stdout.replace("\n ", ""), "an unregistered device needs advice"
    assert "(Meadow Snap 3)" in result.stdout, "the vendor is said once"
    assert "\x1b" not in result.stdout, "no colour off a terminal"


def test_what_is_known_by_its_socket_is_called_weaker(bench):
    bench.start(ListDevices={"text": [dict(CAMERA, by_socket=True, serial=None), dict(STRANGER, by_socket=False)]})
    text = " ".join(fits(bench.run("devices").stdout).split())
    assert text.count("That is weaker") == 1
    assert "Blue Room camera has no serial number, so it is known only at the socket where it was registered" in text


def test_devices_as_json(bench):
    bench.start(ListDevices={"text": [CAMERA, STRANGER]})
    result = bench.run("devices", "--json")
    devices = json.loads(result.stdout)
    assert result.returncode == 0 and [d["id"] for d in devices] == [CAMERA["id"], STRANGER["id"]]
    for device in devices:
        assert set(KEYS) <= set(device)
        assert all(re.fullmatch("[a-z][a-z0-9_]*", key) for key in device)


LISTS = {"status": "Status", "jobs": "ListJobs", "sessions": "ListSessions", "vault status": "VaultStatus",
         "devices": "ListDevices", "outings": "ListOutings", "incidents": "ListIncidents"}


@pytest.mark.parametrize("words", LISTS)
def test_json_is_what_the_agent_said(bench, words):
    said = {"state": "ready"} if words in ("status", "vault status") else [{"id": 1, "odd_member": ["x", None, True]}]
    bench.start(**{LISTS[words]: {"text": said}})
    result = bench.run(*words.split(), "--json")
    assert result.returncode == 0 and json.loads(result.stdout) == said


def test_empty_lists_are_said_in_words(bench):
    bench.start(ListDevices={"text": []}, ListJobs={"text": []}, ListSessions={"text": []})
    assert "No device is plugged in" in bench.run("devices").stdout
    assert "No jobs" in bench.run("jobs").stdout
    assert "Nothing has been offloaded" in bench.run("sessions").stdout
    assert json.loads(bench.run("devices", "--json").stdout) == []


def test_an_answer_that_is_no_list_is_not_taken_for_an_empty_one(bench):
    bench.start(ListDevices={"text": {"surprise": 1}}, ListJobs={"raw": "[{"})
    for word in ("devices", "jobs"):
        result = bench.run(word)
        assert result.returncode == 1 and result.stdout == "" and "did not work" in result.stderr


def test_status(bench):
    bench.start(Status={"text": {"version": "0.1.0", "ready": True, "since": "2026-11-22T05:00:00Z",
                                 "config": {"path": "/etc/outing-guard/outing-guard.conf", "ok": False,
                                            "error": "line 3: wipe.method: \"burn\" is not known"},
                                 "vault": {"path": "/v", "state": "not-encrypted"}, "devices_present": 1,
                                 "devices_registered": 3, "jobs_running": 0, "audit_entries": 41,
                                 "automatic_offload": True}})
    text = " ".join(fits(bench.run("status").stdout).split())
    for part in ("ready since 2026-11-22T05:00:00Z", "not-encrypted: /v", "1 plugged in, 3 registered", "41 entries",
                 "has a mistake and is not in use", "line 3: wipe.method"):
        assert part in text


def test_vault_status(bench):
    bench.start(VaultStatus={"text": {"path": "/var/lib/outing-guard/vault", "state": "closed",
                                      "sentence": "The vault is closed. Open it: systemctl start outing-vault",
                                      "container": "/var/lib/outing-guard/vault.luks", "bytes_total": 100000000000,
                                      "bytes_free": 98000000000, "reserve": 1000000000,
                                      "chain": ["/dev/mapper/outing-vault: crypt aes-xts-plain64", "loop0"]}})
    text = fits(bench.run("vault", "status").stdout)
    for part in ("closed", "Open it: systemctl start outing-vault", "98.0 GB free of 100.0 GB", "aes-xts"):
        assert part in " ".join(text.split())


def test_sessions_and_jobs_fit(bench):
    name = "Tree House & Garden camera of the afternoon group, second shelf on the left"
    bench.start(ListJobs={"text": [job(name=name, bytes_done=24000000), dict(DONE, id=4294967295, kind="vault-verify")]},
                ListSessions={"text": [{"id": SESSION, "name": name, "state": "committed",
                                        "files": 312, "bytes": 2900000000, "path": "x",
                                        "started_at": "2026-11-22T05:31:46Z", "ended_at": None}]})
    jobs = fits(bench.run("jobs").stdout)
    assert "50 %" in jobs and "4294967295" in jobs and "2026-11-22T05:31:46Z" in jobs
    sessions = fits(bench.run("sessions").stdout)
    assert "2.9 GB" in sessions and SESSION[:8] in sessions and SESSION not in sessions


# --- hostile strings ------------------------------------------------------------------------------------------------

HOSTILE = "\x1b]0;owned\x07\u202eGPJ.exe\u009b2J\n\r\tcard\u0085\U000e0041"


def safe(text):
    return all(c == "\n" or c == "\r" or not unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in text)


def test_what_a_card_says_about_itself_never_reaches_the_terminal(bench):
    hostile = dict(STRANGER, vendor=HOSTILE, product=HOSTILE, serial=HOSTILE, reason=HOSTILE)
    bench.start(ListDevices={"text": [hostile]}, ListJobs={"text": [job(name=HOSTILE, phase=HOSTILE, kind=HOSTILE)]},
                RemoveDevice={"error": REFUSED, "message": HOSTILE})
    for words in (["devices"], ["jobs"], ["device", "remove", hostile["id"]]):
        result = bench.run(*words)
        assert safe(result.stdout + result.stderr), words
        fits(result.stdout)
    assert "\ufffd" in bench.run("devices").stdout


def test_json_on_a_terminal_is_harmless_and_the_same(bench):
    bench.start(ListDevices={"text": [dict(STRANGER, product=HOSTILE)]})
    screen = Screen(bench, "devices", "--json")
    assert screen.end() == 0
    assert safe(screen.seen) and json.loads(screen.seen)[0]["product"] == HOSTILE


def test_wide_names_line_up(bench):
    bench.start(ListDevices={"text": [dict(CAMERA, name="ひまわり組のカメラ"), dict(CAMERA, name="Zoë's café camera"),
                                      dict(CAMERA, name="Zoe\u0308 camera"), CAMERA]})
    lines = fits(bench.run("devices").stdout).splitlines()[1:]
    assert len({width(line[:line.index("camera  present")]) for line in lines}) == 1


# --- the register ---------------------------------------------------------------------------------------------------


def test_device_add(bench):
    bench.start(AddDevice={"text": CAMERA})
    result = bench.run("device", "add", "Blue Room camera", "--role", "camera", "--device=disk-3f9a1c07be",
                       "--room", "Blue Room")
    assert result.returncode == 0 and '"Blue Room camera" is registered' in result.stdout
    assert bench.called("AddDevice") == [["Blue Room camera", "camera", "disk-3f9a1c07be", "Blue Room"]]


def test_device_add_says_what_happens_next(bench):
    bench.start(AddDevice={"text": dict(CAMERA, job=3, state="offloading")})
    result = bench.run("device", "add", CAMERA["name"], "--role", "camera", "--device", CAMERA["id"])
    assert "to watch: outingctl job watch 3" in " ".join(fits(result.stdout).split())


def test_device_add_without_a_room_and_quotes(bench):
    bench.start(AddDevice={"text": CAMERA})
    assert bench.run("device", "add", "Blue", "Room", "camera", "--role", "camera", "--device", "x").returncode == 0
    assert bench.called("AddDevice") == [["Blue Room camera", "camera", "x", ""]]


def test_rename_assign_remove(bench):
    bench.start(RenameDevice={}, AssignDevice={}, AssignPerson={}, RemoveDevice={})
    assert bench.run("device", "rename", "Blue Room camera", "Red Room camera").returncode == 0
    assert bench.run("device", "assign", CAMERA["id"], "--room", "Red Room").returncode == 0
    assert bench.run("device", "assign", CAMERA["id"], "--room", "").returncode == 0
    assert bench.run("device", "remove", "Blue Room camera").returncode == 0
    assert bench.called("RenameDevice") == [["Blue Room camera", "Red Room camera"]]
    assert bench.called("AssignDevice") == [[CAMERA["id"], "Red Room"], [CAMERA["id"], ""]]
    assert bench.called("RemoveDevice") == [["Blue Room camera"]]


@pytest.mark.parametrize("word", ["blue room camera", "Blue", "disk-3f9"])
@pytest.mark.parametrize("verb", ["offload", "wipe", "device remove"])
def test_a_near_miss_is_offered_but_never_taken(bench, verb, word):
    bench.start(Offload={"number": 7}, Wipe={"number": 7}, RemoveDevice={})
    extra = ["--yes"] if verb == "wipe" else []
    result = bench.run(*verb.split(), word, *extra)
    assert result.returncode == 1 and 'Did you mean "Blue Room camera"?' in " ".join(result.stderr.split())
    assert {c["method"] for c in bench.calls()} == {"ListDevices"}


# --- sticks ---------------------------------------------------------------------------------------------------------

STICK = dict(CAMERA, id="disk-77889900cc", name="White stick", role="stick", state="gated", mountpoint="/run/media/robin/WHITE")


def test_where_a_stick_is_open_is_shown(bench):
    bench.start(ListDevices={"text": [STICK, dict(STICK, name=None, registered=False)]}, Status={"text": {"devices_gated": 1}})
    text = " ".join(fits(bench.run("devices").stdout).split())
    assert "gated" in text and text.count("is open at /run/media/robin/WHITE") == 2 and "not registered" not in text
    assert "1 open behind the gate" in bench.run("status").stdout


def test_what_a_stick_waits_for_is_shown(bench):
    waiting = dict(STICK, mountpoint=None, reason="It opens as soon as somebody logs in at this computer.")
    bench.start(ListDevices={"text": [waiting]})
    assert "White stick: It opens as soon as" in " ".join(bench.run("devices").stdout.split())


def test_allow_hashes_the_file_and_says_what_will_happen(bench, tmp_path):
    bench.start(ListDevices={"text": [STICK]}, AllowCopy={})
    letter = tmp_path / "letter to the school.odt"
    letter.write_bytes(os.urandom(3_000_000))
    result = bench.run("allow", "White stick", str(letter), "--reason", "The school needs it")
    text = " ".join(fits(result.stdout).split())
    assert result.returncode == 0 and "You are about to allow letter to the school.odt (3.0 MB) onto White stick once" in text
    assert "White stick is not encrypted" in text and "The school needs it" in text and text.endswith("It is allowed.")
    assert bench.called("AllowCopy") == [["White stick", hashlib.sha512(letter.read_bytes()).hexdigest(), letter.name,
                                          "The school needs it"]]


def test_what_is_not_allowed_says_why(bench, tmp_path):
    bench.start(ListDevices={"text": [STICK]}, AllowCopy={"error": REFUSED, "message": "White stick is not open."})
    result = bench.run("allow", "White stick", "/etc/hostname", "--reason", "x")
    assert result.returncode == 1 and "White stick is not open." in result.stderr
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert bench.run("allow", "White stick", str(empty), "--reason", "x").returncode == 1
    assert bench.called("AllowCopy")[1][1] == hashlib.sha512(b"").hexdigest()
    for path, says in ((tmp_path / "missing", "No such file"), (tmp_path, "Is a directory"), ("/dev/null", "is not a file")):
        result = bench.run("allow", "White stick", str(path), "--reason", "x")
        assert result.returncode == 1 and result.stdout == "" and says in " ".join(result.stderr.split())
    for reason in ("", "  "):
        result = bench.run("allow", "White stick", "/etc/hostname", "--reason", reason)
        assert result.returncode == 2 and "needs a reason" in " ".join(result.stderr.split())
    assert len(bench.called("AllowCopy")) == 2


def test_eject(bench):
    bench.start(ListDevices={"text": [STICK]}, Eject={})
    result = bench.run("eject", "White", "stick")
    assert (result.returncode, result.stdout) == (0, "White stick may be unplugged now.\n")
    assert bench.called("Eject") == [["White stick"]]


def test_an_eject_that_left_something_behind_fails(bench):
    bench.start(ListDevices={"text": [STICK]}, Eject={"error": REFUSED, "message": "1 file could not be written to it."})
    result = bench.run("eject", "White stick")
    assert result.returncode == 1 and result.stdout == "" and "1 file could not be written" in " ".join(result.stderr.split())


# --- offload --------------------------------------------------------------------------------------------------------


def test_offload_waits_and_reports_sparsely(bench):
    steps = [{"job": job(bytes_done=n * 480000, files_done=n // 9, rate=9000000, seconds_left=60 - n // 2)}
             for n in range(100)]
    bench.start(Offload={"number": 7}, GetJob={"text": job(state="queued", phase="waiting")},
                script=[*steps, {"job": job(phase="verifying")}, {"job": DONE}])
    result = bench.run("offload", "Blue Room camera")
    assert result.returncode == 0, result.stderr
    lines = fits(result.stdout).splitlines()
    assert lines[0] == "Offloading Blue Room camera (job 7)"
    assert lines[-1] == "12 pictures are in the vault, proven."
    assert 10 <= len(lines) <= 16, result.stdout
    assert any("50 %" in line and "9.0 MB/s" in line and "left" in line for line in lines)
    assert bench.called("Offload") == [["Blue Room camera"]]


def test_offload_that_ended_before_we_looked(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": DONE})
    assert bench.run("offload", CAMERA["id"]).stdout.endswith("12 pictures are in the vault, proven.\n")


def test_other_jobs_are_not_mistaken_for_ours(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job()},
                script=[{"job": dict(DONE, id=6, state="failed")}, {"job": DONE}])
    assert bench.run("offload", CAMERA["id"]).returncode == 0


def test_offload_that_fails_says_why_on_stderr(bench):
    failed = job(state="failed", outcome="vault-full", sentence="The vault is full. Make room and plug in again.")
    found = dict(failed, findings=["DCIM/100MEDIA/IMG_0007.JPG could not be read twice the same"])
    del failed["findings"]  # a signal has none
    bench.start(Offload={"number": 7}, GetJob=[{"text": job()}, {"text": found}], script=[{"job": failed}])
    result = bench.run("offload", CAMERA["id"])
    assert result.returncode == 1
    fits(result.stderr)
    assert "The vault is full. Make room" in " ".join(result.stderr.split()) and "IMG_0007" in result.stderr
    assert "vault is full" not in result.stdout


def test_a_job_that_ended_is_not_forgotten_because_the_agent_ends(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job()}, script=[{"job": DONE}, {"stop": True}])
    result = bench.run("offload", CAMERA["id"])
    assert result.returncode == 0 and "proven" in result.stdout


def test_offload_cancelled_elsewhere(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job()},
                script=[{"job": job(state="cancelled", sentence="The offload was stopped.")}])
    result = bench.run("offload", CAMERA["id"])
    assert result.returncode == 1 and "STOPPED" in result.stderr


def test_offload_without_waiting(bench):
    bench.start(Offload={"number": 7})
    assert bench.run("offload", CAMERA["id"], "--no-wait").stdout == "7\n"
    assert json.loads(bench.run("offload", CAMERA["id"], "--no-wait", "--json").stdout) == {"job": 7}
    assert not bench.called("GetJob")


def test_offload_json_is_the_ended_job_and_nothing_else(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job()}, script=[{"job": job(bytes_done=1)}, {"job": DONE}])
    result = bench.run("offload", CAMERA["id"], "--json")
    assert result.returncode == 0 and json.loads(result.stdout) == DONE


@pytest.mark.parametrize("error,status", [("org.outingguard.Error.Refused", 1), ("org.outingguard.Error.Busy", 1),
                                          ("org.outingguard.Error.NotFound", 1), ("org.outingguard.Error.Failed", 1),
                                          ("org.outingguard.Error.InvalidArgument", 1)])
def test_the_agents_sentence_is_passed_on(bench, error, status):
    bench.start(Offload={"error": error, "message": "The Blue Room camera is busy. Wait for job 3."})
    result = bench.run("offload", CAMERA["id"])
    assert result.returncode == status and result.stdout == ""
    assert "outingctl: The Blue Room camera is busy. Wait for job 3." in result.stderr


@pytest.mark.parametrize("error", ["AccessDenied", "InteractiveAuthorizationRequired"])
def test_who_may_do_it_is_said(bench, error):
    bench.start(Offload={"error": "org.freedesktop.DBus.Error." + error, "message": "no"})
    result = bench.run("offload", CAMERA["id"])
    assert result.returncode == 1 and "outing-staff" in result.stderr


def test_progress_on_a_terminal(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job()},
                script=[{"job": job(bytes_done=24000000, files_done=6, rate=9000000, seconds_left=65)}, {"job": DONE}])
    screen = Screen(bench, "offload", "Blue Room camera", NO_COLOR="1")
    assert screen.end() == 0
    frames = [f.replace("\x1b[K", "").replace("\n", "") for f in screen.seen.split("\r") if "copying" in f]
    assert any(re.search(r"copying +█{5}░{5} +50 %  6/12 files .* 9.0 MB/s  1:05 left", f) for f in frames), frames
    assert any("100 %" in f for f in frames)
    assert all(width(f) < 80 for f in frames)
    assert "12 pictures are in the vault, proven." in screen.seen


def test_progress_never_goes_back_to_what_was_said_before(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job(bytes_done=24000000)},
                at_start=[{"job": job(bytes_done=n * 480000)} for n in range(50)], script=[{"job": DONE}])
    seen = Screen_text(bench, "offload", CAMERA["id"], NO_COLOR="1")
    assert re.findall(r"(\d+) %", seen) == ["50", "100"]


def test_no_bar_where_nothing_is_known(bench):
    bench.start(Offload={"number": 7}, script=[{"job": DONE}],
                GetJob={"text": job(phase="looking", files_total=0, bytes_total=0, seconds_left=0)})
    first = Screen_text(bench, "offload", CAMERA["id"], NO_COLOR="1").split("\r")[2]
    assert first.replace("\x1b[K", "").strip() == "looking"


def test_progress_is_plain_where_the_terminal_is(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job(bytes_done=24000000)}, script=[{"job": DONE}])
    screen = Screen(bench, "offload", CAMERA["id"], LANG="C", NO_COLOR="1")
    assert screen.end() == 0
    assert "#####....." in screen.seen and "\x1b[3" not in screen.seen


def test_colour_is_there_when_wanted(bench):
    bench.start(ListDevices={"text": [CAMERA]})
    assert Screen_text(bench, "devices").count("\x1b[1m") == 1
    assert "\x1b" not in Screen_text(bench, "devices", NO_COLOR="1")
    assert "\x1b" not in Screen_text(bench, "devices", TERM="dumb")


def Screen_text(bench, *words, **environment):
    screen = Screen(bench, *words, **environment)
    assert screen.end() == 0
    return screen.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_leaving_does_not_stop_the_job(bench, number):
    bench.start(Offload={"number": 7}, GetJob={"text": job()}, script=[{"job": job(bytes_done=24000000)}])
    screen = Screen(bench, "offload", CAMERA["id"], NO_COLOR="1")
    screen.wait_for("50 %")
    os.kill(screen.pid, number)
    assert screen.end() == 1
    assert "outingctl job watch 7" in screen.seen and "outingctl job cancel 7" in screen.seen
    assert not bench.called("CancelJob")


# --- no agent -------------------------------------------------------------------------------------------------------

EVERY_AGENT_VERB = [
    "status", "devices", "device add N --role camera --device D", "device rename A B", "device assign A --room B",
    "device remove A", "device export /nonexistent/file", "device import /etc/hostname", "jobs", "job watch 1", "job cancel 1", "sessions", "offload A", "wipe A --yes", "certificate",
    "vault status", "vault create --size 1G", "vault verify", "audit verify", "audit export",
    "outings", "incidents", "attest passwords", "attest encrypted A", "names count", "names clear --yes", "eject A", "allow A /etc/hostname --reason B",
]


@pytest.mark.parametrize("words", EVERY_AGENT_VERB)
def test_agent_not_running(bench, words):
    result = bench.run(*words.split())
    assert result.returncode == 3 and result.stdout == ""
    assert "sudo systemctl start outingd" in " ".join(result.stderr.split())


def test_no_bus_at_all(bench):
    result = bench.run("devices", DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent/bus")
    assert result.returncode == 3 and "systemctl start outingd" in " ".join(result.stderr.split())


def test_agent_dies_in_the_middle_of_a_job(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job()}, script=[{"job": job(bytes_done=1)}, {"stop": True}])
    result = bench.run("offload", CAMERA["id"])
    assert result.returncode == 3 and "No picture is lost" in " ".join(result.stderr.split())


def test_agent_dies_before_the_job_was_looked_at(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job()}, at_start=[{"stop": True}])
    assert bench.run("offload", CAMERA["id"]).returncode == 3


def test_the_bus_goes_away_in_the_middle_of_a_job(bench):
    bench.start(Offload={"number": 7}, GetJob={"text": job()}, script=[{"job": job(bytes_done=24000000)}])
    screen = Screen(bench, "offload", CAMERA["id"])
    screen.wait_for("50 %")
    bench.bus.kill()
    assert screen.end() == 3


def test_a_stopped_agent_is_not_started_and_a_password_may_be_asked_for(bench):
    bench.start(Offload={"number": 7})
    bench.run("offload", CAMERA["id"], "--no-wait")
    assert all(not c["autostart"] and c["interactive"] for c in bench.calls())


# --- wipe -----------------------------------------------------------------------------------------------------------

CLEARED = job(kind="wipe", state="done", outcome="done", sentence="The card is clear: every sector was read back.")


def test_wipe_is_not_done_unasked(bench):
    bench.start(Wipe={"number": 7})
    result = bench.run("wipe", CAMERA["id"])
    assert result.returncode == 2 and "--yes" in result.stderr and not bench.called("Wipe")
    result = bench.run("wipe", CAMERA["id"], stdin="yes\n")
    assert result.returncode == 2 and not bench.called("Wipe"), "a pipe is not a person"


def test_wipe_with_yes(bench):
    bench.start(Wipe={"number": 7}, GetJob={"text": CLEARED})
    result = bench.run("wipe", "Blue Room camera", "--yes")
    assert result.returncode == 0 and "every sector was read back" in result.stdout
    assert bench.called("Wipe") == [["Blue Room camera", False]]


def test_wipe_asks_in_plain_words(bench):
    bench.start(Wipe={"number": 7}, GetJob={"text": CLEARED})
    screen = Screen(bench, "wipe", "Blue", "Room", "camera")
    screen.wait_for("anything else to stop: ")
    assert "Blue Room camera" in screen.seen and "copied into the vault first" in " ".join(screen.seen.split())
    screen.type("yes\n")
    assert screen.end() == 0 and bench.called("Wipe") == [["Blue Room camera", False]]


def test_wipe_says_that_the_pictures_are_safe_only_if_they_are(bench):
    last = "2026-11-22T05:31:46Z"
    for state, promised in (("offloaded", True), ("present", False), ("cleared", False)):
        if bench.agent:
            bench.agent.kill()
            bench.agent.wait()
            bench.agent.stdout.close()
        bench.start(ListDevices={"text": [dict(CAMERA, state=state, last_offload=last)]}, Wipe={"number": 7})
        screen = Screen(bench, "wipe", CAMERA["id"])
        screen.wait_for("anything else to stop: ")
        assert (f"proven to be in the vault at {last}" in " ".join(screen.seen.split())) == promised
        screen.type("no\n")
        assert screen.end() == 1


def test_what_can_only_be_emptied_is_not_said_to_be_wiped(bench):
    bench.start(ListDevices={"text": [dict(CAMERA, id="usb-0123456789", kind="ptp", state="present")]}, Wipe={"number": 7})
    screen = Screen(bench, "wipe", "usb-0123456789")
    screen.wait_for("anything else to stop: ")
    seen = " ".join(screen.seen.split())
    assert "Delete the files on" in seen and "removed, not wiped" in seen and "card reader" in seen
    assert "Clear the card" not in seen
    screen.type("no\n")
    assert screen.end() == 1


PTP_CAMERA = dict(CAMERA, id="usb-0123456789", kind="ptp", state="present")


def test_a_format_says_what_it_may_take_away(bench):
    bench.start(ListDevices={"text": [PTP_CAMERA]}, Format={"number": 7}, GetJob={"text": CLEARED})
    screen = Screen(bench, "wipe", "usb-0123456789", "--format")
    screen.wait_for("anything else to stop: ")
    seen = " ".join(screen.seen.split())
    assert "Delete the files on and format" in seen and "never copied" in seen and "removed, not wiped" in seen
    screen.type("yes\n")
    assert screen.end() == 0
    assert bench.called("Format") == [["usb-0123456789", False]] and not bench.called("Wipe")


def test_a_disk_is_cleared_and_not_formatted(bench):
    bench.start(Format={"number": 7}, Wipe={"number": 7})
    result = bench.run("wipe", CAMERA["id"], "--format", "--yes")
    assert result.returncode == 2 and "cleared as a whole" in result.stderr
    assert not bench.called("Format") and not bench.called("Wipe")


@pytest.mark.parametrize("answer", ["no\n", "y\n", "\n", "\x04", "yes please\n"])
def test_wipe_stops_at_any_other_answer(bench, answer):
    bench.start(Wipe={"number": 7})
    screen = Screen(bench, "wipe", CAMERA["id"])
    screen.wait_for("anything else to stop: ")
    screen.type(answer)
    assert screen.end() == 1 and not bench.called("Wipe")
    assert "Nothing on it was changed" in screen.seen


PROTECTED = job(kind="wipe", state="failed", outcome="protected", sentence="Some pictures on the card are protected.")


def test_protected_pictures_are_a_question_of_their_own(bench):
    bench.start(Wipe=[{"number": 7}, {"number": 8}], GetJob=[{"text": PROTECTED}, {"text": dict(CLEARED, id=8)}])
    screen = Screen(bench, "wipe", CAMERA["id"], "--yes")
    screen.wait_for("Clear them too?")
    screen.wait_for("anything else to stop: ")
    screen.type("yes\n")
    assert screen.end() == 0
    assert bench.called("Wipe") == [[CAMERA["id"], False], [CAMERA["id"], True]]


def test_protected_pictures_stay_when_nobody_can_be_asked(bench):
    bench.start(Wipe={"number": 7}, GetJob={"text": PROTECTED})
    assert bench.run("wipe", CAMERA["id"], "--yes").returncode == 1
    assert bench.called("Wipe") == [[CAMERA["id"], False]]


def test_protected_pictures_confirmed_beforehand(bench):
    bench.start(Wipe={"number": 7}, GetJob={"text": CLEARED})
    assert bench.run("wipe", CAMERA["id"], "--yes", "--confirm-protected").returncode == 0
    assert bench.called("Wipe") == [[CAMERA["id"], True]]


# --- jobs -----------------------------------------------------------------------------------------------------------


def test_job_cancel_and_watch(bench):
    bench.start(CancelJob={}, GetJob={"text": DONE})
    assert bench.run("job", "cancel", "7").returncode == 0 and bench.called("CancelJob") == [[7]]
    result = bench.run("job", "watch", "7")
    assert result.returncode == 0 and "proven" in result.stdout
    for word in ("seven", "-1", "4294967296", "7x"):
        assert bench.run("job", "cancel", "--", word).returncode == 2


# --- the vault and the log ------------------------------------------------------------------------------------------


def test_vault_create_and_verify(bench):
    made = job(kind="vault-create", device=None, name=None, state="done", sentence="The vault is open.")
    bench.start(VaultCreate={"number": 7}, VaultVerify={"number": 7}, GetJob={"text": made})
    assert bench.run("vault", "create", "--size", "100G").returncode == 0
    assert bench.called("VaultCreate") == [[100 << 30]]
    assert bench.run("vault", "verify").returncode == 0
    for size in ("100GB", "-1", "", "1e9"):
        assert bench.run("vault", "create", "--size", size).returncode == 2


def test_vault_verify_names_each_bad_file(bench):
    bad = job(kind="vault-verify", device=None, name=None, state="failed", sentence="2 files are not as recorded.",
              findings=["changed: Blue Room camera/2026/DCIM/A.JPG", "missing: Blue Room camera/2026/DCIM/B.JPG"])
    bench.start(VaultVerify={"number": 7}, GetJob={"text": bad})
    result = bench.run("vault", "verify")
    assert result.returncode == 1 and "A.JPG" in result.stderr and "B.JPG" in result.stderr


def test_audit_verify(bench):
    bench.start(AuditVerify=[{"text": {"ok": True, "entries": 41, "first_bad": None, "sentence": "41 entries, unchanged."}},
                             {"text": {"ok": False, "entries": 41, "first_bad": 12, "sentence": "Entry 12 was changed."}},
                             {"text": {}}])
    assert bench.run("audit", "verify").stdout == "41 entries, unchanged.\n"
    result = bench.run("audit", "verify")
    assert result.returncode == 1 and "Entry 12 was changed." in result.stderr and result.stdout == ""
    assert bench.run("audit", "verify").returncode == 1, "no word about it is not good news"


def test_audit_export_is_the_log_byte_for_byte(bench):
    log = bench.folder / "audit.jsonl"
    log.write_text("".join(json.dumps({"seq": i, "text": "\u009b"}, ensure_ascii=False) + "\n" for i in range(5000)),
                   encoding="utf-8")
    bench.start(OpenAuditLog={"file": str(log)})
    assert bench.run("audit", "export").stdout == log.read_text(encoding="utf-8")
    assert safe(Screen_text(bench, "audit", "export"))


def test_output_that_cannot_be_written_is_a_failure(bench):
    bench.start(ListDevices={"text": [CAMERA]})
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([COMMAND, "devices"], env=bench.environment, stdout=full, stderr=subprocess.PIPE,
                                text=True, timeout=WAIT, check=False)
    assert result.returncode == 1 and "could not be written" in result.stderr


CERTIFICATE = {
    "kind": "outing-guard certificate of clearing", "version": 1, "standard": "NIST SP 800-88", "level": "Clear",
    "method": "clear", "device": {"name": HOSTILE, "id": CAMERA["id"], "key": None, "vendor": "Meadow",
                                  "product": "Snap 3", "serial": "A1", "capacity_bytes": 32000000000,
                                  "file_system": "FAT32"},
    "offload": {"session": SESSION, "committed": "2026-11-22T05:31:46Z", "files": 312, "bytes": 2900000000},
    "started": "2026-11-22T05:40:00Z", "ended": "2026-11-22T05:50:00Z", "seconds": 600, "resumed": False, "passes": 1,
    "bytes_read": 64000000000, "bytes_written": 2900000000, "bytes_read_back": 32000000000, "chunks_repaired": 0,
    "image_sha512": "ab" * 64, "plan_sha512": "cd" * 64, "proven": ["Every addressable sector was read back."],
    "limits": ["Blocks that the card's controller has retired cannot be reached."],
}
OLDER = dict(CERTIFICATE, offload=dict(CERTIFICATE["offload"], session="00112233-0000-4000-8000-000000000000"),
             started="2026-11-01T05:40:00Z")


def test_certificates(bench):
    bench.start(Certificates={"text": [CERTIFICATE, OLDER]})
    newest = bench.run("certificate", "Blue Room camera").stdout
    assert "Clear" in newest and "NIST SP 800-88" in newest and "retired" in newest
    assert SESSION in newest and "00112233" not in newest and safe(newest)
    both = bench.run("certificate", "--all").stdout
    assert SESSION in both and "00112233" in both
    assert json.loads(bench.run("certificate", "--json").stdout) == [CERTIFICATE, OLDER]
    for word in ("00112233", "00112233-0000-4000-8000-000000000000"):
        older = bench.run("certificate", word).stdout
        assert "00112233" in older and SESSION not in older
    assert bench.called("Certificates") == [["Blue Room camera"], [""], [""], [""], [""]]


def test_no_certificate_is_a_failure(bench):
    bench.start(Certificates={"text": []})
    result = bench.run("certificate", "Blue Room camera")
    assert result.returncode == 1 and "no certificate for Blue Room camera" in " ".join(result.stderr.split())
    assert bench.run("certificate", "ffffffff").returncode == 1


# --- the configuration, without an agent ------------------------------------------------------------------------------


def test_config_check_needs_no_agent(bench, tmp_path):
    good = TOP / "packaging/outing-guard.conf"
    result = bench.run("config", "check", str(good), DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent")
    assert result.returncode == 0, result.stderr
    bad = tmp_path / "bad.conf"
    bad.write_text('wipe: { method = "burn"; };\nnonsense = 1;\n', encoding="utf-8")
    result = bench.run("config", "check", str(bad))
    text = " ".join(result.stderr.split())
    assert result.returncode == 1 and "bad.conf:1: wipe.method" in text and "bad.conf:2: nonsense" in text
    assert bench.run("config", "check", str(tmp_path / "missing.conf")).returncode == 1


# --- wrong usage ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [
    "", "frobnicate", "device", "device frobnicate", "offload", "devices extra", "devices --yes", "devices --jso",
    "offload --size 1G A", "device add N", "device add N --role camera", "device add --role camera --device D",
    "device add N --role camera --role stick --device D", "device rename A", "device rename A B C", "device assign A",
    "device export", "device import", "device import A B", "device export A --json", "job cancel", "job", "vault",
    "vault create", "audit", "status --json=1", "--frobnicate", "device add N --role",
    "config check A B", "certificate --no-wait", "--version devices", "attest", "attest passwords now", "attest encrypted",
    "attest shoes", "outings --note x", "incidents 1", "names", "names import", "names import A B", "names count --yes",
    "allow A /etc/hostname", "allow A --reason B", "allow A B C --reason D", "eject", "eject A --yes", "eject A --reason B",
])
def test_wrong_usage(bench, words):
    bench.start()
    result = bench.run(*words.split())
    assert result.returncode == 2 and result.stdout == "" and result.stderr.startswith("outingctl: ")
    assert not bench.calls()


def test_help_and_version(bench):
    assert bench.run("--version").stdout == "outingctl 0.1.0\n"
    text = fits(bench.run("--help").stdout)
    assert bench.run("--help").returncode == 0
    for words in EVERY_AGENT_VERB:
        assert "outingctl " + words.split()[0] in text
    one = bench.run("wipe", "--help")
    assert one.returncode == 0 and "--confirm-protected" in one.stdout and "offload" not in one.stdout
