# SPDX-License-Identifier: GPL-3.0-or-later
"""The computer does not talk to USB devices that bring storage or pictures and are not in the register.

What the setting owns works as if there were nothing; a keyboard works whatever happens.
"""

import json

import cards
import pytest
import usbregister
import usbroot
from artifacts import say
from gadget import Gadget
from nursery import CAMERA
from ptpcamera import PtpCamera
from usbregister import Combined, authorized, interfaces, keyboard, node, usb_device, wait_authorized

HELPER = "/usr/libexec/outing-guard/outing-media"


@pytest.fixture
def strict(nursery):
    """The nursery, with nothing let in but by the rules and the register."""
    usbregister.only_the_register_decides(nursery.laptop)
    return nursery


def refused(nursery, serial):
    return nursery.wait_device(lambda d: d["serial"] == serial and d["state"] == "refused")


def add(nursery, found, name=CAMERA, role="camera", **how):
    return nursery.ctl("device", "add", name, "--role", role, "--device", found["id"], **how)


def assert_untouched(laptop, device):
    """No driver, no disk, and nothing that the person at the computer could open."""
    assert not authorized(laptop, device)
    assert interfaces(laptop, device) == 0
    assert laptop.ok("ls /sys/block | grep -c ^sd || true").strip() == "0"
    place = node(laptop, device)
    assert laptop.run(f"head -c 18 {place}", user="alice").code != 0
    assert laptop.run(f"test -w {place}", user="alice").code != 0
    assert laptop.run(f"echo 1 >{device}/authorized", user="alice").code != 0
    assert laptop.run("lsusb >/dev/null", user="alice").code == 0
    assert not authorized(laptop, device)


def stick(laptop, name="/run/stick.img"):
    laptop.ok(f"truncate -s 16M {name} && mkfs.vfat {name} >/dev/null")
    return name


@pytest.mark.parametrize("daemon", ["running", "stopped"])
def test_what_nobody_knows_gets_nothing_and_gives_nothing(strict, daemon):
    laptop = strict.laptop
    if daemon == "stopped":
        laptop.ok(["systemctl", "stop", "outingd"])
    laptop.ok("mkdir -p /run/camera/DCIM && echo picture >/run/camera/DCIM/A.JPG")
    backing = stick(laptop)
    before = strict.last_seq()
    storage = Gadget(laptop, backing, serial="ST0042")
    storage.plug(wait=False)
    assert_untouched(laptop, usb_device(laptop, "ST0042"))
    if daemon == "running":
        found = refused(strict, "ST0042")
        assert (found["kind"], found["registered"], found["present"]) == ("disk", False, True)
        assert "not one of the setting's own devices" in found["reason"] and found["id"] in found["reason"]
        told = strict.wait_event("device-unknown", after=before)["fields"]
        assert (told["device"], told["why"], told["serial"]) == (found["id"], "unregistered", "ST0042")
        assert strict.ctl("offload", found["id"]).code == 1
    storage.remove()
    camera = PtpCamera(laptop, "/run/camera", serial="CAM0042")
    camera.plug()
    assert_untouched(laptop, usb_device(laptop, "CAM0042"))
    assert camera.commands() == []
    camera.remove()
    both = Combined(laptop, "BOTH0042", backing, keyboard=True)
    device = both.plug()
    assert_untouched(laptop, device)
    assert laptop.ok("grep -c 'Sunny Combination' /proc/bus/input/devices || true").strip() == "0"
    both.remove()
    typing = Combined(laptop, "KEYS0042", keyboard=True, product="Keys")
    device = typing.plug()
    assert authorized(laptop, device) and interfaces(laptop, device) == 1
    laptop.ok("timeout 30 sh -c 'until grep -q \"Sunny Keys\" /proc/bus/input/devices; do udevadm settle; done'")
    typing.remove()
    if daemon == "stopped":
        laptop.ok(["systemctl", "start", "outingd"])


def test_a_registered_stick_appears_and_others_do_not(strict, make_card):
    laptop = strict.laptop
    card = make_card(files=cards.camera_tree(3))
    strict.laptop.plug_usb_storage(card.path, "BR0001", wait=False)
    found = refused(strict, "BR0001")
    assert found["id"].startswith("usb-")
    told = len(strict.events("device-unknown"))
    result = add(strict, found)
    assert result.code == 0, result.err
    here = strict.wait_device(lambda d: d["name"] == CAMERA and d["present"])
    assert here["id"].startswith("disk-") and here["kind"] == "disk" and here["serial"] == "BR0001"
    assert strict.ctl("offload", CAMERA).code == 0
    assert not strict.missing_from_vault(card)
    assert len(strict.events("device-unknown")) == told, "it was told once"
    # Again, also when the agent is not there when it is plugged in.
    laptop.unplug()
    strict.wait_device(lambda d: d["name"] == CAMERA and not d["present"])
    laptop.plug_usb_storage(card.path, "BR0001")
    strict.wait_device(lambda d: d["name"] == CAMERA and d["present"])
    laptop.unplug()
    laptop.ok(["systemctl", "stop", "outingd"])
    laptop.plug_usb_storage(card.path, "BR0001", wait=False)
    device = usb_device(laptop, "BR0001")
    assert_untouched(laptop, device)
    laptop.ok(["systemctl", "start", "outingd"])
    wait_authorized(laptop, device)
    strict.wait_state("offloaded")
    # Taken out of the register, it is outside at once.
    strict.laptop.ok(["outingctl", "device", "remove", CAMERA])
    wait_authorized(laptop, device, False)
    assert refused(strict, "BR0001")["registered"] is False
    laptop.unplug()


def test_a_registered_camera_over_ptp_is_let_in(strict):
    laptop = strict.laptop
    laptop.ok("mkdir -p /run/camera/DCIM && echo picture >/run/camera/DCIM/A.JPG")
    camera = PtpCamera(laptop, "/run/camera", serial="CAM0042")
    camera.plug()
    device = usb_device(laptop, "CAM0042")
    found = refused(strict, "CAM0042")
    assert found["kind"] == "ptp" and "camera" in found["reason"]
    assert add(strict, found, role="stick").code == 1 and not authorized(laptop, device)
    assert add(strict, found).code == 0
    wait_authorized(laptop, device)
    here = strict.wait_device(lambda d: d["name"] == CAMERA and d["present"])
    assert (here["id"], here["kind"], here["serial"]) == (found["id"], "ptp", "CAM0042")
    assert laptop.run(f"head -c 18 {node(laptop, device)}", user="alice").code != 0
    camera.unplug()
    strict.wait_device(lambda d: d["name"] == CAMERA and not d["present"])
    camera.plug()
    wait_authorized(laptop, usb_device(laptop, "CAM0042"))
    camera.remove()


def test_the_second_of_two_with_one_serial_is_refused(strict, make_card):
    laptop = strict.laptop
    card = make_card(files=cards.camera_tree(2))
    laptop.plug_usb_storage(card.path, "BR0001", wait=False)
    assert add(strict, refused(strict, "BR0001")).code == 0
    strict.wait_device(lambda d: d["name"] == CAMERA and d["state"] in ("present", "offloaded"))
    before = strict.last_seq()
    laptop.plug_usb_storage(make_card(files=cards.camera_tree(2)).path, "BR0001", wait=False)
    clone = refused(strict, "BR0001")
    assert not clone["registered"] and "same serial number" in clone["reason"]
    told = strict.wait_event("device-refused", after=before)["fields"]
    assert (told["why"], told["device"]) == ("clone", clone["id"])
    assert add(strict, clone, "Another").code == 1
    assert laptop.ok("ls /sys/block | grep -c ^sd").strip() == "1"
    assert strict.ctl("offload", CAMERA).code == 0


class WithoutSerial:
    """A device that has none, a camera or a stick, at one of two sockets."""

    def __init__(self, laptop, kind):
        usbregister.two_sockets(laptop)
        self.laptop, self.kind, self.product = laptop, kind, f"Nameless {kind}"
        self.backing, self.gadget = stick(laptop), None
        laptop.ok("mkdir -p /run/camera/DCIM && echo picture >/run/camera/DCIM/A.JPG")

    def plug(self, socket):
        """Returns its sysfs folder."""
        if self.kind == "stick":
            self.gadget = Combined(self.laptop, None, self.backing, product=self.product)
        else:
            self.gadget = PtpCamera(self.laptop, "/run/camera", serial=None, product=self.product)
        self.gadget.plug(socket)
        return usb_device(self.laptop, self.product, "product")

    def unplug(self):
        self.gadget.remove()


@pytest.mark.parametrize("kind", ["camera", "stick"])
@pytest.mark.campaign
def test_without_a_serial_it_is_known_at_its_socket_alone(strict, kind):
    laptop, thing = strict.laptop, WithoutSerial(strict.laptop, kind)

    def stopped():
        return strict.wait_device(lambda d: d["product"] == thing.product and d["state"] == "refused")

    def here():
        return strict.wait_device(lambda d: d["name"] == CAMERA and d["present"] and d["state"] != "refused")

    device = thing.plug(socket=0)
    assert add(strict, stopped(), role=kind).code == 0
    wait_authorized(laptop, device)
    assert (here()["serial"], here()["by_socket"]) == (None, True)
    # The register says that it is weaker.
    shown = " ".join(strict.ctl("devices").out.split())
    assert f"{CAMERA} has no serial number, so it is known only at the socket where it was registered" in shown
    assert "That is weaker" in shown
    thing.unplug()
    strict.wait_device(lambda d: d["name"] == CAMERA and not d["present"])
    before = strict.last_seq()
    device = thing.plug(socket=1)
    moved = stopped()
    assert_untouched(laptop, device)
    assert "has no serial number" in moved["reason"] and f"{CAMERA} was registered at another socket" in moved["reason"]
    assert strict.wait_event("device-refused", after=before)["fields"]["why"] == "moved"
    assert strict.ctl("offload", moved["id"]).code == 1
    # Back at its own it is let in, as nothing was changed.
    thing.unplug()
    wait_authorized(laptop, thing.plug(socket=0))
    assert here()["by_socket"]
    thing.unplug()
    strict.wait_device(lambda d: d["name"] == CAMERA and not d["present"])
    # A manager may register it at the other: the stick is the same one by its card, the camera is one more.
    device = thing.plug(socket=1)
    assert add(strict, stopped(), CAMERA if kind == "stick" else "Another camera", kind).code == 0
    wait_authorized(laptop, device)
    thing.unplug()


@pytest.mark.campaign
def test_a_device_that_has_changed_is_judged_again(strict):
    """The same vendor, product and serial; but the stick has grown a keyboard."""
    laptop = strict.laptop
    backing = stick(laptop)
    honest = Combined(laptop, "BAD0042", backing, product="White stick")
    honest.plug()
    assert add(strict, refused(strict, "BAD0042"), "White stick", "stick").code == 0
    strict.wait_device(lambda d: d["name"] == "White stick" and d["present"])
    honest.remove()
    strict.wait_device(lambda d: d["name"] == "White stick" and not d["present"])
    before = strict.last_seq()
    bad = Combined(laptop, "BAD0042", backing, keyboard=True, product="White stick")
    device = bad.plug()
    found = refused(strict, "BAD0042")
    assert_untouched(laptop, device)
    assert found["registered"] and found["name"] == "White stick"
    assert "does not describe itself as it did" in found["reason"]
    assert strict.wait_event("device-refused", after=before)["fields"]["why"] == "changed"
    assert len([d for d in strict.devices() if d["name"] == "White stick"]) == 1
    assert strict.ctl("offload", "White stick").code == 1
    assert add(strict, found, "Another", "stick").code == 1
    assert add(strict, found, "White stick", "stick").code == 0
    wait_authorized(laptop, device)
    strict.wait_device(lambda d: d["name"] == "White stick" and d["present"])
    bad.remove()


@pytest.mark.campaign
def test_sticks_are_gated_and_cameras_are_not(strict):
    """removable.unknown_device = "gate", and back, without anything being plugged in again."""
    laptop = strict.laptop
    strict.set_config("unknown_device", '"gate"')
    laptop.ok(["systemctl", "reload", "outingd"])
    backing = stick(laptop)
    storage = Gadget(laptop, backing, serial="ST0042")
    disk = storage.plug()
    assert laptop.ok(["blockdev", "--getro", disk]).strip() == "1"
    device = usb_device(laptop, "ST0042")
    strict.wait_device(lambda d: d["serial"] == "ST0042" and d["state"] == "gated")
    strict.set_config("unknown_device", '"refuse"')
    laptop.ok(["systemctl", "reload", "outingd"])
    wait_authorized(laptop, device, False)
    refused(strict, "ST0042")
    strict.set_config("unknown_device", '"gate"')
    laptop.ok(["systemctl", "reload", "outingd"])
    wait_authorized(laptop, device)
    storage.remove()
    both = Combined(laptop, "BOTH0042", backing, keyboard=True)
    assert_untouched(laptop, both.plug())
    both.remove()
    laptop.ok("mkdir -p /run/camera/DCIM")
    camera = PtpCamera(laptop, "/run/camera", serial="CAM0042")
    camera.plug()
    assert_untouched(laptop, usb_device(laptop, "CAM0042"))
    camera.remove()


@pytest.mark.parametrize("broken", [pytest.param("missing", marks=pytest.mark.campaign), "crashing"])
def test_without_its_helper_only_keyboards_are_let_in(strict, broken):
    laptop = strict.laptop
    laptop.ok(["systemctl", "stop", "outingd"])
    if broken == "missing":
        laptop.ok(["rm", HELPER])
    else:
        laptop.write(HELPER + ".new", "#!/bin/sh\nkill -SEGV $$\n")
        laptop.ok(f"chmod 755 {HELPER}.new && mv {HELPER}.new {HELPER}")
    backing = stick(laptop)
    typing = Combined(laptop, "KEYS0042", keyboard=True, product="Keys")
    assert authorized(laptop, typing.plug())
    typing.remove()
    both = Combined(laptop, "BOTH0042", backing, keyboard=True)
    assert_untouched(laptop, both.plug())
    both.remove()


def test_a_disk_of_a_makers_own_class_is_found_out_by_its_driver(strict):
    """The rules are made to believe that its class is in everybody's use."""
    laptop = strict.laptop
    line = 'SUBSYSTEM=="usb", ACTION=="add", ATTR{serial}=="QUIRK42", ENV{OUTING_USB}="allowed", ATTR{authorized}="1"\n'
    laptop.write("/etc/udev/rules.d/74-quirk.rules", line)
    laptop.ok("udevadm control --reload")
    odd = Combined(laptop, "QUIRK42", stick(laptop))
    device = odd.plug()
    wait_authorized(laptop, device, False)
    assert refused(strict, "QUIRK42")["kind"] == "disk"
    assert laptop.ok("ls /sys/block | grep -c ^sd || true").strip() == "0"
    odd.remove()


def test_what_may_be_used_is_a_matter_of_configuration(strict):
    laptop = strict.laptop
    laptop.qmp.call("device_add", driver="usb-ccid", id="chips0", bus="usb.0", serial="CHIP0042")
    device = usb_device(laptop, "CHIP0042")
    assert authorized(laptop, device)
    strict.set_config("allow", '"video printer"')
    laptop.ok(["systemctl", "reload", "outingd"])
    wait_authorized(laptop, device, False)
    found = refused(strict, "CHIP0042")
    assert found["kind"] == "other" and "usb.allow" in found["reason"]
    laptop.ok(["udevadm", "settle"])
    assert refused(strict, "CHIP0042")["reason"] == found["reason"]
    assert add(strict, found).code == 1
    strict.set_config("allow", '"smart-card"')
    laptop.ok(["systemctl", "reload", "outingd"])
    wait_authorized(laptop, device)


def test_a_keyboard_that_was_there_at_the_start_works_and_a_stick_does_not(strict, make_card):
    laptop = strict.laptop
    laptop.ok("sync")
    laptop.shut_down()
    card = make_card(files=cards.camera_tree(1))
    laptop.parts = [
        "-device", "usb-kbd,bus=usb.0,port=1,serial=KEYS01",
        "-drive", f"file={card.path},format=raw,if=none,id=foreign",
        "-device", "usb-storage,drive=foreign,bus=usb.0,port=2,serial=ST0042,removable=on",
    ]  # fmt: skip
    laptop.boot_again()
    typing = usb_device(laptop, "KEYS01")
    assert authorized(laptop, typing) and interfaces(laptop, typing) == 1
    assert "QEMU USB Keyboard" in laptop.ok(["cat", "/proc/bus/input/devices"])
    assert_untouched(laptop, usb_device(laptop, "ST0042"))
    refused(strict, "ST0042")
    assert card.canaries() > 0


@pytest.mark.campaign
def test_a_computer_that_starts_from_usb_keeps_its_disk(layer, tmp_path, make_card, keep_evidence):
    stick_card, card = make_card(fs="fat16"), make_card(fs="fat16")
    machine = usbroot.UsbLaptop(usbroot.layer_of(layer, say), tmp_path / "laptop", card.path, stick_card.path)
    keep_evidence(machine)
    laptop = machine.boot()
    laptop.ok(f"rm {usbregister.LAB_RULE} && sync")
    laptop.shut_down()
    laptop.boot_again()
    system = usb_device(laptop, "ROOT01")
    assert authorized(laptop, system)
    assert "OUTING_USB=system" in laptop.ok(["udevadm", "info", system])
    laptop.ok("echo still here >/root/written && sync && grep -q here /root/written")
    assert not authorized(laptop, usb_device(laptop, "ST0001"))
    laptop.ok("udevadm trigger --subsystem-match=usb --action=add --settle")
    laptop.ok(["systemctl", "restart", "outingd"])
    assert authorized(laptop, system)
    assert json.loads(laptop.ok(["outingctl", "devices", "--json"]))
    laptop.ok("echo still here >/root/written && sync")
