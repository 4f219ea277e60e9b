# SPDX-License-Identifier: GPL-3.0-or-later
"""What people at the nursery do and see, as the scenarios say it.

A Nursery is a laptop with the agent on it. It speaks to the agent only as
people can: by outingctl, by the audit log, by looking into the vault. READY is
the saved state most scenarios start from: the agent runs, the vault is made
and open, nothing is registered.
"""

import hashlib
import json
import pathlib
import re
import shlex
import time

from laptop import CommandFailed
from qmp import LabError
from stages import BOOTED, Stage

CAMERA = "Blue Room camera"
VAULT = "/var/lib/outing-guard/vault"
AUDIT = "/var/log/outing-guard/audit.jsonl"
CONFIG = "/etc/outing-guard/outing-guard.conf"
VAULT_MIB = 512


# Follows the audit log until it has the entry, and no longer.
WAIT_EVENT = """
pipe=$(mktemp -u) && mkfifo "$pipe" || exit 1
timeout {timeout} tail -n +1 -F {audit} >"$pipe" 2>/dev/null &
while read -r line; do
    case $line in *'"event":"{name}"'*) ;; *) continue ;; esac
    number=${{line#*'"seq":'}}
    [ "${{number%%,*}}" -gt {after} ] || continue
    printf '%s\\n' "$line"
    break
done <"$pipe"
kill $! && rm "$pipe"
"""


def prepare(laptop):
    """A vault of half a gigabyte, with a reserve that fits it."""
    text = laptop.read(CONFIG).decode()
    laptop.write(CONFIG, re.sub(r'reserve = "[^"]*"', 'reserve = "16M"', text))
    laptop.ok(["systemctl", "reload", "outingd"])
    laptop.ok(["outingctl", "vault", "create", "--size", f"{VAULT_MIB}M"], timeout=300)


READY = Stage("ready", after=BOOTED, prepare=prepare)


class Nursery:
    """The people around LAPTOP."""

    def __init__(self, laptop):
        self.laptop = laptop

    # -- the command ---------------------------------------------------------

    def ctl(self, *arguments, user=None, timeout=300.0):
        """outingctl with ARGUMENTS: Result(code, out, err)."""
        return self.laptop.run(["outingctl", *arguments], user=user, timeout=timeout)

    def ask(self, *arguments, user=None, timeout=300.0):
        """What outingctl ARGUMENTS --json answers; it must succeed."""
        command = ["outingctl", *arguments, "--json"]
        return json.loads(self.laptop.ok(command, user=user, timeout=timeout))

    def devices(self):
        return self.ask("devices")

    def wait_device(self, wanted, timeout=60.0):
        """The first device for which WANTED holds, asked for until it is there."""
        deadline = time.monotonic() + timeout
        while True:
            devices = self.devices()
            for device in devices:
                if wanted(device):
                    return device
            if time.monotonic() > deadline:
                raise LabError(f"no such device after {timeout:.0f} s: {json.dumps(devices, indent=1)}")

    def register(self, name=CAMERA, serial=None, role="camera"):
        """The manager registers what was plugged in last; returns the device."""
        found = self.wait_device(
            lambda d: d["present"] and not d["registered"] and serial in (None, d["serial"])
        )
        self.laptop.ok(["outingctl", "device", "add", name, "--role", role, "--device", found["id"]])
        return self.wait_device(lambda d: d["name"] == name)

    def wait_state(self, state, name=CAMERA, timeout=120.0):
        states = {state} if isinstance(state, str) else set(state)
        return self.wait_device(lambda d: d["name"] == name and d["state"] in states, timeout)

    def offload(self, name=CAMERA, **how):
        return self.ctl("offload", name, **how)

    def wipe(self, name=CAMERA, **how):
        return self.ctl("wipe", name, "--yes", **how)

    def cleared(self, name=CAMERA):
        """Offloads and clears; both must succeed."""
        for verb in (self.offload, self.wipe):
            result = verb(name)
            if result.code != 0:
                raise CommandFailed(["outingctl", verb.__name__, name], result)

    def jobs(self):
        return self.ask("jobs")

    def wait_progress(self, kind, fraction, timeout=120.0, phase=None):
        """Waits until a running job of KIND has done FRACTION of its bytes (of that PHASE), or has ended; returns it."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for job in reversed(self.jobs()):
                if job["kind"] != kind:
                    continue
                ended = job["state"] not in ("queued", "running")
                total = (job["bytes_total"] or 0) if phase in (None, job["phase"]) else 0
                if ended or (total and (job["bytes_done"] or 0) >= fraction * total):
                    return job
                break
        raise LabError(f"no {kind} came to {fraction:.0%} in {timeout:.0f} s")

    # -- what is recorded ----------------------------------------------------

    def audit(self):
        """Every entry of the audit log."""
        return [json.loads(line) for line in self.laptop.ok(["cat", AUDIT]).splitlines()]

    def events(self, name):
        return [entry for entry in self.audit() if entry["event"] == name]

    def wait_event(self, name, after=0, timeout=120.0):
        """The first audit entry NAME with a number above AFTER; waits for it to be written."""
        script = WAIT_EVENT.format(name=name, after=after, timeout=int(timeout), audit=AUDIT)
        found = self.laptop.run(script, timeout=timeout + 30).out
        if not found:
            raise LabError(f"no {name} in the audit log after {timeout:.0f} s")
        return json.loads(found.splitlines()[0])

    def last_seq(self):
        return self.audit()[-1]["seq"]

    def certificates(self):
        return self.ask("certificate", "--all")

    def sessions(self):
        return self.ask("sessions")

    # -- the vault -----------------------------------------------------------

    def vault_hashes(self):
        """sha256 of every file in the vault, by path."""
        out = self.laptop.ok(f"cd {VAULT} && find . -type f -not -path './lost+found/*' -exec sha256sum {{}} +")
        return {path: digest for digest, path in (line.split("  ./", 1) for line in out.splitlines())}

    def missing_from_vault(self, card):
        """Files of CARD whose content is nowhere in the vault."""
        held = set(self.vault_hashes().values())
        return {
            path for path, data in card.files.items() if hashlib.sha256(data).hexdigest() not in held
        }

    def session_files(self, session):
        """sha256 of the files of one session (as listed by sessions()), by their path on the card."""
        prefix = session["path"].removeprefix(VAULT + "/").rstrip("/") + "/"
        return {
            path.removeprefix(prefix): digest
            for path, digest in self.vault_hashes().items()
            if path.startswith(prefix) and not path.startswith(prefix + "ascmhl/")
        }

    # -- things -------------------------------------------------------------

    def plug_camera(self, card, serial="BR0001", **how):
        """Puts the Blue Room camera with CARD into the laptop's USB; returns its device."""
        return self.laptop.plug_usb_storage(card.path, serial, **how)

    def restart_agent(self):
        self.laptop.ok(["systemctl", "restart", "outingd"])

    def set_config(self, key, value):
        """Changes one `key = value;` line of the configuration; does not reload."""
        text = self.laptop.read(CONFIG).decode()
        text, count = re.subn(rf"(?m)^(\s*){key} = .*;$", rf"\g<1>{key} = {value};", text)
        if count != 1:
            raise LabError(f"the configuration has {count} lines of {key}")
        self.laptop.write(CONFIG, text)

    def install_hook(self, event, name, script):
        path = pathlib.PurePosixPath("/etc/outing-guard/hooks.d", event, name)
        self.laptop.write(str(path), script)
        self.laptop.ok(["chmod", "755", str(path)])


def card_hash(card):
    """sha256 of the whole card as the host sees it."""
    return hashlib.sha256(card.path.read_bytes()).hexdigest()


def quoted(text):
    return shlex.quote(text)
