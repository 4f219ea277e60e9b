# SPDX-License-Identifier: GPL-3.0-or-later
"""The two JSON dialects QEMU speaks with us: QMP, and the guest agent's.

Both are lines of JSON over a Unix socket, both are kept in a log for the
artifacts of a failed test. Qmp runs the machine from outside; GuestAgent runs
commands and moves files inside it. Every call has a deadline: a machine that
does not answer is an exception, never a hang.
"""

import base64
import collections
import json
import os
import select
import socket
import time

CHUNK = 1 << 20
CALL_TIMEOUT = 60.0

Result = collections.namedtuple("Result", "code out err")


class LabError(Exception):
    """The laptop did not do what a working laptop does."""


def connect(path, seconds=30):
    """A socket's file is there a moment before anybody listens behind it."""
    deadline = time.monotonic() + seconds
    while True:
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(str(path))
            return made
        except ConnectionRefusedError:
            made.close()
            if time.monotonic() > deadline:
                raise
            os.sched_yield()


class JsonSocket:
    """Lines of JSON over a Unix socket, with a deadline on each receive."""

    def __init__(self, path, log):
        self.socket = connect(path)
        self.buffer = b""
        self.log = log

    def close(self):
        self.socket.close()

    def note(self, arrow, line):
        self.log.write(f"{time.time():.3f} {arrow} {line[:2000]}\n")
        self.log.flush()

    def send(self, message, prefix=b""):
        line = json.dumps(message)
        self.note(">", line)
        self.socket.sendall(prefix + line.encode() + b"\n")

    def receive(self, deadline):
        """The next message; LabError when it has not come by DEADLINE (monotonic seconds)."""
        while b"\n" not in self.buffer:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self.socket], [], [], left)[0]:
                raise LabError("no answer in time")
            block = self.socket.recv(CHUNK)
            if not block:
                raise LabError("the machine is gone")
            self.buffer += block
        line, self.buffer = self.buffer.split(b"\n", 1)
        line = line.split(b"\xff")[-1].strip()
        if not line:
            return self.receive(deadline)
        self.note("<", line.decode(errors="replace"))
        return json.loads(line)


class Qmp:
    """The machine's monitor."""

    def __init__(self, path, log):
        self.link = JsonSocket(path, log)
        self.events = []
        self.link.receive(time.monotonic() + CALL_TIMEOUT)
        self.call("qmp_capabilities")

    def close(self):
        self.link.close()

    def call(self, command, **arguments):
        """Runs COMMAND. The old ones, with an underscore in their name, have it in their arguments too."""
        if "_" not in command:
            arguments = {k.replace("_", "-"): v for k, v in arguments.items()}
        self.link.send({"execute": command, "arguments": arguments})
        deadline = time.monotonic() + CALL_TIMEOUT
        while True:
            answer = self.link.receive(deadline)
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise LabError(f"{command}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def wait_event(self, name, timeout=CALL_TIMEOUT, **fields):
        """The next event NAME whose data has FIELDS, including those already received."""
        deadline = time.monotonic() + timeout
        while True:
            for event in self.events:
                data = event.get("data", {})
                if event["event"] == name and all(data.get(k) == v for k, v in fields.items()):
                    self.events.remove(event)
                    return data
            answer = self.link.receive(deadline)
            if "event" in answer:
                self.events.append(answer)


class GuestAgent:
    """Commands and files inside the guest."""

    def __init__(self, path, log):
        self.link = JsonSocket(path, log)

    def close(self):
        self.link.close()

    def synchronize(self, timeout):
        """Waits until the agent answers, whatever was said on the line before."""
        deadline = time.monotonic() + timeout
        token = int(time.time() * 1000) & 0x7FFFFFFF
        while True:
            token += 1
            self.link.send(
                {"execute": "guest-sync-delimited", "arguments": {"id": token}}, prefix=b"\xff"
            )
            try:
                while True:
                    answer = self.link.receive(min(deadline, time.monotonic() + 2.0))
                    if answer.get("return") == token:
                        return
            except LabError:
                if time.monotonic() >= deadline:
                    raise LabError("the guest agent does not answer") from None

    def call(self, command, timeout=CALL_TIMEOUT, **arguments):
        # Commands that are spelt with underscores spell their arguments so, too.
        if "_" not in command:
            arguments = {k.replace("_", "-"): v for k, v in arguments.items()}
        self.link.send({"execute": command, "arguments": arguments})
        answer = self.link.receive(time.monotonic() + timeout)
        if "error" in answer:
            raise LabError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def start(self, argv, stdin=b""):
        """Starts ARGV; returns its pid for finish()."""
        return self.call(
            "guest-exec",
            path=argv[0],
            arg=list(argv[1:]),
            input_data=base64.b64encode(stdin).decode(),
            capture_output=True,
        )["pid"]

    def poll(self, pid):
        """The Result of PID, or None while it runs."""
        status = self.call("guest-exec-status", pid=pid)
        if not status["exited"]:
            return None
        code = status.get("exitcode", 128 + status.get("signal", 0))
        out, err = (base64.b64decode(status.get(k, "")) for k in ("out-data", "err-data"))
        return Result(code, out.decode(errors="replace"), err.decode(errors="replace"))

    def finish(self, pid, timeout):
        """Waits for PID. The agent has no event for this, so it is asked ever less often."""
        deadline = time.monotonic() + timeout
        pause = 0.02
        while True:
            result = self.poll(pid)
            if result is not None:
                return result
            if time.monotonic() > deadline:
                raise LabError(f"the guest's process {pid} is not done after {timeout:.0f} s")
            select.select([], [], [], pause)
            pause = min(pause * 1.5, 0.25)

    def read_file(self, path):
        handle = self.call("guest-file-open", path=path, mode="rb")
        blocks = []
        try:
            while True:
                part = self.call("guest-file-read", handle=handle, count=CHUNK)
                blocks.append(base64.b64decode(part["buf-b64"]))
                if part["eof"] or not part["count"]:
                    return b"".join(blocks)
        finally:
            self.call("guest-file-close", handle=handle)

    def write_file(self, path, data):
        handle = self.call("guest-file-open", path=path, mode="wb")
        try:
            for start in range(0, len(data), CHUNK):
                block = base64.b64encode(data[start : start + CHUNK]).decode()
                self.call("guest-file-write", handle=handle, buf_b64=block)
            self.call("guest-file-flush", handle=handle)
        finally:
            self.call("guest-file-close", handle=handle)
