#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an offload takes, against what the card allows and against `rsync -a` with a check. As root.

1. The card is the slower side (a loop device limited to 60 MB/s). Bound: two `dd iflag=direct` reads of the same bytes,
   because the source is read twice; the vault is written and read back meanwhile. Promise: at most 1.1 times the bound.
2. The card is as fast as this machine. Against `rsync -a`, then `sha256sum` of the card (its own second read) and
   `sha256sum -c` of the copy, with the file system synced. Promise: faster. For photos and for many small files; the
   median of three, for the two share their processors with others.
3. Memory (largest RssAnon of the worker) with 10 files and with 20,000: within 10 percent.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from throttle import slow_card  # noqa: E402

PROGRAM = HERE.parent.parent / "build" / "faults" / "outing-offload"
RATE = 60
BOUND_LIMIT = 1.1
ROUNDS = 3
CHUNK = 1 << 20


def sh(command, **options):
    start = time.monotonic()
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, **options)
    return time.monotonic() - start


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")


def make_card(folder, name, files, size):
    """An ext4 image with `files` files of `size` bytes each."""
    image, tree = folder / f"{name}.img", folder / name
    (tree / "DCIM").mkdir(parents=True)
    for number in range(files):
        (tree / "DCIM" / f"IMG_{number:05}.JPG").write_bytes(os.urandom(size))
    sh(f"truncate -s {files * (size + 8192) * 5 // 4 + (64 << 20)} {image} && mkfs.ext4 -q -m 0 -d {tree} {image} && rm -r {tree}")
    return image


def offload_command(folder, source):
    sh(f"rm -rf {folder}/vault {folder}/state && mkdir {folder}/vault")
    return [str(PROGRAM), "--source", str(source), "--vault", f"{folder}/vault", "--state", f"{folder}/state",
            "--vault-check=off", "--name", "Blue Room camera"]


def against_device(folder):
    files, size = 40, 6_000_000
    image = make_card(folder, "slow", files, size)
    with slow_card(image, RATE) as card:
        drop_caches()
        count = files * size // CHUNK
        read, _ = card.run(["dd", f"if={card.device}", "of=/dev/null", f"bs={CHUNK}", f"count={count}", "iflag=direct"],
                           stderr=subprocess.DEVNULL, check=True)
        bound = 2 * read * files * size / (count * CHUNK)
        command = offload_command(folder, card.device)
        drop_caches()
        took, _ = card.run(command, stdout=subprocess.DEVNULL, check=True)
    print(f"card limited to {RATE} MB/s: {took:.1f} s, twice dd {bound:.1f} s, ratio {took / bound:.3f} (limit {BOUND_LIMIT})")
    return took / bound <= BOUND_LIMIT


def rsync_and_check(folder, image):
    mount, copy = folder / "mnt", folder / "copy"
    mount.mkdir()
    copy.mkdir()
    sh(f"mount -o ro,loop {image} {mount}")
    try:
        drop_caches()
        copied = sh(f"rsync -a {mount}/ {copy}/ && sync -f {copy}")
        drop_caches()
        listed = sh(f"cd {mount} && find . -type f -print0 | xargs -0 sha256sum > {folder}/list")
        drop_caches()
        checked = sh(f"cd {copy} && sha256sum --quiet -c {folder}/list")
    finally:
        sh(f"umount {mount}; rmdir {mount}; rm -r {copy}")
    return copied, listed, checked


def against_rsync(folder, name, files, size):
    image = make_card(folder, name, files, size)
    rounds = []
    for _ in range(ROUNDS):
        copied, listed, checked = rsync_and_check(folder, image)
        command = " ".join(f"'{part}'" for part in offload_command(folder, image))
        drop_caches()
        took = sh(command)
        other = copied + listed + checked
        rounds.append(took / other)
        print(f"{name}, {files} files of {size} bytes: {took:.1f} s, rsync {copied:.1f} + list {listed:.1f} + check {checked:.1f}"
              f" = {other:.1f} s, ratio {took / other:.3f}")
    ratio = statistics.median(rounds)
    print(f"{name}: median ratio {ratio:.3f} (limit 1)")
    return ratio < 1


def peak_memory(folder, name, files, size):
    process = subprocess.Popen(offload_command(folder, make_card(folder, name, files, size)), stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            worker = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            status = pathlib.Path(f"/proc/{worker[0]}/status").read_text()
            peak = max([peak] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:")])
        except (OSError, IndexError):
            pass
        os.sched_yield()
    if process.returncode != 0:
        sys.exit("an offload failed")
    return peak


def memory(folder):
    few, many = peak_memory(folder, "few", 10, 6_000_000), peak_memory(folder, "many", 20_000, 50)
    print(f"memory: {few} kB for 10 files, {many} kB for 20,000, ratio {many / few:.3f} (limit 1.1)")
    return many <= few * 1.1


def main():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        kept = [against_device(folder), against_rsync(folder, "photos", 60, 6_000_000),
                against_rsync(folder, "small", 3000, 30_000), memory(folder)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
