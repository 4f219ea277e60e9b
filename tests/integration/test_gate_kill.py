# SPDX-License-Identifier: GPL-3.0-or-later
"""A gate that is killed, and a medium that is pulled out or full, at every moment: the old file or the new one, whole; what
close() had promised to a gate that was killed is kept; and after the next start nothing of ours is left."""

import contextlib
import os
import pathlib
import random
import shutil
import subprocess

import pytest

from gate_bed import CANARY, OURS, Gate, sh, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and FUSE")
CAMPAIGN = bool(os.environ.get("OUTING_CAMPAIGN"))
BIG = bytes(range(256)) * 2000


@pytest.fixture(autouse=True)
def none_is_left():
    yield
    Gate.stop_all()


class Scenario:
    """What is done to the stick, and for each path the contents that may be there; the last promised one must, or a later."""

    def __init__(self, gate):
        self.gate = gate
        self.tried = {}     # path: contents in the order in which they were tried; None: no such file
        self.promised = {}  # path: how many of them were promised

    def attempt(self, act, changes):
        for path, content in changes.items():
            self.tried.setdefault(path, [None]).append(content)
        try:
            act()
        except OSError:
            return
        for path, content in changes.items():
            if content != b"":  # an empty file comes with the release, which nobody waits for
                self.promised[path] = len(self.tried[path]) - 1

    def write(self, name, content):
        self.attempt(lambda: (self.top / name).write_bytes(content), {name: content})

    def move(self, name, to):
        content = self.tried[name][-1]
        self.attempt(lambda: os.rename(self.top / name, self.top / to), {name: None, to: content})

    def unlink(self, name):
        self.attempt(lambda: (self.top / name).unlink(), {name: None})

    def run(self):
        """By a descriptor of the mount: once that is gone, its place is an ordinary folder that takes everything."""
        with self.gate.top() as self.top:
            self.steps()

    def steps(self):
        self.write("old", BIG)
        self.write("new", b"n" * 5000)
        self.write("empty", b"")
        self.write("temporary", b"t" * 3000)
        self.move("temporary", "renamed")
        self.write("third", b"v1")
        self.write("third", b"v2" * 4000)
        self.move("renamed", "old")
        self.write("gone", b"g")
        self.unlink("gone")
        with contextlib.suppress(OSError):
            (self.top / "bad").write_bytes(CANARY)
        with contextlib.suppress(OSError):
            (self.top / "folder").mkdir()
        self.write("folder/inside", b"i" * 100)
        with contextlib.suppress(OSError):
            self.gate.settle(self.top)
        self.move("third", "folder/third")

    def check(self):
        seen = self.gate.tree()
        assert not [p for p in seen if p.startswith(OURS)], seen.keys()
        for path, tried in self.tried.items():
            allowed = tried[self.promised.get(path, 0):]
            assert seen.get(path) in allowed, f"{path}: {str(seen.get(path))[:60]}"
        assert set(seen) <= set(self.tried) | {"folder"}
        assert self.gate.raw() == []


def prepared(folder):
    gate = Gate(folder)
    (gate.source / "old").write_bytes(b"the old file")
    scenario = Scenario(gate)
    scenario.tried["old"] = [None, b"the old file"]
    scenario.promised["old"] = 1
    return gate, scenario


def killed_at(folder, number):
    """True when the gate was killed at the so manieth point."""
    gate, scenario = prepared(folder)
    gate.start(environment={"OUTING_FAULT_PROGRAM": "outing-gate-worker", "OUTING_FAULT_AT": str(number)})
    scenario.run()
    killed = gate.process.poll() is not None or gate.stop() != 0
    gate.process.wait(30)
    gate.start()
    assert gate.stop() == 0
    scenario.check()
    return killed


def test_killed_at_every_point(tmp_path, count_kills):
    (tmp_path / "count").mkdir()
    gate, scenario = prepared(tmp_path / "count")
    counted = tmp_path / "points"
    gate.start(environment={"OUTING_FAULT_PROGRAM": "outing-gate-worker", "OUTING_FAULT_COUNT": str(counted)})
    scenario.run()
    assert gate.stop() == 0
    scenario.check()
    points = int(counted.read_text()) if counted.exists() else 90
    kills = 0
    for number in range(1, points + 1):
        (tmp_path / str(number)).mkdir()
        kills += killed_at(tmp_path / str(number), number)
        shutil.rmtree(tmp_path / str(number))
    assert kills >= points * 3 // 4
    count_kills("outing-gate", kills)


def test_killed_while_it_finishes_what_was_left(tmp_path, count_kills):
    """A kill in the middle, then a kill at each point of the start after it."""
    for number in range(1, 8):
        (tmp_path / str(number)).mkdir()
        gate, scenario = prepared(tmp_path / str(number))
        gate.start(environment={"OUTING_FAULT_PROGRAM": "outing-gate-worker", "OUTING_FAULT_POINT": "gate-synced",
                                "OUTING_FAULT_AT": "1"})
        scenario.run()
        gate.process.wait(30)
        gate.start(environment={"OUTING_FAULT_PROGRAM": "outing-gate-worker", "OUTING_FAULT_AT": str(number)})
        gate.stop()
        gate.start()
        assert gate.stop() == 0
        scenario.check()
    count_kills("outing-gate", 14)


def test_killed_at_random(tmp_path, count_kills):
    """No chosen point: the worker is killed when it likes least."""
    rounds = 40 if CAMPAIGN else 8
    dice = random.Random(4)
    for number in range(rounds):
        (tmp_path / str(number)).mkdir()
        gate = Gate(tmp_path / str(number)).start()
        wanted = dice.randrange(5, 120)
        promised = {}
        worker = gate.worker()
        with gate.top() as top:
            for step in range(200):
                name, content = f"f{step % 13}", bytes([65 + step % 26]) * dice.randrange(1, 60000)
                if step == wanted:
                    os.kill(worker, 9)
                try:
                    (top / name).write_bytes(content)
                except OSError:
                    break
                promised[name] = content
        gate.process.wait(30)
        gate.start()
        assert gate.stop() == 0
        seen = gate.tree()
        assert {n: c for n, c in seen.items() if n != name} == {n: c for n, c in promised.items() if n != name}
        assert seen.get(name) in (promised.get(name), content)
    count_kills("outing-gate", rounds)


def test_a_forged_journal_leads_nowhere(tmp_path):
    gate = Gate(tmp_path)
    ours = gate.source / OURS
    ours.mkdir()
    (tmp_path / "outside").write_text("outside")
    (ours / "1").write_bytes(b"planted")
    (ours / "journal").write_bytes(b"1 7 0 00112233445566778899aabbccddeeff 0011223344556677 ../outside\n" + os.urandom(9000))
    os.symlink(tmp_path / "outside", ours / "2")
    gate.start()
    assert os.listdir(gate.mount) == []
    assert gate.stop() == 0
    assert gate.tree() == {} and (tmp_path / "outside").read_text() == "outside"


def test_a_journal_that_is_no_file(tmp_path):
    gate = Gate(tmp_path)
    (gate.source / OURS).mkdir()
    os.mkfifo(gate.source / OURS / "journal")
    gate.start()
    (gate.mount / "a").write_bytes(b"works")
    assert gate.stop() == 0
    assert gate.tree() == {"a": b"works"}


# --- media ---

@contextlib.contextmanager
def stick(tmp_path, size, options=""):
    """A small ext4 of its own, whose journal does not order content before names."""
    image, mount = tmp_path / "image", tmp_path / "medium"
    mount.mkdir()
    subprocess.run(f"truncate -s {size} {image} && mkfs.ext4 -q -m 0 {options} {image}", shell=True, check=True)
    if subprocess.run(["mount", "-o", "loop,data=writeback,nodelalloc,noauto_da_alloc", image, mount], capture_output=True).returncode != 0:
        pytest.skip("no loop devices here")
    shutil.rmtree(mount / "lost+found")
    try:
        yield image, mount
    finally:
        subprocess.run(["umount", "-l", mount], check=True)


def test_a_full_medium(tmp_path):
    with stick(tmp_path, "8M") as (_, medium):
        gate = Gate(tmp_path, medium).start()
        (gate.mount / "old").write_bytes(b"old" * 1000)
        with pytest.raises(OSError) as seen:
            for number in range(40):
                (gate.mount / f"f{number}").write_bytes(os.urandom(1 << 20))
        assert seen.value.errno == 28
        with pytest.raises(OSError):
            (gate.mount / "old").write_bytes(os.urandom(3 << 20))
        assert (gate.mount / "old").read_bytes() == b"old" * 1000
        assert "not-written" in {n["event"] for n in gate.notices()}
        promised = [f"f{n}" for n in range(number)]
        assert gate.stop() == 0
        seen = gate.tree()
        assert sorted(seen) == sorted(["old", *promised])
        assert all(len(seen[n]) == 1 << 20 for n in promised) and seen["old"] == b"old" * 1000


def test_a_folder_that_is_full_is_an_error_of_close(tmp_path):
    """No room for another name: whoever closes the file hears of it."""
    with stick(tmp_path, "8M", "-N 64 -I 256") as (_, medium):
        gate = Gate(tmp_path, medium).start()
        closed = []
        with pytest.raises(OSError) as seen:
            for number in range(200):
                (gate.mount / f"f{number}").write_bytes(b"x" * 100)
                closed.append(f"f{number}")
        assert seen.value.errno == 28
        gate.settle()
        assert gate.stop() == 0
        assert sorted(gate.tree()) == sorted(closed)


def test_a_medium_that_is_pulled_out(tmp_path):
    """The device as it is at many moments, as if it were pulled out then: every file is the old one or a whole new one."""
    with stick(tmp_path, "8M") as (image, medium):
        (medium / "doc").write_bytes(b"0" * 20000)
        os.sync()
        gate = Gate(tmp_path, medium).start()
        copies, size = [], 20000
        for step in range(1, 61):
            (gate.mount / "doc").write_bytes(b"%d" % (step % 10) * size)
            (gate.mount / f"new{step}").write_bytes(b"n" * size)
            if step % 4 == 0:
                write_names_but_not_content(medium)
                copies.append(tmp_path / f"copy{step}")
                copies[-1].write_bytes(at_one_moment(image))
        assert gate.stop() == 0
    for copy in copies:
        with pulled(tmp_path, copy) as medium:
            gate = Gate(tmp_path, medium).start()
            assert gate.stop() == 0
            seen = gate.tree()
            assert len(seen["doc"]) == size and len(set(seen["doc"])) == 1
            assert not [p for p in seen if p.startswith(OURS)]
            assert {c for p, c in seen.items() if p.startswith("new")} <= {b"n" * size}


def write_names_but_not_content(medium):
    """A sync of any file writes ext4's journal: all names and lengths, and with data=writeback no other file's content."""
    with open(medium / "side", "wb") as file:
        os.fsync(file.fileno())


def at_one_moment(image):
    """Two readings that are equal: between them was a moment at which all of it was so."""
    last, now = None, image.read_bytes()
    while last != now:
        last, now = now, image.read_bytes()
    return now


@contextlib.contextmanager
def pulled(tmp_path, image):
    mount = tmp_path / (image.name + ".d")
    mount.mkdir()
    subprocess.run(["e2fsck", "-fy", image], capture_output=True)
    subprocess.run(["mount", "-o", "loop", image, mount], check=True)
    try:
        yield mount
    finally:
        subprocess.run(["umount", mount], check=True)


# --- clean content against a model ---

def test_random_operations_as_on_any_file_system(tmp_path):
    """Reads, writes, appends, truncations, renames, folders, in any order: the same as in a model and on the medium."""
    gate = Gate(tmp_path).start("--staging-size", "16M")
    dice = random.Random(int(os.environ.get("OUTING_SEED", "7")))
    model, open_files = {}, {}
    for step in range(6000 if CAMPAIGN else 1500):
        name = f"f{dice.randrange(8)}"
        path = gate.mount / name
        act = dice.choice(["write", "write", "append", "patch", "truncate", "rename", "unlink", "read", "read", "stat", "list",
                           "settle", "open", "open-write", "close", "close"])
        data = bytes([97 + dice.randrange(26)]) * dice.randrange(0, 9000)
        if act == "write":
            if not [n for n, *_ in open_files.values() if n == name]:
                path.write_bytes(data)
                model[name] = data
        elif act == "append" and name in model:
            with open(path, "ab") as file:
                file.write(data)
            model[name] += data
        elif act == "patch" and name in model:
            offset = dice.randrange(0, 12000)
            with open(path, "r+b") as file:
                file.seek(offset)
                file.write(data)
            if data:
                model[name] = model[name][:offset].ljust(offset, b"\0") + data + model[name][offset + len(data):]
        elif act == "truncate" and name in model:
            size = dice.randrange(0, 12000)
            os.truncate(path, size)
            model[name] = model[name][:size].ljust(size, b"\0")
        elif act == "rename" and name in model:
            other = f"f{dice.randrange(8)}"
            os.rename(path, gate.mount / other)
            model[other] = model.pop(name)
            for fd, (old, *rest) in list(open_files.items()):
                if old in (name, other) and other != name:
                    open_files[fd] = (other if old == name else None, *rest)
        elif act == "unlink" and name in model:
            path.unlink()
            del model[name]
            open_files = {fd: (None if n == name else n, *rest) for fd, (n, *rest) in open_files.items()}
        elif act == "read":
            assert (path.read_bytes() if path.exists() else None) == model.get(name), (step, name)
        elif act == "stat":
            assert (path.stat().st_size if path.exists() else None) == (len(model[name]) if name in model else None), step
        elif act == "list":
            assert sorted(os.listdir(gate.mount)) == sorted(model), step
        elif act == "settle":
            gate.settle()
        elif act == "open" and name in model and len(open_files) < 6:
            open_files[os.open(path, os.O_RDWR)] = (name,)
        elif act == "open-write" and open_files:
            fd = dice.choice(list(open_files))
            offset = dice.randrange(0, 12000)
            os.pwrite(fd, data, offset)
            if open_files[fd][0] and data:
                old = model[open_files[fd][0]]
                model[open_files[fd][0]] = old[:offset].ljust(offset, b"\0") + data + old[offset + len(data):]
        elif act == "close" and open_files:
            fd = dice.choice(list(open_files))
            os.close(fd)
            del open_files[fd]
    for fd in open_files:
        os.close(fd)
    assert {n: (gate.mount / n).read_bytes() for n in os.listdir(gate.mount)} == model
    assert gate.stop() == 0
    assert gate.tree() == model
    assert gate.notices() == []


def test_a_gate_that_dies_is_closed(tmp_path):
    gate = Gate(tmp_path).start()
    (gate.mount / "a").write_bytes(b"x")
    os.kill(gate.worker(), 9)
    with contextlib.suppress(OSError):
        (gate.mount / "b").write_bytes(b"y")
    assert gate.process.wait(30) == 1
    wait_for(lambda: not os.path.ismount(gate.mount))
    assert sh("umount stick", pathlib.Path(tmp_path))[0] != 0
    gate.start()
    assert gate.stop() == 0 and gate.tree().get("a") == b"x"
