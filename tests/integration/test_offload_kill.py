# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at every boundary: the worker, and the program that supervises it.

After each kill every photo is complete on the card, and what is recorded as stored is in the vault byte for byte; what is
committed is complete. Then the same command completes, without a file too many. OUTING_CAMPAIGN=1 takes every point
there is; otherwise an even choice of POINTS of each program. Then the same with what goes on being killed as well, up to
three times in a row, at points drawn by lot (the seed is in the message of a failure).
"""

import hashlib
import os
import random

import pytest
from offload_lab import VARIANT, Lab, build, fill, tree

CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"
POINTS = 55
ROWS = 320 if CAMPAIGN else 12
CARD = {f"DCIM/10{i % 2}BLUE/IMG_{i:04}.JPG": [0, 1, 4096, 70_000, 1_200_000][i % 5] for i in range(11)}

pytestmark = pytest.mark.skipif(VARIANT != "faults", reason="needs a build with fault points")


@pytest.fixture(scope="session", autouse=True)
def program():
    return build()


def make_lab(root):
    lab = Lab(root)
    fill(lab.card, CARD)
    (lab.card / "DCIM" / "EMPTY").mkdir()
    return lab


def count_points(root, program):
    lab = make_lab(root)
    counter = lab.root / "count"
    code, report, errors = lab.run(environment={"OUTING_FAULT_COUNT": str(counter), "OUTING_FAULT_PROGRAM": program})
    assert code == 0, (report, errors)
    return int(counter.read_text().split()[0])


def sha512(path):
    return hashlib.sha512(path.read_bytes()).digest()


def check_truth(lab, before):
    """What holds after any crash."""
    assert tree(lab.card) == before, "the card is never changed"
    for item in lab.objects():
        assert item["state"] in (2, 3), item
        path = os.path.join(item["folder"], item["stored"])
        with open(path, "rb") as file:
            assert hashlib.sha512(file.read()).digest() == item["sha512"], item["path"]
    for session in lab.sessions():
        if session["state"] in ("copied", "committed"):
            assert tree(session["vault_dir"]) == before


def committed_sessions(lab):
    return [s["number"] for s in lab.sessions() if s["state"] == "committed"]


def killed_once(lab, program, number):
    """One run that is to be killed at point NUMBER of PROGRAM; False when it ended before it came there."""
    earlier = committed_sessions(lab)
    code, report, errors = lab.run(environment={"OUTING_FAULT_AT": str(number), "OUTING_FAULT_PROGRAM": program})
    committed = committed_sessions(lab) != earlier
    if code == 0:
        # How many objects are recorded together depends on time, so a run may have fewer points than the counted one.
        assert committed and report["committed"]
        return False
    if program == "outing-offload":
        assert code == -9 and report is None, (code, report, errors)
    else:
        assert report["outcome"] == "worker-died" and report["resumable"] and not committed
    return True


def completes(lab, before):
    report = lab.offload()
    folder = lab.vault / report["folder"]
    assert tree(folder) == before, "nothing missing, nothing twice"
    assert (folder / "DCIM" / "EMPTY").is_dir()
    assert len(list((folder / "ascmhl").iterdir())) == 2
    check_truth(lab, before)


def kill_at(root, program, number):
    lab = make_lab(root)
    before = tree(lab.card)
    if not killed_once(lab, program, number):
        return False
    check_truth(lab, before)
    completes(lab, before)
    return True


@pytest.mark.parametrize("program", ["outing-offload-worker", "outing-offload"])
def test_killed_at_every_boundary(tmp_path_factory, count_kills, program):
    total = count_points(tmp_path_factory.mktemp("count"), program)
    assert total >= (40 if program == "outing-offload-worker" else 12), "fault points went missing"
    step = 1 if CAMPAIGN or total <= POINTS else total / POINTS
    points = sorted({int(1 + i * step) for i in range(int(total / step))})
    killed = 0
    for number in points:
        try:
            killed += kill_at(tmp_path_factory.mktemp("kill"), program, number)
        except AssertionError as error:
            raise AssertionError(f"{program} killed at point {number} of {total}") from error
    assert killed >= len(points) * 3 // 4, "most of the points were reached"
    count_kills(program, killed)


def kill_in_a_row(root, totals, lot):
    """Killed, killed again while it goes on, and once more; the programs that came to their point."""
    lab = make_lab(root)
    before = tree(lab.card)
    killed = []
    for _ in range(3):
        program = lot.choice(list(totals))
        if not killed_once(lab, program, lot.randint(1, totals[program])):
            break
        killed.append(program)
        check_truth(lab, before)
    completes(lab, before)
    return killed


def test_killed_again_while_it_goes_on(tmp_path_factory, count_kills):
    programs = ("outing-offload-worker", "outing-offload")
    totals = {program: count_points(tmp_path_factory.mktemp("count"), program) for program in programs}
    seed, killed = random.randrange(1 << 32), []
    for row in range(ROWS):
        try:
            killed += kill_in_a_row(tmp_path_factory.mktemp("row"), totals, random.Random(f"{seed}/{row}"))
        except AssertionError as error:
            raise AssertionError(f"row {row} of seed {seed}") from error
    assert len(killed) >= ROWS, "most of the rows were killed more than once"
    for program in killed:
        count_kills(program)
