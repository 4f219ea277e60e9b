# SPDX-License-Identifier: GPL-3.0-or-later
"""outingctl outings, incidents and attest, against an agent that says what a test tells it to."""

import pytest
from control_bench import Bench, Screen

DEVICE = {"id": "disk-3f9a1c07be", "name": "Blue Room camera", "role": "camera", "returned_at": None, "seen_at": None}
OUT = {"number": 12, "destination": "Farm", "leader": "Robin Example", "people": [], "requested_by": "uid 1000 (robin)",
       "sentence": "", "left_at": "2026-11-22T08:00:00Z", "due_back": "2026-11-22T15:30:00Z", "returned_at": None, "state": "out",
       "laptop": True, "laptop_returned_at": None, "devices": [DEVICE, dict(DEVICE, name="Office stick", returned_at="2026-11-22T14:00:00Z")],
       "check": {"verdict": "ready", "checked_at": "2026-11-22T08:00:00Z"}}
BACK = dict(OUT, number=11, destination="Museum", state="returned", returned_at="2026-11-21T15:00:00Z",
            laptop_returned_at="2026-11-21T15:00:00Z", devices=[dict(DEVICE, returned_at="2026-11-21T15:00:00Z")])
INCIDENT = {"number": 3, "kind": "overdue", "sentence": "The outing to Farm is not back: Blue Room camera.",
            "at": "2026-11-22T15:30:01Z", "outing": 12, "device": None, "closed_at": None}


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def narrow(text):
    assert all(len(line) <= 80 for line in text.splitlines()), text
    return text


def test_outings_as_a_table(bench):
    bench.start(ListOutings={"text": [OUT, BACK]})
    lines = narrow(bench.run("outings").stdout).splitlines()
    assert lines[0].split() == ["NUMBER", "DESTINATION", "LEADER", "STATE", "DUE", "BACK"]
    assert lines[1].split() == ["12", "Farm", "Robin", "Example", "out", "2026-11-22T15:30:00Z"]
    assert lines[2].split()[:2] == ["11", "Museum"]
    assert lines[3:] == ["Outing 12, still out: Blue Room camera, this computer"]


def test_incidents_as_a_table(bench):
    closed = dict(INCIDENT, number=2, outing=None, closed_at="2026-11-20T17:00:00Z", sentence="It was late.")
    bench.start(ListIncidents={"text": [INCIDENT, closed]})
    lines = narrow(bench.run("incidents").stdout).splitlines()
    assert lines[0].split() == ["NUMBER", "KIND", "OUTING", "AT", "SETTLED"]
    assert lines[1].split() == ["3", "overdue", "12", "2026-11-22T15:30:01Z", "no"]
    assert lines[2].split() == ["2", "overdue", "-", "2026-11-22T15:30:01Z", "2026-11-20T17:00:00Z"]
    assert lines[3:] == [INCIDENT["sentence"]]


def test_nothing_is_said_in_words(bench):
    bench.start(ListOutings={"text": []}, ListIncidents={"text": []})
    assert bench.run("outings").stdout == "No outing has been recorded yet.\n"
    assert bench.run("incidents").stdout == "There are no incidents.\n"


@pytest.mark.parametrize("verb, method", [("outings", "ListOutings"), ("incidents", "ListIncidents")])
def test_what_is_no_list_is_a_failure_and_what_is_missing_a_dash(bench, verb, method):
    bench.start(**{method: [{"text": {"number": 1}}, {"text": [{}]}]})
    result = bench.run(verb)
    assert result.returncode == 1 and result.stdout == ""
    assert "-" in narrow(bench.run(verb).stdout).splitlines()[1]


def test_names_of_other_people_do_no_harm(bench):
    evil = dict(OUT, destination="Farm\x1b[2J\n", leader="R\u202eobin" * 30, devices=[dict(DEVICE, name="\x1b]0;x\x07")])
    bench.start(ListOutings={"text": [evil]}, ListIncidents={"text": [dict(INCIDENT, sentence="\x1b[2J gone" * 40)]})
    for verb in ("outings", "incidents"):
        text = narrow(bench.run(verb).stdout)
        assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
        screen = Screen(bench, verb)
        assert screen.end() == 0 and "\x1b[2J" not in screen.seen


def test_attest(bench):
    bench.start(Attest={})
    result = bench.run("attest", "passwords")
    assert result.returncode == 0 and "passwords of this computer were reviewed today" in " ".join(result.stdout.split())
    assert bench.run("attest", "passwords", "--note", "All changed.").returncode == 0
    assert bench.called("Attest") == [["passwords", ""], ["passwords", "All changed."]]


def test_attest_of_a_device(bench):
    bench.start(AttestDevice={})
    result = bench.run("attest", "encrypted", "Manager", "phone")
    assert result.returncode == 0 and "encrypts what it stores" in " ".join(result.stdout.split())
    assert bench.run("attest", "encrypted", "Manager phone", "--note", "Six digits.").returncode == 0
    assert bench.called("AttestDevice") == [["Manager phone", "encrypted", ""], ["Manager phone", "encrypted", "Six digits."]]


def test_who_may_attest_is_said(bench):
    bench.start(Attest={"error": "org.freedesktop.DBus.Error.AccessDenied", "message": "No."})
    result = bench.run("attest", "passwords")
    assert result.returncode == 1 and "outing-managers" in " ".join(result.stderr.split()) and result.stdout == ""
