# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole agent beside a private bus: its own state, log, vault and devices; nothing of this machine is touched.

Devices are entries of a file that the test build of outingd takes for udev (--fake-devices). A card is a folder that is
offloaded (`source`), and where a test needs one, an image that is cleared (`node`).
"""

import contextlib
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build" / os.environ.get("OUTING_VARIANT", "faults")
NAME, PATH = "org.outingguard.Agent1", "/org/outingguard/Agent1"
PATIENCE = 60

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true"/><allow receive_type="method_call"/><allow receive_type="signal"/>
    <allow receive_type="method_return"/><allow receive_type="error"/>
  </policy>
</busconfig>
"""


# busctl cannot pass an open file; its words for an error are kept.
CALL_WITH_FILES = """
import dbus, dbus.bus, json, sys
address, name, path, member, signature = sys.argv[1:6]
values = [dbus.types.UnixFd(int(v)) if t == "h" else v == "true" if t == "b" else v for t, v in zip(signature, sys.argv[6:])]
try:
    print(json.dumps({"data": [dbus.bus.BusConnection(address).call_blocking(name, path, name, member, signature, values)]}))
except dbus.DBusException as error:
    denied = error.get_dbus_name().endswith("AccessDenied")
    sys.exit("Call failed: " + ("Access denied" if denied else error.get_dbus_message()))
"""


class CallError(Exception):
    """A D-Bus error: its name and its sentence."""

    def __init__(self, text):
        super().__init__(text)
        self.sentence = text


class Signals:
    """What the agent says, in order, as (member, arguments); wait() for one that fits."""

    def __init__(self, address, environment):
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "busctl", f"--address={address}", "--json=short", "monitor",
             f"--match=type='signal',interface='{NAME}'"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.seen, self.queue = [], queue.Queue()
        self.process.stderr.readline()  # "Monitoring bus message stream."
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("type") == "signal" and message.get("interface") == NAME:
                arguments = []
                for value in message["payload"]["data"]:
                    try:
                        arguments.append(json.loads(value))
                    except (TypeError, ValueError):
                        arguments.append(value)
                self.queue.put((message["member"], arguments))
        self.queue.put(None)

    def wait(self, member, fits=lambda *arguments: True, patience=PATIENCE):
        """The next signal that fits, not counting those that an earlier wait() has passed."""
        deadline = time.monotonic() + patience
        while True:
            try:
                item = self.queue.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {member} that fits; seen: {self.seen[-20:]}") from None
            assert item is not None, f"the bus went away while waiting for {member}"
            self.seen.append(item)
            if item[0] == member and fits(*item[1]):
                return item[1]

    def event(self, name):
        return self.wait("Event", lambda n, details: n == name)[1]

    def job_end(self, job, patience=PATIENCE):
        return self.wait("JobChanged",
                         lambda n, d: n == job and d["state"] in ("done", "failed", "cancelled"), patience)[1]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()


class Bed:
    def __init__(self, folder, libexec=BUILD):
        self.folder, self.libexec = pathlib.Path(folder), libexec
        self.state, self.log, self.vault = self.folder / "state", self.folder / "log", self.folder / "vault"
        for path in (self.state, self.log, self.vault):
            path.mkdir(mode=0o755)
        self.folder.chmod(0o755)
        self.config = self.folder / "outing-guard.conf"
        self.fakes = self.folder / "devices.json"
        self.judge_socket = self.folder / "judge.sock"
        self.gate_socket, self.person = self.folder / "gate.sock", self.folder / "person"
        self.verdicts, self.asked = self.folder / "verdicts.json", self.folder / "asked.jsonl"
        self.address = f"unix:path={self.folder}/bus"
        self.environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.address, LC_ALL="C.UTF-8")
        self.devices, self.agent, self.signals = [], None, None
        self.environment.pop("NOTIFY_SOCKET", None)
        self.configure()
        self.plug()
        self.sit_down()
        self.allow({})
        self.make_vault()
        self._start_bus()

    def _start_bus(self):
        config = self.folder / "bus.conf"
        config.write_text(BUS_CONFIG.format(socket=self.folder / "bus"), encoding="utf-8")
        self.bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.bus.stdout.readline()
        (self.folder / "bus").chmod(0o777)
        self.polkit = subprocess.Popen(
            ["/usr/bin/python3", str(TOP / "tests/integration/mock_polkit.py"), self.address, str(self.verdicts),
             str(self.asked)], stdout=subprocess.PIPE, text=True)
        assert self.polkit.stdout.readline() == "ready\n"
        self.signals = Signals(self.address, self.environment)

    def make_vault(self):
        (self.vault / ".outing-guard-vault").write_text(json.dumps(
            {"format": 1, "id": "00112233445566778899aabbccddeeff", "created": "2026-11-22T08:00:00Z"}), encoding="utf-8")

    def configure(self, extra="", hooks="enabled = false;"):
        self.config.write_text(f'vault: {{ path = "{self.vault}"; reserve = "1M"; }};\nhooks: {{ {hooks} }};\n' + extra,
                               encoding="utf-8")

    def allow(self, verdicts):
        self.verdicts.write_text(json.dumps(verdicts), encoding="utf-8")

    def plug(self, *devices):
        """From now on exactly these devices are plugged in."""
        self.devices = list(devices)
        fresh = self.folder / "devices.new"
        fresh.write_text(json.dumps(self.devices), encoding="utf-8")
        fresh.rename(self.fakes)

    def sit_down(self, uid=""):
        """From now on that user is at the computer; without one, nobody."""
        fresh = self.folder / "person.new"
        fresh.write_text(f"{uid}\n", encoding="utf-8")
        fresh.rename(self.person)

    def card(self, name="card", files=3, size=200_000, **facts):
        """A folder with pictures, and the device entry that stands for it."""
        folder = self.folder / name / "DCIM" / "100BLUE"
        folder.mkdir(parents=True)
        for number in range(1, files + 1):
            (folder / f"IMG_{number:04}.JPG").write_bytes(os.urandom(size))
        return {"node": str(self.folder / f"{name}.img"), "source": str(self.folder / name), "vendor": "Acme",
                "product": "Snap 3", "serial": f"SN00{abs(hash(name)) % 10**8:08}", "diskseq": 7, "bytes": 64 << 20,
                "type": "vfat", "volume_serial": "1234-ABCD", "label": "BLUE", "table_id": "deadbeef", **facts}

    def start(self, *extra, environment=None, wait=True, under=()):
        output = open(self.folder / "outingd.log", "ab")
        self.agent = subprocess.Popen(
            [*under, str(BUILD / "outingd"), "--state", str(self.state), "--log", str(self.log), "--config", str(self.config),
             "--bus-address", self.address, "--fake-devices", str(self.fakes), "--libexec", str(self.libexec),
             "--judge-socket", str(self.judge_socket), "--gate-socket", str(self.gate_socket), "--gate-rest", "50",
             "--fake-person", str(self.person), "--vault-check=off", *extra],
            stdout=output, stderr=output, env={**self.environment, **(environment or {})})
        output.close()
        if wait:
            self.wait_for_name()
        return self

    def wait_for_name(self):
        deadline = time.monotonic() + PATIENCE
        while self.agent.poll() is None and time.monotonic() < deadline:
            probe = subprocess.run(["busctl", f"--address={self.address}", "--json=short", "get-property", NAME, PATH, NAME,
                                    "Ready"], capture_output=True, text=True, check=False)
            if probe.returncode == 0 and json.loads(probe.stdout)["data"]:
                return
        raise AssertionError("outingd did not come up:\n" + self.output())

    def output(self):
        return (self.folder / "outingd.log").read_text(encoding="utf-8")

    def call(self, member, *arguments, user=None, interactive=False):
        """Calls a method; texts, numbers, truths and open files become s, u, b and h ("t:5" for a 64-bit number)."""
        signature, values, files = "", [], []
        for argument in arguments:
            if isinstance(argument, bool):
                signature, text = signature + "b", str(argument).lower()
            elif isinstance(argument, int):
                signature, text = signature + "u", str(argument)
            elif hasattr(argument, "fileno"):
                signature, text = signature + "h", str(argument.fileno())
                files.append(argument.fileno())
            elif argument.startswith("t:"):
                signature, text = signature + "t", argument[2:]
            else:
                signature, text = signature + "s", argument
            values.append(text)
        command = ["busctl", f"--address={self.address}", "--json=short", f"--allow-interactive-authorization={interactive}",
                   "--timeout=60", "call", "--", NAME, PATH, NAME, member, *([signature, *values] if signature else [])]
        if files:
            command = ["/usr/bin/python3", "-c", CALL_WITH_FILES, self.address, NAME, PATH, member, signature, *values]
        if user:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment, pass_fds=files)
        if result.returncode != 0:
            raise CallError(result.stderr.removeprefix("Call failed: ").strip())
        if not result.stdout.strip():
            return None
        value = json.loads(result.stdout)["data"][0]
        return json.loads(value) if isinstance(value, str) else value

    def audit(self, event=None):
        with open(self.log / "audit.jsonl", encoding="utf-8") as file:
            entries = [json.loads(line) for line in file]
        return [e for e in entries if event in (None, e["event"])]

    def image(self, card, *options):
        """Makes the card's image: the same folder as it would lie on a FAT file system."""
        subprocess.run(["mkfs.vfat", "-C", "-n", "BLUE", "-F", "32", *options, card["node"], str(card["bytes"] // 1024)],
                       check=True, capture_output=True)
        subprocess.run(["mcopy", "-s", "-i", card["node"], *map(str, pathlib.Path(card["source"]).iterdir()), "::"],
                       check=True, capture_output=True)
        return card

    def register(self, name="Blue Room camera", role="camera", number=0):
        device = [d for d in self.call("ListDevices") if not d["registered"]][number]
        return self.call("AddDevice", name, role, device["id"], "")

    def terminate(self, patience=30):
        self.agent.send_signal(signal.SIGTERM)
        return self.agent.wait(timeout=patience)

    def kill(self):
        self.agent.kill()
        self.agent.wait()

    def close(self):
        for process in (self.agent, self.polkit, self.bus):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        self.signals.stop()


def let_others_enter(tmp_path):
    for folder in (tmp_path, *(p for p in tmp_path.parents if p.name.startswith(("pytest", "popen-")))):
        folder.chmod(0o755)


@contextlib.contextmanager
def open_bed(tmp_path, kind=Bed):
    """A bed in a folder that the agent's other users may enter."""
    let_others_enter(tmp_path)
    (tmp_path / "bed").mkdir()
    bed = kind(tmp_path / "bed")
    try:
        yield bed
    finally:
        bed.close()
