# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios run in two lanes; what both need from the cache is made by one of them while the other waits.

What stands on something else asks for that while it has its own turn, and never the other way round.
"""

import contextlib
import fcntl
import pathlib

_held = {}


@contextlib.contextmanager
def alone(directory, name):
    """One process at a time makes NAME in DIRECTORY; who has its turn already may ask again."""
    path = pathlib.Path(directory).resolve() / f".turn-{name}"
    if _held.get(path, 0) > 0:
        _held[path] += 1
        try:
            yield
        finally:
            _held[path] -= 1
        return
    with path.open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _held[path] = 1
        try:
            yield
        finally:
            _held[path] = 0
