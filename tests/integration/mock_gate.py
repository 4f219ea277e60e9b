# SPDX-License-Identifier: GPL-3.0-or-later
"""The service of the gates as the agent sees it: a socket that speaks the structs of agent/gate/service.h. Mounts nothing.

Each connection is a Gate; what the agent says on it comes in order from wait(). A gate is opened only when the test says so.
"""

import json
import queue
import socket
import struct
import threading

VERSION = 1
OPEN, ALLOW, NAMES, SHUT = 0x6711, 0x6712, 0x6713, 0x6714
OPENED, CLOSED, REPORT, ALLOWED = 0x6721, 0x6722, 0x6723, 0x6724
END_SHUT, END_GONE, END_REFUSED, END_BROKEN = 1, 2, 3, 4
PATIENCE = 60


def text(raw):
    return raw.split(b"\0")[0].decode()


def report(event="refused", path="letter.odt", cause="names", sentence="It holds the names of children.", **more):
    return json.dumps({"event": event, "path": path, "cause": cause, "sentence": sentence,
                       "allowable": event == "refused", **more})


class Gate:
    def __init__(self, connection):
        self.connection, self.said = connection, queue.Queue()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while True:
            try:
                data = self.connection.recv(65536)
            except OSError:
                data = b""
            if not data:
                self.said.put((None, b""))
                return
            version, kind = struct.unpack("<II", data[:8])
            assert version == VERSION
            self.said.put((kind, data[8:]))

    def wait(self, kind, patience=PATIENCE):
        """The payload of the next message, which must be of that kind; None: the agent hung up."""
        got, payload = self.said.get(timeout=patience)
        assert got == kind, f"{got and hex(got)}, not {kind and hex(kind)}"
        return payload

    def wish(self):
        """What was asked for."""
        node, diskseq, kind, label, uid, flags, keep = struct.unpack("<64sQ16s64sIIQ", self.wait(OPEN))
        assert flags == 0
        return {"node": text(node), "diskseq": diskseq, "type": text(kind), "label": text(label), "uid": uid, "keep": keep}

    def send(self, kind, payload=b""):
        self.connection.send(struct.pack("<II", VERSION, kind) + payload)

    def opened(self, mountpoint="/run/media/robin/WHITE"):
        self.send(OPENED, struct.pack("<512s", mountpoint.encode()))

    def report(self, line):
        self.send(REPORT, line.encode())

    def allow(self):
        ticket, seconds, digest = struct.unpack("<QQ64s", self.wait(ALLOW))
        return {"ticket": ticket, "seconds": seconds, "sha512": digest.hex()}

    def allowed(self, ticket, error=0, path="letter.odt"):
        self.send(ALLOWED, struct.pack("<QiI512s", ticket, error, 0, path.encode()))

    def closed(self, end=END_SHUT, unwritten=0, sentence=""):
        self.send(CLOSED, struct.pack("<II256s", end, unwritten, sentence.encode()))
        self.hang_up()

    def hang_up(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()


class GateService:
    def __init__(self, path):
        self.path, self.gates = str(path), queue.Queue()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.all = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            gate = Gate(connection)
            self.all.append(gate)
            self.gates.put(gate)

    def gate(self, patience=PATIENCE):
        return self.gates.get(timeout=patience)

    def nobody_called(self):
        return self.gates.empty()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for gate in self.all:
            gate.hang_up()
