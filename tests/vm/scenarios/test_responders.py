# SPDX-License-Identifier: GPL-3.0-or-later
"""Three responders, one story: our simulated camera, QEMU's usb-mtp and umtp-responder, each a real USB device.

Plugged in, offloaded, read a second time in a new session, emptied; and what was not offloaded stays on it. Then the same
with the agent at work, which does it by itself, and with outing-check, which says what may travel. (The simulated camera's
own such story, with everything that goes wrong, is in test_ptp_agent.py.)
"""

import hashlib
import pathlib
import random

import pytest
from nursery import VAULT
from ptpcamera import MtpBox, PtpCamera, UmtpBox
from test_ptp import SIZES, empty, make_pictures, offload, stored
from test_ptp_agent import check

FOLDER = "/run/camera"
OTHERS = ["usb-mtp", "umtp-responder"]


class InGuest:
    """A device whose content is a folder of the guest."""

    def __init__(self, laptop, box, store):
        self.laptop, self.store, self.make = laptop, store, box
        self.made = make_pictures(laptop, FOLDER)
        self.box = box(laptop, FOLDER)

    def files(self):
        return sorted(self.laptop.ok(f"cd {FOLDER} && find . -type f").split())

    def folders(self):
        return sorted(self.laptop.ok(f"cd {FOLDER} && find . -mindepth 1 -type d").split())

    def take_a_picture(self, content):
        """Unplugged, and one more picture on it."""
        self.box.remove()
        self.laptop.write(f"{FOLDER}/DCIM/100BLUE/IMG_0003.JPG", content)
        self.box = self.make(self.laptop, FOLDER)


class OnHost:
    """QEMU's device, whose content is a folder of the host."""

    def __init__(self, laptop, root, read_only=False):
        self.root, self.store, self.made = root, "store-00010001", {}
        folder = root / "DCIM/100BLUE"
        folder.mkdir(parents=True)
        (root / "MISC").mkdir()
        for number, (name, size) in enumerate(SIZES.items()):
            content = random.Random(number).randbytes(size)
            (folder / name).write_bytes(content)
            self.made[f"DCIM/100BLUE/{name}"] = hashlib.sha512(content).hexdigest()
        self.box = MtpBox(laptop, root, read_only)

    def _paths(self, wanted):
        return sorted("./" + str(path.relative_to(self.root)) for path in self.root.rglob("*") if wanted(path))

    def files(self):
        return self._paths(pathlib.Path.is_file)

    def folders(self):
        return self._paths(pathlib.Path.is_dir)

    def take_a_picture(self, content):
        self.box.unplug()
        (self.root / "DCIM/100BLUE/IMG_0003.JPG").write_bytes(content)


def make_device(kind, laptop, tmp_path):
    if kind == "usb-mtp":
        return OnHost(laptop, tmp_path / "box")
    if kind == "umtp-responder":
        return InGuest(laptop, UmtpBox, "store-ffff0001")
    return InGuest(laptop, PtpCamera, "store-00010001")


@pytest.mark.parametrize("kind", ["simulated", *OTHERS])
@pytest.mark.campaign
def test_each_responder_is_offloaded_and_emptied(peers_nursery, tmp_path, kind):
    laptop = peers_nursery.laptop
    device = make_device(kind, laptop, tmp_path)
    node = device.box.plug()
    code, said, err = offload(laptop, node)
    assert (code, said.get("outcome")) == (0, "committed"), (said, err)
    assert stored(laptop, said, device.store) == device.made
    assert len(device.files()) == len(device.made), "an offload deletes nothing"

    code, emptied, err = empty(laptop, node, said["session"])
    assert (code, emptied.get("outcome"), emptied.get("wiped")) == (0, "removed", False), (emptied, err)
    assert emptied["gone"] == len(device.made) and "not wiped" in emptied["sentence"]
    assert device.files() == [] and device.folders() == ["./DCIM", "./DCIM/100BLUE", "./MISC"]
    assert stored(laptop, said, device.store) == device.made

    # What came later is in no session: nothing deletes it until it was offloaded as well.
    content = random.Random(kind).randbytes(5001)
    device.take_a_picture(content)
    node = device.box.plug()
    code, emptied, _ = empty(laptop, node, said["session"])
    assert (code, emptied["outcome"]) == (1, "not-recorded")
    assert device.files() == ["./DCIM/100BLUE/IMG_0003.JPG"]
    code, said, err = offload(laptop, node)
    assert (code, said.get("outcome")) == (0, "committed"), (said, err)
    assert stored(laptop, said, device.store) == {"DCIM/100BLUE/IMG_0003.JPG": hashlib.sha512(content).hexdigest()}
    code, emptied, err = empty(laptop, node, said["session"])
    assert (code, emptied.get("outcome")) == (0, "removed"), (emptied, err)
    assert device.files() == []
    device.box.remove()


@pytest.mark.parametrize("kind", [pytest.param("usb-mtp", marks=pytest.mark.campaign), "umtp-responder"])
def test_the_agent_offloads_and_empties_each_and_what_may_travel_is_said(peers_nursery, tmp_path, kind):
    nursery, laptop = peers_nursery, peers_nursery.laptop
    device = make_device(kind, laptop, tmp_path)
    device.box.plug()
    nursery.register()
    assert nursery.wait_event("offload-done")["fields"]["by_itself"] is True
    nursery.wait_state("offloaded")
    said = {"folder": nursery.sessions()[0]["path"].removeprefix(VAULT + "/")}
    assert stored(laptop, said, device.store) == device.made
    assert len(device.files()) == len(device.made), "an offload deletes nothing"
    code, asked, shown = check(nursery)
    assert (code, asked["verdict"], asked["action"]) == (1, "not-ready", "offload-and-clear"), asked
    assert "still on it" in asked["reason"] and shown.splitlines()[-1] == "NOT READY"

    result = nursery.wipe()
    assert result.code == 0 and "not wiped" in result.out + result.err, result
    assert nursery.wait_state("emptied")["last_clear"] is None
    assert device.files() == [] and device.folders() == ["./DCIM", "./DCIM/100BLUE", "./MISC"]
    assert stored(laptop, said, device.store) == device.made
    record = nursery.events("removal-done")[0]["fields"]["record"]
    assert record["result"] == "removed, not wiped" and nursery.certificates() == [record]
    code, asked, shown = check(nursery)
    assert (code, asked["verdict"], asked["action"]) == (1, "not-ready", None), asked
    assert "removed is not wiped" in asked["reason"] and shown.splitlines()[-1] == "NOT READY"
    nursery.set_config("accept_removed", "true")
    laptop.ok(["systemctl", "reload", "outingd"])
    code, asked, shown = check(nursery)
    assert (code, asked["verdict"]) == (0, "ready") and "Removed is not wiped" in asked["reason"], asked
    assert shown.splitlines()[-1] == "READY"
    device.box.remove()


def test_a_device_that_may_not_be_written_keeps_everything(peers_nursery, tmp_path):
    """usb-mtp as it is by default: read-only."""
    laptop = peers_nursery.laptop
    device = OnHost(laptop, tmp_path / "box", read_only=True)
    node = device.box.plug()
    code, said, err = offload(laptop, node)
    assert (code, said.get("outcome")) == (0, "committed"), (said, err)
    code, emptied, _ = empty(laptop, node, said["session"])
    assert (code, emptied["outcome"], emptied["gone"], emptied["left"]) == (1, "kept", 0, len(device.made))
    assert {kept["answer"] for kept in emptied["kept"]} == {"Store_Read_Only"}
    assert len(device.files()) == len(device.made)
    device.box.remove()
