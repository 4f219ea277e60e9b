# SPDX-License-Identifier: GPL-3.0-or-later
"""A test laptop whose root really is on LUKS2, as an installer would have made it.

The disk is made once for each package: a partition table with an EFI system partition, /boot and a LUKS2 partition with
the frozen root, and an initramfs that asks for the passphrase. The passphrase exists on the host only and is typed on
the serial console at every boot: no key is beside the lock.
"""

import hashlib
import inspect
import os

import hostroot
import image
import laptop as machine
import stages
from hostroot import BOOT_MIB, MIB, ROOT_MIB
from laptop import Laptop

ESP_AT, ESP_MIB, BOOT_AT, HEADER_MIB = 1, 64, 65, 16
LOCKED_AT = BOOT_AT + BOOT_MIB
SIZE_MIB = LOCKED_AT + HEADER_MIB + ROOT_MIB + 1
ITERATIONS = 150000
PASSPHRASE = "eleven kind ducklings"  # nothing but this disk is locked with it
MAPPING = "laptop_crypt"
PROMPT, OPENED = b"Please unlock disk", b"set up successfully"
LOCKED_UUID, BOOT_UUID = "7c9e3a52-41d0-4b6f-8a1e-5d2f60b7c384", "0b5d8f16-93e2-47ca-9d74-c81e5a3f2067"
ESP_UUID = "51A7-1A9E"

TABLE = f"""label: gpt
start={ESP_AT}MiB, size={ESP_MIB}MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
start={BOOT_AT}MiB, size={BOOT_MIB}MiB, type=linux
start={LOCKED_AT}MiB, size={HEADER_MIB + ROOT_MIB}MiB, type=linux
"""

INSTALL = f"""
cat >/etc/fstab <<'END'
/dev/mapper/{MAPPING} / ext4 rw,relatime 0 1
UUID={BOOT_UUID} /boot ext4 defaults 0 2
UUID={ESP_UUID} /boot/efi vfat umask=0077 0 1
END
echo '{MAPPING} UUID={LOCKED_UUID} none luks,initramfs' >/etc/crypttab
printf '%s\\n' virtio_pci virtio_blk ext4 crc32c_generic dm_crypt xts aes_generic aesni_intel sha256_generic \\
    >>/etc/initramfs-tools/modules
mkdir -p /boot/efi /boot/grub
echo 'set timeout=5' >/boot/grub/grub.cfg
"""


def key():
    parts = [TABLE, INSTALL, ITERATIONS, PASSPHRASE, inspect.getsource(make), inspect.getsource(hostroot)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def make_esp(path, scratch):
    """An EFI system partition as a bootloader's package fills it."""
    hostroot.empty(path, ESP_MIB * MIB)
    image.run("mkfs.vfat", "-F", "32", "-i", ESP_UUID.replace("-", ""), path)
    grub, shim = scratch / "grub.cfg", scratch / "shimx64.efi"
    grub.write_text("configfile /grub/grub.cfg\n")
    shim.write_bytes(b"MZ" + os.urandom(100000))
    image.run("mmd", "-i", path, "::EFI", "::EFI/debian")
    image.run("mcopy", "-i", path, grub, shim, "::EFI/debian/")
    return path


def make(layer, target, scratch, say):
    """Writes disk.raw, vmlinuz and initrd of the encrypted laptop to TARGET."""
    root, boot = hostroot.make(layer, target, scratch, "laptop", ["-U", BOOT_UUID], INSTALL)
    disk = hostroot.make_disk(target / "disk.raw", SIZE_MIB, TABLE)
    hostroot.put(make_esp(scratch / "esp.img", scratch), disk, ESP_AT)
    hostroot.put(boot, disk, BOOT_AT)
    header, sectors, at = hostroot.lock(root, HEADER_MIB, LOCKED_UUID, PASSPHRASE, ITERATIONS, scratch)
    hostroot.put(header, disk, LOCKED_AT)
    hostroot.put(sectors, disk, LOCKED_AT + HEADER_MIB, skip=at)


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
