# SPDX-License-Identifier: GPL-3.0-or-later
"""outingctl encrypt: what is asked, what is typed unseen, and what reaches the agent."""

import json

import pytest
from control_bench import CAMERA, Bench, Screen, job

STICK = dict(CAMERA, id="disk-5b1c20aa01", name="White stick", role="stick")
GOOD = "purple kettle sings at dawn"
DONE = job(kind="encrypt", device=STICK["id"], name=STICK["name"], state="done", outcome="done",
           sentence="The stick is encrypted and all of it was read back.")


@pytest.fixture
def bench(tmp_path):
    it = Bench(tmp_path)
    it.start(ListDevices={"text": [STICK]}, Encrypt={"number": 7}, GetJob={"text": DONE})
    yield it
    it.close()


def handed_over(bench):
    """(arguments, passphrases) of the calls of Encrypt."""
    calls = [c for c in bench.calls() if c["method"] == "Encrypt"]
    return [(c["arguments"], c["files"]) for c in calls]


def asked(bench, *words):
    screen = Screen(bench, "encrypt", *words)
    return screen


def test_it_is_said_what_happens_and_the_passphrase_is_not_seen(bench):
    screen = asked(bench, "White", "stick")
    screen.wait_for("anything else to stop: ")
    said = " ".join(screen.seen.split())
    for words in ("copied into the vault", "an hour or more", "Windows computers cannot open it", "keep the passphrase"):
        assert words in said, words
    screen.type("yes\n")
    screen.wait_for("Passphrase: ")
    screen.type(GOOD + "\n")
    screen.wait_for("once more: ")
    screen.type(GOOD + "\n")
    assert screen.end() == 0, screen.seen
    assert GOOD not in screen.seen
    ((arguments, files),) = handed_over(bench)
    assert arguments[0] == "White stick" and arguments[2] is False and files == [GOOD]


def test_weak_and_mistyped_ones_are_asked_for_again(bench):
    screen = asked(bench, STICK["id"], "--yes")
    screen.wait_for("Passphrase: ")
    screen.type("kindergarten2026\n")
    screen.wait_for("easy to guess")
    screen.wait_for("Passphrase: ", times=2)
    screen.type(GOOD + "\n")
    screen.wait_for("once more: ")
    screen.type(GOOD + "!\n")
    screen.wait_for("not the same")
    screen.wait_for("Passphrase: ", times=3)
    screen.type(GOOD + "\n")
    screen.wait_for("once more: ", times=2)
    screen.type(GOOD + "\n")
    assert screen.end() == 0, screen.seen
    assert handed_over(bench)[0][1] == [GOOD]


def test_three_weak_ones_end_it(bench):
    screen = asked(bench, STICK["id"], "--yes")
    for _ in range(3):
        screen.wait_for("Passphrase: ")
        screen.seen = ""
        screen.type("short\n")
        screen.wait_for("at least 12")
    assert screen.end() == 1 and handed_over(bench) == []
    assert "Nothing on the stick was changed" in screen.seen


@pytest.mark.parametrize("answer,goes_on", [("White stick\n", True), ("yes\n", False), ("\n", False), ("white\n", False)])
def test_what_is_to_be_lost_is_named(bench, answer, goes_on):
    screen = asked(bench, STICK["id"], "--discard")
    screen.wait_for("DISCARD")
    screen.wait_for("> ")
    screen.type(answer)
    if goes_on:
        screen.wait_for("Passphrase: ")
        screen.type(GOOD + "\n")
        screen.wait_for("once more: ")
        screen.type(GOOD + "\n")
    assert screen.end() == (0 if goes_on else 1)
    assert [a[2] for a, _ in handed_over(bench)] == ([True] if goes_on else [])


def test_from_a_pipe_only_with_yes(bench):
    result = bench.run("encrypt", STICK["id"], stdin=GOOD)
    assert result.returncode == 2 and "--yes" in result.stderr and handed_over(bench) == []
    result = bench.run("encrypt", STICK["id"], "--yes", stdin=GOOD + "\n")
    assert result.returncode == 0, result.stderr
    assert handed_over(bench)[0][1] == [GOOD]
    assert GOOD not in result.stdout + result.stderr
    result = bench.run("encrypt", STICK["id"], "--yes", stdin="")
    assert result.returncode == 2 and "could not be read" in result.stderr


def test_a_refusal_is_passed_on(bench):
    bench.agent.kill()
    bench.agent.wait()
    bench.agent.stdout.close()
    bench.start(ListDevices={"text": [STICK]}, Encrypt={"error": "org.outingguard.Error.Refused", "message": "Too easy to guess."})
    result = bench.run("encrypt", STICK["id"], "--yes", stdin="x")
    assert result.returncode == 1 and "Too easy to guess" in result.stderr
    assert "x" not in json.dumps(handed_over(bench)[0][0])
