#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes a second, of one core, of the search for 60 children's names, and how that compares with `grep -F -f names`.

The text is English of this computer's packages, without any of the names, so that both read all of it. Promise: 200 MB/s
or more. Processor time is measured, not time on the wall: others on the computer do not count.
"""

import gzip
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
TRY = TOP / "build/normal/tests/names-try"
LIMIT = 200e6
SIZE = 24 << 20
SYLLABLES = "zor vek qua lim tun bax dro pil gez hom kyn wub jaf".split()


def texts():
    """Licences and manual pages: sentences, not tables of numbers."""
    for pattern in ("/usr/share/common-licenses/*", "/usr/share/doc/*/copyright", "/usr/share/man/man*/*.gz"):
        for path in sorted(pathlib.Path("/").glob(pattern[1:])):
            if path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                yield gzip.decompress(data) if path.suffix == ".gz" else data


def names(rng):
    pick = lambda n: "".join(rng.sample(SYLLABLES, n)).capitalize()  # noqa: E731
    return [(pick(2), pick(3), f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/2021", f"H{rng.randint(10**11, 10**12 - 1)}")
            for _ in range(60)]


def grep(arguments, text):
    """Bytes a second of processor time, best of five."""
    best = 1e9
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["grep", "-c", "-F", *arguments, text], stdout=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return os.path.getsize(text) / best


def main():
    subprocess.run(["make", "-C", str(TOP), "-s", "tools"], check=True)
    children = names(random.Random(5))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        text, patterns = folder / "text", folder / "patterns"
        content = b""
        for piece in texts():
            content += piece
            if len(content) >= SIZE:
                break
        text.write_bytes(content[:SIZE])
        patterns.write_text("".join(f"{first}\n{last}\n" for first, last, *_ in children), encoding="utf-8")
        (folder / "key").write_bytes(os.urandom(32))
        table = "First,Last,DOB,UPN\n" + "".join(",".join(child) + "\n" for child in children)
        subprocess.run([TRY, "make", "key", "table"], cwd=folder, input=table.encode(), check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([TRY, "time", "key", "table", "text", "7"], cwd=folder, check=True, capture_output=True, text=True)
        ours = float(done.stdout.split()[0])
        plain, folded = grep(["-f", patterns], text), grep(["-i", "-f", patterns], text)
    print(f"{len(content[:SIZE]) >> 20} MiB of English, 60 children: {ours / 1e6:.0f} MB/s a core; grep -F -f names {plain / 1e6:.0f} MB/s "
          f"(ratio {ours / plain:.2f}), grep -i -F -f names {folded / 1e6:.0f} MB/s (ratio {ours / folded:.2f})")
    print(f"{ours / 1e6:.0f} MB/s, at least {LIMIT / 1e6:.0f}: {'kept' if ours >= LIMIT else 'BROKEN'}")
    return 0 if ours >= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
