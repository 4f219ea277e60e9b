# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's unit takes openat2 away from its workers (RestrictSUIDSGID does): the offload must work all the same."""

import json
import subprocess
import sys

from offload_lab import Lab, build, fill, tree

DENY = """
import ctypes, errno, os, sys
lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(lib.seccomp_init(0x7FFF0000))
number = lib.seccomp_syscall_resolve_name(b"openat2")
assert lib.seccomp_rule_add(context, 0x00050000 | errno.ENOSYS, number, 0) == 0
assert lib.seccomp_load(context) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""
CARD = {"DCIM/100BLUE/IMG_0001.JPG": 50_000, "DCIM/100BLUE/deep/er/IMG_0002.JPG": 4096, "IMG_0003.JPG": 0}


def test_a_card_is_taken_whole_where_openat2_is_denied(tmp_path):
    build()
    lab = Lab(tmp_path)
    fill(lab.card, CARD)
    (lab.card / "link").symlink_to("/etc")
    command = [sys.executable, "-c", DENY, *lab.command()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["files"] == len(CARD) and report["findings"]
    (session,) = [p for p in lab.vault.glob("*/*") if p.is_dir()]
    assert tree(session) == tree(lab.card)
