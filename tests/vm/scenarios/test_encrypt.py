# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain stick becomes an encrypted one, with everything that was on it, and nothing of it in clear."""

import hashlib
import subprocess

import cards
import pytest

STICK = "Blue Room stick"
GOOD = b"purple kettle sings at dawn"
CANARY = b"CANARY-OF-AN-INVENTED-CHILD"
HOLDS_THE_STICK = "until pid=$(pgrep -f '^[^ ]*outing-encrypt --put-back') && grep -q \"FLOCK .* $pid \" /proc/locks; do :; done"
FILES = {
    "LETTERS/To the parents.txt": CANARY * 200,
    "LETTERS/Easter/Menu.txt": b"eggs, and more eggs\n" * 999,
    "PLAN.CSV": b"monday;sand\ntuesday;water\n" + CANARY,
}


def make_stick(make_card, **how):
    """A FAT stick of 80 MB with letters, and the same words in its free space."""
    card = make_card(files=FILES, mib=80, fs="fat32", **how)
    with open(card.path, "r+b") as image:
        for offset in (40 << 20, 60 << 20, (80 << 20) - 512):
            image.seek(offset)
            image.write(CANARY)
    return card


def encrypt(nursery, *extra, user="alice", passphrase=GOOD, timeout=900):
    return nursery.laptop.run(["outingctl", "encrypt", STICK, "--yes", *extra], user=user, stdin=passphrase, timeout=timeout)


def open_as_alice(laptop, disk, passphrase=GOOD):
    """Unlocks and mounts as the desktop does it; where it is mounted."""
    laptop.write("/run/passphrase", passphrase)
    laptop.ok("chmod 0644 /run/passphrase; udevadm settle")
    said = laptop.ok(["udisksctl", "unlock", "--no-user-interaction", "-b", disk, "--key-file", "/run/passphrase"], user="alice")
    inner = said.strip().rstrip(".").split()[-1]
    laptop.ok("udevadm settle")
    laptop.ok(["udisksctl", "mount", "--no-user-interaction", "-b", inner], user="alice")
    return laptop.ok(["findmnt", "-no", "TARGET", inner]).strip()


def files_below(laptop, target):
    out = laptop.ok(f"cd '{target}' && find . -path ./lost+found -prune -o -type f -print0 | sort -z | xargs -0r sha256sum", user="alice")
    return {line.split("  ./", 1)[1]: line.split()[0] for line in out.splitlines()}


def close(laptop, target):
    laptop.ok(f"inner=$(findmnt -no SOURCE '{target}'); umount '{target}' && cryptsetup close $(basename $inner)")


def plug(nursery, card, register=True):
    disk = nursery.laptop.plug_usb_storage(card.path, "ST0001", product="WHITE STICK")
    if register:
        nursery.register(STICK, role="stick")
    return disk


def test_a_stick_is_encrypted_with_what_was_on_it(nursery, make_card):
    card = make_stick(make_card)
    disk = plug(nursery, card)
    laptop = nursery.laptop

    weak = encrypt(nursery, passphrase=b"kindergarten2026")
    assert weak.code == 1 and "easy to guess" in weak.err
    assert nursery.events("encrypt-started") == []

    done = encrypt(nursery)
    assert done.code == 0, done.err + laptop.ok("journalctl -u outingd --no-pager | tail -30")
    assert "Windows" in done.out + done.err
    assert [e["fields"]["outcome"] for e in nursery.events("encrypt-done")] == ["done"]
    nursery.wait_device(lambda d: d["name"] == STICK and d["state"] in ("present", "offloaded"))
    said = laptop.ok(["cryptsetup", "luksDump", disk])
    assert "argon2id" in said and "aes-xts-plain64" in said
    assert GOOD not in laptop.ok(["cat", "/var/log/outing-guard/audit.jsonl"]).encode()
    assert laptop.ok("ls /dev/mapper").split() == ["control", *(m for m in laptop.ok("ls /dev/mapper").split() if "vault" in m)]

    target = open_as_alice(laptop, disk)
    assert files_below(laptop, target) == {p: hashlib.sha256(d).hexdigest() for p, d in FILES.items()}
    laptop.ok(f"echo more >'{target}/new.txt'", user="alice")
    close(laptop, target)
    laptop.unplug()
    raw = card.path.read_bytes()
    assert raw.count(CANARY) == 0 and b"PLAN    CSV" not in raw
    assert subprocess.run(["cryptsetup", "isLuks", card.path], check=False).returncode == 0

    plug(nursery, card, register=False)
    device = nursery.wait_state("present", STICK)
    assert device["registered"] and device["role"] == "stick"


@pytest.mark.campaign
def test_pulled_in_the_middle_it_goes_on(nursery, make_card):
    card = make_stick(make_card)
    plug(nursery, card)
    laptop = nursery.laptop
    laptop.slow_down(4 << 20)
    job = laptop.run(["outingctl", "encrypt", STICK, "--yes", "--no-wait"], user="alice", stdin=GOOD)
    assert job.code == 0, job.err
    nursery.wait_progress("encrypt", 0.2, phase="encrypting")
    laptop.unplug()
    failed = nursery.wait_event("encrypt-failed")
    assert failed["fields"]["outcome"] in ("vanished", "write-error"), failed
    assert subprocess.run(["cryptsetup", "isLuks", card.path], check=False).returncode != 0

    disk = plug(nursery, card, register=False)
    nursery.wait_state("interrupted", STICK)
    assert laptop.ok(["blockdev", "--getro", disk]).strip() == "1"
    done = encrypt(nursery)
    assert done.code == 0, done.err
    assert len(nursery.sessions()) == 1, "what is safe already is not copied again"
    target = open_as_alice(laptop, disk)
    assert files_below(laptop, target) == {p: hashlib.sha256(d).hexdigest() for p, d in FILES.items()}
    close(laptop, target)
    laptop.unplug()
    assert card.path.read_bytes().count(CANARY) == 0


@pytest.mark.campaign
def test_what_somebody_put_on_an_interrupted_stick_is_not_lost(nursery, make_card):
    card = make_stick(make_card)
    plug(nursery, card)
    laptop = nursery.laptop
    laptop.slow_down(4 << 20)
    assert laptop.run(["outingctl", "encrypt", STICK, "--yes", "--no-wait"], user="alice", stdin=GOOD).code == 0
    nursery.wait_progress("encrypt", 0.2, phase="encrypting")
    laptop.unplug()
    nursery.wait_event("encrypt-failed")
    other = cards.make_card(card.path.with_name("new.img"), files={"NEW.TXT": b"written at home"}, mib=80, fs="fat32")
    other.path.replace(card.path)
    disk = plug(nursery, card, register=False)
    nursery.wait_state("interrupted", STICK)
    done = encrypt(nursery)
    assert done.code == 0, done.err
    target = open_as_alice(laptop, disk)
    assert files_below(laptop, target) == {"NEW.TXT": hashlib.sha256(b"written at home").hexdigest()}


@pytest.mark.campaign
@pytest.mark.parametrize("phase, moment", [("encrypting", 0.05), ("encrypting", 0.45), ("reading back", 0.95)])
def test_power_cut_in_an_encryption(nursery, make_card, phase, moment):
    card = make_stick(make_card)
    plug(nursery, card)
    laptop = nursery.laptop
    laptop.slow_down(8 << 20)
    assert laptop.run(["outingctl", "encrypt", STICK, "--yes", "--no-wait"], user="alice", stdin=GOOD).code == 0
    nursery.wait_event("encrypt-started")
    job = nursery.wait_progress("encrypt", moment, phase=phase)
    assert job["state"] == "running", job
    laptop.power_cut()
    if subprocess.run(["cryptsetup", "isLuks", card.path], check=False).returncode == 0:
        assert card.path.read_bytes().count(CANARY) == 0
    laptop.boot_again()
    assert nursery.ctl("audit", "verify").code == 0
    disk = plug(nursery, card, register=False)
    nursery.wait_state("interrupted", STICK)
    done = encrypt(nursery)
    assert done.code == 0, done.err
    target = open_as_alice(laptop, disk)
    assert files_below(laptop, target) == {p: hashlib.sha256(d).hexdigest() for p, d in FILES.items()}


@pytest.mark.campaign
def test_ext4_where_there_is_no_exfat(nursery, make_card):
    card = make_stick(make_card)
    disk = plug(nursery, card)
    laptop = nursery.laptop
    laptop.ok("rm /usr/sbin/mkfs.exfat")
    done = encrypt(nursery)
    assert done.code == 0, done.err
    target = open_as_alice(laptop, disk)
    assert set(FILES) <= set(files_below(laptop, target))
    laptop.ok(f"echo more >'{target}/new.txt'", user="alice")


@pytest.mark.campaign
def test_discarded_means_that_nothing_is_copied(nursery, make_card):
    card = make_stick(make_card)
    disk = plug(nursery, card)
    done = encrypt(nursery, "--discard")
    assert done.code == 0, done.err
    assert nursery.sessions() == []
    target = open_as_alice(nursery.laptop, disk)
    assert files_below(nursery.laptop, target) == {}
    close(nursery.laptop, target)
    nursery.laptop.unplug()
    assert card.path.read_bytes().count(CANARY) == 0


@pytest.mark.parametrize(
    "partitioned", [pytest.param(True, id="partitioned"), pytest.param(False, id="superfloppy", marks=pytest.mark.campaign)]
)
def test_udev_that_looks_too_late_leaves_nothing_of_the_old_table(nursery, make_card, partitioned):
    """The stick is held for the second half before udev could look at what the first half wrote: then the kernel still has
    the old partition; or, where there was none, the agent still takes the stick for a plain one when the job ends."""
    card = make_stick(make_card, partitioned=partitioned)
    disk = plug(nursery, card)
    laptop = nursery.laptop
    laptop.slow_down(8 << 20)
    job = laptop.run(["outingctl", "encrypt", STICK, "--yes", "--no-wait"], user="alice", stdin=GOOD)
    assert job.code == 0, job.err
    nursery.wait_progress("encrypt", 0.6, phase="reading back")
    laptop.ok("systemctl kill --kill-whom=main --signal=STOP systemd-udevd")
    try:
        laptop.ok(HOLDS_THE_STICK)
    finally:
        laptop.ok("systemctl kill --kill-whom=main --signal=CONT systemd-udevd")
    nursery.wait_event("encrypt-done")
    target = open_as_alice(laptop, disk)
    assert files_below(laptop, target) == {p: hashlib.sha256(d).hexdigest() for p, d in FILES.items()}
    assert laptop.ok(["lsblk", "-nro", "NAME,TYPE", disk]).count("part") == 0
    assert nursery.events("gate-failed") == []


def test_a_camera_is_not_encrypted(nursery, make_card):
    nursery.plug_camera(make_card(fs="fat16"))
    nursery.register()
    said = nursery.laptop.run(["outingctl", "encrypt", "Blue Room camera", "--yes", "--discard"], stdin=GOOD)
    assert said.code == 1 and "Only a stick" in said.err
