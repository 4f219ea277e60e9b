# SPDX-License-Identifier: GPL-3.0-or-later
"""A gate over a folder, mounted for the length of a test; and the look at the raw folder behind it.

Its judge is the marker of test builds (gate/judge-marker.h) unless Judged is used: that one is the program as installed."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

import inspect_kit

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "build" / os.environ.get("OUTING_VARIANT", "faults") / "outing-gate"
JUDGED = ROOT / "build" / os.environ.get("OUTING_VARIANT", "normal")
CANARY = b"REFUSE Amelia Testchild 31/02/2021"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + CANARY
OURS = ".outing-gate"


def wait_for(what, seconds=20):
    """Returns the first true value of what()."""
    end = time.monotonic() + seconds
    while not (value := what()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)  # poll interval
    return value


class Gate:
    running = []
    program = PROGRAM
    environment = {"OUTING_JUDGE_MARKER": "1"}

    def __init__(self, folder, source=None):
        self.folder = pathlib.Path(folder)
        self.source = pathlib.Path(source) if source else self.folder / "source"
        self.mount = self.folder / "stick"
        self.log = self.folder / "log"
        self.process = None
        self.asked = 0
        self.source.mkdir(exist_ok=True)
        self.mount.mkdir(exist_ok=True)

    def start(self, *options, environment=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--source", self.source, "--mountpoint", self.mount, *options], stderr=log,
                # A sandboxed worker cannot look for its own leaks.
                env={"ASAN_OPTIONS": "detect_leaks=0", **os.environ, **self.environment, **(environment or {})})
        Gate.running.append(self.process)
        wait_for(lambda: os.path.ismount(self.mount) or self.process.poll() is not None)
        with contextlib.suppress(OSError):
            os.listdir(self.mount)
        return self

    def worker(self):
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return int(wait_for(lambda: pathlib.Path(children).read_text().split())[0])

    def kill(self):
        os.kill(self.worker(), signal.SIGKILL)
        self.process.wait(30)

    def stop(self):
        """Unmounts and waits until all is written; the exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30) if self.process else 0

    @contextlib.contextmanager
    def top(self):
        """A path of the mount that stays the mount's when that is gone."""
        fd = os.open(self.mount, os.O_RDONLY)
        try:
            yield pathlib.Path(f"/proc/self/fd/{fd}")
        finally:
            os.close(fd)

    @staticmethod
    def stop_all():
        """Also those of tests that failed."""
        while Gate.running:
            process = Gate.running.pop()
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(60)

    def settle(self, top=None):
        """Until what was judged clean lies in its place."""
        fd = os.open(top or self.mount, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def notices(self):
        """All until now: one more is made, and when that has come the others have."""
        if self.process.poll() is None:
            self.asked += 1
            mark = self.mount / f".mark{self.asked}"
            with contextlib.suppress(PermissionError):
                mark.write_bytes(JPEG)
            wait_for(lambda: [n for n in self.lines() if n["path"] == mark.name])
            mark.unlink()
        return [n for n in self.lines() if not (n["path"] or "").startswith(".mark")]

    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]

    def raw(self, canary=CANARY):
        """Every path in the source, temporary ones too, whose content or name has the canary."""
        for _ in range(100):
            with contextlib.suppress(FileNotFoundError):  # it has another name now: once more, all of it
                return self.look(canary)
        return self.look(canary)

    def look(self, canary):
        found = []
        for folder, names, files in os.walk(self.source):
            found += [n for n in names + files if b"REFUSE" in n.encode().upper()]
            found += [f for f in files if canary in (pathlib.Path(folder) / f).read_bytes()]
        return found

    def tree(self):
        """{path: content} of the source, ours included; folders have None."""
        out = {}
        for path in sorted(self.source.rglob("*")):
            out[str(path.relative_to(self.source))] = path.read_bytes() if path.is_file() else None
        return out


def build(*programs):
    """Of a variant that the test run did not build as a whole."""
    variant = programs[0].relative_to(ROOT / "build").parts[0]
    done = subprocess.run(["make", "-C", ROOT, "-j2", f"VARIANT={variant}", *(p.relative_to(ROOT) for p in programs)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


class Judged(Gate):
    """With the judge of real builds, and a register of invented children."""
    program = JUDGED / "outing-gate"
    environment = {}

    def __init__(self, folder, source=None):
        super().__init__(folder, source)
        self.names, self.key = self.folder / "names", self.folder / "names.key"
        build(self.program, JUDGED / "outing-inspect", JUDGED / "outing-inspect-text", JUDGED / "tests" / "names-try")
        self.key.write_bytes(os.urandom(32))
        subprocess.run([JUDGED / "tests" / "names-try", "make", "names.key", "names"], input=inspect_kit.LIST, text=True, check=True,
                       stdout=subprocess.DEVNULL, cwd=self.folder)

    def start(self, *options, environment=None):
        return super().start("--names", self.names, "--key", self.key, *options, environment=environment)

    def notices(self):
        return self.lines()


def sh(command, folder, **names):
    """(exit code, what it said) of a shell command in a folder."""
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8", **{k: str(v) for k, v in names.items()}})
    return done.returncode, done.stdout + done.stderr


def poison(gate, name="a"):
    with pytest.raises(PermissionError):
        (gate.mount / name).write_bytes(CANARY)
    return gate.mount / name


def empty(gate):
    """Takes everything off the stick, and what was said of it out of the log."""
    sh("rm -rf -- * .[!.]*; rm -rf -- * .[!.]*", gate.mount)
    gate.settle()
    gate.log.write_text("")
    assert os.listdir(gate.source) in ([], [OURS])


@pytest.fixture(scope="module")
def kind():
    """The gate that a module's tests are about; another module has another."""
    return Gate


@pytest.fixture(scope="module")
def shared(tmp_path_factory, kind):
    gate = kind(tmp_path_factory.mktemp("gate")).start()
    yield gate
    assert gate.stop() == 0


@pytest.fixture
def gate(shared):
    """The module's gate with an empty stick."""
    empty(shared)
    yield shared
    assert shared.raw() == []
    assert shared.process.poll() is None


@pytest.fixture
def own(tmp_path, kind):
    """For tests that need their own options, or that kill."""
    gate = kind(tmp_path)
    yield gate
    gate.stop()


@pytest.fixture
def files(tmp_path):
    (tmp_path / "bad.odt").write_bytes(b"PK" + b"x" * 70000 + CANARY + b"y" * 70000)
    (tmp_path / "good.odt").write_bytes(os.urandom(150000))
    (tmp_path / "photo.jpg").write_bytes(JPEG + os.urandom(300000))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "one.txt").write_text("one\n")
    (tmp_path / "tree" / "two.txt").write_bytes(CANARY)
    return tmp_path
