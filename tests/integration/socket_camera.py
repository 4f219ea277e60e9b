# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated camera that speaks PTP, plugged into the agent of an agent_bed without any USB.

The workers that read and empty it are the real ones, in their sandboxes; they find the camera behind a socket
(tests/tools/ptp-socket.c). What lies on it is a folder.
"""

import hashlib
import os
import pathlib
import subprocess

from agent_bed import BUILD

TOOL = BUILD / "tests" / "ptp-socket"
STORE = "store-00010001"


def make_libexec(folder):
    """The agent's programs, with the two that talk to cameras replaced."""
    folder.mkdir()
    for program in BUILD.iterdir():
        if program.is_file() and os.access(program, os.X_OK):
            (folder / program.name).symlink_to(program)
    for name in ("outing-offload", "outing-empty"):
        (folder / name).unlink()
        (folder / name).symlink_to(TOOL)
    return folder


class SocketCamera:
    def __init__(self, libexec, folder):
        self.socket, self.folder, self.process, self.log = libexec / "camera.sock", folder, None, []
        (folder / "DCIM" / "100CANON").mkdir(parents=True)

    def take(self, name, size=50_000, content=None):
        """A picture is taken; returns its path in the vault below the session's folder."""
        path = self.folder / "DCIM" / "100CANON" / name
        path.write_bytes(content if content is not None else os.urandom(size))
        return f"{STORE}/DCIM/100CANON/{name}"

    def content(self):
        """What is on it: hashes by path as the vault has them."""
        return {f"{STORE}/{p.relative_to(self.folder)}": hashlib.sha512(p.read_bytes()).hexdigest()
                for p in self.folder.rglob("*") if p.is_file()}

    def switch_on(self, *options):
        self.process = subprocess.Popen([TOOL, self.socket, self.folder, *options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def commands(self, operation):
        """After pull(): what it was asked."""
        return [line for line in self.log if line.split()[0] == operation]

    def pull(self):
        """The cable is pulled, whatever is going on."""
        if self.process:
            self.process.kill()
            self.log += self.process.stdout.read().splitlines()
            self.process.stdout.close()
            self.process.wait()
            self.process = None

    def entry(self, plug=1, kind="ptp", **facts):
        """The device as the agent is told of it; another plug is another insertion."""
        return {"node": str(self.folder), "source": "ptp:camera", "kind": kind, "vendor": "Sunny", "product": "Compact 2",
                "serial": "BR00017A", "diskseq": 100 + plug, **facts}  # fmt: skip


def vault_content(folder):
    return {str(p.relative_to(folder)): hashlib.sha512(p.read_bytes()).hexdigest()
            for p in pathlib.Path(folder).rglob("*") if p.is_file() and STORE in p.parts}
