# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-judge's socket for tests: answers what a test says, and keeps what it was asked."""

import json
import queue
import socket
import threading

CHECKS = ("passwords", "automatic-login", "screen-lock", "malware", "passwords-reviewed", "install-rights", "updates",
          "hibernation")


def leaf(device="/dev/nvme0n1p3", verdict="encrypted", **more):
    return {"device": device, "used_for": ["/"], "verdict": verdict, "reason": "It is what it is.", "fix": "", "command": None,
            "chain": ["/dev/mapper/root: LUKS2"], "external": False, "bytes": 500 << 30, **more}


def check(word, verdict="pass", **more):
    return {"check": word, "verdict": verdict, "reason": "It is what it is.", "fix": "", "details": [], **more}


def reply(storage=None, checks=None, **more):
    return {"storage": [leaf()] if storage is None else storage,
            "checks": [check(word) for word in CHECKS] if checks is None else checks,
            "judged_at": "2026-11-22T09:30:00Z", "error": None, **more}


class Judge:
    """Listens until close(). answer: an object, bytes as they are, or None to say nothing until the caller hangs up."""

    def __init__(self, path, answer=None):
        self.answer = reply() if answer is None else answer
        self.silent, self.asked, self.hung_up = False, queue.Queue(), queue.Queue()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(16)
        self.path, self.closed = path, False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection, connection.makefile("rb") as lines:
            self.asked.put(json.loads(lines.readline()))
            try:
                if not self.silent:
                    text = self.answer
                    connection.sendall(text if isinstance(text, bytes) else json.dumps(text).encode() + b"\n")
                    return
                connection.recv(1)
            except OSError:
                pass
            self.hung_up.put(True)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        self.path.unlink(missing_ok=True)
