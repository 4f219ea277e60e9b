# SPDX-License-Identifier: GPL-3.0-or-later
"""A test laptop that starts from a USB disk, beside inner disks that are laid out oddly.

The USB disk is made once for each package, on the ordinary laptop: /boot and the root in a partition each, and an
initramfs by update-initramfs, run in the new root. A unit that starts before udev writes down which disks are read-only
at that moment: what it finds was done by the initramfs.
"""

import hashlib
import inspect
import shutil

import cryptroot
import image
import laptop as machine
import stages
from laptop import Laptop

SIZE = 4608 << 20
INNER_SIZE = 256 << 20
BOOT_AT, BOOT_SIZE = 1, 150  # MiB
EARLY = "/run/early-ro"

BUILD = r"""
set -e
disk=$1 source=$2 inner=$3
printf 'label: gpt\nsize=150M, type=linux\ntype=linux\n' | sfdisk -q "$disk"
printf 'label: gpt\nsize=64M\nsize=64M\nsize=64M\ntype=linux\n' | sfdisk -q "$inner"
udevadm settle
mke2fs -q -F -t ext4 -L start -E lazy_itable_init=0 "${disk}1"
e2image -ra "$source" "${disk}2" >/dev/null 2>&1
tune2fs -L usbroot "${disk}2" >/dev/null
mdadm -q --create /dev/md5 --run --metadata=1.2 --bitmap=none --assume-clean --level=1 -n2 "${inner}1" "${inner}2"
pvcreate -q /dev/md5 && vgcreate -q inside /dev/md5 && lvcreate -q -l 100%FREE -n photos inside
mke2fs -q -F -t ext4 /dev/inside/photos
printf sunny | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file - "${inner}3"
mke2fs -q -F -t ext4 "${inner}4"
vgchange -q -an inside && mdadm -q --stop /dev/md5
mkdir -p /mnt/new && mount "${disk}2" /mnt/new
cd /mnt/new
mount "${disk}1" boot
mount -t proc proc proc && mount --bind /dev dev && mount --bind /sys sys && mount --bind /run run
"""

INSTALL = r"""
set -e
disk=$1
printf 'LABEL=usbroot / ext4 rw,relatime 0 1\nLABEL=start /boot ext4 defaults 0 2\n' >/etc/fstab
printf 'MODULES=list\nCOMPRESS=gzip\nFSTYPE=ext4\n' >/etc/initramfs-tools/conf.d/laptop
printf '%s\n' virtio_pci virtio_blk ext4 crc32c_generic xhci_pci usb_storage sd_mod nvme sdhci_pci mmc_block \
    >>/etc/initramfs-tools/modules
cat >/etc/systemd/system/early-ro.service <<'UNIT'
[Unit]
DefaultDependencies=no
Before=systemd-udevd.service systemd-udev-trigger.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cd /sys/block && grep . */ro >@EARLY@'

[Install]
WantedBy=sysinit.target
UNIT
systemctl enable early-ro.service 2>/dev/null
release=$(ls /lib/modules)
mv /root/vmlinuz "/boot/vmlinuz-$release"
printf "CONFIG_64BIT=y\\nCONFIG_RD_GZIP=y\\n" >"/boot/config-$release"
update-initramfs -c -k "$release" 2>&1
"""

CLOSE = "cd / && sync && umount -R /mnt/new && sync"


def key():
    parts = [BUILD, INSTALL, CLOSE, SIZE, INNER_SIZE, EARLY, inspect.getsource(make)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def empty(path, size):
    with open(path, "wb") as stream:
        stream.truncate(size)
    return path


def make(layer, target, scratch, say):
    """Writes disk.raw, inner.raw, vmlinuz and initrd to TARGET."""
    disk, inner = empty(target / "disk.raw", SIZE), empty(target / "inner.raw", INNER_SIZE)
    laptop = stages.resume(stages.BOOTED, layer, scratch / "maker", say)
    try:
        node = laptop.attach_disk(disk)
        inside = laptop.attach_disk(inner)
        source = laptop.attach_disk(layer / "disk.raw", read_only=True)
        laptop.ok(["sh", "-c", BUILD, "build", node, source, inside], timeout=900)
        laptop.write("/mnt/new/root/vmlinuz", (layer / "vmlinuz").read_bytes())
        install = INSTALL.replace("@EARLY@", EARLY)
        laptop.ok(["chroot", "/mnt/new", "sh", "-c", install, "install", node], timeout=900)
        laptop.ok(CLOSE, timeout=120)
    finally:
        laptop.close()
    shutil.copy(layer / "vmlinuz", target / "vmlinuz")
    cryptroot.take_initrd(disk, BOOT_AT, BOOT_SIZE, scratch, target / "initrd")


def layer_of(layer, say=lambda text: None):
    """The folder with the USB disk for LAYER, made when it is not there."""
    return stages.made_once(layer, "usbroot", key(), make, "making a USB disk that a laptop starts from ...", say)


class UsbLaptop(Laptop):
    """Starts from USB; the odd inner disk is an NVMe one, and CARD and STICK (images) are plugged in at the start."""

    def __init__(self, layer, directory, card, stick):
        super().__init__(layer, directory)
        self.command_line = machine.COMMAND_LINE.replace("root=/dev/vda", "root=LABEL=usbroot")
        self.inner = self.dir / "inner.qcow2"
        image.run(
            "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", (layer / "inner.raw").resolve(), self.inner
        )
        self.card, self.stick = card, stick

    def _argv(self, memory, shared):
        argv = super()._argv(memory, shared)
        root = argv.index("virtio-blk-pci,drive=root,addr=04")
        del argv[root - 1 : root + 1]
        return argv + [
            "-device", "usb-storage,drive=root,bus=usb.0,port=1,serial=ROOT01,removable=on",
            "-drive", f"file={self.inner},format=qcow2,if=none,id=inner",
            "-device", "nvme,drive=inner,serial=INNER01",
            "-drive", f"file={self.stick},format=raw,if=none,id=stick",
            "-device", "usb-storage,drive=stick,bus=usb.0,port=2,serial=ST0001,removable=on",
            "-drive", f"file={self.card},format=raw,if=none,id=card",
            "-device", "sdhci-pci", "-device", "sd-card,drive=card",
        ]  # fmt: skip
