#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of the test laptop.

Two layers, both kept in a cache outside the checkout and both named by a hash
of what went into them, so that a change rebuilds exactly what it touches:

  base    Debian bookworm by mmdebstrap: about a minute, once;
  laptop  the base with our package installed by the host's own processor:
          seconds, once a package.

A run writes to neither: it works on a qcow2 overlay. Every mount is made in a
private mount namespace and every loop device is set to clear itself, so that a
build that dies leaves nothing mounted. Nothing on the host is changed outside
the cache directory. Root is needed for mmdebstrap, mount and chroot.
"""

import argparse
import hashlib
import inspect
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from turns import alone

HERE = pathlib.Path(__file__).resolve().parent
SUITE = "bookworm"
DISK_SIZE = "4G"
KEEP_LAYERS = int(os.environ.get("OUTING_KEEP_LAYERS", "4"))
KEEP_SECONDS = 6 * 3600

SYSTEM_PACKAGES = """
    linux-image-amd64 kmod busybox-static systemd systemd-sysv udev dbus
    libpam-systemd polkitd pkexec login passwd util-linux util-linux-extra
    procps udisks2 libblockdev-crypto2 qemu-guest-agent cryptsetup-bin dmsetup dosfstools exfatprogs
    e2fsprogs btrfs-progs mtools sqlite3 valgrind libxml2-utils strace usbutils
    rsync attr libglib2.0-bin python3
""".split()

# Every way Linux has of laying data on a disk, for the matrix of what is encrypted and what is not.
STORAGE_PACKAGES = """
    fdisk lvm2 thin-provisioning-tools mdadm bcache-tools xfsprogs f2fs-tools ntfs-3g
    cryptsetup cryptsetup-initramfs initramfs-tools
""".split()

LIBRARY_PACKAGES = """
    libsystemd0 libudev1 libarchive13 libcryptsetup12 libblkid1 libmount1 libconfig9
    libsqlite3-0 libjson-c5 libxxhash0 libssl3 libseccomp2 libcap2
    libdevmapper1.02.1 libpoppler-glib8 libicu72 zlib1g libdeflate0 libpwquality1 cracklib-runtime adduser
""".split()

# Other people's programs that the agent asks or reads after, for the few scenarios that meet the real ones.
PEER_PACKAGES = """
    clamav-daemon clamav
    dconf-cli dconf-gsettings-backend gsettings-desktop-schemas libglib2.0-bin cinnamon-desktop-data
    mate-desktop-common mate-screensaver mate-session-manager libkf5config-bin xfconf libxfconf-0-3 light-locker
    libtss2-esys-3.0.2-0 libtss2-mu0 libtss2-rc0 libtss2-tcti-device0
    gocryptfs ecryptfs-utils
    gphoto2 umtp-responder gvfs gvfs-backends dbus-user-session libmtp-runtime mtp-tools
""".split()

MASKED_UNITS = """
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer
    e2scrub_all.timer e2scrub_reap.service man-db.timer logrotate.timer
    systemd-timesyncd.service systemd-networkd.service systemd-resolved.service
    systemd-pstore.service systemd-update-utmp.service systemd-hwdb-update.service
    systemd-machine-id-commit.service systemd-firstboot.service
    keyboard-setup.service console-setup.service networking.service
    systemd-tpm2-setup.service systemd-binfmt.service systemd-quotacheck.service
    sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount
    dev-mqueue.mount
    lvm2-monitor.service lvm2-lvmpolld.socket blk-availability.service
    mdmonitor.service mdmonitor-oneshot.timer mdcheck_start.timer mdcheck_continue.timer
    clamav-freshclam.service umtp-responder.service
""".split()

# What the initrd loads, each after what it needs; everything else is loaded by udev.
BOOT_MODULES = ["crc32c_generic", "virtio_pci", "virtio_blk", "ext4"]

INIT_SCRIPT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for m in $(/bin/busybox cat /modules/order); do
    /bin/busybox insmod "/modules/$m" 2>/dev/null
done
until [ -b /dev/vda ]; do /bin/busybox usleep 10000; done
/bin/busybox mount -t ext4 -o rw /dev/vda /root ||
    exec /bin/busybox sh </dev/console >/dev/console 2>&1
/bin/busybox mount --move /dev /root/dev
/bin/busybox umount /proc
exec /bin/busybox switch_root /root /lib/systemd/systemd
"""

# Files of the guest, by path. They make it a laptop somebody is logged in on,
# and give the host a live copy of its journal.
GUEST_FILES = {
    "/etc/hostname": "sunny-lane-laptop\n",
    "/etc/machine-id": "5b1c0ffee0000000000000000000ab1e\n",
    "/etc/hosts": "127.0.0.1 localhost sunny-lane-laptop\n",
    "/etc/fstab": "/dev/vda / ext4 rw,relatime 0 0\n",
    "/etc/default/locale": "LANG=C.UTF-8\n",
    "/etc/systemd/system/getty@tty1.service.d/autologin.conf": """[Service]
ExecStart=
ExecStart=-/sbin/agetty -o '-p -f -- \\\\u' --noclear --autologin alice - $TERM
""",
    "/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf": """[Service]
ExecStart=
ExecStart=-/sbin/agetty -o '-p -f -- \\\\u' --noclear --autologin root --keep-baud 115200 - $TERM
""",
    "/etc/systemd/system/lab-journal.service": """[Unit]
Description=Live copy of the journal for the test host
DefaultDependencies=no
After=systemd-journald.service dev-virtio\\x2dports-lab.journal.device
BindsTo=dev-virtio\\x2dports-lab.journal.device

[Service]
ExecStart=/usr/bin/journalctl --boot --follow --lines=all --output=json \
--output-fields=MESSAGE,MESSAGE_ID,PRIORITY,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,_TRANSPORT,_PID,EVENT,DEVICE,JOB
StandardOutput=file:/dev/virtio-ports/lab.journal
""",
    "/etc/systemd/system/qemu-guest-agent.service.d/quiet.conf": """[Service]
LogLevelMax=notice
""",
    "/etc/udev/rules.d/59-lab.rules": """# The host's own disks: never looked into, never shown to anyone.
SUBSYSTEM=="block", KERNEL=="vd[b-z]*", ENV{UDEV_DISABLE_PERSISTENT_STORAGE_RULES_FLAG}="1", \
ENV{UDISKS_IGNORE}="1", ENV{SYSTEMD_READY}="0", OPTIONS+="nowatch"
SUBSYSTEM=="block", KERNEL=="vd[b-z]", ATTR{serial}=="lab-*", SYMLINK+="lab/$attr{serial}"
SUBSYSTEM=="virtio-ports", ATTR{name}=="lab.journal", TAG+="systemd", ENV{SYSTEMD_WANTS}+="lab-journal.service"
""",
    "/etc/udev/rules.d/70-lab-usb.rules": """# Most scenarios are about what is let in: the register's say on USB has its own.
SUBSYSTEM=="usb", ENV{OUTING_GUARD_USB}="allow"
""",
    "/etc/udev/rules.d/99-lab.rules": """# Names the tests wait for, given when every other rule has run.
SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ENV{ID_BUS}=="usb", ENV{ID_USB_SERIAL_SHORT}=="?*", \
SYMLINK+="lab/usb-$env{ID_USB_SERIAL_SHORT}"
SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ENV{ID_BUS}=="usb", ENV{ID_USB_SERIAL_SHORT}!="?*", \
ENV{ID_SERIAL_SHORT}=="?*", SYMLINK+="lab/usb-$env{ID_SERIAL_SHORT}"
""",
    "/etc/systemd/journald.conf.d/lab.conf": """[Journal]
Storage=persistent
SystemMaxUse=64M
RateLimitIntervalSec=0
""",
    "/etc/systemd/system.conf.d/lab.conf": """[Manager]
DefaultTimeoutStartSec=240s
DefaultTimeoutStopSec=60s
""",
}


def run(*command, **kwargs):
    """Runs a command; its output appears only when it fails."""
    done = subprocess.run(
        [str(c) for c in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **kwargs,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace"))
        raise SystemExit(f"{command[0]} failed with status {done.returncode}")
    return done.stdout.decode(errors="replace")


def cache_dir():
    named = os.environ.get("OUTING_LAB_CACHE")
    if named:
        return pathlib.Path(named)
    parent = os.environ.get("XDG_CACHE_HOME") or "/var/cache"
    return pathlib.Path(parent) / "outing-guard-lab"


def host_sources():
    """The Debian sources this host uses itself, as one-line entries."""
    fields = "$(CREATED_BY)|$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    lines = run("apt-get", "indextargets", "--format", fields).splitlines()
    entries = []
    for line in sorted(set(lines)):
        kind, origin, uri, release, component = line.split("|")
        if kind == "Packages" and origin == "Debian" and release.startswith(SUITE):
            entries.append(f"deb {uri} {release} {component}")
    if not entries:
        raise SystemExit(f"this host has no Debian {SUITE} sources: run apt-get update first")
    return "\n".join(entries) + "\n"


def file_hash(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def text_hash(*values):
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def base_packages(peers):
    return SYSTEM_PACKAGES + STORAGE_PACKAGES + LIBRARY_PACKAGES + (PEER_PACKAGES if peers else [])


def base_key(peers):
    makers = [inspect.getsource(m) for m in (build_base, boot_modules, make_initrd)]
    return text_hash(SUITE, DISK_SIZE, base_packages(peers), BOOT_MODULES, INIT_SCRIPT, makers)


def laptop_key(deb, peers):
    makers = [inspect.getsource(m) for m in (build_laptop, guest_tree)]
    return text_hash(
        base_key(peers), GUEST_FILES, MASKED_UNITS, INSTALL_SCRIPT, makers, file_hash(deb) if deb else None
    )


def guest_tree(root):
    """The files that make the guest a laptop, below ROOT, to be copied over its disk."""
    for name, text in GUEST_FILES.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    units = root / "etc/systemd/system"
    for unit in MASKED_UNITS:
        (units / unit).symlink_to("/dev/null")
    (units / "default.target").symlink_to("/lib/systemd/system/multi-user.target")
    (root / "var/log/journal").mkdir(parents=True)


def cpio_entry(name, mode, data=b"", rdev=(0, 0)):
    name = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(name), 0]
    entry = b"070701" + b"".join(b"%08X" % f for f in fields) + name
    entry += b"\0" * (-len(entry) % 4) + data
    return entry + b"\0" * (-len(data) % 4)


def boot_modules(kernel_dir):
    """The files of BOOT_MODULES and of all they depend on, in loading order."""
    needs = {}
    for line in (kernel_dir / "modules.dep").read_text().splitlines():
        module, _, depends = line.partition(":")
        needs[module] = depends.split()
    ordered = []
    for name in BOOT_MODULES:
        module = next(m for m in needs if m.endswith(f"/{name}.ko"))
        ordered += [m for m in [*reversed(needs[module]), module] if m not in ordered]
    return [kernel_dir / m for m in ordered]


def make_initrd(root, target):
    """A ram disk that loads what the root disk needs, mounts it and is gone."""
    modules = boot_modules(next((root / "lib/modules").iterdir()))
    parts = [cpio_entry(d, 0o040755) for d in ("bin", "dev", "modules", "proc", "root")]
    parts.append(cpio_entry("dev/console", 0o020600, rdev=(5, 1)))
    parts.append(cpio_entry("init", 0o100755, INIT_SCRIPT.encode()))
    parts.append(cpio_entry("bin/busybox", 0o100755, (root / "bin/busybox").read_bytes()))
    order = "\n".join(m.name for m in modules) + "\n"
    parts.append(cpio_entry("modules/order", 0o100644, order.encode()))
    for module in modules:
        parts.append(cpio_entry(f"modules/{module.name}", 0o100644, module.read_bytes()))
    parts.append(cpio_entry("TRAILER!!!", 0))
    target.write_bytes(b"".join(parts))


def build_base(packages, target):
    """Makes the base layer of PACKAGES in TARGET, a directory that does not exist yet."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".base-") as scratch:
        scratch = pathlib.Path(scratch)
        root = scratch / "root"
        excludes = [
            f"--dpkgopt=path-exclude=/usr/share/{d}/*" for d in ("doc", "man", "locale", "info")
        ]
        run(
            "mmdebstrap", "--variant=minbase", "--mode=root", "--format=directory",
            f"--include={','.join(packages)}", *excludes, SUITE, root, "-",
            input=host_sources().encode(),
            env=dict(os.environ, INITRD="No", DEBIAN_FRONTEND="noninteractive", TMPDIR=str(scratch)),
        )  # fmt: skip
        layer = scratch / "layer"
        layer.mkdir()
        kernel = next((root / "boot").glob("vmlinuz-*"))
        shutil.copy(kernel, layer / "vmlinuz")
        make_initrd(root, layer / "initrd")
        for file in (root / "boot").iterdir():
            if file.is_file():
                file.unlink()
        disk = layer / "disk.raw"
        run("truncate", "-s", DISK_SIZE, disk)
        run("mkfs.ext4", "-q", "-L", "laptop", "-E", "lazy_itable_init=0", "-d", root, disk)
        layer.rename(target)


INSTALL_SCRIPT = r"""
set -eu
disk=$1 deb=$2 root=$3 files=$4
mount -o loop "$disk" "$root"
cp -r --no-target-directory "$files" "$root"
rm -f "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
for user in alice mona; do
    chroot "$root" useradd --create-home --shell /bin/bash "$user"
    chroot "$root" passwd --quiet --delete "$user"
done
chroot "$root" passwd --quiet --delete root
mount -t proc proc "$root/proc"
mount -t devtmpfs dev "$root/dev"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
if [ -n "$deb" ]; then
    cp "$deb" "$root/var/cache/apt/archives/outing-guard.deb"
    DEBIAN_FRONTEND=noninteractive chroot "$root" dpkg -i /var/cache/apt/archives/outing-guard.deb
fi
rm "$root/usr/sbin/policy-rc.d"
add() {
    if chroot "$root" getent group "$1" >/dev/null; then
        chroot "$root" usermod -aG "$1" "$2"
    fi
}
add outing-staff alice
add outing-staff mona
add outing-managers mona
umount "$root/dev" "$root/proc"
umount "$root"
"""


def build_laptop(base, deb, target):
    """Makes the laptop layer in TARGET: BASE's disk with DEB (or nothing) installed."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".laptop-") as scratch:
        layer = pathlib.Path(scratch) / "layer"
        mountpoint = pathlib.Path(scratch) / "mnt"
        layer.mkdir()
        mountpoint.mkdir()
        files = pathlib.Path(scratch) / "files"
        guest_tree(files)
        disk = layer / "disk.raw"
        run("cp", "--sparse=always", base / "disk.raw", disk)
        run(
            "unshare", "--mount", "--propagation", "private",
            "sh", "-c", INSTALL_SCRIPT, "install", disk, deb or "", mountpoint, files,
        )  # fmt: skip
        for name in ("vmlinuz", "initrd"):
            os.link(base / name, layer / name)
        layer.rename(target)


def forget_old(parent, prefix, keep):
    """Removes layers that are neither among the newest nor used in the last hours."""
    layers = sorted(parent.glob(prefix + "*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in layers[keep:]:
        if time.time() - old.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def laptop_layer(deb=None, say=lambda text: None, peers=False):
    """The directory with disk.raw, vmlinuz and initrd for DEB, with PEERS or without; builds what is missing."""
    if os.geteuid() != 0:
        raise SystemExit("the test laptop's disk can only be built by root")
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    base = cache / f"base-{base_key(peers)}"
    layer = cache / f"laptop-{laptop_key(deb, peers)}"
    with alone(cache, "peers" if peers else "laptop"):
        if not base.is_dir():
            say("building the Debian guest (once; a few minutes) ...")
            build_base(base_packages(peers), base)
        if not layer.is_dir():
            say("installing the package on the test laptop ...")
            build_laptop(base, deb, layer)
        os.utime(layer)
        os.utime(base)
        forget_old(cache, "laptop-", KEEP_LAYERS)
        forget_old(cache, "base-", 3)
    return layer


def newest_deb(build_dir):
    """The package under test, or None when none has been built."""
    named = os.environ.get("OUTING_DEB")
    if named:
        return pathlib.Path(named)
    debs = sorted(
        (d for d in build_dir.glob("outing-guard_*.deb")), key=lambda d: d.stat().st_mtime
    )
    return debs[-1] if debs else None


def main():
    parser = argparse.ArgumentParser(description="build the test laptop's disk")
    parser.add_argument("--deb", help="package to install; none gives a bare laptop")
    options = parser.parse_args()
    print(laptop_layer(options.deb, say=print))


if __name__ == "__main__":
    main()
