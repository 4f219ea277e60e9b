# SPDX-License-Identifier: GPL-3.0-or-later
"""What the attempts try to get onto a stick. All children are invented."""

import hashlib
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "integration"))
sys.path.insert(0, str(TESTS / "vm"))

import inspect_kit as kit  # noqa: E402
import pictures  # noqa: E402
import test_inspect as cases  # noqa: E402

WORDS = ("Amelia", "Testchild", "Sampleby", "Mockford")
CANARY = b"REDTEAM-CANARY-"


def noise(seed, size):
    """Bytes of their own for each SEED, so that each payload can be told from all others."""
    out = b""
    while len(out) < size:
        out += hashlib.sha512(f"{seed}:{len(out)}".encode()).digest()
    return out[:size]


def letter(seed="letter"):
    """A document with a child's name and a canary; a plain text of several sectors."""
    filler = "".join(f"Line {i} of the letter {seed} about the sports day on Friday.\n" for i in range(60))
    return f"Dear parents of {kit.NAME}, {CANARY.decode()}{seed},\n{filler}".encode()


def photo(seed=77):
    return pictures.jpeg(seed)


def film(seed, size):
    return kit.box(b"ftyp", b"isom\0\0\2\0isommp41") + kit.box(b"mdat", noise(seed, size))


def clean(seed="clean", lines=80):
    return "".join(f"{seed}: line {i} of the shopping list, with apples, paper and paint.\n" for i in range(lines)).encode()


def files():
    """What lies in the attacker's folder, by name."""
    return {
        "report.txt": letter("report"),
        "report.odt": kit.odt(kit.NAME + " " + CANARY.decode() + "odt"),
        "report.docx": kit.docx(kit.runs(f"About {kit.NAME}")),
        "photo.jpg": photo(),
        "other.jpg": photo(78),
        "film.mp4": film("film", 3 << 20),
        "ok.txt": clean("ok"),
        "ok.odt": kit.odt(),
        "image.bin": (b"\xeb\x3c\x90MSDOS5.0" + bytes(499) + b"\x55\xaa").ljust(4096, b"\0") + noise("image", 1 << 20),
    }


def content_cases(folder):
    """Every content that must be refused, by a harmless name."""
    found = {}
    for case, (_, data) in cases.MEDIA.items():
        found[f"media-{case}"] = data
    for case, carry in cases.CARRIERS.items():
        for kind, data in (("jpeg", kit.JPEG), ("png", kit.png(400, 300))):
            found[f"inside-{case}-{kind}"] = carry(data)
    for case, make in cases.REFUSED.items():
        folder.joinpath(case).mkdir()
        found[f"unread-{case}"] = make(folder / case)
    for case, data in cases.NAMED.items():
        found[f"named-{case}"] = data
    return {name: data.encode() if isinstance(data, str) else data for name, data in found.items()}


def passing_cases():
    return {name: data.encode() if isinstance(data, str) else data for name, data in cases.PASSES.items()}
