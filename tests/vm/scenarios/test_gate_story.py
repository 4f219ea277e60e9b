# SPDX-License-Identifier: GPL-3.0-or-later
"""A stick that is not encrypted, from the register to the raw medium: what may go onto it, and what never gets there.

Alice is the one who sits at the laptop (logged in on its first seat); Mona is the manager, who is not at the laptop.
"""

import json
import shlex
import time

import pytest
from pictures import jpeg
from qmp import LabError

STICK = "White stick"
SERIAL = "WS0001"
CHILDREN = "first name,last name,date of birth\nOttilie,Quennell,2021-03-04\nBarnaby,Thistlewood,2020-11-30\n"
LETTER = b"Dear parents,\nthe trip to the farm is on Thursday. Please bring wellington boots. " + b"Line of the letter 7f31.\n" * 40
CLASS_LIST = b"Group: Hedgehogs\nOttilie Quennell, 04.03.2021\nBarnaby Thistlewood, 30.11.2020\n" + b"Canary of the list 91c4.\n" * 40


@pytest.fixture
def desk(nursery):
    """Names are known, and Alice has a letter, a photo and a class list in her home folder."""
    laptop = nursery.laptop
    laptop.write("/root/children.csv", CHILDREN)
    laptop.ok(["outingctl", "names", "import", "/root/children.csv"])
    laptop.ok(["rm", "/root/children.csv"])
    for name, data in (("letter.txt", LETTER), ("farm.jpg", jpeg(4)), ("list.txt", CLASS_LIST)):
        laptop.write(f"/home/alice/{name}", data)
        laptop.ok(["chown", "alice:", f"/home/alice/{name}"])
    return nursery


def opened(nursery, card, name=STICK):
    """Plugged in, registered by the manager, open: its mount point."""
    nursery.laptop.plug_usb_storage(card.path, SERIAL, product="WHITE STICK")
    nursery.register(name, SERIAL, role="stick")
    device = nursery.wait_device(lambda d: d["name"] == name and d["mountpoint"])
    assert device["state"] == "gated"
    return device["mountpoint"]


def copy(nursery, name, mountpoint, to="", user="alice"):
    return nursery.laptop.run(["cp", f"/home/alice/{name}", f"{mountpoint}/{to}"], user=user)


def wait_refusals(nursery, number, timeout=30):
    """So many refusals are in the log."""
    deadline = time.monotonic() + timeout
    while sum(e["fields"]["count"] for e in nursery.events("copy-refused")) < number:
        if time.monotonic() > deadline:
            raise LabError(f"not {number} refusals: {json.dumps(nursery.events('copy-refused'))}")
    return nursery.events("copy-refused")


def chunks(data, size=512):
    """Pieces that nothing else on the medium is equal to, from all over the data."""
    return [data[at : at + size] for at in range(0, len(data) - size, max(size, len(data) // 64))]


def assert_nothing_of(card, data):
    raw = card.path.read_bytes()
    assert not any(piece in raw for piece in chunks(data))


@pytest.mark.parametrize("fs", ["fat32", pytest.param("exfat", marks=pytest.mark.campaign)])
def test_a_letter_goes_a_photo_and_a_list_do_not(desk, make_card, fs):
    card = make_card(fs=fs, label="WHITE", files={"old.txt": b"what was there before\n"}, dirty=False)
    laptop = desk.laptop
    top = opened(desk, card)
    assert top.startswith("/run/media/alice/")
    assert laptop.ok(["cat", f"{top}/old.txt"], user="alice") == "what was there before\n"
    assert laptop.run(["ls", top], user="mona").code != 0

    assert copy(desk, "letter.txt", top).code == 0
    for name in ("farm.jpg", "list.txt"):
        result = copy(desk, name, top)
        assert result.code != 0 and "Operation not permitted" in result.err
    refused = {e["fields"]["path"]: e["fields"]["cause"] for e in wait_refusals(desk, 2)}
    assert refused == {"farm.jpg": "image", "list.txt": "names"}
    result = copy(desk, "letter.txt", top, "Ottilie Quennell.txt")
    assert result.code != 0
    assert wait_refusals(desk, 3)[-1]["fields"]["path"] is None
    log = laptop.ok("journalctl -o cat; cat /var/log/outing-guard/audit.jsonl")
    assert "Ottilie" not in log and "Thistlewood" not in log

    verdict = laptop.run(["outing-check", "--leave-laptop", "--take", STICK], user="alice")
    assert verdict.code == 1 and "not encrypted" in " ".join(verdict.out.split())

    result = desk.ctl("eject", STICK, user="alice")
    assert result.code == 0, result.err
    assert desk.wait_device(lambda d: d["name"] == STICK)["state"] == "ejected"
    laptop.unplug()
    desk.wait_state("absent", STICK)
    assert sorted(card.list_files()) == ["letter.txt", "old.txt"] and card.read_file("letter.txt") == LETTER
    assert_nothing_of(card, jpeg(4))
    assert_nothing_of(card, CLASS_LIST)
    assert b"Ottilie" not in card.path.read_bytes() and "Ottilie".encode("utf-16-le") not in card.path.read_bytes()
    assert card.fsck()[0] == 0
    assert desk.ctl("audit", "verify").code == 0


def test_a_manager_allows_one_file_once(desk, make_card):
    card = make_card(fs="fat16", label="WHITE", files={}, dirty=False)
    laptop = desk.laptop
    top = opened(desk, card)
    assert copy(desk, "farm.jpg", top).code != 0
    wait_refusals(desk, 1)
    why = ["--reason", "The farmer asked for a picture of the barn"]
    denied = laptop.run(["outingctl", "allow", STICK, "/home/alice/farm.jpg", *why], user="alice")
    assert denied.code == 1 and desk.events("copy-allowed") == []
    assert copy(desk, "farm.jpg", top).code != 0
    laptop.ok("cp /home/alice/farm.jpg /tmp/farm.jpg && chmod 644 /tmp/farm.jpg")
    laptop.ok(["outingctl", "allow", STICK, "/tmp/farm.jpg", *why], user="mona")
    copy(desk, "farm.jpg", top)
    written = desk.wait_event("copy-allowed-written")["fields"]
    assert written["path"] == "farm.jpg"
    assert copy(desk, "farm.jpg", top, "again.jpg").code != 0
    assert desk.ctl("eject", STICK, user="alice").code == 0
    laptop.unplug()
    assert card.list_files() == ["farm.jpg"] and card.read_file("farm.jpg") == jpeg(4)


def test_without_the_agent_there_is_no_way_onto_it(desk, make_card):
    card = make_card(fs="fat16", label="WHITE", files={}, dirty=False)
    laptop = desk.laptop
    top = opened(desk, card)
    before = desk.last_seq()
    laptop.ok(["systemctl", "kill", "--signal=KILL", "outingd"])
    desk.wait_event("agent-started", after=before)
    laptop.ok(["systemctl", "stop", "outingd"])
    laptop.ok(f"timeout 30 sh -c 'while mountpoint -q {shlex.quote(top)}; do :; done'")
    assert copy(desk, "letter.txt", top).code != 0
    node = laptop.wait_usb_disk(SERIAL)
    assert laptop.ok(["blockdev", "--getro", node]).strip() == "1"
    laptop.unplug()
    assert card.list_files() == []


OVER_THE_EJECT = """
exec 3>"$1/open.txt" 4<"$1/old.txt"
cat letter.txt >&3
outingctl eject "$2" || exit 9
cat list.txt >&3 && exit 8
exec 3>&-
(cat list.txt >/proc/self/fd/4) && exit 7
mkdir -p "$1/late" && exit 6
true
"""


def test_what_is_open_over_an_eject_goes_nowhere(desk, make_card):
    card = make_card(fs="fat16", label="WHITE", files={"old.txt": b"old\n"}, dirty=False)
    laptop = desk.laptop
    top = opened(desk, card)
    properties = laptop.ok(["udevadm", "info", "-q", "property", "-n", laptop.wait_usb_disk(SERIAL) + "1"]).splitlines()
    assert {"UDISKS_IGNORE=1", "UDISKS_SYSTEM=1", "OUTING_ACCESS=none"} <= set(properties)
    result = laptop.run(["sh", "-c", OVER_THE_EJECT, "sh", top, STICK], user="alice")
    assert result.code == 0, result.err
    assert desk.wait_device(lambda d: d["name"] == STICK)["state"] == "ejected"
    assert laptop.ok("dmsetup ls; cat /proc/mounts").count("outing-gate") == 0
    laptop.unplug()
    assert set(card.list_files()) <= {"old.txt", "open.txt"} and card.read_file("old.txt") == b"old\n"
    assert_nothing_of(card, CLASS_LIST)
    assert card.fsck()[0] == 0


@pytest.mark.campaign
def test_new_rules_shut_it_at_once(desk, make_card):
    card = make_card(fs="fat16", label="WHITE", files={}, dirty=False)
    top = opened(desk, card)
    desk.set_config("unencrypted", '"refuse"')
    desk.laptop.ok(["systemctl", "reload", "outingd"])
    desk.wait_state("refused", STICK)
    assert copy(desk, "letter.txt", top).code != 0
    assert desk.wait_event("gate-closed")["fields"]["end"] == "asked"


@pytest.mark.campaign
def test_pulled_without_a_word(desk, make_card):
    card = make_card(fs="fat16", label="WHITE", files={"old.txt": b"old\n"}, dirty=False)
    top = opened(desk, card)
    assert copy(desk, "letter.txt", top).code == 0
    desk.laptop.unplug()
    assert desk.wait_event("gate-closed")["fields"]["end"] == "pulled"
    desk.wait_state("absent", STICK)
    left = {name for name in card.list_files() if not name.startswith(".outing-gate/")}
    assert left <= {"old.txt", "letter.txt"} and card.read_file("old.txt") == b"old\n"
    desk.laptop.plug_usb_storage(card.path, SERIAL, product="WHITE STICK")
    desk.wait_device(lambda d: d["name"] == STICK and d["mountpoint"])
    assert desk.ctl("eject", STICK, user="alice").code == 0
    desk.laptop.unplug()
    left = card.list_files()
    assert set(left) <= {"old.txt", "letter.txt"} and ("letter.txt" not in left or card.read_file("letter.txt") == LETTER)
