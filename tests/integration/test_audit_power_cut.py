# SPDX-License-Identifier: GPL-3.0-or-later
"""What was told to be recorded is on the disk after a power cut at any system call.

A whole offload and clear is recorded under strace. Then, for every moment of that run, the files are made as a disk
could hold them if the power failed there: only what was synced is sure; of everything written since the last sync
nothing, all, or any part may be there. From each of these the records are opened again and compared with what the
program had told by then. No disk and no root is needed, and it asks more than a real disk would.
"""

import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
STEPS = TOP / "build/normal/tests/state-steps"
SECTOR = 512
CALL = re.compile(rb"^\d+ +(\w+)\((.*)\) = (-?\d+)(<([^>]*)>)?")
TRACED = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink,unlinkat"

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


def plain(text):
    return re.sub(rb"\\x(..)", lambda m: bytes([int(m.group(1), 16)]), text)


def calls(trace):
    """(name, path of the first descriptor or of the result, strings, numbers, result) of each call that succeeded."""
    for line in trace.read_bytes().splitlines():
        match = CALL.match(line)
        if not match or int(match.group(3)) < 0:
            continue
        name, arguments = match.group(1).decode(), match.group(2)
        strings = [plain(s) for s in re.findall(rb'"((?:\\x..)*)"', arguments)]
        path = re.match(rb"(?:\d+|AT_FDCWD)<([^>]*)>", arguments)
        rest = re.sub(rb'"[^"]*"|<[^>]*>', b"", arguments)
        numbers = [int(n) for n in re.findall(rb"(?<![\w])\d+(?!\w)", rest)]
        where = plain(match.group(5) if name == "openat" and match.group(5) else path.group(1) if path else b"")
        yield name, where.decode(), strings, numbers, b"O_CREAT" in arguments


class Disk:
    """The files of one folder: as programs see them, and what of that is sure to survive."""

    def __init__(self, folder):
        self.folder = folder
        self.names = {}  # name: file number, as programs see it
        self.sure_names = {}
        self.changes = []  # since the folder was synced: (name, file number or None)
        self.sure = {}  # file number: bytes
        self.writes = {}  # file number: [(offset, bytes) or (size, None)] since its last sync
        self.told = []

    def file(self, path):
        path = pathlib.Path(path)
        if path.parent != self.folder or path.name.endswith((".lock", "-shm")):
            return None
        return path.name

    def content(self, number, keep=lambda write: [write]):
        data = bytearray(self.sure[number])
        for write in self.writes[number]:
            for offset, piece in keep(write):
                if piece is None:
                    del data[offset:]
                    data.extend(bytes(offset - len(data)))
                else:
                    data.extend(bytes(max(0, offset + len(piece) - len(data))))
                    data[offset : offset + len(piece)] = piece
        return bytes(data)

    def take(self, name, where, strings, numbers, creates):
        """Applies one call; True if it changed anything that matters."""
        if name == "write" and numbers[0] == 1:
            self.told.append(strings[0].decode().strip())
            return False
        if name.startswith("unlink"):
            gone = self.file(strings[0].decode())
            if gone in self.names:
                del self.names[gone]
                self.changes.append((gone, None))
            return gone is not None
        if name in ("fsync", "fdatasync") and pathlib.Path(where) == self.folder:
            self.sure_names, self.changes = dict(self.names), []
            return True
        entry = self.file(where)
        if entry is None:
            return False
        if name == "openat":
            if entry not in self.names and creates:
                number = self.names[entry] = len(self.sure)
                self.sure[number], self.writes[number] = b"", []
                self.changes.append((entry, number))
                return True
            return False
        number = self.names[entry]
        if name == "write":
            self.writes[number].append((len(self.content(number)), strings[0]))
        elif name == "pwrite64":
            self.writes[number].append((numbers[-1], strings[0]))
        elif name == "ftruncate":
            self.writes[number].append((numbers[-1], None))
        else:
            self.sure[number], self.writes[number] = self.content(number), []
        return True

    def survivors(self, chance):
        """File contents after a cut now; chance(): whether something unsynced is there."""

        def keep(write):
            offset, piece = write
            if piece is None:
                return [write] if chance() else []
            return [(offset + i, piece[i : i + SECTOR]) for i in range(0, len(piece), SECTOR) if chance()]

        names = dict(self.sure_names)
        for name, number in self.changes:
            if not chance():
                break
            if number is None:
                names.pop(name, None)
            else:
                names[name] = number
        return {name: self.content(number, keep) for name, number in names.items()}


def check(place, files):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    for name, data in files.items():
        with open(os.open(place / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(data)
    done = subprocess.run([STEPS, "check", place], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def compare(told, found):
    assert found["verdict"] == "whole"
    assert found["entries"] >= told.count("audit")
    assert found["objects"] >= 3 * told.count("batch")
    if "session" in told:
        assert found["session"]
    if "committed" in told:
        assert found["session"] == "committed"
    if found["session"] == "committed":
        assert found["objects"] == 12
    if "plan" in told:
        assert found["plan"] == 9000 or found["certificates"] == 1
    if "certificate" in told:
        assert found["certificates"] == 1
    if found["certificates"]:
        assert found["session"] == "committed"
    if "outing" in told:
        assert found["outing"] == ("returned" if "returned" in told else found["outing"])
        assert found["outing"] in ("out", "returned")
    if "audited" in told:
        assert found["unaudited"] == 0
    if found["outing"] is None or found["outing"] == "returned":
        assert found["unaudited"] == 0


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    made = subprocess.run(["make", "-C", TOP, "-s", STEPS.relative_to(TOP)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    place = tmp_path_factory.mktemp("run")
    place.chmod(0o700)
    output = place.with_suffix(".trace")
    command = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={TRACED}", "-o", output, STEPS, "run", place]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return place, output


@pytest.fixture
def after(tmp_path):
    """Where the surviving files are put; in memory if possible, because every check of them syncs again."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path
    place = pathlib.Path(tempfile.mkdtemp(dir=memory))
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize("kind", ["nothing unsynced", "everything unsynced", "any part of it", "any other part"])
def test_a_power_cut_at_any_call(trace, after, kind):
    place, output = trace
    dice = random.Random(kind)
    chance = {"nothing unsynced": lambda: False, "everything unsynced": lambda: True}.get(kind, lambda: dice.random() < 0.5)
    disk = Disk(place)
    cuts = 0
    for call in calls(output):
        if disk.take(*call):
            compare(disk.told, check(after, disk.survivors(chance)))
            cuts += 1
    assert disk.told.count("audit") == 5 and disk.told[-1] == "returned"
    assert cuts > 80


@pytest.mark.parametrize("unsynced", ["audit.jsonl", "state.db-wal"])
def test_a_missing_sync_would_be_noticed(trace, after, unsynced):
    """With the syncs of one file taken out of the run, what was told is lost: the comparison is not blind."""
    place, output = trace
    disk = Disk(place)
    for call in calls(output):
        if not (call[0] in ("fsync", "fdatasync") and call[1].endswith("/" + unsynced)):
            disk.take(*call)
        if disk.told[-1:] == ["certificate"]:
            break
    with pytest.raises(AssertionError):
        compare(disk.told, check(after, disk.survivors(lambda: False)))
