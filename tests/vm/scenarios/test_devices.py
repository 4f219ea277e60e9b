# SPDX-License-Identifier: GPL-3.0-or-later
"""What is plugged in is seen, named and told apart."""


def test_a_phone_is_listed_and_can_be_registered(nursery, tmp_path):
    """QEMU's MTP device: still image class, as phones and PTP cameras have."""
    store = tmp_path / "phone"
    store.mkdir()
    nursery.laptop.qmp.call("device_add", driver="usb-mtp", id="phone", bus="usb.0", rootdir=str(store), desc="store")
    found = nursery.wait_device(lambda d: d["kind"] in ("ptp", "mtp"))
    assert found["present"] and not found["registered"]
    assert found["id"].startswith("usb-")
    nursery.laptop.ok(["outingctl", "device", "add", "Manager phone", "--role", "phone", "--device", found["id"]])
    named = nursery.wait_device(lambda d: d["name"] == "Manager phone")
    assert named["role"] == "phone" and named["present"] and named["id"] == found["id"]
    nursery.laptop.qmp.call("device_del", id="phone")
    nursery.laptop.qmp.wait_event("DEVICE_DELETED", device="phone")
    gone = nursery.wait_device(lambda d: d["name"] == "Manager phone" and not d["present"])
    assert gone["registered"]


def test_two_cards_with_one_identity_are_both_refused(nursery, make_card):
    """A copied card in two readers that have no serial of their own."""
    card = make_card(fs="fat16")
    copy = make_card(fs="fat16")
    copy.path.write_bytes(card.path.read_bytes())
    for image, serial in ((card, "0001"), (copy, "0002")):
        nursery.laptop.plug_usb_storage(image.path, serial)
    nursery.wait_device(lambda d: d["present"] and d["state"] == "ambiguous")
    twins = [d for d in nursery.devices() if d["present"] and d["kind"] == "disk"]
    assert [d["state"] for d in twins] == ["ambiguous", "ambiguous"]
    nursery.laptop.unplug()
    nursery.wait_device(lambda d: d["present"] and d["kind"] == "disk" and d["state"] != "ambiguous")
