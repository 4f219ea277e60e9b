# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted sticks as staff use them: opened and written to from the desktop, by an ordinary active user.

The agent is at work and the stick is registered. What only looks encrypted is written to by nobody.
"""

import hashlib
import os
import struct
import zlib

import matrix
import pytest
from test_closed import CRYPT, mapped, may, sectors, set_removable
from test_encrypt import GOOD, STICK, close, encrypt, make_stick, open_as_alice, plug
from test_media import assert_closed_for_writing, empty_image, mount_as_alice, properties, read_only, retrigger

PASSPHRASE = b"sunny lane"
CHEAP = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file", "-"]
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"CANARY-OF-AN-INVENTED-CHILD" * 4000


def make_luks(laptop, tmp_path, *options):
    """A stick that cryptsetup has formatted with OPTIONS, with FAT inside: its image."""
    image = empty_image(tmp_path)
    disk = laptop.attach_disk(image)
    laptop.ok(["cryptsetup", "luksFormat", "-q", *CHEAP, *options, disk], stdin=PASSPHRASE)
    laptop.ok(["cryptsetup", "open", "--key-file", "-", disk, "made"], stdin=PASSPHRASE)
    laptop.ok("mkfs.vfat -n WHITE /dev/mapper/made && cryptsetup close made && sync")
    laptop.unplug()
    return image


def plug_registered(nursery, image):
    disk = nursery.laptop.plug_usb_storage(image, "ST0001", product="WHITE STICK")
    nursery.register(STICK, role="stick")
    nursery.laptop.ok(["udevadm", "settle"])
    return disk


def digest(image):
    return hashlib.sha256(image.read_bytes()).hexdigest()


def unlock_as_alice(laptop, disk):
    laptop.write("/run/passphrase", PASSPHRASE)
    laptop.ok("chmod 0644 /run/passphrase; udevadm settle")
    return laptop.run(["udisksctl", "unlock", "--no-user-interaction", "-b", disk, "--key-file", "/run/passphrase"], user="alice")


def copy_as_alice(laptop, target):
    laptop.write("/run/photo", PHOTO)
    return laptop.run(["cp", "/run/photo", f"{target}/IMG_0001.JPG"], user="alice")


def assert_opening_is_logged(nursery, disk, opened):
    entry = nursery.wait_event("device-unlocked")
    assert (entry["fields"]["node"], entry["fields"]["opened"]) == (disk, opened)
    assert entry["fields"]["device"] == nursery.wait_device(lambda d: d["name"] == STICK)["id"]
    assert PASSPHRASE not in nursery.laptop.ok(["cat", "/var/log/outing-guard/audit.jsonl"]).encode()


@pytest.mark.parametrize("kind", ["luks2", pytest.param("luks1", marks=pytest.mark.campaign)])
def test_alice_opens_and_fills_an_encrypted_stick(nursery, tmp_path, kind):
    laptop = nursery.laptop
    image = make_luks(laptop, tmp_path, "--type", kind)
    disk = plug_registered(nursery, image)
    assert properties(laptop, disk)["OUTING_MEDIA"] == "encrypted"
    target = open_as_alice(laptop, disk, PASSPHRASE)
    inner = laptop.ok(["findmnt", "-no", "SOURCE", target]).strip()
    opened = laptop.ok(["readlink", "-f", inner]).strip()
    assert_opening_is_logged(nursery, disk, opened)
    copied = copy_as_alice(laptop, target)
    assert copied.code == 0, copied.err
    laptop.ok(["udisksctl", "unmount", "--no-user-interaction", "-b", opened], user="alice")
    laptop.ok(["udisksctl", "lock", "--no-user-interaction", "-b", disk], user="alice")
    laptop.unplug()
    assert b"CANARY" not in image.read_bytes()
    disk = laptop.plug_usb_storage(image, "ST0001", product="WHITE STICK")
    target = open_as_alice(laptop, disk, PASSPHRASE)
    assert laptop.ok(["sha256sum", f"{target}/IMG_0001.JPG"], user="alice").split()[0] == hashlib.sha256(PHOTO).hexdigest()
    assert nursery.ctl("audit", "verify").code == 0


def udisks(laptop, node, method, *arguments):
    path = "/org/freedesktop/UDisks2/block_devices/" + node.removeprefix("/dev/").replace("-", "_2d")
    return laptop.run(["busctl", "call", "org.freedesktop.UDisks2", path, *f"org.freedesktop.UDisks2.{method}".rsplit(".", 1), *arguments], user="alice")


def test_a_name_on_the_outside_of_an_encrypted_stick_is_not_alices(nursery, tmp_path):
    """A stick that is encrypted can be written to, and what it and its partitions are called is not encrypted."""
    laptop = nursery.laptop
    image = empty_image(tmp_path)
    disk = laptop.attach_disk(image)
    laptop.ok(["sfdisk", "-q", disk], stdin=b"label: gpt\nstart=2048,size=65536\n")
    laptop.ok(["udevadm", "settle"])
    laptop.ok(["cryptsetup", "luksFormat", "-q", *CHEAP, disk + "1"], stdin=PASSPHRASE)
    laptop.ok("sync")
    laptop.unplug()
    before = digest(image)
    disk = plug_registered(nursery, image)
    assert properties(laptop, disk)["OUTING_MEDIA"] == "encrypted" and not read_only(laptop, disk)

    for node, *call in (
        (disk + "1", "Partition.SetName", "sa{sv}", "Testchild", "0"),
        (disk + "1", "Block.Format", "sa{sv}", "vfat", "1", "label", "s", "TESTCHILD"),
        (disk, "Block.Format", "sa{sv}", "gpt", "0"),
        (disk, "PartitionTable.CreatePartition", "ttssa{sv}", str(40 << 20), "1048576", "", "Testchild", "0"),
    ):
        said = udisks(laptop, node, *call)
        assert said.code != 0 and "Not authorized" in said.err, (call, said)

    laptop.ok("sync")
    laptop.unplug()
    assert digest(image) == before
    disk = laptop.plug_usb_storage(image, "ST0001", product="WHITE STICK")
    said = unlock_as_alice(laptop, disk + "1")
    assert said.code == 0, said.err
    inner = said.out.strip().rstrip(".").split()[-1]
    laptop.ok("udevadm settle")
    said = udisks(laptop, inner, "Block.Format", "sa{sv}", "vfat", "1", "label", "s", "TESTCHILD")
    assert said.code == 0, said.err
    assert "TESTCHILD" in laptop.ok(["blkid", "-p", inner])
    laptop.unplug()
    raw = image.read_bytes()
    assert b"TESTCHILD" not in raw and "TESTCHILD".encode("utf-16-le") not in raw


def made_by(nursery, make_card, tmp_path, maker):
    """A plugged in, registered, encrypted stick: (disk, image, passphrase)."""
    if maker == "cryptsetup":
        image = make_luks(nursery.laptop, tmp_path)
        return plug_registered(nursery, image), image, PASSPHRASE
    card = make_stick(make_card)
    disk = plug(nursery, card)
    done = encrypt(nursery)
    assert done.code == 0, done.err
    nursery.wait_device(lambda d: d["name"] == STICK and d["state"] in ("present", "offloaded"))
    target = open_as_alice(nursery.laptop, disk)
    nursery.wait_event("device-unlocked")
    close(nursery.laptop, target)
    return disk, card.path, GOOD


@pytest.mark.parametrize("maker", ["cryptsetup", "outingctl"])
@pytest.mark.campaign
def test_the_setting_holds_for_alice(nursery, make_card, tmp_path, maker):
    laptop = nursery.laptop
    disk, image, passphrase = made_by(nursery, make_card, tmp_path, maker)
    laptop.unplug()
    before = digest(image)

    set_removable(laptop, "encrypted", "refuse")
    disk = laptop.plug_usb_storage(image, "ST0001", product="WHITE STICK")
    assert_closed_for_writing(laptop, disk)
    assert unlock_as_alice(laptop, disk).code != 0
    assert laptop.run("ls /dev/mapper/luks-*").code != 0
    laptop.unplug()

    set_removable(laptop, "encrypted", "read-only")
    disk = laptop.plug_usb_storage(image, "ST0001", product="WHITE STICK")
    assert_closed_for_writing(laptop, disk)
    target = open_as_alice(laptop, disk, passphrase)
    assert "ro" in laptop.ok(["findmnt", "-no", "OPTIONS", target]).strip().split(",")
    assert copy_as_alice(laptop, target).code != 0
    assert mount_as_alice(laptop, laptop.ok(["findmnt", "-no", "SOURCE", target]).strip(), "-o", "rw").code != 0
    close(laptop, target)
    laptop.unplug()
    assert digest(image) == before


def make_two_things(laptop, tmp_path):
    """A stick with a locked partition and a plain one, both with FAT, and a file in the locked one: its image."""
    image = empty_image(tmp_path)
    disk = laptop.attach_disk(image)
    laptop.ok(["sfdisk", "-q", disk], stdin=b"label: dos\nstart=2048,size=65536\nstart=67584\n")
    laptop.ok(["udevadm", "settle"])
    laptop.ok(["cryptsetup", "luksFormat", "-q", *CHEAP, disk + "1"], stdin=PASSPHRASE)
    laptop.ok(["cryptsetup", "open", "--key-file", "-", disk + "1", "made"], stdin=PASSPHRASE)
    laptop.ok(f"mkfs.vfat -n LOCKED /dev/mapper/made && mkfs.vfat -n OPEN {disk}2 && mount /dev/mapper/made /mnt "
              "&& echo farm >/mnt/trip.txt && umount /mnt && cryptsetup close made && sync")
    laptop.unplug()
    return image


def locked_part(image):
    return image.read_bytes()[1 << 20 : 33 << 20]


def test_a_locked_and_a_plain_partition_are_two_things(nursery, tmp_path):
    """The plain one goes through the gate; the locked one is opened from the file manager, to read."""
    laptop = nursery.laptop
    image = make_two_things(laptop, tmp_path)
    before = locked_part(image)
    disk = plug_registered(nursery, image)
    gate = nursery.wait_device(lambda d: d["name"] == STICK and d["mountpoint"])["mountpoint"]
    assert [properties(laptop, disk + n)["OUTING_MEDIA"] for n in ("", "1", "2")] == ["plain", "encrypted", "plain"]
    for part in ("1", "2"):
        assert_closed_for_writing(laptop, disk + part)
    assert mount_as_alice(laptop, disk + "2").code != 0

    target = open_as_alice(laptop, disk + "1", PASSPHRASE)
    assert laptop.ok(["cat", f"{target}/trip.txt"], user="alice") == "farm\n"
    assert "ro" in laptop.ok(["findmnt", "-no", "OPTIONS", target]).strip().split(",")
    assert copy_as_alice(laptop, target).code != 0
    refused = copy_as_alice(laptop, gate)
    assert refused.code != 0 and "Operation not permitted" in refused.err
    laptop.ok(f"echo wellingtons >'{gate}/letter.txt'", user="alice")
    opened = laptop.ok(["readlink", "-f", laptop.ok(["findmnt", "-no", "SOURCE", target]).strip()]).strip()
    assert_opening_is_logged(nursery, disk, opened)
    inner = laptop.run(["udisksctl", "mount", "--no-user-interaction", "-b", opened, "-o", "rw"], user="alice")
    assert inner.code != 0

    retrigger(laptop, disk)
    assert_closed_for_writing(laptop, disk + "1")
    close(laptop, target)
    assert nursery.ctl("eject", STICK).code == 0
    laptop.unplug()
    assert locked_part(image) == before
    raw = image.read_bytes()
    assert b"CANARY" not in raw and b"wellingtons" in raw


def test_another_card_while_both_are_open(nursery, tmp_path):
    """The reader stays: what was opened on the first card, by the gate and by Alice, writes nothing to the second."""
    laptop = nursery.laptop
    image = make_two_things(laptop, tmp_path)
    disk = plug_registered(nursery, image)
    gate = nursery.wait_device(lambda d: d["name"] == STICK and d["mountpoint"])["mountpoint"]
    target = open_as_alice(laptop, disk + "1", PASSPHRASE)
    laptop.ok(f"echo wellingtons >'{gate}/letter.txt'", user="alice")
    other = tmp_path / "other.img"
    other.write_bytes(b"\0" * (64 << 20))
    laptop.qmp.call("blockdev-change-medium", id=f"{laptop.plugged[-1]}-d", filename=str(other), format="raw", force=True)
    nursery.wait_device(lambda d: not d["mountpoint"])
    assert laptop.run(f"echo hats >'{gate}/hats.txt'", user="alice").code != 0
    assert laptop.run(["cp", "/etc/hostname", f"{target}/x"]).code != 0
    assert_closed_for_writing(laptop, disk)
    laptop.unplug()
    assert not any(other.read_bytes())


def test_what_does_not_encrypt_is_not_written_to(nursery, tmp_path):
    """cryptsetup makes it, opens it, and says LUKS2 of it."""
    laptop = nursery.laptop
    image = make_luks(laptop, tmp_path, "--type", "luks2", "--cipher", "cipher_null-ecb", "--key-size", "256")
    disk = plug_registered(nursery, image)
    before = digest(image)
    assert properties(laptop, disk)["OUTING_MEDIA"] == "plain"
    assert_closed_for_writing(laptop, disk)
    # To the desktop it is a plain stick, which is the gate's alone.
    assert unlock_as_alice(laptop, disk).code != 0
    laptop.ok(["cryptsetup", "open", "--key-file", "-", disk, "nothing"], stdin=PASSPHRASE)
    opened = laptop.ok("udevadm settle; readlink -f /dev/mapper/nothing").strip()
    assert_closed_for_writing(laptop, opened)
    assert "w" not in may(laptop, disk) + may(laptop, opened)
    assert mount_as_alice(laptop, opened).code != 0
    laptop.ok(f"mkdir -p /mnt/null && mount -o ro {opened} /mnt/null")
    assert copy_as_alice(laptop, "/mnt/null").code != 0
    assert laptop.run("mount -o remount,rw /mnt/null && touch /mnt/null/x").code != 0
    laptop.ok(["umount", "/mnt/null"])
    assert laptop.run(["mkfs.vfat", opened]).code != 0
    laptop.ok("cryptsetup close nothing")
    laptop.unplug()
    assert digest(image) == before


def bitlocker_image(tmp_path, protection):
    image = empty_image(tmp_path, "bitlocker.img", mib=32)
    image.write_bytes(os.urandom(32 << 20))
    with open(image, "r+b") as stream:
        for at, data in matrix.bitlocker(protection).items():
            stream.seek(at)
            stream.write(data)
    return image


@pytest.mark.parametrize(
    "protection, said", [(0, "plain"), pytest.param(0x2000, "encrypted", marks=pytest.mark.campaign)]
)
def test_bitlocker_with_its_key_beside_it_is_not_encryption(nursery, tmp_path, protection, said):
    """The headers are made by hand; what is opened is what cryptsetup would put there."""
    laptop, image = nursery.laptop, bitlocker_image(tmp_path, protection)
    disk = plug_registered(nursery, image)
    assert properties(laptop, disk)["ID_FS_TYPE"] == "BitLocker"
    assert properties(laptop, disk)["OUTING_MEDIA"] == said
    assert read_only(laptop, disk) == (said == "plain")
    table = f"0 {sectors(laptop, disk) - 8192} {CRYPT} {disk} 8192"
    opened = mapped(laptop, "bitlk", table, "CRYPT-BITLK-0123456789abcdef0123456789abcdef-bitlk")
    assert properties(laptop, opened)["OUTING_MEDIA"] == said
    assert read_only(laptop, opened) == (said == "plain")
    before = digest(image)
    if said == "plain":
        assert mount_as_alice(laptop, opened).code != 0
        assert laptop.run(["mkfs.vfat", opened]).code != 0
    else:
        laptop.ok(["mkfs.vfat", opened])
    laptop.ok("dmsetup remove --retry bitlk; sync")
    laptop.unplug()
    assert (digest(image) == before) == (said == "plain")


# -- VeraCrypt ---------------------------------------------------------------------------------------------------------

VERA_AT, VERA_ROUNDS = 131072, 500000


def vera_header(size, master):
    """The header of a volume of SIZE bytes, before it is encrypted: 448 bytes, as VeraCrypt's manual has them."""
    keys = master.ljust(256, b"\0")
    crc = zlib.crc32(keys)
    head = struct.pack(">4sHHI16xQQQQII120x", b"VERA", 5, 0x010B, crc, 0, size, VERA_AT, size, 0, 512)
    return head + struct.pack(">I", zlib.crc32(head)) + keys


def make_veracrypt(laptop, tmp_path):
    """A VeraCrypt volume over a whole stick, with FAT inside. The kernel of the laptop encrypts the header."""
    image = empty_image(tmp_path, "vera.img", mib=32)
    image.write_bytes(os.urandom(32 << 20))
    salt, master = os.urandom(64), os.urandom(64)
    header_key = hashlib.pbkdf2_hmac("sha512", PASSPHRASE, salt, VERA_ROUNDS, 64)
    size = (32 << 20) - 2 * VERA_AT
    disk = laptop.attach_disk(image)
    laptop.write("/run/vera", vera_header(size, master).ljust(512, b"\0"))
    laptop.write("/run/salt", salt)
    table = f"0 8 crypt aes-xts-plain64 {header_key.hex()} 0 {disk} 0"
    laptop.ok(["dmsetup", "create", "head", "--table", table])
    laptop.ok("dd if=/run/vera of=/dev/mapper/head bs=512 count=1 conv=fsync status=none && udevadm settle && dmsetup remove --retry head")
    laptop.ok(f"dd if={disk} of=/run/locked bs=512 count=1 status=none && {{ cat /run/salt; head -c 448 /run/locked; }} >/run/first")
    laptop.ok(["dd", "if=/run/first", f"of={disk}", "bs=512", "count=1", "conv=fsync", "status=none"])
    laptop.ok(["cryptsetup", "open", *VERA, disk, "made"], stdin=PASSPHRASE)
    laptop.ok("mkfs.vfat -n WHITE /dev/mapper/made && cryptsetup close made && sync")
    laptop.unplug()
    return image


VERA = ["-q", "--type", "tcrypt", "--veracrypt", "--hash", "sha512"]


@pytest.mark.campaign
def test_veracrypt_is_encryption_once_it_is_open(nursery, tmp_path):
    """Closed, nobody can tell it from noise, and it is read-only."""
    laptop = nursery.laptop
    image = make_veracrypt(laptop, tmp_path)
    disk = plug_registered(nursery, image)
    assert properties(laptop, disk)["OUTING_MEDIA"] == "plain"
    assert_closed_for_writing(laptop, disk)
    laptop.ok(["cryptsetup", "open", *VERA, disk, "vera"], stdin=PASSPHRASE)
    opened = laptop.ok("udevadm settle; readlink -f /dev/mapper/vera").strip()
    assert properties(laptop, opened)["OUTING_MEDIA"] == "encrypted"
    assert not read_only(laptop, opened)
    laptop.ok(f"mkdir -p /run/vera-stick && mount -o uid=$(id -u alice) {opened} /run/vera-stick")
    copied = copy_as_alice(laptop, "/run/vera-stick")
    assert copied.code == 0, copied.err
    close(laptop, "/run/vera-stick")
    laptop.unplug()
    assert b"CANARY" not in image.read_bytes()
