# SPDX-License-Identifier: GPL-3.0-or-later
"""Sticks behind the gate of the test laptop, asked for as the agent asks.

The gate that is put on the laptop is the test build, whose judge refuses what
has the word REFUSE in it: what a file is judged to be is tested elsewhere.
"""

import os
import pathlib
import shlex
import subprocess

from qmp import LabError

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = "/usr/libexec/outing-guard/outing-gate"
CLIENT = "/usr/local/bin/gate-client"
DROP_IN = "/run/systemd/system/outing-gate@.service.d"
CANARY = b"REFUSE Amelia Testchild"
ENDS = {"1": "shut", "2": "gone", "3": "refused", "4": "broken"}


def install(laptop, scratch):
    """Puts the test build of the gate, and a client of its socket, on the laptop."""
    subprocess.run(["make", "-s", "VARIANT=faults", "build/faults/outing-gate", "build/faults/tests/gate-client"],
                   cwd=TOP, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "MAKEFLAGS": ""})
    for source, target in (("outing-gate", PROGRAM), ("tests/gate-client", CLIENT)):
        small = pathlib.Path(scratch) / pathlib.Path(source).name
        subprocess.run(["strip", "-o", small, TOP / "build/faults" / source], check=True)
        laptop.write(target + ".new", small.read_bytes())
        laptop.ok(f"chmod 755 {target}.new && mv {target}.new {target}")
    laptop.ok(f"mkdir -p {DROP_IN} && printf '[Service]\\nEnvironment=OUTING_JUDGE_MARKER=1\\n' >{DROP_IN}/marker.conf && "
              "systemctl daemon-reload")


class Gate:
    """One connection to the service; NODE is a partition or a disk without any."""

    count = 0

    def __init__(self, laptop, node, kind="vfat", label="STICK", user="alice", keep=900, diskseq=None):
        Gate.count += 1
        self.laptop, self.node = laptop, node
        self.said, self.asked = f"/run/gate-client.{Gate.count}", f"/run/gate-client.{Gate.count}.in"
        uid = laptop.ok(["id", "-u", user]).strip()
        if diskseq is None:
            diskseq = laptop.ok(f"d=$(readlink -f /sys/class/block/{pathlib.PurePath(node).name}); "
                                "cat $d/diskseq 2>/dev/null || cat ${d%/*}/diskseq").strip()
        line = shlex.join([CLIENT, node, str(diskseq), kind, label, uid, str(keep)])
        laptop.ok(["mkfifo", self.asked])
        self.client = laptop.start(f"exec {line} <>{self.asked} >{self.said} 2>&1")
        self.path = None

    def wait(self, word, timeout=60):
        """What follows the first line that begins with WORD; waits for it."""
        shown = self.laptop.run(f"timeout {timeout} tail -n +1 -f --retry {self.said} 2>/dev/null | grep -a -m1 '^{word} '",
                                timeout=timeout + 30).out
        if not shown:
            raise LabError(f"the service has not said {word}: {self.lines()}")
        return shown.rstrip("\n").split(" ", 1)[1]

    def opened(self):
        """Waits until it is mounted; returns where."""
        self.path = self.wait("(opened|closed)".replace("(", "\\(").replace("|", "\\|").replace(")", "\\)"))
        if not self.path.startswith("/"):
            raise LabError(f"it was not opened: {self.path}")
        return self.path

    def closed(self, timeout=120):
        """Waits for the end; returns (how, unwritten files, sentence)."""
        end, unwritten, sentence = self.wait("closed", timeout).split(" ", 2)
        return ENDS[end], int(unwritten), sentence

    def lines(self):
        return self.laptop.run(["cat", self.said]).out.splitlines()

    def say(self, line):
        self.laptop.ok(f"echo {shlex.quote(line)} >{self.asked}")

    def shut(self):
        self.say("shut")
        return self.closed()

    def service(self):
        """The process of the newest service."""
        return int(self.laptop.ok(["pgrep", "-n", "-u", "root", "-x", "outing-gate"]))

    def copy(self, name, data, user="alice"):
        """USER copies DATA under NAME onto the stick with cp(1): Result(code, out, err)."""
        self.laptop.write("/run/to-copy", data)
        return self.laptop.run(["cp", "/run/to-copy", f"{self.path}/{name}"], user=user)


def devices(laptop):
    """Our device-mapper devices that exist."""
    return [name for name in laptop.ok("dmsetup ls | cut -f1").split() if name.startswith("outing-gate")]
