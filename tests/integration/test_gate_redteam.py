# SPDX-License-Identifier: GPL-3.0-or-later
"""The red team's list on the gate of this machine: every content that it has, and every attempt that needs no device.

The test laptop is where the list is judged, by the raw medium. Here it is run with programs that a package cannot have:
with OUTING_VARIANT=asan the gate and its workers look at their own memory. A worker that a sanitizer ends has no mouth:
the gate tells that looking failed, and so this is an answer that no content and no attempt may get.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "redteam"))

import attempts  # noqa: E402
import payloads  # noqa: E402
import tricks  # noqa: E402
from gate_bed import Judged, sh, wait_for  # noqa: E402

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and FUSE")

FAILED = re.compile(r"Sanitizer|runtime error:|looking into it failed|took too long|Nothing can be checked")
ATTEMPTS = [one for one in [*attempts.GATE, *tricks.SPELLED, *tricks.FILES] if one.who == "alice"]


@pytest.fixture(scope="module")
def shared():
    with tempfile.TemporaryDirectory(prefix="gate-redteam-") as folder:
        os.chmod(folder, 0o711)
        gate = Judged(folder)
        drawer = gate.folder / "drawer"
        drawer.mkdir()
        for name, data in payloads.files().items():
            (drawer / name).write_bytes(data)
        for path in (drawer, *drawer.iterdir()):
            os.chown(path, 65534, 65534)
        gate.start("--owner", "nobody")
        yield gate
        assert gate.stop() == 0
        assert not FAILED.search(gate.log.read_text())


@pytest.fixture
def gate(shared):
    """With an empty stick; afterwards it is the same process, and neither it nor a worker was ended by a sanitizer."""
    worker = shared.worker()
    sh('rm -rf -- "$M"/* "$M"/.[!.]*', shared.folder, M=shared.mount)
    yield shared
    assert shared.process.poll() is None and shared.worker() == worker
    found = FAILED.search(log := shared.log.read_text())
    assert not found, log[max(0, found.start() - 400) :][:4000]


def taken(gate, cases):
    """Names of those of CASES that the gate takes, each under the same harmless name."""
    found = set()
    for name, data in cases.items():
        path = gate.mount / "case.bin"
        try:
            path.write_bytes(data)
            found.add(name)
        except PermissionError:
            pass
        path.unlink(missing_ok=True)
    return found


def test_every_content_is_refused_by_a_living_worker(gate, tmp_path):
    cases = payloads.content_cases(tmp_path)
    before = len(gate.lines())
    assert taken(gate, cases) == set()
    assert len(cases) > 250
    wait_for(lambda: len([n for n in gate.lines()[before:] if n["event"] == "refused"]) == len(cases))


def test_what_may_pass_passes(gate):
    cases = payloads.passing_cases()
    assert taken(gate, cases) == set(cases)


@pytest.mark.parametrize("one", [pytest.param(one, id=f"{one.number} {one.what}") for one in ATTEMPTS])
def test_the_attempt_fails(gate, one):
    folder, drawer = gate.folder, gate.folder / "drawer"
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "M": str(gate.mount), "F": str(drawer), "HOME": str(drawer)}
    if one.needs and sh(f"command -v {one.needs}", folder)[0] != 0:
        pytest.skip(f"no {one.needs} here")
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", one.script], env=environment,
                          cwd=drawer, capture_output=True, text=True, errors="replace", timeout=300, check=False)
    said = f"{done.stdout}{done.stderr}"
    assert "SyntaxError" not in said and "NameError" not in said, said
    assert not (one.reports and done.returncode == 0), said
    for name in one.keeps:
        assert (drawer / name).stat().st_size > 0
    if one.after:
        assert sh(one.after, folder, M=gate.mount, F=drawer)[0] == 0, said
    assert gate.raw(payloads.CANARY) == [] and gate.raw(payloads.photo()) == []
    for path in gate.source.rglob("*"):
        assert "TESTCHILD" not in str(path).upper(), path
