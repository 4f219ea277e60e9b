# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of the matrix, built for real on one laptop, and what outing-check says of each leaf.

The table of row, expected and seen is written to matrix.txt in the artifacts, also when everything is right.
"""

import json

import pytest

import matrix
import stages
from artifacts import artifacts_dir, say
from qmp import LabError
from storage import Bench, Stopwatch, Table, seen, wrong

ITERATIONS = 100000  # the fewest that the checker does not call cheap


class Workshop:
    """The laptop of the whole table, and the table. A laptop that a row has broken is replaced."""

    def __init__(self, layer, scratch):
        self.layer, self.scratch = layer, scratch
        self.table, self.laptops, self.keys, self.logged = Table(), 0, set(), set()
        self.laptop = self.bench = None

    def ready(self):
        if self.bench is None:
            self.laptops += 1
            self.laptop = stages.resume(stages.BOOTED, self.layer, self.scratch / f"laptop{self.laptops}", say)
            self.bench = Bench(self.laptop, self.scratch, ITERATIONS)
        return self.bench

    def give_up(self, name):
        """Switches the laptop off and keeps its evidence."""
        self.laptop.leave_evidence(artifacts_dir() / name)
        self.close()

    def close(self):
        if self.bench is not None:
            if self.laptop.on:
                self.logged |= self.bench.keys_in_journal()
            self.keys |= self.bench.keys
            self.laptop.close()
        self.bench = None


def workshop_of(layer, scratch, table):
    made = Workshop(layer, scratch)
    yield made
    made.close()
    made.table.write(artifacts_dir() / table)


@pytest.fixture(scope="module")
def workshop(layer, tmp_path_factory):
    yield from workshop_of(layer, tmp_path_factory.mktemp("matrix"), "matrix.txt")


@pytest.fixture(scope="module")
def workshop_with_peers(peers_layer, tmp_path_factory):
    yield from workshop_of(peers_layer, tmp_path_factory.mktemp("matrix"), "matrix-files.txt")


def explain(row, nodes, answer):
    said = {name: answer.leaves.get(node) for name, node in nodes.items()}
    return f"{row.id}\n{json.dumps(said, indent=1)}\n{answer.error or ''}\n{answer.tables}\n{answer.text[-500:]}"


def check(row, nodes, answer):
    """Everything that must hold of ANSWER about ROW."""
    shown = explain(row, nodes, answer)
    assert not wrong(row, seen(answer, nodes)), shown
    assert not answer.touched, "a byte of a header was changed by looking\n" + shown
    assert not answer.told_a_key(), "a volume key was printed: " + row.id
    ready = all(leaf["verdict"] in ("encrypted", "exempt") for leaf in answer.leaves.values())
    assert answer.code == (0 if ready and answer.leaves and not answer.error else 1), shown
    for name, uses in row.used_for.items():
        assert set(uses) <= set(answer.leaves[nodes[name]]["used_for"]), shown
    for name, text in row.says.items():
        assert text in answer.leaves[nodes[name]]["reason"] + answer.leaves[nodes[name]]["fix"], shown
    for leaf in answer.leaves.values():
        assert leaf["reason"], shown
        assert leaf["fix"] or leaf["verdict"] in ("encrypted", "exempt"), shown


def rows():
    for row in matrix.ROWS:
        yield pytest.param(row, id=row.id, marks=[] if row.number in matrix.SAMPLE else pytest.mark.campaign)


def test_the_sample_is_in_the_table():
    assert matrix.SAMPLE <= {row.number for row in matrix.ROWS}


def try_row(workshop, row):
    watch, bench = Stopwatch(), workshop.ready()
    try:
        nodes = bench.build(row)
        built = watch.lap()
        answer = bench.ask(row, nodes)
    except LabError:
        workshop.give_up("matrix-" + row.number)
        raise
    workshop.table.add(row, seen(answer, nodes), built, answer.seconds)
    try:
        bench.clear(row)
    except LabError:
        workshop.give_up("matrix-" + row.number)
        raise
    check(row, nodes, answer)


@pytest.mark.parametrize("row", rows())
def test_row(workshop, row):
    try_row(workshop, row)


def test_no_key_of_any_row_was_logged(workshop):
    workshop.close()
    assert workshop.keys, "no row showed a key: nothing was proven"
    assert not workshop.logged


@pytest.mark.campaign
@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in matrix.FILES])
def test_row_with_peers(workshop_with_peers, row):
    try_row(workshop_with_peers, row)
