# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera over PTP, killed and unplugged at every boundary: while it is offloaded, and while it is emptied, with and
without being formatted in the end.

Boundaries are the fault points of both programs (each command to the camera among them), and each command of the camera's
own count: the cable is out before it is carried out, after it was carried out and before it was answered, and in the
middle of the answer. After each, rule 1: what is gone from the camera lies in a committed session, byte for byte, and had
its intent recorded; folders go only when it is formatted, and then no picture is left. Then the same goes on to its end. OUTING_CAMPAIGN=1 takes every boundary; otherwise
an even choice of POINTS of each kind.
"""

import contextlib
import hashlib
import os
import pathlib
import sqlite3
import subprocess

import pytest
from offload_lab import TOP, VARIANT, tree

CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"
POINTS = 8
STORY = TOP / "build" / VARIANT / "tests/ptp-story"
GONE, LEAVE = "17", "21"  # faults of tests/ptp/camera.h
CABLE = {"before": (GONE, "0"), "unanswered": (LEAVE, "0"), "half answered": (LEAVE, "14")}
FOLDERS = {"DCIM", "100BLUE", "101BLUE"}

pytestmark = pytest.mark.skipif(VARIANT != "faults", reason="needs a build with fault points")


@pytest.fixture(scope="session", autouse=True)
def program():
    subprocess.run(["make", "-C", str(TOP), "-j2", f"VARIANT={VARIANT}", "tools"], capture_output=True, check=True)


class Story:
    """One camera, one vault, one database."""

    def __init__(self, root, kind):
        self.root, self.formats = pathlib.Path(root), False
        self.ok("make", kind)
        self.pictures = tree(self.root / "card")

    def run(self, *words, environment=None):
        """Exit status and the lines that were printed."""
        done = subprocess.run([str(STORY), str(self.root), *words], capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, **(environment or {})})
        assert done.returncode in (0, 1, -9), (words, done.returncode, done.stdout, done.stderr)
        return done.returncode, done.stdout.splitlines()

    def ok(self, *words):
        code, lines = self.run(*words)
        assert code == 0, (words, lines)
        return lines

    def camera(self):
        """How many commands and deletes it got, and the paths that are on it."""
        head, *paths = self.ok("show")
        return *map(int, head.split()), set(paths)

    def rows(self, query):
        with contextlib.closing(sqlite3.connect(self.root / "state.db")) as connection:
            try:
                return list(connection.execute(query))
            except sqlite3.OperationalError:
                return []  # it was killed before there were tables

    def session(self):
        """The newest session that is committed."""
        return self.rows("SELECT id FROM session WHERE state = 'committed' ORDER BY number DESC LIMIT 1")[0][0]

    def check(self):
        """What holds whatever happened."""
        commands, deletes, paths = self.camera()
        on_camera = {os.fsencode(path) for path in paths - FOLDERS}
        committed = self.rows("SELECT vault_dir FROM session WHERE state = 'committed'")
        intended = {path.partition(b"/")[2] for (path,) in self.rows("SELECT path FROM removal")}
        if not (self.formats and paths == set()):
            assert FOLDERS <= paths, "folders are never deleted"
        for path in set(self.pictures) - on_camera:
            copies = [pathlib.Path(folder) / "store-00010001" / os.fsdecode(path) for (folder,) in committed]
            assert path in intended and any(sha512(copy) == self.pictures[path] for copy in copies), path
        for folder, stored, digest in self.rows(
            "SELECT session.vault_dir, object.stored, object.sha512 FROM object JOIN session"
            " ON session.number = object.session WHERE object.stored IS NOT NULL"
        ):
            assert sha512(os.path.join(folder, stored)) == digest.hex()
        return commands, deletes, on_camera

    def finish(self, offloaded):
        """Plugged in again, everything comes to its end."""
        self.ok("plug")
        if not offloaded:
            assert self.ok("offload")[0] == "committed"
        session = self.session()
        assert self.ok("empty", session)[0] == "removed"
        assert self.check()[2] == set()


def sha512(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha512(file.read()).hexdigest()
    except FileNotFoundError:
        return None


def choose(total):
    step = 1 if CAMPAIGN or total <= POINTS else total / POINTS
    return sorted({int(i * step) for i in range(int(total / step))})


def begin(root, kind, verb):
    """A story that has come to VERB, and the words to say it."""
    story = Story(root, kind)
    if verb == "offload":
        return story, ("offload",)
    story.ok("offload")
    story.formats = verb == "format"
    return story, ("empty", story.session(), *(["format"] if story.formats else []))


def kill_at(root, kind, verb, program, number):
    """False when the program ended before it came to point NUMBER."""
    story, words = begin(root, kind, verb)
    code, lines = story.run(*words, environment={"OUTING_FAULT_AT": str(number), "OUTING_FAULT_PROGRAM": program})
    deletes = story.check()[1]
    if code == 0:
        return False
    if program.endswith("-worker"):
        assert lines[0] == "worker-died" and len(lines[3]) > 20, lines
    else:
        assert code == -9 and not lines
    assert verb != "offload" or deletes == 0
    story.finish(offloaded=verb != "offload")
    return True


def unplug_at(root, kind, verb, number, cable):
    story, words = begin(root, kind, verb)
    fault, many = CABLE[cable]
    story.ok("fault", fault, str(number), many)
    code, lines = story.run(*words)
    deletes = story.check()[1]
    # An answer shorter than that is whole, and the cable is out before the next; behind the last one nobody notices.
    assert code == 1 or cable == "half answered" or number > 0, lines
    if code == 1:
        assert lines[0] in ("source-gone", "source-refused", "gone"), lines
        assert any(word in lines[3] for word in ("unplugged", "went away", "taken out", "gone", "removed")), lines[3]
    assert verb != "offload" or deletes == 0
    story.finish(offloaded=verb != "offload" or code == 0)
    return code == 1


@pytest.mark.parametrize("kind", ["ptp", "mtp"])
@pytest.mark.parametrize("verb, program", [
    ("offload", "outing-offload-worker"), ("offload", "outing-offload"), ("empty", "outing-empty-worker"),
    ("empty", "outing-empty"), ("format", "outing-empty-worker"), ("format", "outing-empty")])  # fmt: skip
def test_killed_at_every_boundary(tmp_path_factory, count_kills, kind, verb, program):
    story, words = begin(tmp_path_factory.mktemp("count"), kind, verb)
    counter = story.root / "count"
    story.run(*words, environment={"OUTING_FAULT_COUNT": str(counter), "OUTING_FAULT_PROGRAM": program})
    total, killed = int(counter.read_text().split()[0]), 0
    assert total >= (90 if program.endswith("-worker") else 25), "fault points went missing"
    for point in choose(total):
        try:
            killed += kill_at(tmp_path_factory.mktemp("kill"), kind, verb, program, point + 1)
        except AssertionError as error:
            raise AssertionError(f"{program} killed at point {point + 1} of {total}") from error
    assert killed >= len(choose(total)) * 3 // 4, "most of the points were reached"
    count_kills(f"{program} ({verb}, {kind})", killed)


@pytest.mark.parametrize("verb", ["offload", "empty", "format"])
@pytest.mark.parametrize("cable", list(CABLE))
def test_unplugged_at_every_command(tmp_path_factory, count_kills, verb, cable):
    story, words = begin(tmp_path_factory.mktemp("count"), "mtp", verb)
    before = story.camera()[0]
    story.run(*words)
    total, noticed = story.camera()[0] - before, 0
    assert total >= 40, "commands went missing"
    for point in choose(total):
        try:
            noticed += unplug_at(tmp_path_factory.mktemp("pull"), "mtp", verb, point, cable)
        except AssertionError as error:
            raise AssertionError(f"{verb}, cable out {cable} at command {point} of {total}") from error
    assert noticed >= len(choose(total)) * 3 // 4
    count_kills(f"{verb}, cable out", noticed)
