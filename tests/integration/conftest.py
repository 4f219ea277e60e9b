# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the kills, so that a run says how many moments it has really tried."""

import collections

import pytest

KILLS = collections.Counter()


@pytest.fixture
def count_kills():
    """count_kills(program, number): so many times PROGRAM was killed at a fault point and what it left was checked."""

    def count(program, number=1):
        KILLS[program] += number

    return count


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["kills"] = dict(KILLS)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """What a lane has counted."""
    KILLS.update(getattr(node, "workeroutput", {}).get("kills", {}))


def pytest_terminal_summary(terminalreporter):
    if KILLS:
        each = ", ".join(f"{program} {number}" for program, number in sorted(KILLS.items()))
        terminalreporter.write_line(f"killed at {sum(KILLS.values())} points: {each}")
