# SPDX-License-Identifier: GPL-3.0-or-later
"""Laptops that start from other disks than the ordinary one: their root, changed by the host's own processor.

A copy of the frozen root and a new /boot are put together for a moment, in a mount name space that ends with it, and a
script is run in them; update-initramfs there takes seconds, on the emulated laptop minutes. Nothing here needs more of the
host's kernel than loop devices and ext4: QEMU encrypts, and FAT and RAID are for whoever calls.
"""

import pathlib
import shutil
import struct
import subprocess

import image

MIB = 1 << 20
BOOT_MIB = 150
ROOT_MIB = 2048  # more than twice what the frozen root has in it

ENTER = r"""
set -e
root=$1 boot=$2 kernel=$3 at=$4 script=$5
mount -o loop "$root" "$at"
mkdir -p "$at/boot"
mount -o loop "$boot" "$at/boot"
mount -t proc proc "$at/proc"
mount -t devtmpfs dev "$at/dev"
cp "$kernel" "$at/boot/vmlinuz-$(ls "$at/lib/modules")"
chroot "$at" /bin/sh -ec "$script"
umount "$at/dev" "$at/proc" "$at/boot" "$at"
"""

INITRAMFS = r"""
printf 'MODULES=list\nCOMPRESS=gzip\nFSTYPE=ext4\n' >/etc/initramfs-tools/conf.d/laptop
release=$(ls /lib/modules)
printf "CONFIG_64BIT=y\nCONFIG_RD_GZIP=y\n" >"/boot/config-$release"
update-initramfs -c -k "$release" 2>&1
"""


def empty(path, size):
    with open(path, "wb") as stream:
        stream.truncate(size)
    return path


def copy_root(layer, path, label):
    """The frozen root of LAYER in an image of ROOT_MIB, with this LABEL."""
    image.run("cp", "--sparse=always", pathlib.Path(layer) / "disk.raw", path)
    # 1: it repaired something, which is all right.
    checked = subprocess.run(["e2fsck", "-fy", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if checked.returncode > 1:
        raise SystemExit(f"e2fsck failed with status {checked.returncode}")
    image.run("resize2fs", path, f"{ROOT_MIB}M")
    image.run("tune2fs", "-L", label, path)
    return path


def make(layer, target, scratch, label, boot_options, script):
    """
    The images of root, with this LABEL, and of /boot, made by mke2fs with BOOT_OPTIONS, after SCRIPT was run in them.
    Writes vmlinuz and initrd to TARGET.
    """
    root = copy_root(layer, scratch / "root.img", label)
    boot = empty(scratch / "boot.img", BOOT_MIB * MIB)
    image.run("mke2fs", "-q", "-F", "-t", "ext4", *boot_options, boot)
    kernel, mountpoint = pathlib.Path(layer) / "vmlinuz", scratch / "root"
    mountpoint.mkdir()
    image.run(
        "unshare", "--mount", "--propagation", "private",
        "sh", "-c", ENTER, "enter", root, boot, kernel, mountpoint, script + INITRAMFS,
    )  # fmt: skip
    shutil.copy(kernel, target / "vmlinuz")
    take_initrd(boot, target / "initrd")
    return root, boot


def take_initrd(boot, target):
    listed = subprocess.run(["debugfs", "-R", "ls -p /", boot], capture_output=True, check=True).stdout.decode()
    name = next(part for part in listed.split("/") if part.startswith("initrd.img"))
    image.run("debugfs", "-R", f"dump /{name} {target}", boot)


def make_disk(path, size_mib, table):
    empty(path, size_mib * MIB)
    image.run("sfdisk", "-q", path, input=table.encode())
    return path


def put(part, disk, at_mib, skip=0):
    """Copies the image PART, from SKIP bytes on, into the image DISK."""
    image.run(
        "dd", f"if={part}", f"of={disk}", "bs=1M", f"skip={skip}", f"seek={at_mib}",
        "iflag=skip_bytes,fullblock", "conv=notrunc,sparse",
    )  # fmt: skip


def lock(plain, header_mib, uuid, passphrase, iterations, scratch):
    """
    The LUKS2 volume of an image: (its header, of HEADER_MIB, and the file and offset of what is encrypted).

    QEMU encrypts without the kernel, but knows the older header only. So cryptsetup writes the newer one, for the same
    key; the sectors are the same for both.
    """
    secret, old, key, header = (scratch / name for name in ("passphrase", "old", "key", "header"))
    secret.write_text(passphrase)
    image.run(
        "qemu-img", "convert", "-f", "raw", "-O", "luks", "--object", f"secret,id=s,file={secret},format=raw",
        "-o", "key-secret=s,cipher-alg=aes-256,cipher-mode=xts,ivgen-alg=plain64,iter-time=10", plain, old,
    )  # fmt: skip
    image.run("cryptsetup", "luksDump", "-q", "--dump-volume-key", "--volume-key-file", key, "--key-file", secret, old)
    empty(header, (header_mib + 1) * MIB)
    image.run(
        "cryptsetup", "luksFormat", "-q", "--type", "luks2", "--uuid", uuid, "--key-file", secret, "--volume-key-file", key,
        "--cipher", "aes-xts-plain64", "--key-size", "512", "--sector-size", "512", "--offset", header_mib * MIB // 512,
        "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", iterations, header,
    )  # fmt: skip
    image.run("truncate", "-s", f"{header_mib}M", header)
    with open(old, "rb") as stream:
        stream.seek(104)  # LUKS1: payload-offset, in sectors
        (payload,) = struct.unpack(">I", stream.read(4))
    return header, old, payload * 512
