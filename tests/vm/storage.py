# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the rows of the matrix (matrix.py) on a test laptop and asks the checker about them.

A Bench is one laptop that stays on for the whole table. For each row it attaches what the row needs, builds it with
the words of storage.sh, has every leaf judged, and takes it all apart again. Around the judging it looks whether a
single byte of the headers changed, and remembers the keys that device-mapper shows, so that the end of the table can
prove that none of them was printed or logged.
"""

import hashlib
import json
import pathlib
import re
import struct
import time

HERE = pathlib.Path(__file__).resolve().parent
WORK = "/root/matrix"
LIBRARY = "/root/storage.sh"
LOOPS = {name: f"/dev/loop{10 + index}" for index, name in enumerate("ABCDE")}
DISK_MIB = {"nvme": 256, "usb": 48}
RESTLESS_TRIES = 6
KEY_IN_TABLE = re.compile(r"\b[0-9a-f]{32,}\b")

PREPARE = """
mkdir -p $WORK && cd $WORK && umask 077
od -An -v -tx1 -N 24 /dev/urandom | tr -d ' \\n' >$SECRET
head -c 64 /dev/urandom >$KEY
truncate -s 17M $TEMPLATE
cryptsetup luksFormat -q --key-file $SECRET --volume-key-file $KEY $KDF --sector-size 512 $TEMPLATE
truncate -s 16M $TEMPLATE
printf 'global { event_activation = 0 }\\nactivation { monitoring = 0 }\\n' >/etc/lvm/lvmlocal.conf
echo 'AUTO -all' >/etc/mdadm/mdadm.conf
modprobe -a loop dm_crypt dm_mod
"""

# What the checker is asked, and everything that must not change or leak by asking.
ASK = r"""
prints() {{
    [ -e row.asleep ] || [ -e row.flushes ] || sync
    for disk in "$WORK"/disk* {nodes_outside}; do
        [ -e "$disk" ] && {{ head -c 4194304 "$disk"; tail -c 1048576 "$disk"; }} | sha256sum
    done
}}
prints >row.before
started=$(date +%s%N)
code=0
{check} >row.out 2>row.err || code=$?
echo "$code $(($(date +%s%N) - started))" >row.code
prints >row.after
for part in code out err before after; do echo "=== $part"; cat row.$part; done
echo "=== tables"; dmsetup table --showkeys
"""


class Answer:
    """What the checker said about one row: LEAVES by device, SECONDS it took, KEYS that were in the tables."""

    def __init__(self, text):
        parts = dict(re.findall(r"^=== (\w+)\n(.*?)(?=^=== |\Z)", text, re.M | re.S))
        self.text = parts["out"] + parts["err"]
        code, nanoseconds = parts["code"].split()
        self.code, self.seconds = int(code), int(nanoseconds) / 1e9
        self.touched = parts["before"] != parts["after"]
        self.keys = {key for key in KEY_IN_TABLE.findall(parts["tables"]) if key.strip("0")}
        self.tables = re.sub(KEY_IN_TABLE, "KEY", parts["tables"])
        try:
            said = json.loads(parts["out"])
        except ValueError:
            said = {"error": "no answer"}
        said = said.get("laptop", said)
        self.error = said.get("error")
        self.leaves = {leaf["device"]: leaf for leaf in said.get("storage", [])}

    def told_a_key(self):
        return {key for key in self.keys if key in self.text}


def patch_luks2(header, change):
    """HEADER (both copies of a LUKS2 header) after CHANGE was applied to its JSON, with true checksums."""
    size = struct.unpack(">Q", header[8:16])[0]
    description = json.loads(header[4096:size].rstrip(b"\0"))
    change(description)
    text = json.dumps(description).encode().ljust(size - 4096, b"\0")
    patched = b""
    for at in (0, size):
        binary = bytearray(header[at : at + 4096])
        binary[448:512] = bytes(64)
        binary[448:480] = hashlib.sha256(bytes(binary) + text).digest()
        patched += bytes(binary) + text
    return patched


class Bench:
    """LAPTOP with the words of storage.sh on it; SCRATCH is a folder of the host for disk images."""

    def __init__(self, laptop, scratch, iterations):
        self.laptop, self.scratch, self.iterations = laptop, scratch, iterations
        self.keys = set()
        laptop.write(LIBRARY, (HERE / "storage.sh").read_bytes())
        self.sh(PREPARE)

    def sh(self, script, timeout=120.0, **variables):
        """Runs SCRIPT with the words of storage.sh; the first failure ends it."""
        head = f"ITERATIONS={self.iterations}\n. {LIBRARY}\nset -e\n"
        head += "".join(f"{name}={value}\n" for name, value in variables.items())
        return self.laptop.ok(head + script, timeout=timeout)

    # -- one row -----------------------------------------------------------------------------------------------------

    def build(self, row):
        """Makes ROW's storage; returns the device of each leaf by its name in the row."""
        nodes = dict(LOOPS, A1="/dev/loop10p1")
        image = self.scratch / "disk.img"
        if row.kind:
            image.unlink(missing_ok=True)
            image.touch()
            with open(image, "r+b") as stream:
                stream.truncate(DISK_MIB[row.kind] << 20)
        if row.kind == "nvme":
            whole = self.laptop.attach_nvme(image)
            nodes |= {f"N{n}": f"{whole}p{n}" for n in range(1, 13)}
            self.sh(row.build, NVME=whole)
        elif row.kind == "usb":
            self.sh(row.build, STAGE=self.laptop.attach_disk(image))
            self.sh("set +e; clear_away")
            self.laptop.unplug()
            nodes["U"] = self.laptop.plug_usb_storage(image, "LEFT01", "SUNNY", "MEMORY STICK")
        else:
            self.sh(row.build)
        if row.patch:
            self._patch(row.patch)
        for at, data in row.raw.items():
            self.laptop.write(f"{WORK}/row.raw", data)
            self.sh(f"dd if=row.raw of=$A bs=512 seek={at // 512} conv=notrunc,fsync status=none")
        return {name: nodes[name] for name in row.expected}

    def _patch(self, change):
        self.sh("dd if=$A of=row.header bs=32768 count=1 iflag=fullblock status=none")
        self.laptop.write(f"{WORK}/row.header", patch_luks2(self.laptop.read(f"{WORK}/row.header"), change))
        self.sh("dd if=row.header of=$A conv=notrunc,fsync status=none")

    def ask(self, row, nodes):
        """Has the NODES of ROW judged. Where the kernel writes for itself, again while something changed: once without
        any change proves that it was the kernel."""
        answer = self._ask(nodes)
        for _ in range(RESTLESS_TRIES if row.restless else 0):
            if not answer.touched:
                break
            answer = self._ask(nodes)
        return answer

    def _ask(self, nodes):
        check = "outing-check --volumes --json" + "".join(f" --device {node}" for node in nodes.values())
        outside = " ".join(node for node in nodes.values() if "loop" not in node)
        answer = Answer(self.sh(ASK.format(check=check, nodes_outside=outside), timeout=300))
        self.keys |= answer.keys
        return answer

    def clear(self, row):
        """Takes everything apart again; LabError when the kernel does not let go."""
        self.sh("set +e; clear_away")
        if row.kind:
            self.laptop.unplug()

    # -- the whole table ---------------------------------------------------------------------------------------------

    def keys_in_journal(self):
        """Those of the keys seen in any table that are in the guest's journal or in what was left on its disk by the agent."""
        self.laptop.write("/run/keys", "\n".join(sorted(self.keys)) + "\n")
        found = self.laptop.run(
            "{ journalctl -b -o export; cat /var/log/outing-guard/* /var/lib/outing-guard/key-trials; } 2>/dev/null "
            "| grep -a -o -F -f /run/keys | sort -u"
        )
        return set(found.out.split())


def seen(answer, nodes):
    """The verdict of each leaf by its name in the row; 'missing' for one that is not in the answer."""
    return {name: answer.leaves.get(node, {"verdict": "missing"})["verdict"] for name, node in nodes.items()}


def wrong(row, verdicts):
    """Names of the leaves about which the checker is wrong."""
    return [name for name, wanted in row.expected.items() if verdicts[name] not in wanted.split("|")]


class Table:
    """Row, expected, seen, as people read it."""

    HEAD = f"{'row':<5} {'what':<48} {'expected':<46} {'seen':<46} {'build':>6} {'check':>6}"

    def __init__(self):
        self.lines = []

    def add(self, row, verdicts, built, checked):
        def text(of):
            return " ".join(f"{name}:{verdict}" for name, verdict in of.items())

        mark = "" if not wrong(row, verdicts) else "  <- WRONG"
        self.lines.append(
            f"{row.number:<5} {row.what:<48} {text(row.expected):<46} {text(verdicts):<46} {built:6.1f} {checked:6.2f}{mark}"
        )

    def write(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([self.HEAD, *self.lines]) + "\n")


class Stopwatch:
    def __init__(self):
        self.last = time.monotonic()

    def lap(self):
        now = time.monotonic()
        taken, self.last = now - self.last, now
        return taken
