# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel does and the agent must know: if one of these changes, the design must be looked at."""

import pytest
from gadget import Gadget


@pytest.mark.campaign
def test_a_pulled_fat_card_looks_empty_without_an_error(laptop, make_card):
    """Why "no files found" is never believed until the device is proven alive."""
    card = make_card(fs="fat16", partitioned=False)
    camera = Gadget(laptop, laptop.attach_disk(card.path))
    device = camera.plug()
    laptop.ok(f"mkdir /run/card && mount -o ro {device} /run/card && ls /run/card/DCIM")
    camera.unplug()
    listing = laptop.run("ls -A /run/card")
    assert (listing.code, listing.out) == (0, "")
    assert laptop.run("cat /run/card/DCIM/100MEDIA/IMG_0001.JPG").code != 0


@pytest.mark.campaign
def test_a_raw_read_of_a_pulled_device_is_an_end_not_an_error(laptop, make_card):
    """Why a read of nothing is never taken for the end of a file or a card."""
    camera = Gadget(laptop, laptop.attach_disk(make_card(fs="fat16").path))
    device = camera.plug()
    unbind = "echo >/sys/kernel/config/usb_gadget/camera/UDC"
    held = laptop.ok(
        f"exec 3<{device}; {unbind}; udevadm wait --removed --timeout=20 {device}; "
        "dd bs=4096 count=1 iflag=direct status=none <&3 | wc -c; blockdev --getsize64 /dev/fd/3 2>&1 || true"
    )
    assert held.split()[0] == "0"


@pytest.mark.campaign
def test_quitting_the_last_holder_of_a_detached_mount_frees_the_card(laptop, make_card):
    """A lazily detached mount lives exactly as long as the descriptor that is in it."""
    device = laptop.plug_usb_storage(make_card(fs="fat16", partitioned=False).path, "DET1")
    holder = laptop.start(
        f"mkfifo /run/release && mkdir -p /run/card && mount -o ro {device} /run/card && "
        "cd /run/card && umount -l /run/card && echo $$ >/run/holder && read line </run/release"
    )
    laptop.ok("until [ -s /run/holder ]; do :; done")
    assert device not in laptop.ok(["findmnt", "--list", "-o", "SOURCE"]).split()
    exclusive = f"dmsetup create claim --table '0 8 linear {device} 0' && dmsetup remove claim"
    assert laptop.run(exclusive).code != 0
    laptop.ok("kill -9 $(cat /run/holder)")
    laptop.finish(holder)
    assert laptop.run(exclusive).code == 0


def test_the_landlock_and_seccomp_that_the_workers_need_are_there(laptop):
    assert "landlock" in laptop.ok("cat /sys/kernel/security/lsm")
    assert "Seccomp:" in laptop.ok("cat /proc/self/status")
