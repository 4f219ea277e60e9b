# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of attempts: expected and seen, written while they are made."""

import pathlib

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
HEAD = "| nr | attempt | who | expected | seen | |\n| --- | --- | --- | --- | --- | --- |\n"


def cell(text):
    return " ".join(str(text).replace("|", "/").split())


class Table:
    def __init__(self, name):
        self.path = BUILD / f"redteam-{name}.md"
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(HEAD, encoding="utf-8")
        self.failed = []
        self.made = 0

    def add(self, number, what, who, expected, seen, right):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(f"| {number} | {cell(what)} | {who} | {cell(expected)} | {cell(seen)} | {'ok' if right else 'WRONG'} |\n")
        self.made += 1
        if not right:
            self.failed.append(f"{number} {what}: {seen}")
