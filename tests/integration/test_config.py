# SPDX-License-Identifier: GPL-3.0-or-later
"""What the technician sees of mistakes in the configuration."""

import os
import pathlib
import re
import subprocess

import pytest

OUTINGCTL = os.environ.get("OUTINGCTL", "build/faults/outingctl")
SHIPPED = pathlib.Path("packaging/outing-guard.conf")
PRESETS = sorted(pathlib.Path("packaging/presets").iterdir())


@pytest.fixture
def check(tmp_path):
    def check(text):
        path = tmp_path / "house.conf"
        path.write_text(text)
        done = subprocess.run([OUTINGCTL, "config", "check", path], capture_output=True, text=True, timeout=30)
        return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)

    return check


@pytest.mark.parametrize("path", [SHIPPED, *PRESETS], ids=lambda p: p.name)
def test_the_shipped_files_have_no_mistakes(path):
    done = subprocess.run([OUTINGCTL, "config", "check", path], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "no mistakes" in done.stdout


def settings(path):
    """The lines behind the head."""
    return path.read_text().partition("\n\n")[2].splitlines()


def test_presets_differ_from_the_shipped_file_only_where_the_policies_differ():
    assert [p.stem for p in PRESETS] == ["names-only", "transfer-all"]
    names_only, transfer_all = map(settings, PRESETS)
    assert transfer_all == settings(SHIPPED)
    assert len(names_only) == len(transfer_all)
    changed = [new for old, new in zip(transfer_all, names_only) if old != new]
    assert len(changed) == 2
    assert changed[0] == '  policy = "names-only";' and changed[1].startswith("  sentence = ")


def test_an_empty_file_is_a_configuration(check):
    assert check("")[0] == 0


def test_every_value_changed_at_random_is_named_with_its_line(check):
    """Each key of the shipped file in turn gets a value of another kind."""
    lines = SHIPPED.read_text().splitlines()
    group = ""
    tried = 0
    for number, line in enumerate(lines, 1):
        if match := re.fullmatch(r"([a-z_]+):", line):
            group = match[1]
        match = re.fullmatch(r"  ([a-z_]+) = (.*);", line)
        if not match:
            continue
        wrong = '"x"' if not match[2].startswith('"') else "3.5"
        text = "\n".join([*lines[: number - 1], f"  {match[1]} = {wrong};", *lines[number:]])
        code, said = check(text)
        assert code == 1
        assert f":{number}: {group}.{match[1]}:" in said.replace(" ", "").replace(":" + group, ": " + group), said
        tried += 1
    assert tried >= 11


def test_every_key_misspelt_is_named(check):
    for match in re.finditer(r"(?m)^  ([a-z_]+) = ", SHIPPED.read_text()):
        text = SHIPPED.read_text()
        text = text[: match.start(1)] + "z" + text[match.start(1) :]
        code, said = check(text)
        assert code == 1 and "there is no such key" in said and f"z{match[1]}" in said


def test_all_mistakes_come_at_once(check):
    code, said = check('wipe: { method = "shred"; };\naudit: { retention_days = 5; };\nlogs: { };\n')
    assert code == 1
    for part in ("wipe.method", '"clear-2pass"', "audit.retention_days", "31", "logs"):
        assert part in said
