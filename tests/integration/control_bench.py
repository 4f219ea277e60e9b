# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of outingctl stand on: a private bus, an agent that follows a scenario, a terminal, a camera and a job."""

import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import unicodedata

TOP = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("OUTINGCTL", str(TOP / "build/normal/outingctl"))
MOCK = TOP / "tests/integration/mock_agent.py"
WAIT = 20

CAMERA = {
    "id": "disk-3f9a1c07be", "name": "Blue Room camera", "role": "camera", "registered": True, "present": True,
    "kind": "disk", "vendor": "Meadow", "product": "Snap 3", "serial": "A1", "state": "present",
    "last_offload": None, "last_clear": None, "room": "Blue Room", "bytes": 32000000000, "node": "/dev/sdb",
    "reason": None, "job": None,
}
STRANGER = dict(CAMERA, id="disk-00112233aa", product="Meadow Snap 3", name=None, role=None, registered=False, state="unregistered", room=None)
SESSION = "3f9a1c07-5be2-4d55-9a51-0c2f6d1e8a77"
KEYS = ["id", "name", "role", "registered", "present", "kind", "vendor", "product", "serial", "state", "last_offload",
        "last_clear"]


def width(line):
    """In columns of a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def job(**changes):
    base = {"id": 7, "kind": "offload", "device": CAMERA["id"], "name": CAMERA["name"], "state": "running",
            "phase": "copying", "files_done": 0, "files_total": 12, "bytes_done": 0, "bytes_total": 48000000, "rate": 0,
            "seconds_left": None, "outcome": None, "sentence": None, "session": SESSION, "findings": [],
            "started_at": "2026-11-22T05:31:46Z", "ended_at": None}
    return dict(base, **changes)


DONE = job(state="done", files_done=12, bytes_done=48000000, outcome="done", ended_at="2026-11-22T05:32:46Z",
           sentence="12 pictures are in the vault, proven.")
REFUSED = "org.outingguard.Error.Refused"


class Bench:
    """A private bus, a mock agent on it when wanted, and the command."""

    def __init__(self, folder):
        self.folder, self.agent = folder, None
        config = folder / "bus.conf"
        config.write_text(f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
            "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd"><busconfig><type>system</type>
            <listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth><policy context="default">
            <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/></policy>
            </busconfig>""", encoding="utf-8")
        self.bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
                                    stdout=subprocess.PIPE, text=True)
        address = self.bus.stdout.readline().strip()
        self.environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "DBUS_SYSTEM_BUS_ADDRESS": address,
                            "TERM": "xterm", "ASAN_OPTIONS": "detect_leaks=1"}

    def start(self, **scenario):
        scenario.setdefault("ListDevices", {"text": [CAMERA]})
        (self.folder / "scenario.json").write_text(json.dumps(scenario), encoding="utf-8")
        self.agent = subprocess.Popen([sys.executable, str(MOCK), str(self.folder / "scenario.json"),
                                       str(self.folder / "calls")], stdout=subprocess.PIPE, text=True,
                                      env=dict(self.environment))
        assert self.agent.stdout.readline().strip() == "ready"

    def run(self, *words, stdin="", **environment):
        return subprocess.run([COMMAND, *words], env=dict(self.environment, **environment), input=stdin,
                              capture_output=True, text=True, timeout=WAIT, check=False)

    def calls(self):
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    def called(self, method):
        return [c["arguments"] for c in self.calls() if c["method"] == method]

    def close(self):
        for process in (self.agent, self.bus):
            if process:
                process.kill()
                process.wait()
                process.stdout.close()


class Screen:
    """The command on a terminal of 80 columns."""

    command = COMMAND

    def __init__(self, bench, *words, **environment):
        pid, self.fd = pty.fork()
        if pid == 0:
            try:
                # As a terminal's shell gives it, also when the tests run in the background of one.
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.execve(self.command, [self.command, *words], dict(bench.environment, **environment))
            finally:
                os._exit(127)
        self.pid, self.seen = pid, ""
        os.set_blocking(self.fd, False)

    def read_some(self):
        assert select.select([self.fd], [], [], WAIT)[0], f"nothing more came after: {self.seen}"
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

    def wait_for(self, text, times=1):
        while self.seen.count(text) < times:
            assert self.read_some(), f"ended without {text!r}: {self.seen}"

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        while self.read_some():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
