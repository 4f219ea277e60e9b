# SPDX-License-Identifier: GPL-3.0-or-later
"""A laptop on which the register decides about USB devices, and things to plug into it.

The lab's own rule lets everything in; only_the_register_decides() takes it away.
A Combined gadget has several functions at once, like those that pretend to be a
keyboard. keyboard() is an honest one.
"""

import shlex

from gadget import CONFIGFS, serial_line
from qmp import LabError

LAB_RULE = "/etc/udev/rules.d/70-lab-usb.rules"

CREATE = """
set -e
modprobe -a dummy_hcd libcomposite usb_f_mass_storage usb_f_hid
g={configfs}/{name}
mkdir -p $g && cd $g
echo 0x1209 >idVendor
echo {product_id:#06x} >idProduct
echo 0x0200 >bcdUSB
mkdir -p strings/0x409 configs/c.1/strings/0x409
echo Sunny >strings/0x409/manufacturer
echo {product} >strings/0x409/product
{serial}
echo both >configs/c.1/strings/0x409/configuration
"""

STORAGE = """
mkdir -p functions/mass_storage.0
echo {backing} >functions/mass_storage.0/lun.0/file
ln -s $g/functions/mass_storage.0 configs/c.1/
"""

# The report descriptor of a keyboard, as in the specification's appendix B (USB HID 1.11).
HID = """
mkdir -p functions/hid.0
echo 1 >functions/hid.0/protocol
echo 1 >functions/hid.0/subclass
echo 8 >functions/hid.0/report_length
printf '\\005\\001\\011\\006\\241\\001\\005\\007\\031\\340\\051\\347\\025\\000\\045\\001\\165\\001\\225\\010\\201\\002\\225\\001\\165\\010\\201\\003\\225\\005\\165\\001\\005\\010\\031\\001\\051\\005\\221\\002\\225\\001\\165\\003\\221\\003\\225\\006\\165\\010\\025\\000\\045\\145\\005\\007\\031\\000\\051\\145\\201\\000\\300' >functions/hid.0/report_desc
ln -s $g/functions/hid.0 configs/c.1/
"""

REMOVE = """
cd {configfs}/{name} || exit 0
[ -z "$(cat UDC)" ] || echo >UDC
rm -f configs/c.1/mass_storage.0 configs/c.1/hid.0
rmdir configs/c.1/strings/0x409 configs/c.1 functions/* strings/0x409
cd .. && rmdir {name}
"""

# The folder of the device whose attribute has that value, once udev is done with it.
FIND = """
until found=$(grep -lx {value} /sys/bus/usb/devices/*/{attribute} 2>/dev/null | head -n 1) && [ "$found" ]; do :; done
udevadm wait --timeout=30 --initialized=true --settle $(readlink -f "${{found%/*}}") >&2
readlink -f "${{found%/*}}"
"""


def two_sockets(laptop):
    """From now on gadgets can be plugged into two sockets of the laptop, 0 and 1."""
    laptop.ok("modprobe -r dummy_hcd && modprobe dummy_hcd num=2 && udevadm settle")


def only_the_register_decides(laptop):
    laptop.ok(f"rm {LAB_RULE} && udevadm control --reload && udevadm trigger --subsystem-match=usb --action=change --settle")


def usb_device(laptop, serial, attribute="serial"):
    """The sysfs folder of the device with SERIAL, authorised or not."""
    return laptop.ok(FIND.format(attribute=attribute, value=shlex.quote(serial)), timeout=60).strip()


def authorized(laptop, device):
    return laptop.ok(["cat", f"{device}/authorized"]).strip() == "1"


def interfaces(laptop, device):
    """How many interfaces the computer has of it: none, of one that it does not talk to."""
    return int(laptop.ok(f"ls -d {device}/*:* 2>/dev/null | wc -l"))


def node(laptop, device):
    return laptop.ok(f"printf /dev/bus/usb/%03d/%03d $(cat {device}/busnum {device}/devnum)").strip()


def wait_authorized(laptop, device, wanted=True, timeout=30):
    """Follows the attribute until it is as WANTED."""
    value = int(wanted)
    done = laptop.run(
        f"timeout {timeout} sh -c 'until [ \"$(cat {device}/authorized)\" = {value} ]; do udevadm settle; done'",
        timeout=timeout + 30,
    )
    if done.code != 0:
        raise LabError(f"{device} is not {'' if wanted else 'un'}authorised after {timeout} s")


class Combined:
    """A gadget with the functions of BACKING (a disk over that path, None: none) and a KEYBOARD; SERIAL may be None."""

    def __init__(self, laptop, serial, backing=None, keyboard=False, product="Combination", product_id=0xB10E, name="both"):
        self.laptop, self.serial, self.name, self.product = laptop, serial, name, product
        script = CREATE + (STORAGE if backing else "") + (HID if keyboard else "")
        laptop.ok(
            script.format(
                configfs=CONFIGFS, name=name, serial=serial_line(serial), product=shlex.quote(product),
                product_id=product_id, backing=backing,
            )
        )  # fmt: skip

    def plug(self, socket=0):
        """Puts the cable in; returns the device's sysfs folder."""
        self.laptop.ok(f"echo dummy_udc.{socket} >{CONFIGFS}/{self.name}/UDC")
        if self.serial is None:
            return usb_device(self.laptop, self.product, "product")
        return usb_device(self.laptop, self.serial)

    def unplug(self):
        self.laptop.ok(f"echo >{CONFIGFS}/{self.name}/UDC && udevadm settle")

    def remove(self):
        self.laptop.ok(REMOVE.format(configfs=CONFIGFS, name=self.name))


def keyboard(laptop, name="keyboard0"):
    """Plugs a plain keyboard in; returns its sysfs folder."""
    laptop.qmp.call("device_add", driver="usb-kbd", id=name, bus="usb.0", serial=name)
    laptop.plugged.append(name)
    return usb_device(laptop, name)
