#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of POSIX behaviour that others wrote, run in a mounted gate. Prints what each met; tests/gate-posix.md says why.

    gate_posix.py        (as root; Debian: stress-ng, fio)
"""

import pathlib
import re
import subprocess
import tempfile

from gate_bed import Judged, sh

STRESSORS = ("dentry fiemap dir filename rename fstat getdent link symlink mknod chmod chown utime xattr hdd seek fallocate fpunch open touch "
             "dirdeep dirmany flock fcntl lease locka file-ioctl iomix readahead revio sync-file access chattr copy-file io fsize "
             "verity").split()
FIO = ("fio --name=v --filename=f --size=16m --rw=randwrite --bs=4k --do_verify=1 --verify_fatal=1 --buffer_pattern=0x61 "
       "--verify=pattern --verify_pattern=0x61626364 --minimal")


def run(command, folder):
    """(exit code, the lines in which it says what it met)."""
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    found = re.findall(r"(?:fail|error|warn): +\[\d+\] (.*)|info: +\[\d+\] (.*skip.*)", done.stdout + done.stderr)
    return done.returncode, list(dict.fromkeys(a or b for a, b in found))


def main():
    met = 0
    with tempfile.TemporaryDirectory() as name:
        gate = Judged(pathlib.Path(name)).start()
        try:
            for what in ("fio", *STRESSORS):
                command = FIO if what == "fio" else f"stress-ng --{what} 1 --{what}-ops 50 --timeout 6s --verify --temp-path ."
                code, said = run(command, gate.mount)
                met += bool(code or said)
                print(f"{what}: exit {code}" + "".join(f"\n    {line}" for line in said), flush=True)
                sh("rm -rf -- *", gate.mount)
        finally:
            ended = gate.stop()
    print(f"{1 + len(STRESSORS)} checks, {met} met something, the gate ended with {ended}")


if __name__ == "__main__":
    main()
