# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker of the gate and its supervisor, which these tests are: the register, and exceptions of a manager."""

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import socket
import struct
import subprocess

import inspect_kit as kit
import pytest

from gate_bed import Judged, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and FUSE")

START, READY, NOTICE, ALLOW, NAMES, ALLOWED = 0x6701, 0x6702, 0x6703, 0x6712, 0x6713, 0x6724
NONE, HERE, BROKEN = 1, 2, 3
VERSION = 1
DOCX = kit.docx()
REPORT = kit.docx(kit.runs(f"{kit.NAME} can count to ten."))
libc = ctypes.CDLL(None, use_errno=True)


class Wired(Judged):
    """The worker alone."""
    wire = None

    def send(self, kind, payload=b"", fds=()):
        socket.send_fds(self.wire, [struct.pack("=II", VERSION, kind) + payload], list(fds))

    def receive(self, kind, seconds=20):
        """The next message of that kind; notices are kept."""
        self.wire.settimeout(seconds)
        while True:
            data = self.wire.recv(20000)
            if not data:
                raise EOFError
            got, payload = struct.unpack_from("=II", data)[1], data[8:]
            if got == NOTICE:
                self.told.append(json.loads(payload))
            if got == kind:
                return payload

    def send_names(self, which=HERE):
        with contextlib.ExitStack() as stack:
            fds = [stack.enter_context(open(p, "rb")).fileno() for p in (self.names, self.key)] if which == HERE else []
            self.send(NAMES, struct.pack("=I", which), fds)

    def begin(self, which=HERE, keep=900):
        self.told = []
        self.wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fuse = os.open("/dev/fuse", os.O_RDWR)
        assert libc.mount(b"outing-gate", bytes(self.mount), b"fuse.outing-gate", 0,
                          b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions" % fuse) == 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["bash", "-c", f'exec 3<&{theirs.fileno()} "$@"', "bash", self.program, "--worker"],
                                            pass_fds=[theirs.fileno()], stderr=log,
                                            env={"ASAN_OPTIONS": "detect_leaks=0", **os.environ})
        theirs.close()
        if which:
            self.send_names(which)
        root = os.open(self.source, os.O_RDONLY)
        self.send(START, struct.pack("=QQQII64s", 64 << 20, 32 << 20, keep, 0, 0, b""), [root, fuse])
        os.close(root)
        os.close(fuse)
        return self

    def ready(self):
        self.receive(READY)
        return self

    def end(self):
        subprocess.run(["umount", self.mount], check=False, stderr=subprocess.DEVNULL)
        return self.process.wait(30)

    def allow(self, content, ticket=1, seconds=60):
        self.send(ALLOW, struct.pack("=QQ64s", ticket, seconds, hashlib.sha512(content).digest()))

    def allowed(self):
        ticket, error, _, path = struct.unpack("=QiI512s", self.receive(ALLOWED))
        return ticket, error, path.split(b"\0")[0].decode()


@pytest.fixture
def gate(tmp_path):
    yield (wired := Wired(tmp_path))
    assert wired.end() == 0


def refused(gate, name, content):
    with pytest.raises(PermissionError):
        (gate.mount / name).write_bytes(content)


def test_an_exception_takes_what_is_staged(gate):
    gate.begin().ready()
    (gate.mount / "report.docx").write_bytes(DOCX)
    refused(gate, "report.docx", REPORT)
    gate.settle()
    assert (gate.source / "report.docx").read_bytes() == DOCX
    gate.allow(REPORT, 4711)
    assert gate.allowed() == (4711, 0, "report.docx")
    assert (gate.source / "report.docx").read_bytes() == REPORT == (gate.mount / "report.docx").read_bytes()
    assert [(n["event"], n["allowable"]) for n in gate.told] == [("refused", True)]
    refused(gate, "again.docx", REPORT)


def test_an_exception_waits_for_a_copy(gate):
    gate.begin().ready()
    (gate.mount / "folder").mkdir()
    refused(gate, "a.jpg", kit.JPEG)
    (gate.mount / "a.jpg").unlink()
    gate.allow(kit.JPEG, 5)
    (gate.folder / "photo").write_bytes(kit.JPEG)
    # A copy that was refused a moment before the exception came is what the exception writes.
    there = gate.source / "folder" / "a.jpg"
    wait_for(lambda: there.exists()
             or subprocess.run(["cp", gate.folder / "photo", gate.mount / "folder" / "a.jpg"], stderr=subprocess.DEVNULL).returncode == 0)
    assert gate.allowed() == (5, 0, "folder/a.jpg")
    assert there.read_bytes() == kit.JPEG
    refused(gate, "b.jpg", kit.JPEG)
    gate.receive(NOTICE)
    assert {n["allowable"] for n in gate.told} == {False} and gate.told[-1]["path"] == "b.jpg"


def test_an_exception_ends(gate):
    gate.begin().ready()
    gate.allow(REPORT, 6, 0)
    assert gate.allowed() == (6, errno.ETIME, "")
    refused(gate, "a.docx", REPORT)
    gate.allow(b"something else", 7, 600)
    subprocess.run(["umount", gate.mount], check=True)
    assert gate.allowed() == (7, errno.ECANCELED, "")
    assert list(gate.source.iterdir()) == []


def test_another_register_counts_at_once(gate):
    gate.begin(NONE).ready()
    (gate.mount / "before.docx").write_bytes(REPORT)
    refused(gate, "held.jpg", kit.JPEG)
    gate.send_names()
    wait_for(lambda: subprocess.run(["mkdir", gate.mount / kit.NAME], stderr=subprocess.DEVNULL).returncode
             or os.rmdir(gate.mount / kit.NAME))
    refused(gate, "after.docx", REPORT)
    (gate.folder / "damaged").write_bytes(b"damaged" * 30)
    (gate.folder / "damaged").rename(gate.names)
    gate.send_names()
    wait_for(lambda: subprocess.run(["mkdir", gate.mount / "Harmless"], stderr=subprocess.DEVNULL).returncode
             or os.rmdir(gate.mount / "Harmless"))
    refused(gate, "letter.txt", b"clean")
    gate.send_names(NONE)
    wait_for(lambda: subprocess.run(["mkdir", gate.mount / "Harmless"], stderr=subprocess.DEVNULL).returncode == 0)
    (gate.mount / "letter.txt").write_bytes(b"clean")
    refused(gate, "photo.txt", kit.JPEG)


def test_a_register_overwritten_while_it_is_read_is_not_the_end(gate):
    good = gate.names.read_bytes()
    gate.begin().ready()
    for _ in range(20):
        gate.send_names()
        gate.names.write_bytes(b"damaged" * 30)
        gate.send_names()
        gate.names.write_bytes(good)
    gate.send_names()
    wait_for(lambda: subprocess.run(["mkdir", gate.mount / "Harmless"], stderr=subprocess.DEVNULL).returncode == 0)
    (gate.mount / "letter.txt").write_text(kit.LETTER)
    refused(gate, "report.docx", REPORT)


def test_a_start_without_a_word_about_names_is_none(gate):
    gate.begin(which=None)
    assert gate.process.wait(20) == 1
    assert gate.end() == 1
    gate.begin(BROKEN).ready()
    refused(gate, "letter.txt", b"clean")


def test_nonsense_ends_the_listening_and_not_the_gate(gate):
    gate.begin().ready()
    gate.send(ALLOW, b"short")
    wait_for(lambda: "takes no more orders" in gate.log.read_text())
    (gate.mount / "a.txt").write_text(kit.LETTER)
    refused(gate, "b.docx", REPORT)
    gate.wire.close()
    refused(gate, "c.docx", REPORT)
