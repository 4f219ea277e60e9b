# SPDX-License-Identifier: GPL-3.0-or-later
"""polkit for a private bus: says what a file tells it to, and writes down what it was asked.

    mock_polkit.py ADDRESS VERDICTS LOG

VERDICTS holds JSON, action id -> "yes", "no", "challenge"; an action that is not in it is a no. LOG gets one JSON object a
question.
"""

import json
import sys

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

INTERFACE = "org.freedesktop.PolicyKit1.Authority"


class Authority(dbus.service.Object):
    def __init__(self, bus, verdicts, log):
        super().__init__(bus, "/org/freedesktop/PolicyKit1/Authority")
        self.verdicts, self.log = verdicts, log

    @dbus.service.method(INTERFACE, in_signature="(sa{sv})sa{ss}us", out_signature="(bba{ss})")
    def CheckAuthorization(self, subject, action, details, flags, cancellation):  # pylint: disable=too-many-arguments
        with open(self.verdicts, encoding="utf-8") as file:
            verdict = json.load(file).get(str(action), "no")
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(json.dumps({"subject": str(subject[0]), "name": str(subject[1]["name"]), "action": str(action),
                                   "flags": int(flags), "details": len(details)}) + "\n")
        return (verdict == "yes", verdict == "challenge", dbus.Dictionary({}, signature="ss"))


def main():
    address, verdicts, log = sys.argv[1:]
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(address)
    authority = Authority(bus, verdicts, log)
    bus.request_name("org.freedesktop.PolicyKit1")
    print("ready", flush=True)
    GLib.MainLoop().run()
    del authority


if __name__ == "__main__":
    main()
