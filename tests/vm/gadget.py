# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras made of software inside the guest: dummy_hcd and the mass-storage gadget.

A gadget goes through the guest's real USB stack, shows any vendor, product and
serial, and its cable can be pulled at an exact moment (the UDC is unbound).
Its card is a file or block device of the guest, which can be one of the
device-mapper targets of faults.py.
"""

import shlex

CONFIGFS = "/sys/kernel/config/usb_gadget"

CREATE = """
set -e
modprobe -a dummy_hcd libcomposite usb_f_mass_storage
g={configfs}/{name}
mkdir -p $g && cd $g
echo {vendor_id:#06x} >idVendor
echo {product_id:#06x} >idProduct
echo 0x0200 >bcdUSB
mkdir -p strings/0x409 configs/c.1/strings/0x409 functions/mass_storage.0
echo {vendor} >strings/0x409/manufacturer
echo {product} >strings/0x409/product
echo {serial} >strings/0x409/serialnumber
echo card >configs/c.1/strings/0x409/configuration
echo 120 >configs/c.1/MaxPower
cd functions/mass_storage.0/lun.0
echo {removable} >removable
echo {read_only} >ro
echo {inquiry} >inquiry_string
echo {backing} >file
ln -s $g/functions/mass_storage.0 $g/configs/c.1/
"""

REMOVE = """
cd {configfs}/{name} || exit 0
[ -z "$(cat UDC)" ] || echo >UDC
rm -f configs/c.1/mass_storage.0
rmdir configs/c.1/strings/0x409 configs/c.1 functions/mass_storage.0 strings/0x409
cd .. && rmdir {name}
"""


def serial_line(serial):
    """The line of a script that gives a gadget its SERIAL; None leaves it without one."""
    return "" if serial is None else f"echo {shlex.quote(serial)} >strings/0x409/serialnumber"


class Gadget:
    """One camera. BACKING is a path in the guest; plug() shows it to the laptop's USB."""

    def __init__(self, laptop, backing, serial="BR0001", vendor="Sunny", product="Blue Room Camera",
                 vendor_id=0x1209, product_id=0xB10E, read_only=False, removable=True, name="camera"):  # fmt: skip
        self.laptop, self.name, self.serial = laptop, name, serial
        laptop.ok(
            CREATE.format(
                configfs=CONFIGFS, name=name, vendor_id=vendor_id, product_id=product_id,
                vendor=shlex.quote(vendor), product=shlex.quote(product), serial=shlex.quote(serial),
                removable=int(removable), read_only=int(read_only), backing=shlex.quote(backing),
                inquiry=shlex.quote(f"{vendor[:8]:8}{product[:16]:16}"),
            )
        )  # fmt: skip

    def plug(self, wait=True):
        """Puts the cable in; returns the block device, or None when not to WAIT for it."""
        self.laptop.ok(f"ls /sys/class/udc | grep -m1 dummy >{CONFIGFS}/{self.name}/UDC")
        return self.laptop.wait_usb_disk(self.serial) if wait else None

    def unplug(self, wait=True):
        """Pulls the cable, whatever is going on."""
        self.laptop.ok(f"echo >{CONFIGFS}/{self.name}/UDC")
        if wait:
            self.laptop.wait_usb_gone(self.serial)

    def remove(self):
        self.laptop.ok(REMOVE.format(configfs=CONFIGFS, name=self.name))
