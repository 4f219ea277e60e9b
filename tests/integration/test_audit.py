# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log as files on a disk: durable before it is told, checked by the agent's own program, told to the journal."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build/normal"
RATE = BUILD / "tests/state-rate"
OUTINGD = BUILD / "outingd"


def run(*command, **options):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120, check=False, **options)


@pytest.fixture(scope="module", autouse=True)
def built():
    done = run("make", "-C", TOP, "-s", RATE.relative_to(TOP), OUTINGD.relative_to(TOP))
    assert done.returncode == 0, done.stderr


@pytest.fixture
def log(tmp_path):
    """A folder with a state database and an audit log of a dozen entries that belong together."""
    folder = tmp_path / "log"
    folder.mkdir(mode=0o700)
    done = run(RATE, folder, 10, 11)
    assert done.returncode == 0, done.stderr
    return folder / "audit.jsonl"


def verify(log):
    done = run(OUTINGD, "--verify-audit", "--state", log.parent, "--log", log.parent)
    return done.returncode, json.loads(done.stdout)


def test_a_whole_log_is_whole(log):
    code, report = verify(log)
    assert (code, report["verdict"], report["entries"]) == (0, "whole", 12)


def test_each_kind_of_tampering_has_its_name(log):
    lines = log.read_bytes().splitlines(keepends=True)
    for verdict, changed in {
        "changed": lines[:5] + [lines[5].replace(b"Blue", b"Grey")] + lines[6:],
        "removed": lines[:5] + lines[6:],
        "reordered": lines[:5] + [lines[6], lines[5]] + lines[7:],
        "truncated": lines[:-1],
        "missing": [],
    }.items():
        log.write_bytes(b"".join(changed))
        code, report = verify(log)
        assert (code, report["verdict"]) == (1, verdict), report
        assert report["sentence"].endswith(".")
        if verdict in ("changed", "removed", "reordered"):
            assert report["line"] == 6
    log.unlink()
    assert verify(log)[1]["verdict"] == "missing"


def test_lines_are_json_that_anybody_can_check(log):
    """The chain is what the documentation says, checked without our code."""
    import hashlib

    prev = "0" * 128
    for number, line in enumerate(log.read_text().splitlines(), start=1):
        body, tail = line.rsplit(',"hash":"', 1)
        entry = json.loads(line)
        assert list(entry) == ["seq", "time", "event", "fields", "prev", "hash"]
        assert entry["seq"] == number and entry["prev"] == prev
        assert tail == hashlib.sha512(body.encode()).hexdigest() + '"}'
        prev = entry["hash"]


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_an_entry_is_on_the_disk_before_the_next_thing_happens(tmp_path):
    """After every write to the log comes its fsync, before the anchor is stored or anything else is written."""
    trace = tmp_path / "trace"
    folder = tmp_path / "log"
    folder.mkdir(mode=0o700)
    done = run("strace", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", trace, RATE, folder, 1, 5)
    assert done.returncode == 0, done.stderr
    calls = re.findall(r"^(\w+)\(\d+<([^>]*)>", trace.read_text(), re.M)
    writes = [i for i, (call, path) in enumerate(calls) if call == "write" and path.endswith("audit.jsonl")]
    assert len(writes) == 6
    for i in writes:
        assert calls[i + 1][0] in ("fsync", "fdatasync") and calls[i + 1][1].endswith("audit.jsonl")
        following = [c for c in calls[i + 2 : i + 10] if c[1].endswith("state.db-wal")]
        assert any(call in ("fsync", "fdatasync") for call, _ in following), "the anchor is synced as well"


def test_the_catalog_is_understood_and_knows_only_fields_that_exist(tmp_path):
    catalog = TOP / "packaging/outing-guard.catalog"
    text = catalog.read_text()
    assert max(map(len, text.splitlines())) <= 120
    sources = "".join(p.read_text() for p in TOP.glob("agent/*/*.c"))
    known = {"SUBJECT"} | {k.upper() for k in re.findall(r'js_set_\w+\(\w+, "(\w+)"', sources)}
    assert set(re.findall(r"@OUTING_(\w+)@", text)) <= known
    if not shutil.which("journalctl"):
        pytest.skip("journalctl is not installed")
    place = tmp_path / "usr/lib/systemd/catalog"
    place.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    shutil.copy(catalog, place)
    assert run("journalctl", f"--root={tmp_path}", "--update-catalog").returncode == 0
    listed = run("journalctl", f"--root={tmp_path}", "--list-catalog").stdout.splitlines()
    ids = re.findall(r'"([0-9a-f]{32})"', (TOP / "agent/audit/events.c").read_text())
    assert sorted(line.split()[0] for line in listed) == sorted(ids)


JOURNAL = """
import os, pathlib, socket, subprocess, sys
pathlib.Path("/run/systemd/journal").mkdir(parents=True)
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
journal.settimeout(10)
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, timeout=60)
journal.setblocking(False)
try:
    while True:
        sys.stdout.buffer.write(journal.recv(1 << 20) + b"\\0")
except BlockingIOError:
    pass
sys.exit(done.returncode)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a journal of its own needs a mount namespace (root)")
def test_every_entry_is_told_to_the_journal_as_well(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir(mode=0o700)
    steps = BUILD / "tests/state-steps"
    assert run("make", "-C", TOP, "-s", steps.relative_to(TOP)).returncode == 0
    inside = 'mount -t tmpfs tmpfs /run && exec /usr/bin/python3 -c "$0" "$@"'
    done = run("unshare", "--mount", "--propagation", "private", "sh", "-c", inside, JOURNAL, steps, "mirror", folder)
    assert done.returncode == 0, done.stderr
    messages = [dict(line.split("=", 1) for line in m.splitlines()) for m in done.stdout.split("\0") if m]
    lines = (folder / "audit.jsonl").read_text().splitlines()
    assert [m["OUTING_AUDIT"] for m in messages] == lines
    table = dict(re.findall(r'\{"([a-z-]+)", "([0-9a-f]{32})"', (TOP / "agent/audit/events.c").read_text()))
    for message in messages:
        assert message["MESSAGE_ID"] == table[message["OUTING_EVENT"]]
        assert message["SYSLOG_IDENTIFIER"] == "outing-guard" and message["PRIORITY"] in "23456"
        assert "CODE_FILE" not in message
    told = next(m for m in messages if m["OUTING_EVENT"] == "offload-done")
    assert told["OUTING_SUBJECT"] == told["OUTING_NAME"] == "Blue Room camera"
    assert told["OUTING_DEVICE"] == "disk-0123456789" and told["OUTING_FILES"] == "12"
    assert told["MESSAGE"].startswith("Blue Room camera: Every file")
    assert "OUTING_FOLDERS" not in told


def test_events_are_named_the_same_everywhere():
    events = set(re.findall(r'\{"([a-z-]+)", "[0-9a-f]{32}"', (TOP / "agent/audit/events.c").read_text()))
    readme = (TOP / "hooks/README.md").read_text().split("## Events")[1].split("##")[0]
    documented = set(re.findall(r"`([a-z-]+)`", readme))
    makefile = re.search(r"HOOK_EVENTS\s*:=((?:.*\\\n)*.*)", (TOP / "packaging/package.mk").read_text()).group(1)
    folders = set(makefile.replace("\\", " ").split())
    assert documented <= events
    assert folders == documented
