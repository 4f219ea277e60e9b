# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the laptop scenarios.

  laptop        a running laptop, from a saved state: a second or two
  nursery       the same with the agent at work and an open vault (see nursery.py)
  fresh_laptop  a laptop that has really booted: for what happens at boot
  peers         a booted laptop that also has the programs of image.PEER_PACKAGES
  peers_nursery the same with the agent at work and an open vault
  make_card     makes card images in the test's own directory

A scenario that fails leaves the journal, the logs, the kernel's messages and
the agent's state in $OUTING_ARTIFACTS, or build/vm-artifacts/, by its name.
Scenarios marked `campaign` run only with OUTING_CAMPAIGN=1.
"""

import os
import pathlib
import re
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cards  # noqa: E402
import image  # noqa: E402
import stages  # noqa: E402
from artifacts import BUILD, artifacts_dir, say  # noqa: E402
from laptop import Laptop  # noqa: E402
from nursery import READY, Nursery  # noqa: E402

CAMPAIGN = os.environ.get("OUTING_CAMPAIGN") == "1"

# These begin first, so that of two lanes none has a long one left when the other is done.
LONGEST = ("test_usb_register", "test_encrypted_root", "test_power", "test_package", "test_responders", "test_ptp_agent")


def pytest_configure(config):
    config.addinivalue_line("markers", "campaign: many repetitions; only with OUTING_CAMPAIGN=1")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("campaign") and not CAMPAIGN:
            item.add_marker(pytest.mark.skip(reason="only with OUTING_CAMPAIGN=1"))
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when in ("setup", "call") and report.failed:
        item.lab_failed = True


@pytest.fixture(scope="session")
def layer():
    """The frozen disk of a laptop with the newest package in build/, or with none."""
    return image.laptop_layer(image.newest_deb(BUILD), say=say)


@pytest.fixture(scope="session")
def peers_layer():
    """The same with other people's programs beside it."""
    return image.laptop_layer(image.newest_deb(BUILD), say=say, peers=True)


def artifacts(item):
    return artifacts_dir() / re.sub(r"[^A-Za-z0-9._-]+", "_", item.nodeid.split("/")[-1])


@pytest.fixture
def keep_evidence(request):
    """Registers a laptop: it is switched off at the end, with its evidence kept if the test failed."""
    kept = []
    yield kept.append
    for laptop in kept:
        if getattr(request.node, "lab_failed", False):
            laptop.leave_evidence(artifacts(request.node))
        laptop.close()


@pytest.fixture
def laptop(layer, tmp_path, keep_evidence):
    machine = stages.resume(stages.BOOTED, layer, tmp_path / "laptop", say)
    keep_evidence(machine)
    return machine


@pytest.fixture
def nursery(layer, tmp_path, keep_evidence):
    machine = stages.resume(READY, layer, tmp_path / "laptop", say)
    keep_evidence(machine)
    return Nursery(machine)


@pytest.fixture
def peers(peers_layer, tmp_path, keep_evidence):
    machine = stages.resume(stages.BOOTED, peers_layer, tmp_path / "laptop", say)
    keep_evidence(machine)
    return machine


@pytest.fixture
def peers_nursery(peers_layer, tmp_path, keep_evidence):
    machine = stages.resume(READY, peers_layer, tmp_path / "laptop", say)
    keep_evidence(machine)
    return Nursery(machine)


@pytest.fixture
def fresh_laptop(layer, tmp_path, keep_evidence):
    machine = Laptop(layer, tmp_path / "laptop")
    keep_evidence(machine)
    return machine.boot()


@pytest.fixture
def make_card(tmp_path):
    """make_card(**how) -> cards.Card, see cards.make_card; each call makes another file."""
    made = []

    def make(**how):
        made.append(tmp_path / f"card{len(made)}.img")
        return cards.make_card(made[-1], **how)

    return make
