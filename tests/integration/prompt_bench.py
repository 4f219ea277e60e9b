# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of outing-prompt stand on: two private buses, an agent and a desktop that say and answer what a test wants."""

import hashlib
import json
import os
import pathlib
import pty
import queue
import subprocess
import threading
import time

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build" / os.environ.get("OUTING_VARIANT", "faults") / "outing-prompt"
AGENT, AGENT_PATH = "org.outingguard.Agent1", "/org/outingguard/Agent1"
NOTIFY, NOTIFY_PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
PATIENCE = 20

# What the prompt uses of the agent, with the types that agent/bus/org.outingguard.Agent1.xml gives them.
AGENT_XML = f"""<node><interface name="{AGENT}">
  <method name="ListDevices"><arg type="s" direction="out"/></method>
  <method name="AllowCopy"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/></method>
  <method name="Encrypt"><arg type="s" direction="in"/><arg type="h" direction="in"/><arg type="b" direction="in"/>
    <arg type="u" direction="out"/></method>
</interface></node>"""

NOTIFY_XML = f"""<node><interface name="{NOTIFY}">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{{sv}}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
</interface></node>"""

MANAGER_XML = """<node><interface name="org.freedesktop.systemd1.Manager">
  <property name="Environment" type="as" access="read"/></interface></node>"""

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>{kind}</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>{more}</busconfig>"""

OPEN_POLICY = """<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
  <allow user="*"/></policy>"""

# The rules of Debian's system bus, and what the package adds to them.
SYSTEM_POLICY = f"""<policy context="default"><allow user="*"/><deny own="*"/><deny send_type="method_call"/>
  <allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
  <allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
  <allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
  <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/></policy>
  <include>{TOP}/packaging/org.outingguard.Agent1.conf</include>"""

# Stands for zenity: answers from a list, and writes down how it was called.
WINDOW = """#!/usr/bin/python3
import json, os, pathlib, sys
here = pathlib.Path(sys.argv[0]).parent
with open(here / "windows.jsonl", "a") as log:
    log.write(json.dumps({"words": sys.argv[1:], "display": os.environ.get("DISPLAY")}) + "\\n")
answers = json.loads((here / "answers.json").read_text())
answer = answers.pop(0) if answers else None
(here / "answers.json").write_text(json.dumps(answers))
if answer is None:
    sys.exit(1)
print(answer)
"""


class Bus:
    def __init__(self, folder, kind, more):
        self.socket = folder / f"{kind}-bus"
        config = folder / f"{kind}.conf"
        config.write_text(BUS.format(kind=kind, socket=self.socket, more=more), encoding="utf-8")
        self.process = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
                                        stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.socket.chmod(0o777)

    def connect(self):
        return Gio.DBusConnection.new_for_address_sync(
            self.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
            None, None)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def own(connection, name):
    connection.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName", GLib.Variant("(su)", (name, 4)),
                         None, 0, -1, None)


class Desktop:
    """A notification server; each Notify is a dict in `notes`, and what was taken away is in `withdrawn`."""

    def __init__(self, bus, capabilities, broken=False):
        self.notes, self.withdrawn, self.count, self.broken = queue.Queue(), queue.Queue(), 0, broken
        self.capabilities = capabilities
        self.connection = bus.connect()
        self.connection.set_exit_on_close(False)
        interface = Gio.DBusNodeInfo.new_for_xml(NOTIFY_XML).interfaces[0]
        self.connection.register_object(NOTIFY_PATH, interface, self._on_call, None, None)
        own(self.connection, NOTIFY)

    def _on_call(self, bus, sender, path, interface, method, parameters, invocation):
        values = parameters.unpack()
        if method == "GetCapabilities":
            invocation.return_value(GLib.Variant("(as)", (self.capabilities,)))
        elif method == "CloseNotification":
            self.withdrawn.put(values[0])
            invocation.return_value(None)
        elif self.broken:
            invocation.return_dbus_error("org.freedesktop.DBus.Error.Failed", "no screen")
        else:
            replaced = values[1]
            self.count += 0 if replaced else 1
            number = replaced or self.count
            keys = ("app", "replaces", "icon", "summary", "body", "actions", "hints", "expire")
            invocation.return_value(GLib.Variant("(u)", (number,)))
            self.notes.put(dict(zip(keys, values), id=number))

    def wait(self, fits=lambda note: True):
        seen, end = [], time.monotonic() + PATIENCE
        while True:
            try:
                note = self.notes.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no note that fits; seen: {seen[-5:]}") from None
            seen.append(note)
            if fits(note):
                return note

    def emit(self, signal, signature, *values):
        self.connection.emit_signal(None, NOTIFY_PATH, NOTIFY, signal, GLib.Variant(signature, values))

    def press(self, note, action):
        self.emit("ActionInvoked", "(us)", note["id"], action)

    def dismiss(self, note):
        self.emit("NotificationClosed", "(uu)", note["id"], 2)

    def stop(self):
        self.connection.close_sync(None)


class Agent:
    """The agent's side: signals on request, and calls that are written down."""

    def __init__(self, bus):
        self.devices, self.calls, self.errors = [], queue.Queue(), {}
        self.connection = bus.connect()
        self.connection.set_exit_on_close(False)
        interface = Gio.DBusNodeInfo.new_for_xml(AGENT_XML).interfaces[0]
        self.connection.register_object(AGENT_PATH, interface, self._on_call, None, None)
        own(self.connection, AGENT)

    def _on_call(self, bus, sender, path, interface, method, parameters, invocation):
        values = list(parameters.unpack())
        if method == "ListDevices":
            invocation.return_value(GLib.Variant("(s)", (json.dumps(self.devices),)))
            return
        message = invocation.get_message()
        if method == "Encrypt":
            with os.fdopen(message.get_unix_fd_list().get(values[1]), "rb") as pipe:
                values[1] = pipe.read()
        interactive = bool(message.get_flags() & Gio.DBusMessageFlags.ALLOW_INTERACTIVE_AUTHORIZATION)
        self.calls.put((method, values, interactive))
        errors = self.errors.get(method, [])
        if errors == "hold":
            self.held = invocation
        elif errors:
            invocation.return_dbus_error(*errors.pop(0))
        else:
            invocation.return_value(GLib.Variant("(u)", (7,)) if method == "Encrypt" else None)

    def emit(self, signal, signature, *values):
        self.connection.emit_signal(None, AGENT_PATH, AGENT, signal, GLib.Variant(
            signature, tuple(v if isinstance(v, (int, str)) else json.dumps(v, ensure_ascii=False) for v in values)))

    def refuse(self, path="DCIM/IMG_0001.JPG", cause="image", **changes):
        self.emit("CopyRefused", "(s)", {"device": "disk-77", "name": "white stick", "path": path, "event": "refused", "cause": cause,
                                         "sentence": "It is not for this stick.", "uid": os.getuid(), "allowable": False, **changes})

    def job(self, number, **changes):
        job = {"id": number, "kind": "offload", "device": "disk-1", "name": "Blue Room camera", "state": "running", "phase": "copying",
               "files_done": 0, "files_total": 12, "bytes_done": 0, "bytes_total": 1000, "seconds_left": None, "sentence": None}
        self.emit("JobChanged", "(us)", number, {**job, **changes})

    def call(self):
        return self.calls.get(timeout=PATIENCE)

    def stop(self):
        self.connection.close_sync(None)


class Bench:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)
        self.system = Bus(self.folder, "system", SYSTEM_POLICY)
        self.session = Bus(self.folder, "session", OPEN_POLICY)
        self.loop = GLib.MainLoop()
        self.thread = threading.Thread(target=self.loop.run, daemon=True)
        self.thread.start()
        self.agent = Agent(self.system)
        self.desktop, self.program, self.more = None, None, []
        self.window = self.folder / "zenity"
        self.window.write_text(WINDOW, encoding="utf-8")
        self.window.chmod(0o755)
        self.answer()
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.terminal, self.slave = os.ttyname(slave), slave

    def open_desktop(self, capabilities=("actions", "body", "body-markup"), **how):
        self.desktop = Desktop(self.session, list(capabilities), **how)
        return self.desktop

    def answer(self, *answers):
        """What is typed into the windows to come; None closes one."""
        (self.folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")

    def windows(self):
        path = self.folder / "windows.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    def start(self, *words, under=(), windows=True, environment=None):
        """Starts the prompt and waits until it listens on both buses."""
        words = (["--dialog", str(self.window)] if windows else []) + ["--here", "--terminal", self.terminal, *words]
        keep = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        environment = {**keep, "DBUS_SESSION_BUS_ADDRESS": self.session.address, "DBUS_SYSTEM_BUS_ADDRESS": self.system.address,
                       "LC_ALL": "C.UTF-8",
                       # What cannot be looked into by others cannot look for its own leaks.
                       "ASAN_OPTIONS": "detect_leaks=0", "NOTIFY_SOCKET": str(self.folder / "ready"), **(environment or {})}
        ready = self._socket()
        with open(self.folder / "log", "ab") as log:
            program = subprocess.Popen([*under, str(PROGRAM), *words], env=environment, stdout=log, stderr=log)
        ready.settimeout(PATIENCE)
        assert b"READY=1" in ready.recv(4096), self.log()
        ready.close()
        self.more.append(program)
        self.program = program
        return program

    def _socket(self):
        import socket
        path = self.folder / "ready"
        path.unlink(missing_ok=True)
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(str(path))
        path.chmod(0o777)
        return ready

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def on_terminal(self, text):
        """Waits until the terminal has that text; gives all that was written to it."""
        seen, end = b"", time.monotonic() + PATIENCE
        while text.encode() not in seen.replace(b"\r\n", b" "):
            assert time.monotonic() < end, seen
            try:
                seen += os.read(self.master, 65536)
            except BlockingIOError:
                time.sleep(0.01)  # poll interval
        return seen.decode()

    def stick(self, **files):
        """A folder that stands for the stick behind the gate, known to the agent; path: SHA-512."""
        top = self.folder / "stick"
        top.mkdir(exist_ok=True)
        top.chmod(0o755)
        for name, content in files.items():
            (top / name).write_bytes(content)
        self.agent.devices = [{"id": "disk-77", "present": True, "state": "gated", "mountpoint": str(top)}]
        return {name: hashlib.sha512(content).hexdigest() for name, content in files.items()}

    def close(self):
        for program in self.more:
            if program.poll() is None:
                program.terminate()
            assert program.wait(PATIENCE) in (0, 1), self.log()
        self.loop.quit()
        self.thread.join()
        self.system.stop()
        self.session.stop()
        os.close(self.master)
        os.close(self.slave)
