# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras that speak PTP or MTP, as real USB devices of the guest.

PtpCamera is the simulated camera of tests/ptp over FunctionFS and dummy_hcd:
any vendor, product and serial, every scripted fault. UmtpBox is umtp-responder
over the same, MtpBox is QEMU's usb-mtp: written by other people from the same
standard, second and third opinions. Each of them has plug(), which returns the
device's node, unplug(), and remove().
"""

import pathlib
import shlex

from gadget import CONFIGFS, serial_line

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build/normal/tests/ptp-camera"
CREATE = """
set -e
modprobe -a dummy_hcd libcomposite usb_f_fs
g={configfs}/{name}
mkdir -p $g && cd $g
echo {vendor_id:#06x} >idVendor
echo {product_id:#06x} >idProduct
echo 0x0200 >bcdUSB
mkdir -p strings/0x409 configs/c.1/strings/0x409 functions/ffs.{name}
echo {vendor} >strings/0x409/manufacturer
echo {product} >strings/0x409/product
{serial}
echo camera >configs/c.1/strings/0x409/configuration
echo 120 >configs/c.1/MaxPower
ln -s $g/functions/ffs.{name} $g/configs/c.1/
mkdir -p /run/ffs-{name}
mount -t functionfs {name} /run/ffs-{name}
"""

REMOVE = """
cd {configfs}/{name} || exit 0
[ -z "$(cat UDC)" ] || echo >UDC
pid=$(cat /run/{name}.pid)
kill -KILL $pid 2>/dev/null && tail --pid=$pid -f /dev/null
umount /run/ffs-{name}
rm -f configs/c.1/ffs.{name}
rmdir configs/c.1/strings/0x409 configs/c.1 functions/ffs.{name} strings/0x409
cd .. && rmdir {name}
"""

# The node of the device whose attribute has that value, once udev has made it.
WAIT_NODE = """
until found=$(grep -lx {value} /sys/bus/usb/devices/*/{attribute} 2>/dev/null); do :; done
d=${{found%/*}}
n=$(printf /dev/bus/usb/%03d/%03d $(cat $d/busnum) $(cat $d/devnum))
udevadm wait --timeout=30 --settle $n >&2 && echo $n
"""


def wait_node(laptop, attribute, value):
    return laptop.ok(WAIT_NODE.format(attribute=attribute, value=shlex.quote(value))).strip()


class FunctionGadget:
    """A gadget with one function that a program in the guest, COMMAND, serves at /run/ffs-NAME; SERIAL may be None."""

    def __init__(self, laptop, command, name, serial, vendor, product, vendor_id, product_id):
        self.laptop, self.name, self.log = laptop, name, f"/run/{name}.log"
        self.mark = ("product", product) if serial is None else ("serial", serial)
        laptop.ok(
            CREATE.format(
                configfs=CONFIGFS, name=name, vendor_id=vendor_id, product_id=product_id,
                vendor=shlex.quote(vendor), product=shlex.quote(product), serial=serial_line(serial),
            )
        )  # fmt: skip
        self.process = laptop.start(f"echo $$ >/run/{name}.pid; exec {shlex.join(command)} >{self.log} 2>&1")
        laptop.ok(f"until [ -e /run/ffs-{name}/ep3 ]; do :; done")

    def plug(self, socket=0):
        """Puts the cable in; returns the device's node."""
        self.laptop.ok(f"echo dummy_udc.{socket} >{CONFIGFS}/{self.name}/UDC")
        return wait_node(self.laptop, *self.mark)

    def unplug(self):
        self.laptop.ok(f"echo >{CONFIGFS}/{self.name}/UDC")

    def remove(self):
        self.laptop.ok(REMOVE.format(configfs=CONFIGFS, name=self.name))
        self.laptop.finish(self.process)


class PtpCamera(FunctionGadget):
    """One camera; FOLDER, a path in the guest, is what lies on it. OPTIONS: see tests/tools/ptp-camera.c."""

    def __init__(self, laptop, folder, *options, serial="BR0001", vendor="Sunny", product="Blue Room Camera",
                 vendor_id=0x1209, product_id=0xB10F, name="ptpcam"):  # fmt: skip
        laptop.write("/run/ptp-camera", PROGRAM.read_bytes())
        laptop.ok("chmod +x /run/ptp-camera")
        command = ["/run/ptp-camera", f"/run/ffs-{name}", folder, *options]
        super().__init__(laptop, command, name, serial, vendor, product, vendor_id, product_id)
        laptop.ok(f"until grep -q ready {self.log}; do :; done")

    def commands(self, operation=None):
        """What it was asked, one list of hexadecimal words for each command."""
        lines = [line.split() for line in self.laptop.read(self.log).decode().splitlines()[1:]]
        return [line for line in lines if operation is None or line[0] == operation]


UMTP_SETTINGS = """
loop_on_disconnect 1
storage "{folder}" "card" "rw"
manufacturer "Sunny"
product "Red Room Camera"
serial "{serial}"
firmware_version "1"
interface "MTP"
usb_vendor_id 0x1209
usb_product_id 0xb112
usb_class {usb_class[0]:#x}
usb_subclass {usb_class[1]:#x}
usb_protocol {usb_class[2]:#x}
usb_dev_version 0x0100
usb_functionfs_mode 0x1
usb_dev_path "/run/ffs-{name}/ep0"
usb_epin_path "/run/ffs-{name}/ep1"
usb_epout_path "/run/ffs-{name}/ep2"
usb_epint_path "/run/ffs-{name}/ep3"
usb_max_packet_size 0x200
"""


class UmtpBox(FunctionGadget):
    """umtp-responder over the guest's FOLDER; only a laptop with peers has it."""

    usb_class = (0x06, 0x01, 0x01)

    def __init__(self, laptop, folder, serial="RR0001", name="umtp"):
        settings = UMTP_SETTINGS.format(folder=folder, serial=serial, name=name, usb_class=self.usb_class)
        laptop.write("/etc/umtprd/umtprd.conf", settings)
        super().__init__(laptop, ["umtprd"], name, serial, "Sunny", "Red Room Camera", 0x1209, 0xB112)


class OldPhone(UmtpBox):
    """The same in the maker's own class, as telephones had it for years; MTP is only in the interface's name."""

    usb_class = (0xFF, 0xFF, 0x00)


class MtpBox:
    """QEMU's usb-mtp over the host's FOLDER.

    It hangs on a USB 2 controller of its own: usb-mtp never wakes an endpoint up, so that a transfer that was queued
    before the command waits for ever behind QEMU's xHCI, which asks again only when told; its EHCI asks all the time.
    """

    def __init__(self, laptop, folder, read_only=False):
        self.laptop, self.folder, self.read_only = laptop, folder, read_only
        laptop.ok("modprobe ehci_pci")
        laptop.qmp.call("device_add", driver="usb-ehci", id="usb2")

    def plug(self):
        self.laptop.qmp.call("device_add", driver="usb-mtp", id="mtpbox", bus="usb2.0", rootdir=str(self.folder),
                             desc="BOX", readonly=self.read_only)  # fmt: skip
        return wait_node(self.laptop, "idProduct", "0004")

    def unplug(self):
        self.laptop.qmp.call("device_del", id="mtpbox")
        self.laptop.qmp.wait_event("DEVICE_DELETED", device="mtpbox")

    def remove(self):
        self.unplug()
