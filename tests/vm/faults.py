# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken hardware inside the guest, by device-mapper targets over one of its disks.

Each helper returns the path of a device that behaves like BACKING until the
fault is switched on. Used under a gadget (a card that cannot be read) or under
the vault's container (a disk that cannot be written).
"""


def sectors(laptop, backing):
    return int(laptop.ok(["blockdev", "--getsz", backing]))


def create(laptop, name, table):
    laptop.ok(["dmsetup", "create", name], stdin=table.encode())
    path = f"/dev/mapper/{name}"
    laptop.ok(["udevadm", "wait", "--timeout=20", path])
    return path


def reload(laptop, name, table):
    """Swaps the table of NAME in one step; I/O in flight is finished first."""
    laptop.ok(
        f"dmsetup suspend --noflush --nolockfs {name} && dmsetup load {name} && dmsetup resume {name}",
        stdin=table.encode(),
    )


def linear(laptop, backing, name="plain"):
    """A disk that is as good as BACKING, until break_all() or break_writes()."""
    return create(laptop, name, linear_table(laptop, backing))


def linear_table(laptop, backing):
    return f"0 {sectors(laptop, backing)} linear {backing} 0\n"


def break_sectors(laptop, backing, first, count=8, name="plain"):
    """COUNT sectors from FIRST on can be neither read nor written from now on; the rest can."""
    end, size = first + count, sectors(laptop, backing)
    reload(
        laptop,
        name,
        f"0 {first} linear {backing} 0\n{first} {count} error\n{end} {size - end} linear {backing} {end}\n",
    )


def break_all(laptop, backing, name="plain"):
    """Every read and write fails from now on."""
    reload(laptop, name, f"0 {sectors(laptop, backing)} error\n")


def break_writes(laptop, backing, name="plain"):
    """Writes and flushes fail from now on, reads go on working."""
    laptop.ok(["modprobe", "dm-flakey"])
    size = sectors(laptop, backing)
    reload(laptop, name, f"0 {size} flakey {backing} 0 0 3600 1 error_writes\n")


def swap(laptop, other, name="plain"):
    """Reads return what OTHER, a disk of the same size, holds from now on."""
    reload(laptop, name, linear_table(laptop, other))


def mend(laptop, backing, name="plain"):
    reload(laptop, name, linear_table(laptop, backing))


def scsi_debug(laptop, mib=32, **options):
    """A disk of the kernel's scsi_debug driver; returns its node. OPTIONS are module parameters."""
    parameters = " ".join(f"{k}={v}" for k, v in options.items())
    laptop.ok(f"modprobe scsi_debug dev_size_mb={mib} {parameters} && udevadm settle")
    return laptop.ok(
        "for d in /sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*/*/block/*; do echo /dev/${d##*/}; done"
    ).split()[-1]
