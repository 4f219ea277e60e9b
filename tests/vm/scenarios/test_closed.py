# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way back in, and every other way out: what test_media.py does not ask.

As there, the agent does not run: the rules alone must hold. What needs the agent says so.
"""

import shlex

import pytest
import usbroot
from artifacts import say
from gadget import CONFIGFS
from test_media import (
    HELPER,
    assert_closed_for_writing,
    desk,
    empty_image,
    make_encrypted,
    mount_as_alice,
    properties,
    read_only,
    retrigger,
)

__all__ = ["desk"]  # the fixture

CONFIG = "/etc/outing-guard/outing-guard.conf"
KEY = "0123456789abcdef" * 8
CRYPT = f"crypt aes-xts-plain64 {KEY} 0"


def usb_path(laptop, disk):
    """The sysfs folder of the USB device that DISK hangs on."""
    path = laptop.ok(["readlink", "-f", f"/sys/class/block/{disk.removeprefix('/dev/')}"]).strip()
    while "idVendor" not in laptop.ok(["ls", path]):
        path = path.rpartition("/")[0]
    return path


def hidden(laptop, node):
    said = properties(laptop, node)
    return said.get("UDISKS_IGNORE") == "1" and said.get("UDISKS_SYSTEM") == "1"


def mapped(laptop, name, table, uuid=None):
    """A device-mapper device NAME with TABLE, once udev has seen it: its node."""
    more = ["--uuid", uuid] if uuid else []
    # Somebody who opened the disk for writing has made udev read its table again.
    laptop.ok(["udevadm", "settle"])
    laptop.ok(["dmsetup", "create", name, *more, "--table", table])
    laptop.ok(["udevadm", "settle"])
    return laptop.ok(["readlink", "-f", f"/dev/mapper/{name}"]).strip()


def sectors(laptop, node):
    return int(laptop.ok(["blockdev", "--getsz", node]))


def set_removable(laptop, key, word):
    laptop.ok(["sed", "-i", "-E", f's/^( *{key} *[=:] *)"[a-z-]+"/\\1"{word}"/', CONFIG])
    assert laptop.run(["grep", "-E", f'{key} *[=:] *"{word}"', CONFIG]).code == 0


# -- external disks ----------------------------------------------------------------------------------------------------


def test_it_is_closed_however_it_comes_back(desk, make_card):
    card = make_card(fs="fat16")
    before = card.path.read_bytes()
    disk = desk.plug_usb_storage(card.path, "XY0042")
    device = usb_path(desk, disk)
    interface = desk.ok(f"basename $(ls -d {device}/*:1.0)").strip()
    again = (
        f"echo 0 >{device}/authorized && udevadm settle && echo 1 >{device}/authorized",
        f"cd /sys/bus/usb/drivers/usb-storage && echo {interface} >unbind && udevadm settle && echo {interface} >bind",
        f"cd /sys/bus/usb/drivers/usb && n=$(basename {device}) && echo $n >unbind && udevadm settle && echo $n >bind",
    )
    for way in again:
        sequence = properties(desk, disk)["DISKSEQ"]
        desk.ok(way)
        disk = desk.wait_usb_disk("XY0042")
        desk.ok(["udevadm", "settle"])
        said = properties(desk, disk)
        assert said["DISKSEQ"] != sequence, way
        assert said["OUTING_MEDIA"] == "plain", way
        assert_closed_for_writing(desk, disk)
        assert mount_as_alice(desk, disk + "1", "-o", "rw").code != 0, way
    desk.unplug()
    assert card.path.read_bytes() == before


@pytest.mark.campaign
def test_lvm_on_a_stick_is_read_only_when_it_is_activated(desk, tmp_path):
    stick = empty_image(tmp_path)
    inner = desk.attach_disk(stick)
    desk.ok(f"pvcreate -q {inner} && vgcreate -q evil {inner} && lvcreate -q -l 100%FREE -n lv evil && mkfs.ext4 -q /dev/evil/lv")
    assert not read_only(desk, desk.ok(["readlink", "-f", "/dev/evil/lv"]).strip())
    desk.ok("vgchange -q -an evil && sync")
    desk.unplug()
    disk = desk.plug_usb_storage(stick, "XY0042")
    desk.ok("udevadm settle; vgchange -q -ay evil; udevadm settle")
    volume = desk.ok(["readlink", "-f", "/dev/evil/lv"]).strip()
    assert_closed_for_writing(desk, disk)
    assert_closed_for_writing(desk, volume)
    assert properties(desk, volume)["OUTING_MEDIA"] == "plain"
    assert hidden(desk, volume)
    assert mount_as_alice(desk, volume).code != 0
    desk.ok("vgchange -q -an evil")


@pytest.mark.campaign
def test_a_mirror_on_a_stick_is_read_only(desk, tmp_path):
    stick = empty_image(tmp_path)
    inner = desk.attach_disk(stick)
    desk.ok(f"mdadm -q --create /dev/md7 --run --metadata=1.2 --level=1 --force -n1 {inner} && mkfs.ext4 -q /dev/md7")
    desk.ok(["udevadm", "settle"])
    assert not read_only(desk, "/dev/md7")
    desk.ok("mdadm -q --stop /dev/md7 && sync")
    desk.unplug()
    disk = desk.plug_usb_storage(stick, "XY0042")
    desk.ok(f"udevadm settle; ls /dev/md[0-9]* || mdadm -q --assemble --run --readonly /dev/md7 {disk}; udevadm settle")
    node = desk.ok("readlink -f /dev/md[0-9]* | head -n 1").strip()
    assert properties(desk, node)["OUTING_MEDIA"] == "plain"
    assert_closed_for_writing(desk, node)
    desk.ok(["mdadm", "-q", "--stop", node])


def test_only_the_live_table_makes_a_stack_encrypted(desk, tmp_path):
    """The stick's own header is beyond reproach in each case."""
    stick = empty_image(tmp_path)
    make_encrypted(desk, stick)
    disk = desk.plug_usb_storage(stick, "ST0001")
    size = sectors(desk, disk) - 32768
    cases = {
        "honest": (f"0 {size} {CRYPT} {disk} 32768", False),
        "null": (f"0 {size} crypt cipher_null-ecb - 0 {disk} 32768", True),
        "linear": (f"0 {size} linear {disk} 32768", True),
        "half": (f"0 2048 {CRYPT} {disk} 32768\n2048 {size - 2048} linear {disk} 34816", True),
    }
    for name, (table, closed) in cases.items():
        node = mapped(desk, name, table, f"CRYPT-LUKS2-0123456789abcdef0123456789abcdef-{name}")
        assert properties(desk, node)["OUTING_MEDIA"] == ("plain" if closed else "encrypted"), name
        assert read_only(desk, node) == closed, name
        assert hidden(desk, node) == closed, name
        desk.ok(["dmsetup", "remove", "--retry", name])
    assert not read_only(desk, disk)


@pytest.mark.campaign
def test_veracrypt_counts_once_it_is_open(desk, make_card):
    """It has no header that can be told from noise: closed before, and encrypted by its table afterwards."""
    disk = desk.plug_usb_storage(make_card(fs="fat16", partitioned=False).path, "VC0001")
    assert_closed_for_writing(desk, disk)
    node = mapped(desk, "vera", f"0 {sectors(desk, disk) - 512} {CRYPT} {disk} 256", "CRYPT-TCRYPT-vera")
    assert properties(desk, node)["OUTING_MEDIA"] == "encrypted"
    assert not hidden(desk, node)
    desk.ok(["dmsetup", "remove", "--retry", "vera"])
    node = mapped(desk, "bitlk", f"0 {sectors(desk, disk) - 512} {CRYPT} {disk} 256", "CRYPT-BITLK-x-bitlk")
    assert properties(desk, node)["OUTING_MEDIA"] == "plain", "BitLocker whose header does not lock"
    assert_closed_for_writing(desk, node)
    desk.ok(["dmsetup", "remove", "--retry", "bitlk"])


@pytest.mark.campaign
def test_what_the_gate_holds_is_nobody_elses(desk, make_card):
    disk = desk.plug_usb_storage(make_card(fs="fat16").path, "XY0042")
    desk.ok(["udevadm", "settle"])
    assert not hidden(desk, disk + "1") and properties(desk, disk + "1")["UDISKS_AUTO"] == "0"
    node = mapped(desk, "outing-gate-x", f"0 {sectors(desk, disk + '1')} linear {disk}1 0", "OUTINGGUARD-x")
    assert hidden(desk, node) and not read_only(desk, node)
    assert mount_as_alice(desk, node).code != 0
    retrigger(desk, disk + "1")
    assert hidden(desk, disk + "1") and read_only(desk, disk + "1")
    desk.ok(["dmsetup", "remove", "--retry", "outing-gate-x"])
    retrigger(desk, disk + "1")
    assert not hidden(desk, disk + "1")


@pytest.mark.campaign
def test_without_its_helper_stacks_stay_closed_and_inner_ones_work(desk, make_card, tmp_path):
    disk = desk.plug_usb_storage(make_card(fs="fat16").path, "XY0042")
    inner = desk.attach_disk(empty_image(tmp_path, "inner.img"))
    size = sectors(desk, disk + "1")
    for break_it in (f"chmod -x {HELPER}", f"printf '#!/bin/sh\\nkill -SEGV $$\\n' >{HELPER}; chmod +x {HELPER}", f"rm {HELPER}"):
        desk.ok(break_it)
        retrigger(desk, disk)
        assert properties(desk, disk)["OUTING_MEDIA"] == "unknown", break_it
        assert_closed_for_writing(desk, disk)
        node = mapped(desk, "evil", f"0 {size} linear {disk}1 0")
        assert_closed_for_writing(desk, node)
        above = mapped(desk, "above", f"0 {size} linear {node} 0")
        assert_closed_for_writing(desk, above)
        assert hidden(desk, node) and mount_as_alice(desk, node).code != 0
        own = mapped(desk, "own", f"0 65536 linear {inner} 0")
        assert not read_only(desk, own)
        desk.ok("dmsetup remove --retry above && dmsetup remove --retry evil && dmsetup remove --retry own")


@pytest.mark.campaign
def test_a_helper_that_hangs_opens_nothing(desk, make_card):
    desk.write("/etc/udev/udev.conf", "event_timeout=8\n")
    desk.ok(["systemctl", "restart", "systemd-udevd"])
    desk.ok(["rm", HELPER])
    desk.write(HELPER, "#!/bin/sh\nexec sleep 1000\n")
    desk.ok(["chmod", "755", HELPER])
    before = set(desk.ok("ls /sys/block").split())
    desk.plug_usb_storage(make_card(fs="fat16").path, "XY0042", wait=False)
    desk.ok("timeout 60 sh -c 'until ls /sys/block | grep -q ^sd; do udevadm settle; done'")
    disk = "/dev/" + (set(desk.ok("ls /sys/block").split()) - before).pop()
    for _ in range(3):
        assert mount_as_alice(desk, disk + "1").code != 0
        assert mount_as_alice(desk, disk + "1", "-o", "rw").code != 0
        desk.run("udevadm settle --timeout=8")
    desk.ok("udevadm settle --timeout=60; ! findmnt -S " + disk + "1")
    assert desk.run(f"test -w {disk}", user="alice").code != 0


@pytest.mark.campaign
def test_without_udev_only_root_has_the_node(desk, make_card):
    desk.ok("systemctl stop systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service")
    desk.plug_usb_storage(make_card(fs="fat16").path, "XY0042", wait=False)
    part = desk.ok("timeout 60 sh -c 'until ls /dev/sd[a-z]1 2>/dev/null; do :; done'").strip()
    assert may(desk, part) == may(desk, part[:-1]) == ""
    assert mount_as_alice(desk, part).code != 0
    desk.ok("systemctl start systemd-udevd && udevadm trigger --subsystem-match=block --action=add --settle")
    assert_closed_for_writing(desk, part[:-1])


@pytest.mark.parametrize(
    "word, writable, shown",
    [
        pytest.param("allow", True, True, marks=pytest.mark.campaign),
        pytest.param("read-only", False, True, marks=pytest.mark.campaign),
        pytest.param("refuse", False, False, marks=pytest.mark.campaign),
        pytest.param(None, False, False, marks=pytest.mark.campaign),
    ],
)
def test_what_the_setting_wants_of_encrypted_sticks(desk, tmp_path, word, writable, shown):
    stick = empty_image(tmp_path)
    make_encrypted(desk, stick)
    if word:
        set_removable(desk, "encrypted", word)
    else:
        desk.ok(f"echo 'removable {{' >{CONFIG}")
    disk = desk.plug_usb_storage(stick, "ST0001")
    assert properties(desk, disk)["OUTING_MEDIA"] == "encrypted"
    assert (read_only(desk, disk), hidden(desk, disk)) == (not writable, not shown)
    node = mapped(desk, "open", f"0 {sectors(desk, disk) - 32768} {CRYPT} {disk} 32768", "CRYPT-LUKS2-x-open")
    assert (read_only(desk, node), hidden(desk, node)) == (not writable, not shown)
    desk.ok(["dmsetup", "remove", "--retry", "open"])
    # A change of the setting holds from the next event on.
    if word == "refuse":
        set_removable(desk, "encrypted", "allow")
        retrigger(desk, disk)
        assert not read_only(desk, disk)
    elif word == "allow":
        set_removable(desk, "encrypted", "refuse")
        retrigger(desk, disk)
        assert read_only(desk, disk) and hidden(desk, disk)


@pytest.mark.campaign
def test_what_the_setting_wants_of_plain_sticks(desk, make_card):
    disk = desk.plug_usb_storage(make_card(fs="fat16").path, "XY0042")
    for word, shown, by_itself in (("gate", True, False), ("read-only", True, True), ("refuse", False, False)):
        set_removable(desk, "unencrypted", word)
        retrigger(desk, disk)
        assert_closed_for_writing(desk, disk)
        assert hidden(desk, disk) != shown, word
        assert (properties(desk, disk).get("UDISKS_AUTO") != "0") == by_itself, word


@pytest.mark.campaign
def test_a_stick_that_encrypts_by_itself_is_listed_by_the_technician(desk, make_card):
    disk = desk.plug_usb_storage(make_card(fs="fat16").path, "HW0001")
    assert_closed_for_writing(desk, disk)
    desk.write("/etc/udev/hwdb.d/72-local.hwdb", "outing-guard:usb:v46F4p0001*\n OUTING_GUARD_HARDWARE_ENCRYPTED=1\n")
    desk.ok("systemd-hwdb update && udevadm control --reload")
    retrigger(desk, disk)
    assert properties(desk, disk)["OUTING_MEDIA"] == "encrypted"
    assert not read_only(desk, disk) and not hidden(desk, disk)
    retrigger(desk, disk + "1")
    assert not read_only(desk, disk) and not hidden(desk, disk + "1")


@pytest.mark.campaign
def test_a_port_is_external_when_the_technician_says_so(desk, tmp_path):
    """An eSATA port looks like an inner one."""
    disk = desk.attach_disk(empty_image(tmp_path, "inner.img"))
    assert not read_only(desk, disk)
    path = properties(desk, disk)["DEVPATH"].split("/virtio")[0].rsplit("/", 1)[1]
    line = f'SUBSYSTEM=="block", KERNELS=="{path}", ENV{{OUTING_GUARD}}="1"\n'
    desk.write("/etc/udev/rules.d/70-outing-guard-ports.rules", line)
    desk.ok(["udevadm", "control", "--reload"])
    retrigger(desk, disk)
    assert_closed_for_writing(desk, disk)
    node = mapped(desk, "evil", f"0 65536 linear {disk} 0")
    assert_closed_for_writing(desk, node)
    desk.ok(["dmsetup", "remove", "--retry", "evil"])


def test_a_package_that_would_open_it_cannot_be_installed(desk):
    """Made here, with nothing in it: dpkg looks at the name."""
    for name in ("pmount", "udevil", "usbmount", "spice-client-glib-usb-acl-helper"):
        control = f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: x\n"
        desk.ok(f"mkdir -p /run/{name}/DEBIAN && cat >/run/{name}/DEBIAN/control", stdin=control.encode())
        desk.ok(["dpkg-deb", "-b", f"/run/{name}", f"/run/{name}.deb"])
        refused = desk.run(["dpkg", "-i", f"/run/{name}.deb"])
        assert refused.code != 0 and "onflict" in refused.err, refused.err


# -- other ways out ----------------------------------------------------------------------------------------------------


def may(laptop, node):
    """What alice, who sits at the computer, may do with NODE: "", "r", "rw"."""
    script = f"for x in r w; do test -$x {shlex.quote(node)} && printf $x; done; true"
    return laptop.ok(script, user="alice").strip()


def log_in_again(laptop):
    """A seat that becomes active gets its rights again: udev and logind must agree."""
    laptop.ok("chvt 2; chvt 1; udevadm settle; loginctl activate $(loginctl list-sessions --no-legend | awk '/alice/ {print $1}') || true")


def without_rules(laptop):
    """What the same laptop would do without them: proof that the test could fail."""
    laptop.ok("rm /lib/udev/rules.d/74-outing-guard-exits.rules && udevadm control --reload")
    laptop.ok("udevadm trigger --action=add --subsystem-match=block --subsystem-match=usb --subsystem-match=scsi_generic --settle")
    log_in_again(laptop)


def add_usb(laptop, name, **device):
    laptop.qmp.call("device_add", id=name, bus="usb.0", **device)
    laptop.plugged.append(name)


@pytest.fixture
def optical(desk, tmp_path):
    """A USB drive for discs: its block node and its node for commands."""
    desk.qmp.call("device_add", driver="usb-bot", id="discs", bus="usb.0")
    desk.qmp.call("device_add", driver="scsi-cd", id="disc", bus="discs.0")
    desk.qmp.call("qom-set", path="/machine/peripheral/discs", property="attached", value=True)
    desk.ok("modprobe sg; udevadm wait --timeout=30 --settle /dev/sr0")
    return "/dev/sr0", desk.ok("ls -d /sys/class/block/sr0/device/scsi_generic/* | sed 's,.*/,/dev/,'").strip()


def test_discs_can_be_read_but_not_burnt(desk, optical):
    desk.ok("usermod -aG cdrom alice")
    disc, commands = optical
    for _ in range(2):
        assert may(desk, disc) in ("r", "")
        assert may(desk, commands) == ""
        assert "uaccess" not in properties(desk, disc).get("CURRENT_TAGS", "")
        log_in_again(desk)
    assert desk.ok(f"stat -c %a:%G {disc}").strip() == "440:cdrom"
    without_rules(desk)
    assert may(desk, disc) == "rw" and may(desk, commands) == "rw"


def test_the_raw_nodes_of_a_stick_are_roots(desk, make_card):
    desk.ok("usermod -aG disk,plugdev alice; modprobe sg")
    disk = desk.plug_usb_storage(make_card(fs="fat16").path, "XY0042")
    desk.ok(["udevadm", "settle"])
    name = disk.removeprefix("/dev/")
    bus = desk.ok(["udevadm", "info", "--query=name", "--path", usb_path(desk, disk)]).strip()
    generic = desk.ok(f"ls /sys/class/block/{name}/device/scsi_generic").strip()
    assert may(desk, f"/dev/{bus}") == ""
    assert may(desk, f"/dev/{generic}") == ""


def test_a_telephone_is_kept_from_the_desktop(desk, tmp_path):
    (tmp_path / "phone").mkdir()
    add_usb(desk, "phone", driver="usb-mtp", rootdir=str(tmp_path / "phone"), desc="Telephone")
    desk.ok("timeout 30 sh -c 'until grep -ls MTP /sys/bus/usb/devices/*/interface /sys/bus/usb/devices/*/product; do udevadm settle; done'; udevadm settle")
    path = desk.ok("dirname $(grep -ls . /sys/bus/usb/devices/*/idProduct | xargs grep -l 0004 | head -n 1)").strip()
    node = "/dev/" + desk.ok(["udevadm", "info", "--query=name", "--path", path]).strip()
    said = dict(line.split("=", 1) for line in desk.ok(["udevadm", "info", "--query=property", "--path", path]).splitlines())
    assert said["OUTING_EXIT"] in ("ptp", "mtp", "player")
    for _ in range(2):
        assert may(desk, node) == ""
        assert not any(said.get(name) for name in ("ID_MTP_DEVICE", "ID_GPHOTO2", "ID_MEDIA_PLAYER"))
        assert "uaccess" not in said.get("CURRENT_TAGS", "")
        log_in_again(desk)
    assert desk.ok(["journalctl", "-b", "-t", "outing-guard", "--no-pager"]).count("kept from the desktop") == 1
    without_rules(desk)
    assert may(desk, node) == "rw"


NETWORK = """
set -e
modprobe -a dummy_hcd libcomposite usb_f_{kind}
g={configfs}/phone
mkdir -p $g && cd $g
echo 0x1209 >idVendor; echo 0xb10f >idProduct; echo 0x0200 >bcdUSB
mkdir -p strings/0x409 configs/c.1/strings/0x409 functions/{kind}.usb0
echo Telephone >strings/0x409/product
ln -s $g/functions/{kind}.usb0 configs/c.1/
ls /sys/class/udc | grep -m1 dummy >UDC
udevadm settle
"""


@pytest.mark.parametrize("kind, off", [("rndis", True), pytest.param("ecm", False, marks=pytest.mark.campaign)])
def test_a_network_through_a_telephone_is_switched_off(desk, kind, off):
    desk.ok(NETWORK.format(configfs=CONFIGFS, kind=kind))
    desk.ok("timeout 30 sh -c 'until grep -ls b10f /sys/bus/usb/devices/*/idProduct; do udevadm settle; done'; udevadm settle")
    path = desk.ok("dirname $(grep -ls b10f /sys/bus/usb/devices/*/idProduct)").strip()
    allowed = desk.ok(f"cat {path}/*:1.0/authorized").strip()
    assert allowed == ("0" if off else "1")
    assert bool(desk.ok(f"ls -d {path}/*:1.*/net/* 2>/dev/null || true").strip()) != off
    words = "was switched off" if off else "is in use"
    assert words in desk.ok(["journalctl", "-b", "-t", "outing-guard", "--no-pager"])


@pytest.mark.campaign
def test_a_serial_line_is_not_for_whoever_sits_there(desk):
    desk.ok(NETWORK.format(configfs=CONFIGFS, kind="acm"))
    desk.ok("udevadm wait --timeout=30 --settle /dev/ttyACM0")
    assert may(desk, "/dev/ttyACM0") == ""
    assert "ttyACM0 over USB" in desk.ok(["journalctl", "-b", "-t", "outing-guard", "--no-pager"])


# -- computers that start from USB -------------------------------------------------------------------------------------


@pytest.fixture
def started_from_usb(layer, tmp_path, make_card, keep_evidence):
    card, stick = make_card(fs="fat32", mib=64), make_card(fs="fat16")
    machine = usbroot.UsbLaptop(usbroot.layer_of(layer, say), tmp_path / "laptop", card.path, stick.path)
    keep_evidence(machine)
    machine.boot()
    return machine


@pytest.mark.campaign
def test_a_computer_that_starts_from_usb_keeps_its_own_disks(started_from_usb):
    laptop = started_from_usb
    stick = laptop.wait_usb_disk("ST0001").removeprefix("/dev/")
    root = laptop.ok(["findmnt", "-no", "SOURCE", "/"]).strip()
    assert root.startswith("/dev/sd") and root != f"/dev/{stick}"
    early = dict(line.split("/ro:") for line in laptop.ok(["cat", usbroot.EARLY]).split())
    # What the kernel found only after the initramfs had ended is not in there.
    there = {stick, "mmcblk0"} & early.keys()
    assert there, early
    assert {name for name, flag in early.items() if flag == "1"} == there, f"what the initramfs closed: {early}"
    laptop.ok("udevadm settle; vgchange -q -ay inside; udevadm settle")
    now = dict(line.split("/ro:") for line in laptop.ok("cd /sys/block && grep . */ro").split())
    assert {name for name, flag in now.items() if flag == "1" and not name.startswith("sr")} == {stick, "mmcblk0"}
    for node in (root, laptop.ok(["readlink", "-f", "/dev/inside/photos"]).strip(), "/dev/nvme0n1p4"):
        laptop.ok(f"mkdir -p /mnt/x && mount -o rw {node} /mnt/x && touch /mnt/x/works && umount /mnt/x")
    assert "rw" in laptop.ok(["findmnt", "-no", "OPTIONS", "/"]).split(",")
    assert "rw" in laptop.ok(["findmnt", "-no", "OPTIONS", "/boot"]).split(",")
    assert properties(laptop, root)["OUTING_MEDIA"] == "system"
    laptop.ok("udevadm trigger --subsystem-match=block --action=add --settle; mount -o remount,ro /boot; mount -o remount,rw /boot; touch /boot/works /works")


# -- with the agent ----------------------------------------------------------------------------------------------------


@pytest.mark.campaign
def test_opening_an_encrypted_stick_is_recorded_once(nursery, tmp_path):
    laptop = nursery.laptop
    stick = empty_image(tmp_path)
    make_encrypted(laptop, stick)
    disk = laptop.plug_usb_storage(stick, "ST0001")
    node = mapped(laptop, "open", f"0 {sectors(laptop, disk) - 32768} {CRYPT} {disk} 32768", "CRYPT-LUKS2-x-open")
    nursery.wait_event("device-unlocked")
    retrigger(laptop, node)
    mapped(laptop, "second", f"0 2048 linear {node} 0", "LVM-second")
    laptop.ok("dmsetup remove --retry second && dmsetup remove --retry open")
    before = nursery.last_seq()
    mapped(laptop, "open", f"0 {sectors(laptop, disk) - 32768} {CRYPT} {disk} 32768", "CRYPT-LUKS2-x-open")
    nursery.wait_event("device-unlocked", after=before)
    found = nursery.events("device-unlocked")
    assert [(e["fields"]["node"], e["fields"]["opened"]) for e in found] == [(disk, node)] * 2
    assert all(e["fields"]["device"] for e in found)
    assert nursery.ctl("audit", "verify").code == 0
