#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory cards as cameras format and fill them, made on the host as image files.

A card is a partition table (or none), a FAT12, FAT16, FAT32 or exFAT volume,
a camera's tree of real JPEG files, clips and sidecars, and what years of use
leave behind: canaries, which are recognisable texts in free clusters, in slack,
in the gap before the partition, behind it, and under deleted names. No kernel
file system is needed, so host tests can use this as well.
"""

import dataclasses
import os
import pathlib
import struct
import subprocess
import tempfile

import exfat
import pictures

CANARY = b"OUTING-CANARY:"
SECTOR = 512
FIRST_LBA = 8192
TAKEN = (2026, 11, 20, 10, 15, 0)
TAKEN_EPOCH = 1795169700
PARTITION_TYPES = {"fat12": 0x01, "fat16": 0x0E, "fat32": 0x0C, "exfat": 0x07}
DEFAULT_MIB = {"fat12": 16, "fat16": 32, "fat32": 64, "exfat": 32}


@dataclasses.dataclass
class Card:
    """What was put on a card: its image file, where the volume starts, its live files."""

    path: pathlib.Path
    fs: str
    offset: int
    label: str
    files: dict

    @property
    def pictures(self):
        return [p for p, data in self.files.items() if data[:3] == b"\xff\xd8\xff"]

    def canaries(self):
        """How many canaries a search of every byte of the image finds."""
        return self.path.read_bytes().count(CANARY)

    def list_files(self):
        """Paths of the files a reader sees now."""
        if self.fs == "exfat":
            with open(self.path, "rb") as image:
                return sorted(p for p, _ in exfat.Volume(image, self.offset).walk() if not p.endswith("/"))
        try:
            listing = mtools(self, "mdir", "-/", "-b", "-a", "::/")
        except RuntimeError as error:
            if 'File "::/" not found' in str(error):  # mdir's words for an empty top folder
                return []
            raise
        return sorted(line[3:] for line in listing.splitlines() if not line.endswith("/"))

    def read_file(self, path):
        """What a reader gets for PATH now."""
        if self.fs == "exfat":
            with open(self.path, "rb") as image:
                return dict(exfat.Volume(image, self.offset).walk())[path]
        with tempfile.TemporaryDirectory() as folder:
            mtools(self, "mcopy", "-n", f"::/{path}", f"{folder}/file")
            return pathlib.Path(folder, "file").read_bytes()

    def place_of(self, path):
        """Number of the sector where the file PATH begins on the card."""
        start = self.path.read_bytes().index(self.files[path][:4096])
        return start // SECTOR

    def take_pictures(self, files):
        """The camera writes FILES on the card, which now holds these only (it was cleared before)."""
        self.files = files
        if self.fs == "exfat":
            with open(self.path, "r+b") as image:
                exfat.Volume(image, self.offset).replace_tree(files, TAKEN)
        else:
            _fill_fat(self, dirty=False)

    def fsck(self):
        """(status, text) of a read-only check of the volume."""
        with tempfile.NamedTemporaryFile(dir=self.path.parent) as volume:
            with open(self.path, "rb") as image:
                image.seek(self.offset)
                while block := image.read(1 << 20):
                    volume.write(block)
            volume.flush()
            tool = ["fsck.exfat", "-n"] if self.fs == "exfat" else ["fsck.vfat", "-n"]
            done = subprocess.run([*tool, volume.name], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr


def mtools(card, *command, check=True):
    name, *arguments = command
    env = dict(os.environ, MTOOLS_SKIP_CHECK="1", TZ="UTC", MTOOLS_LOWER_CASE="0", LC_ALL="C.UTF-8")
    done = subprocess.run(
        [name, "-i", f"{card.path}@@{card.offset}", *arguments], env=env, capture_output=True
    )
    if check and done.returncode != 0:
        raise RuntimeError(f"{name}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8", errors="surrogateescape")


def clip(number, size):
    """Bytes that start like a clip of a video camera and never repeat."""
    body = b"".join(struct.pack(">QQ", number, i) for i in range(size // 16))
    return b"\x00\x00\x00\x18ftypXAVC" + body


def camera_tree(photos=12, video=True, first=1, extras=True):
    """The files of a camera's card after a morning in the Blue Room, by path."""
    files = {}
    for number in range(first, first + photos):
        files[f"DCIM/100MEDIA/IMG_{number:04}.JPG"] = pictures.jpeg(number)
    if extras:
        files["DCIM/100MEDIA/IMG_0001.XMP"] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>\n"
        files["DCIM/100MEDIA/.hidden note"] = b"written by a laptop\n"
        files[".Trash-1000/files/IMG_0099.JPG"] = pictures.jpeg(99, 640, 480)
        files[".Trash-1000/info/IMG_0099.JPG.trashinfo"] = b"[Trash Info]\nPath=DCIM/IMG_0099.JPG\n"
        files["MISC/AUTPRINT.MRK"] = b""
    if video:
        files["PRIVATE/AVCHD/BDMV/INDEX.BDM"] = b"INDX0200" + bytes(120)
        files["PRIVATE/AVCHD/BDMV/STREAM/00000.MTS"] = clip(1, 600_000)
        files["PRIVATE/AVCHD/BDMV/CLIPINF/00000.CPI"] = b"HDMV0200" + bytes(300)
        files["PRIVATE/AVCHD/BDMV/PLAYLIST/00000.MPL"] = b"MPLS0200" + bytes(200)
        files["PRIVATE/M4ROOT/MEDIAPRO.XML"] = b"<MediaProfile/>\n"
        files["PRIVATE/M4ROOT/CLIP/C0001.MP4"] = clip(2, 400_000)
    return files


def mbr(disk_id, partitions):
    """A DOS partition table of (type, first sector, sectors)."""
    sector = bytearray(SECTOR)
    struct.pack_into("<I", sector, 440, disk_id)
    for slot, (kind, start, count) in enumerate(partitions):
        struct.pack_into(
            "<B3sB3sII", sector, 446 + 16 * slot, 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start, count
        )
    sector[510:] = b"\x55\xaa"
    return bytes(sector)


def canary_block(place, length):
    text = (CANARY + place.encode() + b"\n").ljust(64, b".")
    return (text * (length // len(text) + 1))[:length]


def _format_fat(card, sectors, volume_id, cluster_sectors):
    bits = card.fs.removeprefix("fat")
    command = ["mkfs.vfat", "-F", bits, "-a", "-n", card.label, "-i", f"{volume_id:08x}"]
    if card.offset:
        command += ["--offset", str(card.offset // SECTOR), "-h", str(card.offset // SECTOR)]
    if cluster_sectors:
        command += ["-s", str(cluster_sectors)]
    command += [str(card.path), str(sectors // 2)]
    subprocess.run(command, check=True, capture_output=True)


def _fat_data_area(card):
    """(start, end) in the image of the clusters behind the root directory."""
    with open(card.path, "rb") as image:
        image.seek(card.offset)
        boot = image.read(SECTOR)
    per_cluster = boot[13]
    reserved, fats, roots, small, _, short_fat = struct.unpack_from("<HBHHBH", boot, 14)
    large, long_fat = struct.unpack_from("<II", boot, 32)
    fat = short_fat or long_fat
    first = reserved + fats * fat + roots * 32 // SECTOR
    if not short_fat:
        first += per_cluster
    return card.offset + first * SECTOR, card.offset + (small or large) * SECTOR


def _fill_fat(card, dirty):
    if dirty:
        start, end = _fat_data_area(card)
        with open(card.path, "r+b") as image:
            image.seek(start)
            image.write(canary_block("free", end - start))
        with tempfile.NamedTemporaryFile() as old:
            old.write(canary_block("deleted", 50_000))
            old.flush()
            mtools(card, "mcopy", old.name, "::/OLD_0001.JPG")
            mtools(card, "mdel", "::/OLD_0001.JPG")
    with tempfile.TemporaryDirectory() as folder:
        for name, data in card.files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (TAKEN_EPOCH, TAKEN_EPOCH))
        roots = sorted(str(p) for p in pathlib.Path(folder).iterdir())
        if roots:
            mtools(card, "mcopy", "-s", "-m", "-Q", *roots, "::/")


def _make_exfat(card, sectors, volume_id, cluster_sectors, dirty):
    with tempfile.NamedTemporaryFile(dir=card.path.parent) as volume:
        volume.truncate(sectors * SECTOR)
        command = ["mkfs.exfat", "-L", card.label]
        if cluster_sectors:
            command += ["-c", str(cluster_sectors * SECTOR)]
        subprocess.run([*command, volume.name], check=True, capture_output=True)
        serial = ["tune.exfat", "-I", f"{volume_id:#010x}", volume.name]
        subprocess.run(serial, check=True, capture_output=True)
        with open(volume.name, "r+b") as file:
            writer = exfat.Volume(file)
            if dirty:
                writer.fill_free(canary_block("free", 64))
            writer.add_tree(card.files, TAKEN)
        with open(card.path, "r+b") as image, open(volume.name, "rb") as file:
            image.seek(card.offset)
            while block := file.read(1 << 20):
                image.write(block)


def make_card(path, fs="fat32", mib=None, partitioned=True, label="BLUE ROOM", files=None,
              volume_id=0x20261120, disk_id=0x0B1E0001, cluster_sectors=None, dirty=True):  # fmt: skip
    """Makes a card image at PATH and returns the Card. DIRTY plants the canaries."""
    size = (mib or DEFAULT_MIB[fs]) << 20
    total = size // SECTOR
    start = FIRST_LBA if partitioned else 0
    tail = 2048 if partitioned else 0
    card = Card(pathlib.Path(path), fs, start * SECTOR, label, camera_tree() if files is None else files)
    with open(card.path, "wb") as image:
        image.truncate(size)
        if partitioned:
            if dirty:
                image.write(canary_block("gap", start * SECTOR))
                image.seek(size - tail * SECTOR)
                image.write(canary_block("tail", tail * SECTOR))
            image.seek(0)
            image.write(mbr(disk_id, [(PARTITION_TYPES[fs], start, total - start - tail)]))
    sectors = total - start - tail
    if fs == "exfat":
        _make_exfat(card, sectors, volume_id, cluster_sectors, dirty)
    else:
        _format_fat(card, sectors, volume_id, cluster_sectors)
        _fill_fat(card, dirty)
    return card


def recovered_pictures(image, keep=None):
    """How many JPEG files photorec carves out of IMAGE; KEEP is a directory for them."""
    with tempfile.TemporaryDirectory() as scratch:
        target = pathlib.Path(keep or scratch) / "recovered"
        target.parent.mkdir(parents=True, exist_ok=True)
        plan = "partition_none,options,paranoid,fileopt,everything,disable,jpg,enable,wholespace,search"
        subprocess.run(
            ["photorec", "/d", str(target), "/cmd", str(pathlib.Path(image).resolve()), plan],
            cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=300,
            env=dict(os.environ, TERM="dumb"),
        )  # fmt: skip
        return len(list(target.parent.glob("recovered.*/f*.jpg")))
