# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of outing-check stand on: answers of the agent by the documented interface, and the command on a bench."""

import copy
import os
import subprocess

from control_bench import TOP, WAIT, Bench, Screen

COMMAND = os.environ.get("OUTING_CHECK", str(TOP / "build/normal/outing-check"))
ERROR = "org.outingguard.Error."
WORDS = ["passwords", "automatic-login", "screen-lock", "malware", "passwords-reviewed", "install-rights", "updates",
         "hibernation"]


def leaf(device="/dev/nvme0n1p3", **changes):
    base = {"device": device, "used_for": ["/", "/home"], "verdict": "encrypted",
            "reason": "Everything on it is encrypted before it is written (aes-xts-plain64).", "fix": "", "command": None,
            "chain": ["ext4 on /dev/mapper/root", "crypt aes-xts-plain64", "/dev/nvme0n1p3"], "external": False,
            "bytes": 512000000000}
    return dict(base, **changes)


BOOT = leaf("/dev/nvme0n1p1", used_for=["/boot/efi"], verdict="exempt", reason="It holds only what is needed to start.",
            chain=["vfat"], bytes=536870912)
SWAP = leaf("/dev/sda5", used_for=["swap"], verdict="not-encrypted",
            reason="Parts of the memory, and with them pictures, are written to it in clear.",
            fix="Let the technician encrypt it, or switch it off.", command="swapoff /dev/sda5", chain=["swap"])
STICK = leaf("/dev/sdb1", used_for=["not mounted"], verdict="not-encrypted", external=True,
             reason="It is not encrypted.", fix="Pull it out and leave it here.", chain=["vfat"], bytes=8000000000)


def check(word, **changes):
    return dict({"check": word, "verdict": "pass", "reason": "It is in order.", "fix": "", "details": []}, **changes)


def device(name="Blue Room camera", **changes):
    base = {"id": "disk-3f9a1c07be", "name": name, "role": "camera", "room": "Blue Room", "verdict": "ready",
            "reason": "It was cleared and is proven to be empty now.", "fix": "", "present": True, "state": "cleared",
            "action": None}
    return dict(base, **changes)


FULL = device(verdict="not-ready", reason="It holds 214 pictures.", fix="Offload and clear it: outing-check does it for you.",
              state="present", action="offload-and-clear")
AWAY = device("Red Room camera", id="disk-aa00000001", verdict="not-ready", present=False, state="absent",
              reason="It is not plugged in, so nobody can say what is on it.", fix="Plug it in.")


def answer(storage=None, checks=None, devices=None, **changes):
    """By the rules of the interface: the verdicts follow from the members unless a test says otherwise."""
    storage = [leaf(), BOOT] if storage is None else storage
    checks = [check(w) for w in WORDS] if checks is None else checks
    devices = [device()] if devices is None else devices
    laptop = all(s["verdict"] in ("encrypted", "exempt") for s in storage) and all(c["verdict"] in ("pass", "off") for c in checks)
    ready = laptop and all(d["verdict"] == "ready" for d in devices)
    made = {"verdict": "ready" if ready else "not-ready", "checked_at": "2026-11-26T10:00:00Z", "policy": "transfer-all",
            "accept_weak": False,
            "sentence": "I take only what is needed, keep it with me, and bring it back the same day.",
            "laptop": {"included": True, "verdict": "ready" if laptop else "not-ready", "error": None, "storage": storage,
                       "checks": checks}, "devices": devices}
    return copy.deepcopy(dict(made, **changes))


def left_behind(devices):
    """The computer stays."""
    made = answer(devices=devices)
    made["laptop"] = {"included": False, "verdict": "not-ready", "error": None, "storage": [], "checks": []}
    made["verdict"] = "ready" if all(d["verdict"] == "ready" for d in devices) else "not-ready"
    return made


READY = answer()
NOT_READY = answer(storage=[leaf(), SWAP, STICK], devices=[FULL, AWAY, device("Green Room camera", id="disk-bb00000002")],
                   checks=[check(w) for w in WORDS if w != "screen-lock"]
                   + [check("screen-lock", verdict="fail", reason="The screen of the account office never locks.",
                            fix="Settings, Privacy, Screen Lock: switch it on.")])
OUTING = {"number": 12, "destination": "Elm Park", "leader": "Sam Example", "people": ["Kim Sample"],
          "requested_by": "uid 1000 (sam)",
          "sentence": "I take only what is needed, keep it with me, and bring it back the same day.",
          "left_at": "2026-11-26T10:01:00Z", "due_back": "2027-05-12T14:30:00Z", "returned_at": None, "state": "out",
          "laptop": True, "laptop_returned_at": None,
          "devices": [{"id": "disk-3f9a1c07be", "name": "Blue Room camera", "role": "camera", "returned_at": None}],
          "check": {"verdict": "ready", "checked_at": "2026-11-26T10:00:00Z"}}


class CheckBench(Bench):
    """A bench whose command is outing-check."""

    def start(self, said=None, **scenario):
        if said is not None:
            scenario["Check"] = [{"text": a} for a in said] if isinstance(said, list) else {"text": said}
        super().start(**scenario)

    def run(self, *words, stdin="", **environment):
        return subprocess.run([COMMAND, *words], env=dict(self.environment, **environment), input=stdin,
                              capture_output=True, text=True, timeout=WAIT, check=False, cwd=self.folder)


class CheckScreen(Screen):
    command = COMMAND
