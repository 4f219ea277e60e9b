# SPDX-License-Identifier: GPL-3.0-or-later
"""A card as slow as cards are: a loop device over a file, limited by the block I/O controller.

    with slow_card("card.img", mb_per_second=80) as card:
        card.run(["dd", f"if={card.device}", ...])

Direct I/O of whatever runs through card.run() is limited; the limit is on the loop device alone. Works with either
version of control groups and undoes everything at the end. As root.
"""

import contextlib
import os
import pathlib
import subprocess
import time


class Card:
    def __init__(self, device, group):
        self.device = device
        self.group = group

    def run(self, argv, **options):
        """Runs argv inside the limited group; returns (seconds, completed process)."""
        def join():
            (self.group / "cgroup.procs").write_text(str(os.getpid()))
        start = time.monotonic()
        done = subprocess.run(argv, preexec_fn=join, **options)
        return time.monotonic() - start, done


def new_group():
    legacy = pathlib.Path("/sys/fs/cgroup/blkio")
    if legacy.is_dir():
        return legacy / f"outing-bench-{os.getpid()}", 1
    root = pathlib.Path("/sys/fs/cgroup")
    with contextlib.suppress(OSError):
        (root / "cgroup.subtree_control").write_text("+io")
    return root / f"outing-bench-{os.getpid()}", 2


def limit(group, version, device, rate):
    status = os.stat(device)
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    if version == 1:
        for direction in ("read", "write"):
            (group / f"blkio.throttle.{direction}_bps_device").write_text(f"{number} {rate}")
    else:
        (group / "io.max").write_text(f"{number} rbps={rate} wbps={rate}")


@contextlib.contextmanager
def slow_card(image, mb_per_second):
    device = subprocess.run(["losetup", "--find", "--show", "--direct-io=on", image],
                            check=True, capture_output=True, text=True).stdout.strip()
    group, version = new_group()
    group.mkdir()
    try:
        limit(group, version, device, int(mb_per_second * 1_000_000))
        yield Card(device, group)
    finally:
        subprocess.run(["losetup", "--detach", device], check=False)
        with contextlib.suppress(OSError):
            group.rmdir()
