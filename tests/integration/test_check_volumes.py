# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-check --volumes: the disks alone, without the agent, by a program that says what each test wants it to say."""

import json
import os
import shutil
import subprocess

import jsonschema
import pytest
from check_bench import BOOT, STICK, SWAP, leaf
from control_bench import TOP, WAIT

COMMAND = os.environ.get("OUTING_CHECK_TESTED", str(TOP / "build/faults/outing-check"))
SCHEMA = json.loads((TOP / "packaging/outing-check.schema.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def judged(*storage, **changes):
    return dict({"storage": list(storage), "checks": [], "judged_at": "2026-11-26T10:00:00Z", "error": None}, **changes)


@pytest.fixture
def judge(tmp_path):
    """A program that writes down its arguments, says something and ends with a status."""
    def make(said, status=0):
        text = said if isinstance(said, str) else json.dumps(said)
        (tmp_path / "said").write_text(text, encoding="utf-8")
        program = tmp_path / "judge"
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/arguments\necho "noise on stderr" >&2\n'
                           f'cat {tmp_path}/said\nexit {status}\n', encoding="utf-8")
        program.chmod(0o755)
        return program
    return make


def run(program, *words, **options):
    return subprocess.run([COMMAND, "--volumes", "--judge", str(program), *words], capture_output=True, text=True, timeout=WAIT,
                          check=False, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
                                            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus"}, **options)


def test_encrypted(judge):
    result = run(judge(judged(leaf(), BOOT)))
    assert result.returncode == 0 and result.stdout.endswith("\nREADY\n")
    assert "Only the encryption of this computer was checked" in result.stdout and "may go along" not in result.stdout
    assert "noise on stderr" in result.stderr, "what it complains about is for the person"


@pytest.mark.parametrize("bad", [SWAP, STICK, leaf(verdict="unknown"), leaf(verdict="weak")], ids=lambda b: b["verdict"])
def test_not_encrypted(judge, bad):
    result = run(judge(judged(leaf(), bad)))
    assert result.returncode == 1 and result.stdout.endswith("\nNOT READY\n")


def test_json(judge):
    for storage, code in (([leaf(), BOOT], 0), ([leaf(), SWAP], 1)):
        result = run(judge(judged(*storage)), "--json")
        printed = json.loads(result.stdout)
        assert result.returncode == code and printed["verdict"] == ("not-ready" if code else "ready")
        assert printed["laptop"] == {"included": True, "verdict": printed["verdict"], "error": None, "storage": storage,
                                     "checks": []}
        assert printed["devices"] == [] and printed["checked_at"] == "2026-11-26T10:00:00Z"
        jsonschema.validate(printed, SCHEMA, jsonschema.Draft202012Validator)


def test_a_computer_without_disks_is_not_called_encrypted(judge):
    result = run(judge(judged(error="No disk of this computer could be found to judge.")))
    assert result.returncode == 1 and "No disk of this computer could be found" in " ".join(result.stdout.split())
    assert result.stdout.endswith("\nNOT READY\n")


@pytest.mark.parametrize("said", [
    "", "nonsense", "[]", "{}", judged(), judged(leaf(verdict="fine")), judged(leaf(device="")), judged(leaf(chain=7)),
    judged(leaf(), judged_at="yesterday"), judged(leaf(), error=7), {"storage": [leaf()], "error": None},
    json.dumps(judged(leaf()))[:-1], json.dumps(judged(leaf())) * 2], ids=lambda s: str(s)[:40])
def test_an_answer_that_is_none(judge, said):
    for words in ([], ["--json"]):
        result = run(judge(said), *words)
        assert result.returncode == 3 and result.stdout == "" and "COULD NOT CHECK" in result.stderr


def test_a_program_that_fails(judge, tmp_path):
    result = run(judge(judged(leaf()), status=1))
    assert result.returncode == 3 and result.stdout == "" and "ended without an answer" in result.stderr
    result = run(tmp_path / "missing")
    assert result.returncode == 3 and "could not be run" in result.stderr


def test_more_than_any_computer_has_to_say(tmp_path):
    program = tmp_path / "judge"
    program.write_text("#!/bin/sh\nexec cat /dev/zero\n", encoding="utf-8")
    program.chmod(0o755)
    result = run(program)
    assert result.returncode == 3 and "cannot be read" in result.stderr


def test_options_reach_the_program(judge, tmp_path):
    run(judge(judged(leaf())), "--device", "/dev/sda1", "--device", "/dev/sda2", "--no-keys", "--collect", "seen.tar",
        cwd=tmp_path)
    assert (tmp_path / "arguments").read_text(encoding="utf-8").split() == [
        "--storage-only", "--no-keys", "--collect", "seen.tar", "--device", "/dev/sda1", "--device", "/dev/sda2"]


def test_only_the_superuser_may(judge, tmp_path):
    os.chmod(tmp_path, 0o755)
    program = tmp_path / "outing-check"
    shutil.copy(COMMAND, program)
    result = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(program), "--volumes",
                             "--judge", str(judge(judged(leaf())))], capture_output=True, text=True, timeout=WAIT, check=False,
                            cwd="/")
    if result.returncode == 126 or "Permission denied" in result.stderr:
        pytest.skip("others may not enter the test's folder")
    assert result.returncode == 3 and "sudo outing-check --volumes" in " ".join(result.stderr.split())


def test_the_switch_for_tests_is_not_in_the_program_that_is_installed():
    result = subprocess.run([str(TOP / "build/normal/outing-check"), "--volumes", "--judge", "/bin/true"], capture_output=True,
                            text=True, timeout=WAIT, check=False)
    assert result.returncode == 2 and "there is no option --judge" in result.stderr
