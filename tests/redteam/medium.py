# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on a medium, read from outside: every sector of it, whatever its file system says.

Refused content is looked for in four ways, in slack, free space and deleted entries alike: any of its sectors at a
sector's start; its canaries as they stand; the children's names in any case and in UTF-16; and the same names in the
13-character pieces in which FAT and exFAT keep long names.
"""

import functools

SECTOR = 512
EMPTY = bytes(SECTOR)
WINDOW = 32  # bytes that identify a sector of a payload


@functools.lru_cache(maxsize=4096)
def windows(data):
    """The telling bytes of each sector of DATA; those of one repeated value say nothing."""
    found = set()
    for start in range(0, len(data), SECTOR):
        window = data[start : start + WINDOW]
        if len(window) == WINDOW and len(set(window)) > 6:
            found.add(window)
    return frozenset(found)


def name_pieces(word):
    """WORD in the ways in which directories and documents spell it."""
    wide = word.encode("utf-16-le")
    return {word.lower().encode(), wide.lower(), wide[:10].lower(), word.encode("utf-16-be").lower()}


class Medium:
    """The image of a stick. What it held at the beginning, and what may come onto it, tells nothing."""

    def __init__(self, path, innocent=()):
        self.path = path
        self.innocent = set().union(*(windows(data) for data in innocent)) if innocent else set()
        self.know()

    def read(self):
        """All of it; of empty sectors that follow each other, one."""
        raw = self.path.read_bytes()
        kept, last = [], None
        for start in range(0, len(raw), SECTOR):
            sector = raw[start : start + SECTOR]
            if sector != EMPTY or last != EMPTY:
                kept.append(sector)
            last = sector
        return b"".join(kept)

    def know(self):
        """What was found is not found again."""
        self.before = self.read()
        self.innocent |= self._sectors(self.before)

    @staticmethod
    def _sectors(raw):
        return {raw[i : i + WINDOW] for i in range(0, len(raw), SECTOR)}

    def traces(self, payloads=(), canaries=(), words=()):
        """What of it is on the medium now, as a list of sentences; empty when nothing is."""
        raw = self.read()
        sectors = self._sectors(raw)
        found = []
        for name, data in payloads:
            hits = (windows(data) - self.innocent) & sectors
            if hits:
                found.append(f"{len(hits)} sectors of {name}")
        for canary in canaries:
            if raw.find(canary) >= 0 and self.before.find(canary) < 0:
                found.append(f"the canary {canary[:40]!r}")
        small, before = raw.lower(), self.before.lower()
        for word in words:
            if any(small.find(piece) >= 0 and before.find(piece) < 0 for piece in name_pieces(word)):
                found.append(f"the name {word}")
        return found
