#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the clear of a formerly cleared, mostly empty card takes, in units of one `dd` read of it.

The card is a loop device limited to 80 MB/s in both directions. Promise: at most 2.2. As root.
"""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "vm")]

import cards  # noqa: E402
from throttle import slow_card  # noqa: E402

PROGRAMS = HERE.parent.parent / "build"
LIMIT = 2.2
MIB = 512
RATE = 80


def insertion(device):
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{pathlib.Path('/sys/block', pathlib.Path(device).name, 'diskseq').read_text().strip()}"


def session(state, files, where):
    """Records the card's files as a committed offload of this very insertion."""
    lines = "".join(f"{len(content)} {path}\n" for path, content in files.items())
    done = subprocess.run([PROGRAMS / "faults/tests/make-session", state, "Blue Room camera", where],
                          input=lines, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def clear(card, state, files):
    argv = [PROGRAMS / "normal/outing-wipe", "--device", card.device, "--state", state,
            "--session", session(state, files, insertion(card.device))]
    seconds, done = card.run(argv, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"the clear failed: {done.stderr}")
    return seconds


def main():
    with tempfile.TemporaryDirectory() as folder:
        image = pathlib.Path(folder, "card.img")
        made = cards.make_card(image, fs="fat32", mib=MIB)
        with slow_card(image, RATE) as card:
            first = clear(card, folder, made.files)
        cards.mtools(made, "mmd", "::/DCIM/101MEDIA")
        pictures = {f"DCIM/101MEDIA/IMG_{n:04}.JPG": bytes([n]) * 900_000 for n in range(1, 4)}
        for path, content in pictures.items():
            source = pathlib.Path(folder, "picture")
            source.write_bytes(content)
            cards.mtools(made, "mcopy", str(source), f"::/{path}")
        with slow_card(image, RATE) as card:
            read, _ = card.run(["dd", f"if={card.device}", "of=/dev/null", "bs=1M", "iflag=direct"],
                               check=True, capture_output=True)
            again = clear(card, folder, pictures)
    print(f"{MIB} MiB at {RATE} MB/s: dd read {read:.1f} s, first clear {first:.1f} s ({first / read:.2f}), "
          f"clear of a formerly cleared card {again:.1f} s")
    print(f"ratio {again / read:.2f}, at most {LIMIT}: {'kept' if again <= LIMIT * read else 'BROKEN'}")
    return 0 if again <= LIMIT * read else 1


if __name__ == "__main__":
    sys.exit(main())
