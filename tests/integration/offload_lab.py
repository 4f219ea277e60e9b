# SPDX-License-Identifier: GPL-3.0-or-later
"""What the offload tests share: building the program with fault points, running it, and comparing cards with vaults."""

import contextlib
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
VARIANT = "coverage" if os.environ.get("OUTING_VARIANT") == "coverage" else "faults"
PROGRAM = TOP / "build" / VARIANT / "outing-offload"


def build():
    result = subprocess.run(["make", "-C", str(TOP), "-j2", f"VARIANT={VARIANT}", f"build/{VARIANT}/outing-offload"],
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return PROGRAM


class Lab:
    """One card, one vault, one state folder."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.card = self.root / "card"
        self.vault = self.root / "vault"
        self.state = self.root / "state"
        self.card.mkdir()
        self.vault.mkdir()

    def command(self, *extra, source=None):
        return [str(PROGRAM), "--source", str(source or self.card), "--vault", str(self.vault), "--state", str(self.state),
                "--vault-check=off", "--name", "Blue Room camera", "--json", *extra]

    def run(self, *extra, source=None, environment=None, timeout=300):
        result = subprocess.run(self.command(*extra, source=source), capture_output=True, text=True, timeout=timeout,
                                check=False, env={**os.environ, **(environment or {})})
        report = json.loads(result.stdout) if result.stdout.strip() else None
        return result.returncode, report, result.stderr

    def offload(self, *extra, source=None):
        code, report, errors = self.run(*extra, source=source)
        assert code == 0 and report["outcome"] == "committed", (report, errors)
        return report

    def rows(self, query):
        database = self.state / "state.db"
        if not database.exists():
            return []
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.row_factory = sqlite3.Row
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'object'").fetchone():
                return []  # it was killed before there was anything to record
            return [dict(row) for row in connection.execute(query)]

    def sessions(self):
        return self.rows("SELECT * FROM session ORDER BY number")

    def objects(self):
        return self.rows("SELECT session.vault_dir AS folder, object.* FROM object JOIN session"
                         " ON session.number = object.session")


def tree(folder, history=False):
    """{relative path (bytes): sha512} of every regular file; without ascmhl/ at the top unless history is True."""
    found = {}
    top = os.fsencode(str(folder))
    for base, names, files in os.walk(top):
        if base == top and b"ascmhl" in names and not history:
            names.remove(b"ascmhl")
        for name in files:
            path = os.path.join(base, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, top)] = hashlib.file_digest(file, "sha512").hexdigest() \
                        if hasattr(hashlib, "file_digest") else hashlib.sha512(file.read()).hexdigest()
    return found


def contents(folder, history=False):
    """Sorted hashes: what matters when names were changed for storing."""
    return sorted(tree(folder, history).values())


def fill(folder, files):
    """files: {name (str or bytes): size}; content follows from the name."""
    for name, size in files.items():
        path = os.path.join(os.fsencode(str(folder)), name if isinstance(name, bytes) else os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        seed = hashlib.sha512(path[len(os.fsencode(str(folder))):]).digest()
        with open(path, "wb") as file:
            file.write((seed * (size // len(seed) + 1))[:size])
        os.utime(path, (1700000000, 1700000000))
