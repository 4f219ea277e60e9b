# SPDX-License-Identifier: GPL-3.0-or-later
"""A test laptop whose root really is on LUKS2, as an installer would have made it.

The disk is made once for each package, on the ordinary laptop: a partition table with an EFI system partition, /boot
and a LUKS2 partition, into which the frozen root is copied block by block; then update-initramfs, run in the new root,
makes the initramfs that asks for the passphrase. The passphrase exists on the host only and is typed on the serial
console at every boot: no key is beside the lock.
"""

import hashlib
import inspect
import shutil
import subprocess

import image
import laptop as machine
import stages
from laptop import Laptop

SIZE = 4608 << 20
ITERATIONS = 150000
PASSPHRASE = "eleven kind ducklings"  # nothing but this disk is locked with it
MAPPING = "laptop_crypt"
PROMPT, OPENED = b"Please unlock disk", b"set up successfully"
BOOT_AT, BOOT_SIZE = 65, 150  # MiB

BUILD = r"""
set -e
disk=$1 source=$2
sfdisk -q "$disk" <<'TABLE'
label: gpt
size=64M, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
size=150M, type=linux
type=linux
TABLE
mkfs.vfat -F 32 "${disk}1" >/dev/null
mke2fs -q -F -t ext4 -E lazy_itable_init=0 "${disk}2"
cat >/run/passphrase
cryptsetup luksFormat -q --key-file /run/passphrase --pbkdf pbkdf2 --pbkdf-force-iterations @ITERATIONS@ "${disk}3"
cryptsetup open --key-file /run/passphrase "${disk}3" @MAPPING@
rm /run/passphrase
e2image -ra "$source" /dev/mapper/@MAPPING@ >/dev/null 2>&1
mkdir -p /mnt/new && mount /dev/mapper/@MAPPING@ /mnt/new
cd /mnt/new
mount "${disk}2" boot && mkdir -p boot/efi && mount "${disk}1" boot/efi
mount -t proc proc proc && mount --bind /dev dev && mount --bind /sys sys && mount --bind /run run
"""

INSTALL = r"""
set -e
disk=$1
uuid() { blkid -p -s UUID -o value "$1"; }
cat >/etc/fstab <<TABLE
/dev/mapper/@MAPPING@ / ext4 rw,relatime 0 1
UUID=$(uuid "${disk}2") /boot ext4 defaults 0 2
UUID=$(uuid "${disk}1") /boot/efi vfat umask=0077 0 1
TABLE
echo "@MAPPING@ UUID=$(uuid "${disk}3") none luks,initramfs" >/etc/crypttab
printf 'MODULES=list\nCOMPRESS=gzip\nFSTYPE=ext4\n' >/etc/initramfs-tools/conf.d/laptop
printf 'virtio_pci\nvirtio_blk\next4\ncrc32c_generic\n' >>/etc/initramfs-tools/modules
release=$(ls /lib/modules)
mv /root/vmlinuz "/boot/vmlinuz-$release"
printf "CONFIG_64BIT=y\\nCONFIG_RD_GZIP=y\\n" >"/boot/config-$release"
update-initramfs -c -k "$release" 2>&1
mkdir -p /boot/efi/EFI/debian /boot/grub
echo 'set timeout=5' >/boot/grub/grub.cfg
echo 'configfile /grub/grub.cfg' >/boot/efi/EFI/debian/grub.cfg
{ printf 'MZ'; head -c 100000 /dev/urandom; } >/boot/efi/EFI/debian/shimx64.efi
"""

CLOSE = "cd / && sync && umount -R /mnt/new && cryptsetup close @MAPPING@ && sync"


def filled(script):
    return script.replace("@MAPPING@", MAPPING).replace("@ITERATIONS@", str(ITERATIONS))


def key():
    parts = [BUILD, INSTALL, CLOSE, SIZE, ITERATIONS, PASSPHRASE, MAPPING, inspect.getsource(make)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def make(layer, target, scratch, say):
    """Writes disk.raw, vmlinuz and initrd of the encrypted laptop to TARGET."""
    disk = target / "disk.raw"
    with open(disk, "wb") as stream:
        stream.truncate(SIZE)
    laptop = stages.resume(stages.BOOTED, layer, scratch / "maker", say)
    try:
        node = laptop.attach_disk(disk)
        source = laptop.attach_disk(layer / "disk.raw", read_only=True)
        laptop.ok(["sh", "-c", filled(BUILD), "build", node, source], stdin=PASSPHRASE.encode(), timeout=900)
        laptop.write("/mnt/new/root/vmlinuz", (layer / "vmlinuz").read_bytes())
        laptop.ok(["chroot", "/mnt/new", "sh", "-c", filled(INSTALL), "install", node], timeout=900)
        laptop.ok(filled(CLOSE), timeout=120)
    finally:
        laptop.close()
    shutil.copy(layer / "vmlinuz", target / "vmlinuz")
    take_initrd(disk, BOOT_AT, BOOT_SIZE, scratch, target / "initrd")


def take_initrd(disk, at, size, scratch, target):
    """Copies the initramfs out of the /boot that lies AT in the image DISK, of this SIZE (MiB)."""
    boot = scratch / "boot.img"
    image.run("dd", f"if={disk}", f"of={boot}", "bs=1M", f"skip={at}", f"count={size}", "conv=sparse")
    name = subprocess.run(["debugfs", "-R", "ls -p /", boot], capture_output=True, check=True).stdout.decode()
    name = next(part for part in name.split("/") if part.startswith("initrd.img"))
    image.run("debugfs", "-R", f"dump /{name} {target}", boot)


def layer_of(layer, say=lambda text: None):
    """The folder with the encrypted laptop's disk for LAYER, made when it is not there."""
    return stages.made_once(layer, "cryptroot", key(), make, "making a laptop with an encrypted disk ...", say)


class EncryptedLaptop(Laptop):
    """A Laptop that asks for the passphrase when it starts; boot() types it."""

    def __init__(self, layer, directory):
        super().__init__(layer, directory)
        self.command_line = machine.COMMAND_LINE.replace("root=/dev/vda", f"root=/dev/mapper/{MAPPING}")

    def boot(self, memory=None, shared=False):
        self._start(memory, shared)
        self.type_on_console(PROMPT, PASSPHRASE, OPENED)
        self.wait_booted()
        return self
