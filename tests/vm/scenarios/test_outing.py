# SPDX-License-Identifier: GPL-3.0-or-later
"""What may travel, as the installed agent with its rules says it."""

import json
import shlex
import time

STICK = "Office stick"
LOCAL = "/etc/udev/hwdb.d/72-outing-guard-local.hwdb"
# The numbers of the USB disks that the test laptop's hardware is made of.
MODEL = "outing-guard:usb:v46F4p0001*\n OUTING_GUARD_HARDWARE_ENCRYPTED=1\n"


def check(nursery, *names, leave_laptop=True):
    call = ["busctl", "--json=short", "--timeout=150", "call", "--", "org.outingguard.Agent1", "/org/outingguard/Agent1",
            "org.outingguard.Agent1", "Check", "sb", json.dumps(names), str(leave_laptop).lower()]
    return json.loads(json.loads(nursery.laptop.ok(shlex.join(call)))["data"][0])


def wait_verdict(nursery, verdict, timeout=60.0):
    """The stick's part of the first check that says VERDICT: the agent hears of the rules' word after they said it."""
    deadline = time.monotonic() + timeout
    while True:
        device = check(nursery, STICK)["devices"][0]
        if device["verdict"] == verdict or time.monotonic() > deadline:
            assert device["verdict"] == verdict, device
            return device


def test_a_model_that_encrypts_is_known_by_the_technicians_list(nursery, make_card):
    laptop = nursery.laptop
    nursery.plug_camera(make_card(fs="fat16"), serial="STICK0001")
    nursery.register(STICK, role="stick")
    device = check(nursery, STICK)["devices"][0]
    assert device["verdict"] == "not-ready" and "is not encrypted" in device["reason"], device
    node = nursery.wait_device(lambda d: d["name"] == STICK)["node"]
    laptop.write(LOCAL, MODEL)
    laptop.ok("systemd-hwdb update && udevadm trigger --subsystem-match=block --action=change --settle")
    properties = laptop.ok(["udevadm", "info", "--query=property", node])
    assert "OUTING_GUARD_HARDWARE_ENCRYPTED=1" in properties and "OUTING_MEDIA=encrypted" in properties
    device = wait_verdict(nursery, "ready")
    assert "of a model" in device["reason"], device
    # Taken at its maker's word, it is an encrypted stick for everybody, until the list no longer says so.
    assert laptop.ok(f"cat /sys/block/{node.rsplit('/', 1)[1]}/ro").strip() == "0"
    laptop.ok(f"rm {LOCAL} && systemd-hwdb update && udevadm trigger --subsystem-match=block --action=change --settle")
    wait_verdict(nursery, "not-ready")
    assert laptop.ok(f"cat /sys/block/{node.rsplit('/', 1)[1]}/ro").strip() == "1"
    told = [e["fields"]["verdict"] for e in nursery.events("outing-checked")]
    assert told[0] == told[-1] == "not-ready" and "ready" in told
