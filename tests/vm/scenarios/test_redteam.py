# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who sits at the computer tries to get photos and names onto a stick; the stick is read from outside.

tests/redteam has the attempts; build/redteam-*.md is written while they are made. A sample of them is in every run, all
of them with OUTING_CAMPAIGN=1. Clean files must arrive before, between and after: a gate that is dead refuses too.
"""

import io
import os
import pathlib
import shlex
import sys
import tarfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "redteam"))

import attempts  # noqa: E402
import payloads  # noqa: E402
import tricks  # noqa: E402
from medium import Medium  # noqa: E402
from table import Table  # noqa: E402

ALL = os.environ.get("OUTING_CAMPAIGN") == "1"
STICK = "White stick"
FOLDER = "/home/alice/drawer"
SAMPLE = {"1", "5", "6", "24", "26", "43c", "43e", "43q", "44", "44b", "46", "47", "49", "53", "56d", "70", "70b", "75b",
          "77", "80", "84"}  # fmt: skip


def pack(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def put(laptop, folder, files):
    laptop.write("/root/put.tar", pack(files))
    laptop.ok(f"mkdir -p {folder} && tar -C {folder} -xf /root/put.tar && chown -R alice: {folder} && rm /root/put.tar")


class Scene:
    """The stick behind the gate, with everything that is tried on it."""

    def __init__(self, nursery, make_card):
        self.nursery, self.laptop = nursery, nursery.laptop
        self.files = payloads.files()
        self.card = make_card(fs="fat16", mib=24, label="WHITE", dirty=False, files={"menu.txt": payloads.clean("menu")})
        self.laptop.write("/root/list.csv", payloads.kit.LIST)
        self.laptop.ok(["outingctl", "names", "import", "/root/list.csv"])
        self.disk = self.laptop.plug_usb_storage(self.card.path, "RED1", product="WHITE STICK")
        nursery.register(STICK, role="stick")
        self.top = nursery.wait_device(lambda d: d["name"] == STICK and d.get("mountpoint"))["mountpoint"]
        put(self.laptop, FOLDER, self.files)
        innocent = [data for name, data in self.files.items() if name.startswith("ok")]
        self.medium = Medium(self.card.path, [*innocent, *payloads.passing_cases().values()])

    def run(self, script, who="alice"):
        words = {"M": self.top, "D": self.disk, "P": self.disk + "1", "F": FOLDER}
        export = "".join(f"export {k}={shlex.quote(v)}; " for k, v in words.items())
        return self.laptop.run(export + script, user=None if who == "root" else who, timeout=600)

    def traces(self):
        self.laptop.ok(["sync"])
        refused = [(name, data) for name, data in self.files.items() if not name.startswith("ok")]
        found = self.medium.traces(refused, [payloads.CANARY], payloads.WORDS)
        if found:
            self.medium.know()
        return found

    def clean_file_arrives(self, name):
        data = payloads.clean(name)
        put(self.laptop, "/home/alice/clean", {f"{name}.txt": data})
        result = self.run(f'cp /home/alice/clean/{name}.txt "$M/" && cmp /home/alice/clean/{name}.txt "$M/{name}.txt"')
        assert result.code == 0, result.err
        self.laptop.ok(["sync"])
        assert self.card.path.read_bytes().find(data[: 512]) >= 0

    def attempt(self, table, one):
        if one.needs and self.run(f"command -v {one.needs}").code != 0:
            table.add(one.number, one.what, one.who, "refused", f"not made: no {one.needs} here", False)
            return
        result = self.run(one.script, one.who)
        wrong = self.traces()
        if one.reports and result.code == 0:
            wrong.append("the program believed that it succeeded")
        for name in one.keeps:
            if self.run(f"test -s $F/{name}", "root").code != 0:
                wrong.append(f"{name} is gone from the computer")
        if one.after and self.run(one.after, "root").code != 0:
            wrong.append("afterwards it was not as it was before")
        if self.run(one.tidy + "\nls \"$M\"").code != 0:
            wrong.append("the gate is gone")
        if "ModuleNotFoundError" in result.err or "SyntaxError" in result.err:
            wrong.append("it was not made")
        said = (result.err.strip().splitlines() or [""])[-1][:120]
        table.add(one.number, one.what, one.who, "refused, nothing on the medium", "; ".join(wrong) or f"refused: {said}", not wrong)


@pytest.fixture
def scene(nursery, make_card):
    return Scene(nursery, make_card)


def test_every_way_onto_the_stick(scene):
    table = Table("attempts")
    scene.clean_file_arrives("before")
    every = [*attempts.BLOCK, *attempts.GATE, *tricks.MORE]
    for one in every:
        if ALL or one.number in SAMPLE:
            scene.attempt(table, one)
    scene.clean_file_arrives("after")
    assert table.made == (len(every) if ALL else len(SAMPLE))
    assert table.failed == []


COPY_ALL = """
for c in {folder}/*; do
    cp "$c" "$M/case.bin" 2>/dev/null && printf '%s\\n' "${{c##*/}}"
    rm -f "$M/case.bin"
done
true
"""


def test_every_content_and_what_may_pass_passes(scene, tmp_path):
    table = Table("content")
    folder = tmp_path / "cases"
    folder.mkdir()
    cases = payloads.content_cases(folder)
    if not ALL:
        cases = dict(sorted(cases.items())[::6])
    passing = payloads.passing_cases()
    put(scene.laptop, "/home/alice/cases", cases)
    put(scene.laptop, "/home/alice/passing", passing)
    scene.files.update(cases)
    arrived = set(scene.run(COPY_ALL.format(folder="/home/alice/cases")).out.split())
    for name in sorted(cases):
        table.add(name, "copied under a harmless name", "alice", "refused", "it was taken" if name in arrived else "refused", name not in arrived)
    wrong = scene.traces()
    table.add("all", "the medium afterwards", "alice", "nothing of it", "; ".join(wrong) or "nothing", not wrong)
    arrived = set(scene.run(COPY_ALL.format(folder="/home/alice/passing")).out.split())
    for name in sorted(passing):
        table.add(name, "a clean file", "alice", "taken", "taken" if name in arrived else "refused", name in arrived)
    assert table.failed == []
