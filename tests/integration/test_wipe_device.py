# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-wipe on block devices (loop devices of this test's own): exclusive, of one plug-in, write-protected, read-only
again afterwards."""

import os
import pathlib
import re
import socket
import struct
import subprocess

import pytest
import wipe_lab
from wipe_lab import PROGRAM, SMALL, TOP, Lab

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: loop devices")


@pytest.fixture(scope="session", autouse=True)
def program():
    wipe_lab.build()


def insertion(device):
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{pathlib.Path('/sys/block', pathlib.Path(device).name, 'diskseq').read_text().strip()}"


class Plugged:
    """The lab's card behind a loop device."""

    def __init__(self, lab, *options):
        self.lab, self.options = lab, options

    def __enter__(self):
        done = subprocess.run(["losetup", "--find", "--show", *self.options, self.lab.card.path], capture_output=True,
                              text=True, check=True)
        self.device = done.stdout.strip()
        return self.device

    def __exit__(self, *_):
        subprocess.run(["losetup", "--detach", self.device], check=True)


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    made.make_card("fat32", SMALL)
    return made


def test_a_device_is_cleared(lab):
    with Plugged(lab) as device:
        lab.offloaded(insertion=insertion(device))
        certificate = lab.clear(device=device)
        subprocess.run(["blockdev", "--flushbufs", device], check=True)
    assert certificate["bytes_read_back"] == lab.card.path.stat().st_size
    assert lab.card.canaries() == 0
    assert lab.card.fsck()[0] == 0


def test_a_read_only_device_is_lifted_and_closed_again(lab):
    with Plugged(lab) as device:
        subprocess.run(["blockdev", "--setro", device], check=True)
        lab.offloaded(insertion=insertion(device))
        lab.clear(device=device)
        flag = subprocess.run(["blockdev", "--getro", device], capture_output=True, text=True, check=True)
    assert flag.stdout.strip() == "1"
    assert lab.card.canaries() == 0


def test_another_plug_in_is_refused(lab):
    with Plugged(lab) as device:
        lab.offloaded(insertion=insertion(device))
    with Plugged(lab) as device:
        assert lab.refused(device=device) == "other-insertion"
    # Nor does an image stand in for the device that was offloaded.
    assert lab.refused() == "other-insertion"


def test_a_device_that_somebody_holds_is_refused(lab):
    with Plugged(lab) as device:
        lab.offloaded(insertion=insertion(device))
        holder = os.open(device, os.O_RDONLY | os.O_EXCL)
        try:
            assert lab.refused(device=device) == "in-use"
        finally:
            os.close(holder)
        lab.clear(device=device)


def test_a_write_protected_device_is_refused(lab):
    with Plugged(lab, "--read-only") as device:
        lab.offloaded(insertion=insertion(device))
        assert lab.refused(device=device) == "write-protected"


def test_large_sectors_are_refused(lab):
    with Plugged(lab, "--sector-size", "4096") as device:
        lab.offloaded(insertion=insertion(device))
        assert lab.refused(device=device) == "sector-size"


def test_an_internal_disk_is_refused(lab):
    lab.offloaded()
    disks = [p for p in pathlib.Path("/sys/block").iterdir() if p.name.startswith(("vd", "sd", "nvme", "xvd"))]
    if not disks:
        pytest.skip("this machine has no disk of its own to refuse")
    code, said, _ = lab.wipe(device=f"/dev/{disks[0].name}")
    assert code == 1 and said["outcome"] == "not-external"


def test_a_cut_clear_goes_on_at_the_next_plug_in(lab):
    with Plugged(lab) as device:
        lab.offloaded(insertion=insertion(device))
        code, _, _ = lab.wipe(device=device, environment={"OUTING_FAULT_PROGRAM": "outing-wipe-worker",
                                                          "OUTING_FAULT_POINT": "wipe-chunk", "OUTING_FAULT_AT": "5"})
        assert code == 1
    with Plugged(lab) as device:
        certificate = lab.clear(device=device)
    assert certificate["resumed"] is True
    assert lab.card.canaries() == 0


def test_a_card_cut_before_anything_was_written_is_offloaded_again(lab):
    with Plugged(lab) as device:
        lab.offloaded(insertion=insertion(device))
        code, _, _ = lab.wipe(device=device, environment={"OUTING_FAULT_PROGRAM": "outing-wipe-worker",
                                                          "OUTING_FAULT_POINT": "wipe-begin", "OUTING_FAULT_AT": "1"})
        assert code == 1
    with Plugged(lab) as device:
        assert lab.refused(device=device) == "offload-first"


def outcomes():
    """Names of the numbers on the wire, from the one place that defines them."""
    text = (TOP / "agent/wipe/outcome.h").read_text()
    body = re.sub(r"/\*.*?\*/", "", text[text.index("enum wipe_outcome {") : text.index("_WIPE_OUTCOME_MAX")], flags=re.S)
    return re.findall(r"WIPE_[A-Z0-9_]+", body)


def ask_worker(device, size, where):
    """What a worker says that claims the device itself, as the daemon has it do; the files it is told of are none."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = ["bash", "-c", 'exec "$0" "$@" 3<&"$WIRE"', PROGRAM, "--worker", "--device", device, "--insertion", where]
    with ours, theirs:
        worker = subprocess.Popen(command, pass_fds=[theirs.fileno()], env={**os.environ, "WIRE": str(theirs.fileno())})
        theirs.close()
        ours.send(struct.pack("<II", 1, 1) + struct.pack("<Q", size) + struct.pack("<QQ64s", 0, 0, b"") +
                  struct.pack("<IIQ", 1, 0, 0))
        while message := ours.recv(32768):
            if struct.unpack_from("<II", message)[1] == 5:
                break
        assert worker.wait(timeout=30) == 0
    assert message, "the worker said nothing"
    return outcomes()[struct.unpack_from("<I", message, 8)[0]], message.rstrip(b"\0")[-120:]


def test_a_worker_claims_its_device(lab):
    before = lab.card.path.read_bytes()
    with Plugged(lab) as device:
        outcome, text = ask_worker(device, len(before), insertion(device))
        assert outcome == "WIPE_SET_DIFFERS" and b"3 files" in text
        assert ask_worker(device, len(before), "another-boot/1")[0] == "WIPE_OTHER_INSERTION"
        assert ask_worker(device, len(before) - 512, insertion(device))[0] == "WIPE_DEVICE_SIZE"
        holder = os.open(device, os.O_RDONLY | os.O_EXCL)
        assert ask_worker(device, len(before), insertion(device))[0] == "WIPE_IN_USE"
        os.close(holder)
    assert ask_worker("/dev/no-such-card", len(before), "x")[0] == "WIPE_VANISHED"
    assert lab.card.path.read_bytes() == before
