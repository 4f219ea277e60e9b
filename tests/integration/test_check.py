# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-check against an agent that says what each test wants it to say, on a bus of its own."""

import json
import os
import re
import signal
import subprocess
import unicodedata

import jsonschema
import pytest
from check_bench import (AWAY, COMMAND, ERROR, FULL, NOT_READY, OUTING, READY, SWAP, WORDS, CheckBench, CheckScreen,
                         answer, check, device, leaf, left_behind)
from control_bench import DONE, TOP, WAIT, job, width

SCHEMA = json.loads((TOP / "packaging/outing-check.schema.json").read_text(encoding="utf-8"))
CLEARED = dict(DONE, kind="wipe", sentence="The card is cleared and read back.")
RECORD = ["--record", "--destination", "Elm Park", "--due-back", "tomorrow 15:30", "--leader", "Sam Example", "--yes"]


@pytest.fixture
def bench(tmp_path):
    made = CheckBench(tmp_path)
    yield made
    made.close()


def fits(text):
    for line in text.splitlines():
        assert width(line) <= 80, line
        assert line == line.rstrip(), f"spaces at the end of {line!r}"
    return text


def last_line(text):
    return text.rstrip("\n").split("\n")[-1]


def flat(text):
    return " ".join(text.split())


def never_ready(result):
    assert result.returncode == 3, result
    assert not re.search(r"^READY", result.stdout, re.M)
    assert "COULD NOT CHECK" in result.stderr


# --- the verdict ----------------------------------------------------------------------------------------------------


def test_ready(bench):
    bench.start(READY)
    result = bench.run()
    assert result.returncode == 0 and result.stderr == ""
    assert last_line(fits(result.stdout)) == "READY"
    assert "11 things are in order" in result.stdout
    assert "Checked: this computer and Blue Room camera. Nothing else may go along." in result.stdout
    assert [(c["method"], c["arguments"], c["autostart"]) for c in bench.calls()] == [("Check", ["[]", False], False)]


def test_not_ready_worst_first_then_what_to_do_then_the_verdict(bench):
    bench.start(NOT_READY)
    result = bench.run()
    text = fits(result.stdout)
    assert result.returncode == 1 and last_line(text) == "NOT READY" and "\x1b" not in text
    table, steps = text.split("What to do:")
    order = [table.index(w) for w in ("(sda5", "(sdb1", "Blue Room camera", "Red Room camera", "Screen lock")]
    assert order == sorted(order)
    assert "Green Room camera" not in table.split("Checked:")[0], "what is in order is folded"
    assert "9 other things are in order" in table
    assert re.findall(r"^ ?(\d+)\. ", steps, re.M) == ["1", "2", "3", "4", "5"]
    assert "For the technician: swapoff /dev/sda5" in steps
    assert not bench.called("Wipe"), "nothing is started when nobody can be asked"


def test_all_shows_every_row(bench):
    bench.start(NOT_READY)
    text = fits(bench.run("--all").stdout)
    assert "Green Room camera" in text.split("Checked:")[0] and "needs no lock" not in text and "encrypted" in text
    assert "other things" not in text


def test_what_is_switched_off_is_said(bench):
    off = [check(w, verdict="off" if w in ("malware", "updates") else "pass") for w in WORDS]
    bench.start(answer(checks=off))
    result = bench.run()
    assert result.returncode == 0
    assert "not looked at: Protection against malware and Security updates." in flat(result.stdout)


def test_weak_is_shown_even_when_it_is_allowed(bench):
    weak = [leaf(verdict="weak", reason="The lock uses an outdated method.", fix="Make it anew.")]
    said = answer(storage=weak, accept_weak=True)
    said["verdict"] = said["laptop"]["verdict"] = "ready"
    bench.start([said, answer(storage=weak), dict(said, verdict="not-ready", devices=[AWAY])])
    result = bench.run()
    assert result.returncode == 0 and "weak, allowed" in result.stdout and "What to do" not in result.stdout
    result = bench.run()
    assert result.returncode == 1 and "Make it anew." in result.stdout
    result = bench.run()
    assert result.returncode == 1 and "weak, allowed" in result.stdout and "Make it anew." not in result.stdout


def test_only_what_goes_is_asked_about(bench):
    bench.start([left_behind([device()]), answer()])
    result = bench.run("--leave-laptop", "--take", "Blue Room camera")
    assert result.returncode == 0 and "This computer was not checked; it stays here." in result.stdout
    assert bench.run("--take", "disk-3f9a1c07be").returncode == 0
    assert bench.called("Check") == [['["Blue Room camera"]', True], ['["disk-3f9a1c07be"]', False]]


def test_names_may_be_written_small(bench):
    bench.start([answer(devices=[device("ÄPFEL camera")])])
    assert bench.run("--take", "äpfel Camera").returncode == 0


def test_a_computer_that_could_not_be_judged_is_not_ready(bench):
    said = answer(storage=[], checks=[])
    said["laptop"].update(error="The program that judges disks took too long.", verdict="not-ready")
    said["verdict"] = "not-ready"
    bench.start(said)
    result = bench.run()
    assert result.returncode == 1 and "took too long." in flat(result.stdout)
    assert "Ask the technician" in result.stdout, "there is always a next step"


# --- what is no answer -----------------------------------------------------------------------------------------------


def without_each_member(value):
    """Copies of a JSON value, each without one member of one object in it."""
    if isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
            for part in without_each_member(value[key]):
                yield dict(value, **{key: part})
    elif isinstance(value, list):
        for i, member in enumerate(value):
            for part in without_each_member(member):
                yield value[:i] + [part] + value[i + 1:]


def contradictions():
    for verdict in ("not-encrypted", "unknown", "weak", "ENCRYPTED", ""):
        yield dict(answer(storage=[leaf(verdict=verdict)]), verdict="ready")
    for verdict in ("fail", "unknown", "passed"):
        yield dict(answer(checks=[check(w, verdict=verdict) for w in WORDS]), verdict="ready")
    yield dict(answer(devices=[FULL]), verdict="ready")
    yield dict(answer(), verdict="not-ready")
    yield dict(answer(), verdict="READY")
    yield answer(policy="anything-goes")
    yield answer(checked_at="yesterday")
    yield answer(accept_weak="yes")
    yield answer(sentence=None)
    for changes in ({"storage": []}, {"checks": []}, {"checks": [check("passwords")]}, {"included": False}, {"error": "No."},
                    {"error": 7}, {"verdict": "not-ready"}, {"storage": {}}):
        said = answer()
        said["laptop"].update(changes)
        yield said
    yield answer(checks=[check(w) for w in WORDS] + [check("phase-of-the-moon")])
    yield answer(devices=[device(role="drone")])
    yield answer(devices=[device(verdict="maybe")])
    yield answer(devices=[device(action="explode")])
    yield left_behind([device()])


def test_every_malformed_answer_is_no_answer(bench):
    odd = list(without_each_member(READY)) + list(contradictions()) + [[], {}, "ready", 1, True]
    assert len(odd) > 100
    bench.start(odd)
    for said in odd:
        result = bench.run()
        assert result.returncode == 3 and result.stdout == "", said
        assert "COULD NOT CHECK" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("raw", ["", "{", "null", '{"verdict": "ready"}', "READY", '{"verdict": "ready"} ' * 2])
def test_what_is_not_json_is_no_answer(bench, raw):
    bench.start(Check={"raw": raw})
    for words in ([], ["--json"], ["--all"]):
        result = bench.run(*words)
        never_ready(result)
        assert result.stdout == ""


def test_the_schema_is_at_least_as_strict_about_what_must_be_there(bench):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    odd = list(without_each_member(READY))
    assert odd and not [said for said in odd if validator.is_valid(said)]
    assert not validator.is_valid(dict(answer(devices=[FULL]), verdict="ready"))
    assert not validator.is_valid(dict(answer(storage=[SWAP]), verdict="ready"))
    weak = dict(READY, laptop=dict(READY["laptop"], storage=[leaf(verdict="weak")]))
    assert validator.is_valid(dict(weak, accept_weak=True)) and not validator.is_valid(weak)


def test_an_answer_about_something_else_is_no_answer(bench):
    bench.start([answer(devices=[device("Red Room camera")]), answer(devices=[]), answer(),
                 answer(devices=[device(), device("Red Room camera", id="x")])])
    for _ in range(2):
        never_ready(bench.run("--take", "Blue Room camera"))
    never_ready(bench.run("--leave-laptop", "--take", "Blue Room camera"))
    never_ready(bench.run("--take", "Blue Room camera"))


def test_no_agent(bench):
    result = bench.run()
    never_ready(result)
    assert result.stdout == "" and "systemctl start outingd" in flat(result.stderr)
    never_ready(bench.run(DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent/bus"))


def test_an_agent_that_ends_without_an_answer(bench):
    bench.start(Check={"stop": True})
    never_ready(bench.run())


@pytest.mark.parametrize("error, code", [
    ("org.freedesktop.DBus.Error.AccessDenied", 3), ("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", 3),
    (ERROR + "Busy", 3), (ERROR + "Failed", 3), (ERROR + "Refused", 3), (ERROR + "InvalidArgument", 2),
    ("org.freedesktop.DBus.Error.UnknownMethod", 3)])
def test_errors_of_the_agent(bench, error, code):
    bench.start(Check={"error": error, "message": "Because of the weather."})
    result = bench.run()
    assert result.returncode == code and result.stdout == ""
    assert "Because of the weather." in result.stderr or "not allowed" in result.stderr
    assert ("COULD NOT CHECK" in result.stderr) == (code == 3)


def test_an_unknown_name_is_answered_with_those_there_are(bench):
    bench.start(Check={"error": ERROR + "NotFound", "message": "There is no device \"Blu\"."})
    result = bench.run("--take", "Blu")
    assert result.returncode == 2 and result.stdout == ""
    assert 'There is no device "Blu".' in result.stderr and "The registered devices are: Blue Room camera." in result.stderr


# --- words and screens -----------------------------------------------------------------------------------------------

USAGE = [["--tak", "x"], ["--take"], ["Blue", "Room", "camera"], ["--destination", "x"], ["--device", "/dev/sda"],
         ["--volumes", "--take", "x"], ["return", "--record"], ["--report", "page.txt"], ["--report", "missing/page.html"],
         ["--record"], ["--record", "--destination", "x", "--due-back", "tomorrow 15:30"],
         ["--record", "--destination", "x", "--due-back", "15:61", "--yes"],
         ["--record", "--destination", "x", "--due-back", "2001-01-01 10:00", "--yes"]]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_wrong_usage_asks_nothing(bench, words):
    bench.start(READY)
    result = bench.run(*words)
    assert result.returncode == 2 and result.stdout == "" and result.stderr.startswith("outing-check: ")
    assert bench.calls() == []


def test_a_wrong_time_is_answered_with_examples(bench):
    result = bench.run("--record", "--destination", "x", "--yes", "--due-back", "half past three")
    assert result.returncode == 2
    for example in ("15:30", "tomorrow 09:00", "2026-11-27 15:30"):
        assert f'"{example}"' in flat(result.stderr)


def test_help_and_version():
    for words in (["--help"], ["-h"], ["--version"], ["return", "--help"]):
        result = subprocess.run([COMMAND, *words], capture_output=True, text=True, timeout=WAIT, check=False)
        assert result.returncode == 0 and result.stderr == "" and fits(result.stdout)


def test_colour_only_on_a_terminal_and_only_if_wanted(bench):
    bench.start(NOT_READY)
    for words, environment, wanted in ([], {}, True), (["--no-color"], {}, False), ([], {"NO_COLOR": "1"}, False), \
            ([], {"TERM": "dumb"}, False):
        screen = CheckScreen(bench, *words, **environment)
        screen.wait_for("[y/n]")
        screen.type("n\n")
        assert screen.end() == 1
        assert ("\x1b[31m" in screen.seen) == wanted
        assert "NOT READY" in screen.seen
    assert "\x1b" not in bench.run().stdout


HOSTILE = "\x1b]0;owned\x07\u202eGPJ.exe\u009b2J\n\r\tREADY\nREADY\u0085\U000e0041"


def safe(text):
    return all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp") for c in text)


def test_names_and_reasons_never_reach_a_terminal_raw(bench):
    bench.start([answer(storage=[leaf("/dev/" + HOSTILE, used_for=[HOSTILE], verdict="unknown", reason=HOSTILE, fix=HOSTILE,
                                      command=HOSTILE)],
                        devices=[device(HOSTILE, verdict="not-ready", reason=HOSTILE)])])
    result = bench.run("--all")
    assert result.returncode == 1 and safe(result.stdout) and safe(result.stderr)
    assert re.findall("^READY", result.stdout, re.M) == []
    fits(result.stdout)


def test_output_that_cannot_be_written_is_not_ready(bench):
    bench.start(READY)
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([COMMAND], env=bench.environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=WAIT,
                                check=False)
    assert result.returncode == 3 and "could not be written" in result.stderr


def test_a_closed_output_is_not_ready(bench):
    bench.start(READY)
    for closed in (">&-", "<&- >&-"):
        result = subprocess.run(["sh", "-c", f'"$0" {closed}', COMMAND], env=bench.environment, stderr=subprocess.PIPE, text=True,
                                timeout=WAIT, check=False)
        assert result.returncode == 3 and "could not be written" in result.stderr


# --- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said, code", [(READY, 0), (NOT_READY, 1), (left_behind([device(), AWAY]), 1)])
def test_json_is_what_the_agent_said_and_fits_the_schema(bench, said, code):
    bench.start(said)
    words = ["--leave-laptop"] if not said["laptop"]["included"] else []
    result = bench.run("--json", *words)
    assert result.returncode == code and result.stderr == ""
    printed = json.loads(result.stdout)
    assert printed == said
    jsonschema.validate(printed, SCHEMA, jsonschema.Draft202012Validator)


# --- doing what is missing -------------------------------------------------------------------------------------------


def test_a_full_camera_is_cleared_after_asking(bench):
    bench.start([answer(devices=[FULL]), READY], Wipe={"number": 7}, GetJob={"text": CLEARED})
    screen = CheckScreen(bench)
    screen.wait_for("[y/n]")
    asked = flat(screen.seen)
    assert "It holds 214 pictures. Move the pictures on Blue Room camera to the vault and clear it now?" in asked
    assert "It takes up to about 55 minutes." in asked
    assert not bench.called("Wipe")
    screen.type("y\n")
    assert screen.end() == 0
    assert bench.called("Wipe") == [["disk-3f9a1c07be", False]] and len(bench.called("Check")) == 2
    assert "The card is cleared and read back." in screen.seen and "READY" in screen.seen.split("\r\n")[-2]


@pytest.mark.parametrize("typed", ["n\n", "\n\n\n", "\x04", "yess\nyep\nno\n"])
def test_no_means_no(bench, typed):
    bench.start([answer(devices=[FULL])])
    screen = CheckScreen(bench)
    screen.wait_for("[y/n]")
    screen.type(typed)
    assert screen.end() == 1
    assert not bench.called("Wipe") and "NOT READY" in screen.seen and len(bench.called("Check")) == 1


def test_yes_clears_without_a_terminal(bench):
    bench.start([answer(devices=[FULL]), READY], Wipe={"number": 7}, GetJob={"text": CLEARED})
    result = bench.run("--yes")
    assert result.returncode == 0 and last_line(result.stdout) == "READY"
    assert bench.called("Wipe") == [["disk-3f9a1c07be", False]]


def test_json_stays_pure_while_a_card_is_cleared(bench):
    bench.start([answer(devices=[FULL]), READY], Wipe={"number": 7}, GetJob={"text": CLEARED})
    result = bench.run("--yes", "--json")
    assert result.returncode == 0 and json.loads(result.stdout) == READY


def test_an_offload_alone(bench):
    bench.start([answer(devices=[dict(FULL, action="offload")]), READY], Offload={"number": 7}, GetJob={"text": DONE})
    screen = CheckScreen(bench)
    screen.wait_for("[y/n]")
    assert "Copy the pictures on Blue Room camera into the vault now?" in flat(screen.seen)
    screen.type("y\n")
    assert screen.end() == 0 and bench.called("Offload") == [["disk-3f9a1c07be"]] and not bench.called("Wipe")


def test_protected_pictures_are_a_question_of_their_own(bench):
    stopped = job(kind="wipe", state="failed", outcome="protected", sentence="3 pictures are protected.")
    bench.start([answer(devices=[FULL]), READY], Wipe={"number": 7}, GetJob=[{"text": stopped}, {"text": CLEARED}])
    screen = CheckScreen(bench, "--yes")
    screen.wait_for("Type yes to go on")
    assert "are protected in the camera" in flat(screen.seen)
    screen.type("yes\n")
    assert screen.end() == 0
    assert bench.called("Wipe") == [["disk-3f9a1c07be", False], ["disk-3f9a1c07be", True]]


def test_yes_does_not_answer_for_protected_pictures(bench):
    stopped = job(kind="wipe", state="failed", outcome="protected", sentence="3 pictures are protected.")
    bench.start([answer(devices=[FULL])], Wipe={"number": 7}, GetJob={"text": stopped})
    result = bench.run("--yes")
    assert result.returncode == 1 and "3 pictures are protected." in result.stderr
    assert bench.called("Wipe") == [["disk-3f9a1c07be", False]] and len(bench.called("Check")) == 2


def test_what_may_not_be_cleared_is_not_ready(bench):
    bench.start([answer(devices=[FULL])], Wipe={"error": ERROR + "Busy", "message": "The camera is busy."})
    result = bench.run("--yes")
    assert result.returncode == 1 and "The camera is busy." in result.stderr and last_line(result.stdout) == "NOT READY"


def test_ctrl_c_leaves_the_job_alone(bench):
    bench.start([answer(devices=[FULL])], Wipe={"number": 7}, GetJob={"text": job(kind="wipe", files_done=3)})
    screen = CheckScreen(bench, "--yes")
    screen.wait_for("copying")
    screen.type("\x03")
    assert screen.end() == 1
    assert "goes on without this window" in screen.seen and "outingctl job watch 7" in screen.seen
    assert "NOT READY" in screen.seen and not bench.called("CancelJob")


# --- recording -------------------------------------------------------------------------------------------------------


def recorded(bench):
    calls = bench.called("RecordOuting")
    assert len(calls) == 1 and "\n" not in calls[0][0]
    return json.loads(calls[0][0])


def test_an_outing_is_recorded_from_the_command_line(bench):
    bench.start(READY, RecordOuting={"text": OUTING})
    result = bench.run(*RECORD, "--with", "Kim Sample", "--take", "Blue Room camera", TZ="UTC0")
    assert result.returncode == 0 and result.stderr == "" and last_line(fits(result.stdout)) == "READY"
    assert "Outing 12 is recorded. Back by: Wednesday 12 May 2027, 14:30." in flat(result.stdout)
    request = recorded(bench)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT15:30:00Z", request.pop("due_back"))
    assert request == {"take": ["Blue Room camera"], "leave_laptop": False, "destination": "Elm Park",
                       "leader": "Sam Example", "people": ["Kim Sample"], "acknowledged": True}


def test_everybody_is_asked_at_the_terminal(bench):
    bench.start(READY, RecordOuting={"text": OUTING})
    screen = CheckScreen(bench, "--record", "--with", "Kim Sample", "--with", "Lee Placeholder", TZ="UTC0")
    screen.wait_for("Where does the outing go?")
    screen.type("Elm Park\n")
    screen.wait_for("Who leads it?")
    screen.type("Sam Example\n")
    screen.wait_for("When is everything back?")
    screen.type("half past three\n")
    screen.wait_for("not a time this program understands")
    screen.type("tomorrow 15:30\n")
    screen.wait_for("I take only what is needed")
    for person in ("Sam Example", "Kim Sample", "Lee Placeholder"):
        screen.wait_for(f"{person}: do you agree to this?")
        assert not bench.called("RecordOuting")
        screen.type("y\n")
    assert screen.end() == 0
    request = recorded(bench)
    assert request["leader"] == "Sam Example" and request["people"] == ["Kim Sample", "Lee Placeholder"]
    assert request["destination"] == "Elm Park" and request["acknowledged"] is True
    assert "Outing 12 is recorded." in screen.seen and screen.seen.split("\r\n")[-2].endswith("READY\x1b[0m")


@pytest.mark.parametrize("typed", ["n\n", "\x04"])
def test_who_does_not_agree_stops_it(bench, typed):
    bench.start(READY)
    screen = CheckScreen(bench, *[w for w in RECORD if w != "--yes"], "--with", "Kim Sample")
    screen.wait_for("Sam Example: do you agree to this?")
    screen.type("y\n")
    screen.wait_for("Kim Sample: do you agree to this?")
    screen.type(typed)
    assert screen.end() == 1
    assert "Kim Sample has not agreed." in screen.seen and "NOT READY" in screen.seen and not bench.called("RecordOuting")


def test_what_is_not_ready_is_not_recorded(bench):
    bench.start(NOT_READY)
    result = bench.run("--record", "--destination", "Elm Park", "--due-back", "tomorrow 15:30", "--leader", "Sam Example",
                       "--yes")
    assert result.returncode == 1 and "was not recorded" in result.stderr and not bench.called("RecordOuting")


@pytest.mark.parametrize("said, code", [
    ({"error": ERROR + "Refused", "message": "The Blue Room camera was used in the meantime."}, 1),
    ({"error": ERROR + "InvalidArgument", "message": "The destination is too long."}, 2),
    ({"error": "org.freedesktop.DBus.Error.AccessDenied", "message": "no"}, 3),
    ({"stop": True}, 3), ({"raw": "{"}, 3), ({"text": {}}, 3), ({"text": dict(OUTING, number="12")}, 3),
    ({"text": dict(OUTING, check={"verdict": "not-ready"})}, 3)])
def test_what_could_not_be_recorded_is_not_ready(bench, said, code):
    bench.start(READY, RecordOuting=said)
    result = bench.run(*RECORD)
    assert result.returncode == code, result
    assert not re.search("^READY", result.stdout, re.M)
    if "Refused" in said.get("error", ""):
        assert said["message"] in flat(result.stderr) and last_line(result.stdout) == "NOT READY"


def test_another_sentence_in_the_record_is_noticed(bench):
    bench.start(READY, RecordOuting={"text": dict(OUTING, sentence="Something else.")})
    result = bench.run(*RECORD)
    assert result.returncode == 0 and '"Something else."' in flat(result.stderr)


def test_json_of_a_recorded_outing(bench):
    bench.start(READY, RecordOuting={"text": OUTING})
    result = bench.run(*RECORD, "--json")
    printed = json.loads(result.stdout)
    assert result.returncode == 0 and printed == dict(READY, outing=OUTING)
    jsonschema.validate(printed, SCHEMA, jsonschema.Draft202012Validator)


def test_the_superuser_is_nobody_in_particular(bench):
    if os.getuid() != 0:
        pytest.skip("needs root")
    bench.start(READY)
    result = bench.run(*[w for w in RECORD if w not in ("--leader", "Sam Example")])
    assert result.returncode == 2 and "--leader" in result.stderr and bench.calls() == []


# --- coming back -----------------------------------------------------------------------------------------------------

BACK = {"returned": ["Blue Room camera", "laptop"],
        "still_out": [{"name": "Red Room camera", "outing": 12, "due_back": "2026-01-01T15:30:00Z"},
                      {"name": "Red Room tablet", "outing": 13, "due_back": "2999-01-01T15:30:00Z"}],
        "plug_in": ["Blue Room camera"], "jobs": []}


def test_return_says_what_is_back_and_what_is_not(bench):
    bench.start(ReturnOuting={"text": BACK})
    result = bench.run("return", "Blue Room camera", "laptop")
    text = fits(result.stdout)
    assert result.returncode == 0 and result.stderr == ""
    assert "Back: Blue Room camera, laptop." in text and "Plug in now" in text
    assert re.search(r"Red Room camera +12 +OVERDUE", text) and not re.search(r"Red Room tablet +13 +OVERDUE", text)
    assert bench.called("ReturnOuting") == [['["Blue Room camera", "laptop"]']] or \
        bench.called("ReturnOuting") == [['["Blue Room camera","laptop"]']]


def test_return_of_everything_waits_for_the_offloads(bench):
    bench.start(ReturnOuting={"text": dict(BACK, still_out=[], plug_in=[], jobs=[7])}, GetJob={"text": DONE})
    result = bench.run("return")
    assert result.returncode == 0 and "12 pictures are in the vault, proven." in result.stdout
    assert bench.called("ReturnOuting") == [["[]"]] and "Nothing is out any more." in result.stdout


@pytest.mark.parametrize("said, code", [
    ({"error": ERROR + "Refused", "message": "The Attic camera is not out."}, 1),
    ({"error": ERROR + "NotFound", "message": "There is no device \"x\"."}, 2),
    ({"error": "org.freedesktop.DBus.Error.AccessDenied", "message": "no"}, 3), ({"stop": True}, 3),
    ({"text": {}}, 3), ({"text": []}, 3), ({"raw": "nonsense"}, 3), ({"text": dict(BACK, jobs=None)}, 3)])
@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "json"])
def test_return_that_did_not_work(bench, said, code, words):
    bench.start(ReturnOuting=said)
    result = bench.run("return", "x", *words)
    assert result.returncode == code and result.stdout == "" and result.stderr


def test_return_whose_offload_fails(bench):
    failed = job(state="failed", outcome="vault-closed", sentence="The vault is closed.")
    bench.start(ReturnOuting={"text": dict(BACK, jobs=[7])}, GetJob={"text": failed})
    result = bench.run("return")
    assert result.returncode == 1 and "The vault is closed." in result.stderr


def test_return_as_json(bench):
    bench.start(ReturnOuting={"text": BACK})
    result = bench.run("return", "--json")
    assert result.returncode == 0 and json.loads(result.stdout) == BACK


def test_return_without_an_agent(bench):
    result = bench.run("return")
    assert result.returncode == 3 and result.stdout == ""


# --- interrupted -----------------------------------------------------------------------------------------------------


def test_an_interrupt_while_asking_ends_it(bench):
    bench.start([answer(devices=[FULL])])
    screen = CheckScreen(bench)
    screen.wait_for("[y/n]")
    os.kill(screen.pid, signal.SIGINT)
    assert screen.end() not in (0, 1), "ended by the signal"
    assert not bench.called("Wipe")


