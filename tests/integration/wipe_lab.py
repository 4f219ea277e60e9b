# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of outing-wipe share: cards as cameras leave them, sessions that say they were offloaded, and the
recovery tools of the field."""

import json
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "vm"))

import cards  # noqa: E402
from PIL import Image  # noqa: E402

VARIANT = "coverage" if os.environ.get("OUTING_VARIANT") == "coverage" else "faults"
BUILD = TOP / "build" / VARIANT
PROGRAM = BUILD / "outing-wipe"
SESSION = BUILD / "tests" / "make-session"
SMALL = {"DCIM/100MEDIA/IMG_0001.JPG": b"\xff\xd8\xff" + b"picture" * 3000, "DCIM/100MEDIA/IMG_0002.JPG": b"x" * 700,
         "MISC/NOTE.TXT": b"a note\n"}


def build():
    for target in (PROGRAM, SESSION):
        done = subprocess.run(["make", "-C", str(TOP), "-j2", f"VARIANT={VARIANT}", str(target.relative_to(TOP))],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


class Lab:
    """One card and one folder of records."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "state"
        self.state.mkdir(mode=0o700)
        self.card = None
        self.session = None

    def make_card(self, fs="fat32", files=None, **options):
        self.card = cards.make_card(self.folder / "card.img", fs=fs, files=files, **options)
        return self.card

    def offloaded(self, files=None, insertion=""):
        """A committed session of exactly these files (default: what is on the card)."""
        listing = "".join(f"{len(data)} {path}\n" for path, data in (self.card.files if files is None else files).items())
        done = subprocess.run([SESSION, self.state, "Blue Room camera", insertion], input=listing, text=True,
                              capture_output=True, check=True)
        self.session = done.stdout.strip()
        return self.session

    def wipe(self, *extra, device=None, environment=None, session=None):
        """(exit code, JSON printed, stderr)"""
        command = [PROGRAM, "--device", device or self.card.path, "--session", session or self.session, "--state",
                   self.state, "--json", *extra]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, **(environment or {})})
        printed = json.loads(done.stdout) if done.stdout.strip() else None
        return done.returncode, printed, done.stderr

    def clear(self, *extra, **options):
        code, certificate, errors = self.wipe(*extra, **options)
        assert code == 0, (certificate, errors)
        return certificate

    def refused(self, *extra, **options):
        """The outcome's name; nothing on the card may have changed."""
        before = self.card.path.read_bytes()
        code, said, errors = self.wipe(*extra, **options)
        assert code == 1 and said and said["clear"] is False, (code, said, errors)
        assert said["sentence"] in errors
        assert self.card.path.read_bytes() == before
        return said["outcome"]

    def rows(self):
        with sqlite3.connect(self.state / "state.db") as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute("SELECT * FROM clear ORDER BY rowid")]

    def events(self):
        return [json.loads(line) for line in (self.state / "audit.jsonl").read_text().splitlines()]

    def change(self, offset, data):
        """Bytes of the volume."""
        with open(self.card.path, "r+b") as image:
            image.seek(self.card.offset + offset)
            image.write(data)

    def volume(self, offset, length):
        with open(self.card.path, "rb") as image:
            image.seek(self.card.offset + offset)
            return image.read(length)


def decodable(paths):
    """How many are pictures somebody could look at; the exFAT up-case table alone looks like one to a carver."""
    count = 0
    for path in paths:
        try:
            with Image.open(path) as picture:
                picture.load()
            count += 1
        except (OSError, SyntaxError):
            pass
    return count


def foremost(image):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["foremost", "-q", "-t", "jpg", "-i", image, "-o", f"{folder}/out"], check=True, capture_output=True)
        return decodable(pathlib.Path(folder).glob("out/jpg/*.jpg"))


def scalpel(image):
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder, "rules")
        rules.write_text("jpg y 20000000 \\xff\\xd8\\xff \\xff\\xd9\n")
        subprocess.run(["scalpel", "-c", rules, "-o", f"{folder}/out", image], check=True, capture_output=True)
        return decodable(pathlib.Path(folder).glob("out/*/*.jpg"))


def sleuthkit(card):
    """(files recovered, deleted names listed) by the forensic tools."""
    with tempfile.TemporaryDirectory() as folder:
        where = ["-o", str(card.offset // 512), "-f", "exfat" if card.fs == "exfat" else "fat"]
        names = subprocess.run(["fls", "-r", "-d", *where, card.path], capture_output=True, text=True, check=True)
        subprocess.run(["tsk_recover", "-e", *where, card.path, folder], check=True, capture_output=True)
        found = [p for p in pathlib.Path(folder).rglob("*") if p.is_file() and p.read_bytes()[:3] == b"\xff\xd8\xff"]
        return len(found), len(names.stdout.splitlines())


def geometry(card):
    """What a camera recognises its card by."""
    data = card.path.read_bytes()
    volume = data[card.offset :]
    kept = {"table": data[:512] if card.offset else b""}
    if card.fs == "exfat":
        heap, = struct.unpack_from("<I", volume, 88)
        cluster = 512 << volume[109]
        root = heap * 512 + (struct.unpack_from("<I", volume, 96)[0] - 2) * cluster
        for name, start in (("main", 0), ("spare", 12 * 512)):
            kept[name] = volume[start : start + 106] + volume[start + 113 : start + 12 * 512]
        for at in range(root, root + 96, 32):
            entry = volume[at : at + 32]
            kept[f"entry {at}"] = entry
            if entry[0] == 0x82:
                first, length = struct.unpack_from("<IQ", entry, 20)
                kept["upcase"] = volume[heap * 512 + (first - 2) * cluster :][:length]
        return kept
    kept["boot"] = volume[:512]
    if card.fs == "fat32":
        kept["spare"] = volume[6 * 512 : 7 * 512]
    return kept


def copy(lab, folder):
    """The same card and records once more, for a test that runs many times."""
    folder = pathlib.Path(folder)
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(lab.folder, folder)
    twin = object.__new__(Lab)
    twin.folder, twin.state, twin.session = folder, folder / "state", lab.session
    twin.card = cards.Card(folder / "card.img", lab.card.fs, lab.card.offset, lab.card.label, lab.card.files)
    return twin
