# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras that show no disk: the offload talks to real USB devices, in its sandbox, into the encrypted vault."""

import hashlib
import json
import random

import pytest
from nursery import VAULT
from ptpcamera import PtpCamera

OFFLOAD = "/usr/libexec/outing-guard/outing-offload"
EMPTY = "/usr/libexec/outing-guard/outing-empty"
SIZES = {"IMG_0001.JPG": 70_001, "IMG_0002.JPG": 3_000_001, "FULL.JPG": 512 * 2048 - 12, "EMPTY.DAT": 0}


def make_pictures(laptop, folder="/run/camera"):
    """Pictures in the guest, and their hashes by path."""
    source, made = random.Random(7), {}
    laptop.ok(f"mkdir -p {folder}/DCIM/100BLUE {folder}/MISC")
    for name, size in SIZES.items():
        content = source.randbytes(size)
        laptop.write(f"{folder}/DCIM/100BLUE/{name}", content)
        made[f"DCIM/100BLUE/{name}"] = hashlib.sha512(content).hexdigest()
    return made


def offload(laptop, node, *options):
    """Runs the standalone offload with records of its own; returns its exit status and what it said."""
    done = laptop.run(
        ["timeout", "600", OFFLOAD, "--source", f"ptp:{node}", "--vault", VAULT, "--state", "/run/ptp-state", "--json",
         "--name", "Ptp camera", *options], timeout=660
    )  # fmt: skip
    return done.code, json.loads(done.out or "{}"), done.err


def empty(laptop, node, session, *options):
    """Runs the standalone emptying; returns its exit status and what it said."""
    done = laptop.run(
        ["timeout", "600", EMPTY, "--source", f"ptp:{node}", "--session", session, "--state", "/run/ptp-state", "--json",
         *options], timeout=660
    )  # fmt: skip
    return done.code, json.loads(done.out or "{}"), done.err


def stored(laptop, said, store):
    """Hashes of what lies in the vault of one store, by path."""
    listing = laptop.ok(f"cd '{VAULT}/{said['folder']}/{store}' && find . -type f -exec sha512sum {{}} +")
    return {line.split("  ./")[1]: line.split("  ")[0] for line in listing.splitlines()}


@pytest.mark.campaign
@pytest.mark.parametrize("kind", ["plain", "mtp"])
def test_a_ptp_camera_is_offloaded_and_emptied(nursery, kind):
    laptop = nursery.laptop
    made = make_pictures(laptop)
    camera = PtpCamera(laptop, "/run/camera", *([kind] if kind == "mtp" else []))
    node = camera.plug()
    code, said, err = offload(laptop, node)
    assert (code, said.get("outcome")) == (0, "committed"), (said, err)
    assert stored(laptop, said, "store-00010001") == made
    assert camera.commands("100b") == []
    # Twice, in two sessions.
    assert len(camera.commands("1009")) == 2 * len(made)
    assert len(camera.commands("1002")) >= 2
    code, emptied, err = empty(laptop, node, said["session"])
    assert (code, emptied.get("outcome"), emptied.get("wiped")) == (0, "removed", False), (emptied, err)
    assert laptop.ok("find /run/camera -type f") == ""
    deletes = camera.commands("100b")
    assert len(deletes) == len(made) and not {"00000000", "ffffffff"} & {handle for _, handle, _ in deletes}
    assert stored(laptop, said, "store-00010001") == made
    camera.remove()


@pytest.mark.campaign
def test_a_camera_that_goes_wrong_loses_nothing(nursery):
    """A stall, an answer cut short, a wrong byte: each once, each made good in a new session."""
    laptop = nursery.laptop
    made = make_pictures(laptop)
    camera = PtpCamera(laptop, "/run/camera", "5:1009:1:1:0:0", "1:1009:4:1:2bc:0", "18:1009:7:1:64:0")
    code, said, err = offload(laptop, camera.plug())
    assert (code, said.get("outcome")) == (0, "committed"), (said, err)
    assert stored(laptop, said, "store-00010001") == made
    camera.remove()


@pytest.mark.campaign
def test_a_pulled_cable_is_said(nursery):
    laptop = nursery.laptop
    made = make_pictures(laptop)
    camera = PtpCamera(laptop, "/run/camera", "17:1009:5:1:0:0")
    code, said, _ = offload(laptop, camera.plug())
    assert (code, said["outcome"]) == (1, "source-gone")
    camera.remove()
    camera = PtpCamera(laptop, "/run/camera")
    code, said, err = offload(laptop, camera.plug())
    assert (code, said.get("outcome")) == (0, "committed"), (said, err)
    assert stored(laptop, said, "store-00010001") == made
    camera.remove()


@pytest.mark.campaign
def test_a_delete_that_does_nothing_is_noticed(nursery):
    laptop = nursery.laptop
    make_pictures(laptop)
    camera = PtpCamera(laptop, "/run/camera", "8:100b:1:1:0:0")
    node = camera.plug()
    _, said, _ = offload(laptop, node)
    code, emptied, _ = empty(laptop, node, said["session"])
    assert (code, emptied["outcome"], emptied["left"], len(emptied["kept"])) == (1, "kept", 1, 1)
    code, emptied, err = empty(laptop, node, said["session"])
    assert (code, emptied.get("outcome")) == (0, "removed"), (emptied, err)
    camera.remove()
