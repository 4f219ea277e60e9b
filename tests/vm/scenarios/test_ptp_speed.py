# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a camera is copied, against `gphoto2 --get-all-files` on the same virtual device.

Both write to the laptop's own disk, because the vault's encryption is not what is compared (and is slow where the
processor is emulated). Time is taken at the camera: from the first request for content to the last command of the same
reading. Our second reading is verification and does not count; copying does, with its hashes, its syncs and the copy
read back. Each runs ROUNDS times in turns, the best of each counts: what else the host does hits both.
"""

import pytest
from artifacts import BUILD, say
from ptpcamera import PtpCamera

PROGRAM = BUILD / "faults/outing-offload"  # only this build takes a vault that is not encrypted
ROUNDS, LEAST = 3, 0.9
FILES, BYTES = 10, 6_000_000
GPHOTO = """
rm -rf /var/tmp/gphoto && mkdir /var/tmp/gphoto && cd /var/tmp/gphoto && sync
timeout 500 gphoto2 --port usb:{port} --get-all-files >/run/gphoto.log 2>&1
ls | wc -l
rm -rf /var/tmp/gphoto
"""
OURS = """
rm -rf /var/tmp/plain /var/tmp/plain-state && mkdir /var/tmp/plain && sync
timeout 500 /run/outing-offload --source ptp:{node} --vault /var/tmp/plain --vault-check=off \
--state /var/tmp/plain-state --name 'Ptp camera'
rm -rf /var/tmp/plain /var/tmp/plain-state
"""
CONTENT = {"1009", "101b", "95c1"}


def first_reading(commands):
    """Seconds from the first request for content to the end of that session."""
    times = [(words[0], float(words[-1])) for words in commands]
    begin = next(time for operation, time in times if operation in CONTENT)
    return next((t for operation, t in times if t > begin and operation == "1003"), times[-1][1]) - begin


def listing(commands):
    """Seconds from the first question about stores to the first request for content, and how many commands that takes."""
    operations = [words[0] for words in commands]
    begin = operations.index("1004")
    end = next(i for i, operation in enumerate(operations) if operation in CONTENT)
    return float(commands[end][-1]) - float(commands[begin][-1]), end - begin


def alternate(laptop, camera, node):
    """What the camera was asked in each round: [(by gphoto2, by us), ...]."""
    port = ",".join(node.split("/")[-2:])
    rounds, seen = [], 0
    for _ in range(ROUNDS):
        pair = []
        for command in (GPHOTO.format(port=port), OURS.format(node=node)):
            laptop.ok(command, timeout=600)
            asked = camera.commands()
            pair.append(asked[seen:])
            seen = len(asked)
        rounds.append(pair)
    return rounds


@pytest.fixture
def laptop(peers):
    peers.write("/run/outing-offload", PROGRAM.read_bytes())
    peers.ok("chmod +x /run/outing-offload")
    return peers


@pytest.mark.campaign
def test_copying_is_as_fast_as_gphoto2(laptop):
    laptop.ok(
        "mkdir -p /run/camera/DCIM/100BLUE && cd /run/camera/DCIM/100BLUE && "
        f"for i in $(seq {FILES}); do head -c {BYTES} /dev/urandom >IMG_$i.JPG; done", timeout=300
    )  # fmt: skip
    camera = PtpCamera(laptop, "/run/camera", "times")
    rounds = alternate(laptop, camera, camera.plug())
    theirs, ours = (min(first_reading(pair[who]) for pair in rounds) for who in (0, 1))
    rate = FILES * BYTES / 1e6
    say(f"gphoto2 {rate / theirs:.1f} MB/s, ours {rate / ours:.1f} MB/s, ratio {theirs / ours:.2f} (at least {LEAST})")
    assert theirs / ours >= LEAST
    camera.remove()


@pytest.mark.campaign
def test_listing_2000_objects_takes_property_lists(laptop):
    laptop.ok(
        "mkdir -p /run/camera/DCIM/100BLUE && cd /run/camera/DCIM/100BLUE && "
        "for i in $(seq 2000); do echo $i >IMG_$i.JPG; done", timeout=300
    )  # fmt: skip
    took = {}
    for kind in ("plain", "mtp"):
        camera = PtpCamera(laptop, "/run/camera", "times", *([kind] if kind == "mtp" else []))
        laptop.ok(OURS.format(node=camera.plug()), timeout=600)
        took[kind] = listing(camera.commands())
        camera.remove()
    say("2,000 objects: " + ", ".join(f"{kind} {took[kind][0]:.2f} s in {took[kind][1]} commands" for kind in took))
    assert took["plain"][1] > 2000 and took["mtp"][1] < 20 and took["mtp"][0] < took["plain"][0]
