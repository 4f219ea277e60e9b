# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop that knows cameras and phones, gvfs with its volume monitors, libgphoto2 and libmtp, in the session of a
person who sits at the computer: it finds nothing and opens nothing of what is registered, and the agent does.

Without our rules the same programs of the same person get everything, so that the test would notice.
"""

import re

import pytest
import usbregister
from nursery import CAMERA, VAULT
from ptpcamera import OldPhone, PtpCamera, UmtpBox
from test_ptp import make_pictures, stored

FOLDER = "/run/camera"
RULES = "68-outing-guard-probe.rules 74-outing-guard-exits.rules"
PROBES = "journalctl --boot --identifier=mtp-probe --output=cat | grep 'checking bus' || true"
MONITORS = ("gvfs-gphoto2-volume-monitor.service", "gvfs-mtp-volume-monitor.service")


class Desk:
    """Alice's session, with gvfs in it."""

    def __init__(self, laptop):
        self.laptop = laptop
        session = laptop.ok("loginctl show-user alice --property=Display --value").strip()
        shown = laptop.ok(["loginctl", "show-session", session, "--property=Active", "--property=Seat", "--property=Remote"])
        assert {"Active=yes", "Seat=seat0", "Remote=no"} == set(shown.split())
        laptop.ok(["systemctl", "--user", "start", *MONITORS], user="alice")

    def run(self, *command):
        return self.laptop.run(["timeout", "60", *command], user="alice", timeout=90)

    def roots(self):
        """Where the volumes lie that gvfs offers, of cameras and phones; both monitors are at work."""
        assert self.run("systemctl", "--user", "is-active", *MONITORS).code == 0
        shown = self.run("gio", "mount", "-li")
        assert shown.code == 0, shown
        return re.findall(r"activation_root=((?:mtp|gphoto2)://\S+)", shown.out)

    def wait_root(self):
        self.laptop.ok("timeout 60 sh -c 'until gio mount -li | grep -q activation_root=; do udevadm settle; done'", user="alice")
        return self.roots()[0]


def rules_out_of_the_way(laptop):
    laptop.ok(f"cd /usr/lib/udev/rules.d && mv {RULES} /run/ && udevadm control --reload")


def rules_back(laptop):
    laptop.ok(f"cd /run && mv {RULES} /usr/lib/udev/rules.d/ && udevadm control --reload")


def gets_nothing(desk, root):
    """Tries everything; what Alice's programs got of it after all is returned: nothing."""
    tried = [desk.run("gio", "mount", root), desk.run("gio", "list", root), desk.run("gphoto2", "--list-files")]
    got = [t for t in tried if t.code == 0]
    tried.append(desk.run("mtp-detect"))
    return desk.roots() + got + [t for t in tried if "Room Camera" in t.out or "IMG_" in t.out]


# What each is, and the program beside gvfs that reads it, with what it prints then.
KINDS = {
    "ptp": (PtpCamera, "BR0001", "store-00010001", ["gphoto2", "--list-files"], "IMG_0001.JPG"),
    "mtp": (UmtpBox, "RR0001", "store-ffff0001", ["mtp-detect"], "Red Room Camera"),
    "old-phone": (OldPhone, "RR0001", "store-ffff0001", ["mtp-detect"], "Red Room Camera"),
}


@pytest.mark.parametrize("kind", ["old-phone", *(pytest.param(k, marks=pytest.mark.campaign) for k in ("mtp", "ptp"))])
def test_gvfs_gets_nothing_of_what_the_agent_gets(peers_nursery, kind):
    make, serial, store, program, prints = KINDS[kind]
    laptop, desk = peers_nursery.laptop, Desk(peers_nursery.laptop)
    made = make_pictures(laptop, FOLDER)
    rules_out_of_the_way(laptop)
    box = make(laptop, FOLDER)
    box.plug()
    root = desk.wait_root()
    read = desk.run(*program)
    assert prints in read.out, read
    mounted = desk.run("gio", "mount", root)
    assert mounted.code == 0, mounted
    listed = desk.run("gio", "list", root)
    assert listed.code == 0 and listed.out.strip(), listed
    assert desk.run("gio", "mount", "-u", root).code == 0
    box.remove()

    rules_back(laptop)
    usbregister.only_the_register_decides(laptop)
    probes = laptop.ok(PROBES)
    box = make(laptop, FOLDER)
    box.plug()
    found = peers_nursery.wait_device(lambda d: d["serial"] == serial and d["state"] == "refused")
    laptop.ok(["outingctl", "device", "add", CAMERA, "--role", "camera", "--device", found["id"]])
    peers_nursery.wait_state("offloaded")
    assert gets_nothing(desk, root) == []
    said = {"folder": peers_nursery.sessions()[0]["path"].removeprefix(VAULT + "/")}
    assert stored(laptop, said, store) == made
    assert peers_nursery.wipe().code == 0
    assert laptop.ok(f"find {FOLDER} -type f") == ""
    assert gets_nothing(desk, root) == []
    assert laptop.ok(PROBES) == probes, "libmtp looked into it"
    box.remove()
