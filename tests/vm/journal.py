# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's journal as it is written, on the host.

A service in the guest copies its journal, one JSON object a line, to a
virtio-serial port. A thread here keeps every entry, in memory for the tests to
wait on and in a file for the artifacts; the file is complete up to the moment
the power was cut. Tests wait for what the journal says instead of sleeping.
"""

import json
import re
import socket
import threading
import time

from qmp import LabError, connect


def entry_text(entry):
    message = entry.get("MESSAGE") or ""
    if isinstance(message, list):
        message = bytes(b for b in message if isinstance(b, int)).decode(errors="replace")
    return message


class Journal:
    """Entries of one boot, in order; safe to read while it grows."""

    def __init__(self, path, copy):
        self.entries = []
        self.changed = threading.Condition()
        self.copy = open(copy, "ab")
        self.socket = connect(path)
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join()
        self.socket.close()
        self.copy.close()

    def _follow(self):
        rest = b""
        while True:
            try:
                block = self.socket.recv(1 << 16)
            except OSError:
                return
            if not block:
                return
            self.copy.write(block)
            self.copy.flush()
            *lines, rest = (rest + block).split(b"\n")
            self._add(lines)

    def _add(self, lines):
        fresh = []
        for line in lines:
            try:
                fresh.append(json.loads(line))
            except ValueError:
                continue
        with self.changed:
            self.entries.extend(fresh)
            self.changed.notify_all()

    def mark(self):
        """A place in the journal: wait_for(..., since=mark) looks only at what comes after it."""
        with self.changed:
            return len(self.entries)

    def wait_for(self, wanted, unit=None, since=0, timeout=60.0):
        """The first entry for which WANTED (a regular expression or a function) holds."""
        if not callable(wanted):
            pattern = re.compile(wanted)
            wanted_entry = lambda entry: pattern.search(entry_text(entry))  # noqa: E731
        else:
            wanted_entry = wanted
        deadline = time.monotonic() + timeout
        seen = since
        with self.changed:
            while True:
                for entry in self.entries[seen:]:
                    if unit in (None, entry.get("_SYSTEMD_UNIT")) and wanted_entry(entry):
                        return entry
                seen = len(self.entries)
                left = deadline - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    raise LabError(f"not in the journal after {timeout:.0f} s: {wanted}")

    def lines(self, unit=None, since=0):
        with self.changed:
            chosen = self.entries[since:]
        return [entry_text(e) for e in chosen if unit in (None, e.get("_SYSTEMD_UNIT"))]
