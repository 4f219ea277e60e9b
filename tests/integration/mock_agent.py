#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent that does only what its scenario says, for tests of the commands that talk to one.

    mock_agent.py SCENARIO.json CALLS.jsonl

Members and their types come from the documented interface, so a call that the real agent would not understand is not
understood here either. The scenario maps a method to one answer, or a list of answers of which the last one stays:
{"text": ...} (any JSON value), {"number": n}, {"file": path}, {} for nothing, {"error": name, "message": sentence}, or {"stop": true} to end without an answer.
"at_start" and "script" are lists of steps, run when a job has been started and when GetJob has been answered: {"job": {...}}
sends JobChanged, {"stop": true} makes the agent end at once. Each call is written to CALLS before it is answered. "ready" is printed when the name is owned.
"""

import json
import os
import pathlib
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.outingguard.Agent1"
PATH = "/org/outingguard/Agent1"
XML = pathlib.Path(__file__).resolve().parents[2] / "agent/bus/org.outingguard.Agent1.xml"
STARTS = {"Offload", "Wipe", "Format", "Encrypt", "VaultCreate", "VaultVerify"}


class Agent:
    def __init__(self, scenario, calls):
        self.scenario, self.calls = scenario, calls
        self.interface = Gio.DBusNodeInfo.new_for_xml(XML.read_text(encoding="utf-8")).interfaces[0]
        self.bus = None

    def answer_of(self, method):
        answer = self.scenario.get(method, {"error": f"{NAME}.NotInScenario", "message": f"no {method} in the scenario"})
        if isinstance(answer, list):
            return answer.pop(0) if len(answer) > 1 else answer[0]
        return answer

    def on_call(self, bus, sender, path, interface, method, parameters, invocation):
        flags = invocation.get_message().get_flags()
        handed = invocation.get_message().get_unix_fd_list()
        files = [os.read(fd, 65536).decode("utf-8", "replace") for fd in handed.steal_fds()] if handed else []
        with open(self.calls, "a", encoding="utf-8") as file:
            file.write(json.dumps({"method": method, "arguments": parameters.unpack(), "files": files,
                                   "autostart": not flags & Gio.DBusMessageFlags.NO_AUTO_START,
                                   "interactive": bool(flags & Gio.DBusMessageFlags.ALLOW_INTERACTIVE_AUTHORIZATION),
                                   }) + "\n")
        answer = self.answer_of(method)
        if answer.get("stop"):
            os._exit(0)
        if "error" in answer:
            invocation.return_dbus_error(answer["error"], answer.get("message", ""))
            return
        out = "".join(a.signature for a in self.interface.lookup_method(method).out_args)
        if out == "s":
            text = answer["raw"] if "raw" in answer else json.dumps(answer["text"], ensure_ascii=False)
            invocation.return_value(GLib.Variant("(s)", (text,)))
        elif out == "u":
            invocation.return_value(GLib.Variant("(u)", (answer["number"],)))
        elif out == "h":
            fds = Gio.UnixFDList.new()
            handle = fds.append(os.open(answer["file"], os.O_RDONLY))
            invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (handle,)), fds)
        else:
            invocation.return_value(None)
        if method in STARTS:
            bus.flush_sync()
            while self.step("at_start"):
                pass
        if method == "GetJob":
            bus.flush_sync()
            GLib.idle_add(self.step, "script")

    def step(self, which):
        script = self.scenario.get(which, [])
        if not script:
            return False
        step = script.pop(0)
        if step.get("stop"):
            self.bus.flush_sync()
            os._exit(0)
        job = step["job"]
        self.bus.emit_signal(None, PATH, NAME, "JobChanged",
                             GLib.Variant("(us)", (job["id"], json.dumps(job, ensure_ascii=False))))
        return True

    def run(self):
        self.bus = Gio.DBusConnection.new_for_address_sync(
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.register_object(PATH, self.interface, self.on_call, None, None)
        self.bus.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName",
                           GLib.Variant("(su)", (NAME, 4)), None, 0, -1, None)
        print("ready", flush=True)
        GLib.MainLoop().run()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as opened:
        Agent(json.load(opened), sys.argv[2]).run()
