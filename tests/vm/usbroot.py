# SPDX-License-Identifier: GPL-3.0-or-later
"""A test laptop that starts from a USB disk, beside inner disks that are laid out oddly.

The USB disk is made once for each package: /boot and the root in a partition each. A unit that starts before udev writes
down which disks are read-only at that moment: what it finds was done by the initramfs. The inner disk is made on the
ordinary laptop, whose kernel has RAID.
"""

import hashlib
import inspect

import hostroot
import image
import laptop as machine
import stages
from hostroot import BOOT_MIB, ROOT_MIB
from laptop import Laptop

BOOT_AT, ROOT_AT = 1, 1 + BOOT_MIB
SIZE_MIB = ROOT_AT + ROOT_MIB + 1
INNER_SIZE = 256 << 20
EARLY = "/run/early-ro"

TABLE = f"""label: gpt
start={BOOT_AT}MiB, size={BOOT_MIB}MiB, type=linux
start={ROOT_AT}MiB, size={ROOT_MIB}MiB, type=linux
"""

INNER = r"""
set -e
inner=$1
printf 'label: gpt\nsize=64M\nsize=64M\nsize=64M\ntype=linux\n' | sfdisk -q "$inner"
udevadm settle
mdadm -q --create /dev/md5 --run --metadata=1.2 --bitmap=none --assume-clean --level=1 -n2 "${inner}1" "${inner}2"
pvcreate -q /dev/md5 && vgcreate -q inside /dev/md5 && lvcreate -q -l 100%FREE -n photos inside
mke2fs -q -F -t ext4 /dev/inside/photos
printf sunny | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file - "${inner}3"
mke2fs -q -F -t ext4 "${inner}4"
vgchange -q -an inside && mdadm -q --stop /dev/md5 && sync
"""

INSTALL = f"""
printf 'LABEL=usbroot / ext4 rw,relatime 0 1\\nLABEL=start /boot ext4 defaults 0 2\\n' >/etc/fstab
printf '%s\\n' virtio_pci virtio_blk ext4 crc32c_generic xhci_pci usb_storage sd_mod nvme sdhci_pci mmc_block \\
    >>/etc/initramfs-tools/modules
cat >/etc/systemd/system/early-ro.service <<'UNIT'
[Unit]
DefaultDependencies=no
Before=systemd-udevd.service systemd-udev-trigger.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cd /sys/block && grep . */ro >{EARLY}'

[Install]
WantedBy=sysinit.target
UNIT
systemctl enable early-ro.service 2>/dev/null
"""


def key():
    parts = [TABLE, INNER, INSTALL, INNER_SIZE, inspect.getsource(make), inspect.getsource(hostroot)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def make_inner(layer, path, scratch, say):
    laptop = stages.resume(stages.BOOTED, layer, scratch / "maker", say)
    try:
        laptop.ok(["sh", "-c", INNER, "inner", laptop.attach_disk(hostroot.empty(path, INNER_SIZE))], timeout=300)
    finally:
        laptop.close()


def make(layer, target, scratch, say):
    """Writes disk.raw, inner.raw, vmlinuz and initrd to TARGET."""
    make_inner(layer, target / "inner.raw", scratch, say)
    root, boot = hostroot.make(layer, target, scratch, "usbroot", ["-L", "start"], INSTALL)
    disk = hostroot.make_disk(target / "disk.raw", SIZE_MIB, TABLE)
    hostroot.put(boot, disk, BOOT_AT)
    hostroot.put(root, disk, ROOT_AT)


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
