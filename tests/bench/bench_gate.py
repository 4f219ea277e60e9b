#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast clean files go through the gate, against libfuse's own passthrough example on the same backing. As root.

Both copy onto one ext4 on a loop device that, like a stick, goes past the page cache of the machine; a run ends when everything is on that device (synced).
Median of three rounds, taken in turns. Promises: bulk copies 0.9 or more, 2,000 small files 0.5 or more of the example's
speed, 150 ms at most until an ordinary document is closed, text inspected at 200 MB/s or more of one core's time, and memory
that 100,000 files do not fill. The judge is the installed one with a register of a few invented children.

close() returns the verdict, so one cp waits for each file's judging before it opens the next file: what it copies a
second is bounded by 1 / (1 / copying + 1 / judging), however fast either is. Four cp beside each other show what is left
when that wait is not everybody's. A stick takes some tens of MB/s, and there the wait is covered by the writing of what
was judged before, unless judging takes longer than writing, as it may with documents that are nothing but text: the same is
measured on the backing slowed down, as fast and as slow as sticks are.

    bench_gate.py [--flood N] [--rounds N]
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

import inspect_kit as kit  # noqa: E402
from gate_bed import Judged, ROOT, build  # noqa: E402
import throttle  # noqa: E402

EXAMPLE = pathlib.Path("/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c")
STICKS = (100, 30)  # MB/s
PARALLEL = 4
LIMITS = {"text": 0.9, "documents": 0.9, "small": 0.5}
INSPECT = 200e6
DOCUMENT_SECONDS = 0.15
MEMORY_KB = 64 << 10


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")


class Example:
    """The passthrough example as it comes, in its default way of caching."""

    def __init__(self, folder, source):
        self.mount = folder / "example"
        self.mount.mkdir(exist_ok=True)
        self.program = folder / "passthrough_ll"
        if not self.program.exists():
            sh(f"gcc -O2 -o {self.program} {EXAMPLE} $(pkg-config --cflags --libs fuse3)")
        self.process = subprocess.Popen([self.program, "-f", "-o", f"source={source}", self.mount], stderr=subprocess.DEVNULL)
        while not os.path.ismount(self.mount):
            os.sched_yield()

    def settle(self):
        pass

    def stop(self):
        sh(f"umount {self.mount}")
        self.process.wait()


def prose(size, seed=1):
    """Words of no child, as text has them: bytes of about that size. No markup: what looks like tags is left out."""
    draw = random.Random(seed)
    words = [w for w in pathlib.Path("/usr/share/common-licenses/GPL-3").read_text().split() if "<" not in w]
    step = "".join(draw.choice(words) + ("\n" if n % 14 == 0 else " ") for n in range(min(size, 1 << 20) // 6)).encode()
    return b"Notes.\n" + (step * (size // len(step) + 1))[:size]


def lines(size, seed):
    """Prose that packs as text does."""
    return b"".join(prose(1 << 20, seed * 100 + n) for n in range(size >> 20)).decode(errors="ignore").split("\n")


def document(kind, megabytes, seed):
    """A file of about so many MB: nothing but text in office documents, a drawing below a page of text in PDF."""
    if kind == "pdf":
        draw = random.Random(seed)
        path = b"\n".join(b"%d.%d %d.%d l" % tuple(draw.randrange(1000) for _ in range(4)) for _ in range(megabytes * 150_000))
        return kit.pdf(prose(2000).decode(), extra=[kit.pdf_stream("/Type/XObject/Subtype/Form/BBox[0 0 999 999]/Filter/FlateDecode",
                                                                   zlib.compress(path))])
    text = [line.replace("&", "").replace("<", "").replace(">", "") for line in lines(3 * megabytes << 20, seed)]
    return kit.docx(kit.runs(*text)) if kind == "docx" else kit.odt("".join(f"<text:p>{line}</text:p>" for line in text))


def make_files(folder):
    made = {name: folder / name for name in ("text", "documents", "small")}
    for path in made.values():
        path.mkdir()
    for number in range(4):
        (made["text"] / f"{number}.txt").write_bytes(prose(64 << 20, number))
    for number in range(12):
        kind = ("docx", "odt", "pdf")[number % 3]
        content = document(kind, (1, 2, 5)[number // 4], number)
        (made["documents"] / f"{number}.{kind}").write_bytes(content)
    for number in range(2000):
        (made["small"] / f"{number}.txt").write_bytes(prose(20_000, number))
    return made


def copy_all(files, target, at_once):
    """One cp, or as many as that beside each other, each with its share."""
    names = sorted(files.iterdir())
    target.mkdir()
    parts = [names[n::at_once] for n in range(at_once)]
    running = [subprocess.Popen(["cp", *part, target]) for part in parts if part]
    if any([process.wait() for process in running]):
        sys.exit(f"{files}: a copy failed")


def copy(front, files, medium, at_once):
    drop_caches()
    sh(f"cat {files}/* > /dev/null")
    start = time.monotonic()
    copy_all(files, front.mount / files.name, at_once)
    front.settle()
    sh(f"sync -f {medium}")
    took = time.monotonic() - start
    sh(f"diff -r {files} {medium}/{files.name}")
    return took


def read(front, name):
    drop_caches()
    start = time.monotonic()
    sh(f"cat {front.mount}/{name}/* > /dev/null")
    return time.monotonic() - start


def measure(make, files, medium, sorts):
    """{what: seconds}; the front is new each time."""
    taken = {}
    for name, at_once in sorts:
        front = make()
        taken[name, at_once] = copy(front, files[name], medium, at_once)
        if (name, at_once) == ("text", 1):
            taken["reading text", 1] = read(front, name)
        front.stop()
        sh(f"rm -r {medium}/{name}; sync -f {medium}")
    return taken


ALL = [(name, at_once) for name in ("text", "documents", "small") for at_once in (1, PARALLEL)]
ONE_CP = [("text", 1), ("documents", 1), ("small", 1)]


def compare(folder, files, medium, sorts, rounds):
    """{what: (gate, example)}: the medians."""
    gates, examples = [], []
    for _ in range(rounds):
        examples.append(measure(lambda: Example(folder, medium), files, medium, sorts))
        gates.append(measure(lambda: Judged(folder, medium).start("--staging-size", "1G"), files, medium, sorts))
    return {what: tuple(statistics.median(r[what] for r in rows) for rows in (gates, examples)) for what in gates[0]}


def slow_down(device, megabytes):
    """All writers of the device, the kernel's own among them; undone by the returned function."""
    group, version = throttle.new_group()
    group.mkdir()
    groups = [group, group.parent] if version == 1 else [group]
    for each in groups:
        throttle.limit(each, version, device, megabytes * 1_000_000)
    (group / "cgroup.procs").write_text(str(os.getpid()))

    def undo():
        (group.parent / "cgroup.procs").write_text(str(os.getpid()))
        if version == 1:
            throttle.limit(group.parent, version, device, 0)
        group.rmdir()
    return undo


def inspecting(folder):
    """Bytes a second of processor time, all of what a worker does with a plain text."""
    gate = Judged(folder)
    build(ROOT / "build" / "normal" / "tests" / "inspect-time")
    (folder / "plain").write_bytes(prose(100 << 20))
    done = subprocess.run([ROOT / "build" / "normal" / "tests" / "inspect-time", gate.key, gate.names, folder / "plain", "5"],
                          capture_output=True, text=True, check=True)
    (folder / "plain").unlink()
    assert done.stdout.split()[1] == "pass"
    return float(done.stdout.split()[0])


def documents(folder):
    """{kind: seconds from the last byte to the answer of close(), the worst of ten}."""
    gate = Judged(folder).start()
    text = kit.runs(*prose(20_000).decode().split("\n"))
    made = {"docx": kit.docx(text), "odt": kit.odt("".join(f"<text:p>{line}</text:p>" for line in prose(20_000).decode(errors="ignore")
                                                           .replace("<", "").replace("&", "").replace(">", "").split("\n")))}
    taken = {}
    for kind, content in made.items():
        for number in range(10):
            with open(gate.mount / f"{number}.{kind}", "wb", buffering=0) as file:
                file.write(content)
                start = time.monotonic()
            taken[kind] = max(taken.get(kind, 0), time.monotonic() - start)
    gate.stop()
    return taken


def proportional(pid):
    """kB that the process has, shared pages by their share."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def children(pid):
    return [int(p) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for p in (task / "children").read_text().split()]


def shares(gate):
    """{who: kB}: the gate, its keepers, and the workers that wait or work."""
    worker = gate.worker()
    found = {"gate": proportional(worker), "keepers": 0, "workers": 0}
    for keeper in children(worker):
        found["keepers"] += proportional(keeper)
        for one in children(keeper):
            try:
                found["workers"] += proportional(one)
            except OSError:
                pass
    return found


def memory(folder, flood):
    """[shares after a tenth, after all] of a flood of small files."""
    gate = Judged(folder).start()
    seen = []
    for number in range(flood):
        if number % 1000 == 0:
            os.mkdir(gate.mount / str(number))
        with open(gate.mount / str(number // 1000 * 1000) / f"{number}.txt", "wb", buffering=0) as file:
            file.write(b"A line of text.\n")
        if number + 1 in (flood // 10, flood):
            seen.append(shares(gate))
    gate.stop()
    return seen


def say(results, where=""):
    kept = True
    for (name, at_once), (gate, example) in results.items():
        limit = LIMITS.get(name) if at_once == 1 else None
        word = "" if limit is None else f" (limit {limit}: {'kept' if example / gate >= limit else 'MISSED'})"
        print(f"{name}, {at_once} cp{where}: gate {gate:.2f} s, example {example:.2f} s, speed ratio {example / gate:.2f}{word}", flush=True)
        kept = kept and (limit is None or example / gate >= limit)
    return kept


def on_media(folder, rounds):
    medium = folder / "medium"
    medium.mkdir()
    files = make_files(folder)
    sh(f"truncate -s 3G {folder}/image && mkfs.ext4 -q -m 0 {folder}/image")
    loop = subprocess.run(["losetup", "--direct-io=on", "--show", "-f", folder / "image"], check=True, capture_output=True,
                          text=True).stdout.strip()
    sh(f"mount {loop} {medium}")
    try:
        kept = say(compare(folder, files, medium, ALL, rounds))
        for stick in STICKS:
            undo = slow_down(loop, stick)
            try:
                kept = say(compare(folder, files, medium, ONE_CP, rounds), f", a stick of {stick} MB/s") and kept
            finally:
                undo()
    finally:
        Judged.stop_all()
        sh(f"umount {medium}; losetup -d {loop}")
    return kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--flood", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    # What is mounted and slowed down is undone then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if not EXAMPLE.exists():
        sys.exit(f"{EXAMPLE} is not here (Debian: libfuse3-dev)")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        speed = inspecting(folder)
        print(f"a plain text of 100 MiB is inspected at {speed / 1e6:.0f} MB/s a core (limit {INSPECT / 1e6:.0f}: "
              f"{'kept' if speed >= INSPECT else 'MISSED'})", flush=True)
        kept = on_media(folder, chosen.rounds) and speed >= INSPECT
        shutil.rmtree(folder / "medium")
        closing = documents(folder)
        for kind, seconds in closing.items():
            print(f"an ordinary .{kind}: {1000 * seconds:.0f} ms until it is closed (limit {1000 * DOCUMENT_SECONDS:.0f})", flush=True)
            kept = kept and seconds <= DOCUMENT_SECONDS
        used = memory(folder, chosen.flood)
    for count, one in zip((chosen.flood // 10, chosen.flood), used, strict=True):
        print(f"proportional memory after {count:,} files: " + ", ".join(f"{who} {kb} kB" for who, kb in one.items())
              + f" (limit of the gate {MEMORY_KB})")
    kept = kept and used[1]["gate"] <= MEMORY_KB
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
