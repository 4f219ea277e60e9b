# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts files on a freshly made exFAT volume, without a kernel that knows exFAT.

Just enough of a writer for test cards: mkfs.exfat makes the volume, add_tree()
fills it once. Clusters are handed out in order; every second file gets a FAT
chain, the others are marked contiguous (NoFatChain), because cameras write
both and readers treat them differently.
"""

import struct

END_OF_CHAIN = 0xFFFFFFFF
ENTRY = 32
DIRECTORY = 0x10
ARCHIVE = 0x20


def set_checksum(entries):
    value = 0
    for index, byte in enumerate(entries):
        if index not in (2, 3):
            value = ((value >> 1) | (value << 15)) + byte & 0xFFFF
    return value


def timestamp(when):
    """(year, month, day, hour, minute, second) as exFAT keeps it."""
    year, month, day, hour, minute, second = when
    return (year - 1980) << 25 | month << 21 | day << 16 | hour << 11 | minute << 5 | second // 2


class Volume:
    """An exFAT volume inside FILE (open for reading and writing) at byte OFFSET."""

    def __init__(self, file, offset=0):
        self.file, self.offset = file, offset
        boot = self._read(0, 512)
        if boot[3:11] != b"EXFAT   ":
            raise ValueError("not an exFAT volume")
        fat, _, heap, count, root = struct.unpack_from("<5I", boot, 80)
        sector = 1 << boot[108]
        self.cluster_size = sector << boot[109]
        self.fat_at, self.heap_at = fat * sector, heap * sector
        self.cluster_count, self.root = count, root
        self._read_root()

    def _read(self, at, length):
        self.file.seek(self.offset + at)
        return self.file.read(length)

    def _write(self, at, data):
        self.file.seek(self.offset + at)
        self.file.write(data)

    def cluster_at(self, cluster):
        return self.heap_at + (cluster - 2) * self.cluster_size

    def _read_root(self):
        root = self._read(self.cluster_at(self.root), self.cluster_size)
        self.root_entries = b""
        for at in range(0, len(root), ENTRY):
            entry = root[at : at + ENTRY]
            if entry[0] == 0:
                break
            self.root_entries += entry
            cluster, length = struct.unpack_from("<IQ", entry, 20)
            if entry[0] == 0x81:
                self.bitmap_at, self.bitmap = self.cluster_at(cluster), None
                self.bitmap = bytearray(self._read(self.bitmap_at, length))
            elif entry[0] == 0x82:
                table = self._read(self.cluster_at(cluster), length)
                self.upcase = self._expand(struct.unpack(f"<{length // 2}H", table))
        self.next = 2
        while self._used(self.next):
            self.next += 1

    @staticmethod
    def _expand(table):
        """The up-case table with its runs of unchanged characters written out."""
        full, position = list(range(0x10000)), 0
        values = iter(table)
        for value in values:
            if value == 0xFFFF:
                position += next(values, 1)
                continue
            full[position] = value
            position += 1
        return full

    def _used(self, cluster):
        return self.bitmap[(cluster - 2) // 8] >> ((cluster - 2) % 8) & 1

    def allocate(self, length, chain):
        """First cluster of a fresh run of LENGTH bytes, with a FAT chain if CHAIN."""
        count = max(1, -(-length // self.cluster_size))
        first = self.next
        if first + count > self.cluster_count + 2:
            raise ValueError("the card is full")
        for cluster in range(first, first + count):
            self.bitmap[(cluster - 2) // 8] |= 1 << ((cluster - 2) % 8)
        self.next += count
        if chain:
            links = [*range(first + 1, first + count), END_OF_CHAIN]
            self._write(self.fat_at + first * 4, struct.pack(f"<{count}I", *links))
        return first

    def entry_set(self, name, attributes, first, length, chain, when):
        units = struct.unpack(f"<{len(name.encode('utf-16-le')) // 2}H", name.encode("utf-16-le"))
        name_hash = 0
        for unit in units:
            for byte in struct.pack("<H", self.upcase[unit]):
                name_hash = ((name_hash >> 1) | (name_hash << 15)) + byte & 0xFFFF
        name_entries = -(-len(units) // 15)
        stamp = timestamp(when)
        head = struct.pack(
            "<BBHHH3I2B3B7x", 0x85, 1 + name_entries, 0, attributes, 0, stamp, stamp, stamp, 0, 0, 0x80, 0x80, 0x80
        )  # fmt: skip
        flags = 0x01 | (0 if chain or not length else 0x02)
        stream = struct.pack(
            "<BBBBHHQIIQ", 0xC0, flags, 0, len(units), name_hash, 0, length, 0, first, length
        )
        padded = list(units) + [0] * (-len(units) % 15)
        names = b"".join(
            b"\xc1\x00" + struct.pack("<15H", *padded[i : i + 15]) for i in range(0, len(padded), 15)
        )
        entries = bytearray(head + stream + names)
        struct.pack_into("<H", entries, 2, set_checksum(entries))
        return bytes(entries)

    def add_file(self, name, data, when, attributes=ARCHIVE):
        if not data:
            return self.entry_set(name, attributes, 0, 0, False, when)
        chain = self.next % 2 == 0
        first = self.allocate(len(data), chain)
        self._write(self.cluster_at(first), data)
        return self.entry_set(name, attributes, first, len(data), chain, when)

    def add_directory(self, name, entries, when):
        size = max(1, -(-(len(entries) + ENTRY) // self.cluster_size)) * self.cluster_size
        first = self.allocate(size, True)
        self._write(self.cluster_at(first), entries.ljust(size, b"\0"))
        return self.entry_set(name, DIRECTORY, first, size, True, when)

    def _entries(self, tree, when):
        entries = b""
        for name, node in tree.items():
            if isinstance(node, dict):
                entries += self.add_directory(name, self._entries(node, when), when)
            else:
                entries += self.add_file(name, node, when)
        return entries

    def add_tree(self, files, when):
        """Writes FILES, a dict of path to bytes, below the root. Once for each volume."""
        tree = {}
        for path, data in files.items():
            *folders, name = path.split("/")
            node = tree
            for folder in folders:
                node = node.setdefault(folder, {})
            node[name] = data
        root = self.root_entries + self._entries(tree, when)
        if len(root) > self.cluster_size:
            raise ValueError("too much in the root directory")
        self._write(self.cluster_at(self.root), root.ljust(self.cluster_size, b"\0"))
        self._write(self.bitmap_at, self.bitmap)

    def replace_tree(self, files, when):
        """Like add_tree(), on a volume that holds nothing but empty directories, which are given up."""
        runs, keep = [(self.root, self.cluster_size)], b""
        for at in range(0, len(self.root_entries), ENTRY):
            entry = self.root_entries[at : at + ENTRY]
            if entry[0] in (0x81, 0x82, 0x83):
                keep += entry
            if entry[0] in (0x81, 0x82):
                runs.append(struct.unpack_from("<IQ", entry, 20))
        self.bitmap[:] = bytes(len(self.bitmap))
        self.root_entries, self.next = keep, 2
        for first, length in runs:
            for cluster in range(first, first + -(-length // self.cluster_size)):
                self.bitmap[(cluster - 2) // 8] |= 1 << ((cluster - 2) % 8)
        while self._used(self.next):
            self.next += 1
        self.add_tree(files, when)

    def chain(self, cluster, length, contiguous):
        """The bytes of a chain of clusters."""
        data = b""
        while len(data) < length and 2 <= cluster < self.cluster_count + 2:
            data += self._read(self.cluster_at(cluster), self.cluster_size)
            cluster = (
                cluster + 1 if contiguous else struct.unpack("<I", self._read(self.fat_at + cluster * 4, 4))[0]
            )
        return data[:length]

    def walk(self, entries=None, prefix=""):
        """Yields (path, data) of each file; a directory ends in '/' and has no data."""
        at = 0
        entries = self.root_entries if entries is None else entries
        while at < len(entries) and entries[at]:
            if entries[at] != 0x85:
                at += ENTRY
                continue
            count, attributes = entries[at + 1], entries[at + 4]
            stream = entries[at + ENTRY : at + 2 * ENTRY]
            first, length = struct.unpack_from("<IQ", stream, 20)
            names = b"".join(entries[at + i * ENTRY + 2 : at + (i + 1) * ENTRY] for i in range(2, count + 1))
            path = prefix + names.decode("utf-16-le")[: stream[3]]
            data = self.chain(first, length, bool(stream[1] & 2))
            if attributes & DIRECTORY:
                yield path + "/", None
                yield from self.walk(data, path + "/")
            else:
                yield path, data
            at += (count + 1) * ENTRY

    def fill_free(self, pattern):
        """Writes PATTERN over every cluster not in use: what an old card is full of."""
        block = (pattern * (self.cluster_size // len(pattern) + 1))[: self.cluster_size]
        for cluster in range(2, self.cluster_count + 2):
            if not self._used(cluster):
                self._write(self.cluster_at(cluster), block)
