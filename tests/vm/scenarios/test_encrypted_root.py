# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole computer, judged as staff see it: root really on LUKS2, opened by somebody who types the passphrase.

One boot for all of it; each test leaves the laptop as it found it.
"""

import json

import pytest

import cryptroot
from artifacts import artifacts_dir, say

DISK = {"/dev/vda1": "exempt", "/dev/vda2": "exempt", "/dev/vda3": "encrypted"}


@pytest.fixture(scope="module")
def encrypted(layer, tmp_path_factory, request):
    failed = request.session.testsfailed
    machine = cryptroot.EncryptedLaptop(cryptroot.layer_of(layer, say), tmp_path_factory.mktemp("encrypted") / "laptop")
    try:
        yield machine.boot()
    finally:
        if not machine.on or request.session.testsfailed > failed:
            machine.leave_evidence(artifacts_dir() / "encrypted-root")
        machine.close()


def volumes(laptop):
    """Exit status, and what outing-check --volumes says of each leaf."""
    result = laptop.run(["outing-check", "--volumes", "--json"], timeout=300)
    said = json.loads(result.out)
    assert said["verdict"] == ("ready" if result.code == 0 else "not-ready"), result.out
    return result.code, {leaf["device"]: leaf for leaf in said["laptop"]["storage"]}


def verdicts(leaves):
    return {name: leaf["verdict"] for name, leaf in leaves.items()}


def fastest(laptop, command, times=5):
    """Seconds of the fastest of a few runs, measured in the guest."""
    script = (
        f"for n in $(seq {times}); do s=$(date +%s%N); {command} >/dev/null 2>&1; echo $(($(date +%s%N) - s)); done"
    )
    return min(int(line) for line in laptop.ok(script, timeout=300).split()) / 1e9


@pytest.fixture
def plain_swap(encrypted, tmp_path):
    """A second disk with one plain swap partition that is in use: its device."""
    image = tmp_path / "swap.img"
    with open(image, "wb") as stream:
        stream.truncate(64 << 20)
    swap = encrypted.attach_disk(image) + "1"
    encrypted.ok(
        f"printf 'label: gpt\\ntype=swap\\n' | sfdisk -q {swap[:-1]} && udevadm settle && mkswap -q {swap} && swapon {swap}"
    )
    yield swap
    encrypted.ok(["swapoff", swap])
    encrypted.unplug()


def test_a_laptop_that_is_encrypted_is_ready(encrypted):
    assert encrypted.ok(["findmnt", "-no", "SOURCE", "/"]).strip() == f"/dev/mapper/{cryptroot.MAPPING}"
    code, leaves = volumes(encrypted)
    assert verdicts(leaves) == DISK, json.dumps(leaves, indent=1)
    assert code == 0
    assert "/" in leaves["/dev/vda3"]["used_for"]
    assert "/boot" in leaves["/dev/vda2"]["used_for"]
    words = encrypted.run(["outing-check", "--volumes"])
    assert words.code == 0 and "NOT READY" not in words.out and "READY" in words.out


@pytest.mark.campaign
def test_the_verdict_comes_quickly(encrypted):
    """Emulated computers are slow, so the measure is what everybody's tools take in the same minute."""
    judge = "/usr/libexec/outing-guard/outing-judge --storage-only"
    full, quick = fastest(encrypted, "outing-check --volumes --json"), fastest(encrypted, f"{judge} --no-keys")
    lsblk = fastest(encrypted, "lsblk -f")
    status = fastest(encrypted, f"cryptsetup status {cryptroot.MAPPING}")
    text = (
        f"outing-check --volumes {full:.2f} s, without keys {quick:.2f} s, lsblk -f {lsblk:.2f} s, cryptsetup status "
        f"{status:.2f} s: without keys {quick / lsblk:.1f} times lsblk and {quick / status:.1f} times cryptsetup\n"
    )
    (artifacts_dir() / "time-to-verdict.txt").write_text(text)
    assert quick < 12 * (lsblk + status), text


def test_a_photo_in_boot_ends_the_exemption(encrypted):
    encrypted.ok("head -c 100000 /dev/urandom >/boot/IMG_0001.JPG")
    code, leaves = volumes(encrypted)
    assert code == 1 and verdicts(leaves) == DISK | {"/dev/vda2": "not-encrypted"}, json.dumps(leaves, indent=1)
    assert "IMG_0001.JPG" in leaves["/dev/vda2"]["reason"] + leaves["/dev/vda2"]["fix"]
    encrypted.ok("rm /boot/IMG_0001.JPG")
    assert volumes(encrypted)[0] == 0


def test_a_key_beside_the_lock_is_found(encrypted):
    encrypted.write("/boot/laptop.key", cryptroot.PASSPHRASE)
    encrypted.ok("cp /etc/crypttab /run/crypttab && sed -i 's, none , /boot/laptop.key ,' /etc/crypttab")
    code, leaves = volumes(encrypted)
    encrypted.ok("mv /run/crypttab /etc/crypttab && rm /boot/laptop.key")
    assert code == 1 and leaves["/dev/vda3"]["verdict"] == "not-encrypted", json.dumps(leaves, indent=1)
    assert "/boot/laptop.key" in leaves["/dev/vda3"]["reason"] + leaves["/dev/vda3"]["fix"]
    assert volumes(encrypted)[0] == 0


def test_one_plain_swap_partition_is_enough(encrypted, plain_swap):
    code, leaves = volumes(encrypted)
    assert code == 1
    assert verdicts(leaves) == DISK | {plain_swap: "not-encrypted"}, json.dumps(leaves, indent=1)
    assert "swap" in leaves[plain_swap]["used_for"]
    words = encrypted.run(["outing-check", "--volumes"])
    assert words.code == 1 and "NOT READY" in words.out and plain_swap.removeprefix("/dev/") in words.out


@pytest.fixture
def second_disk(encrypted, tmp_path):
    """A second disk of 192 MiB that reads as text wherever nothing is written over it: its device."""
    image = tmp_path / "second.img"
    line = b"a sentence that somebody wrote down and then deleted\n"
    image.write_bytes((line * (1 << 20))[: 192 << 20].ljust(192 << 20, b"."))
    disk = encrypted.attach_disk(image)
    yield disk
    encrypted.unplug()


def test_what_a_deleted_partition_held_is_still_there(encrypted, second_disk):
    encrypted.ok(
        f"wipefs -qa {second_disk} && printf 'label: gpt\\nsize=64M\\n' | sfdisk -q {second_disk} && udevadm settle"
        f" && dd if=/dev/zero of={second_disk}1 bs=1M count=64 2>/dev/null"
    )
    code, leaves = volumes(encrypted)
    assert code == 1
    assert verdicts(leaves) == DISK | {second_disk: "not-encrypted", f"{second_disk}1": "exempt"}, json.dumps(leaves, indent=1)
    assert leaves[second_disk]["used_for"] == ["outside the partitions"]
    encrypted.ok(f"dd if=/dev/zero of={second_disk} bs=1M seek=65 count=126 2>/dev/null")
    assert volumes(encrypted)[0] == 0


@pytest.mark.campaign
def test_what_lies_before_an_encrypted_part_is_not_encrypted(encrypted, second_disk):
    table = f"0 131072 crypt aes-xts-plain64 {'0123456789abcdef' * 8} 0 {second_disk} 262144"
    encrypted.ok(f"dmsetup create late --table '{table}' && dd if=/dev/zero of=/dev/mapper/late bs=1M 2>/dev/null; sync")
    try:
        code, leaves = volumes(encrypted)
        assert code == 1 and "outside the encrypted part" in leaves[second_disk]["reason"], json.dumps(leaves, indent=1)
        encrypted.ok(f"dd if=/dev/zero of={second_disk} bs=1M count=128 2>/dev/null; sync")
        assert volumes(encrypted)[1][second_disk]["verdict"] == "encrypted"
    finally:
        encrypted.ok("dmsetup remove --retry late")


def test_staff_hear_through_the_agent_what_root_sees(encrypted):
    """The judge's unit is locked in; nothing that it needs may be hidden from it by that."""
    encrypted.ok("systemctl start outing-judge.socket outingd && useradd -m -G outing-staff kim && echo kim:Xa7.iron.kettle | chpasswd")
    try:
        seen = json.loads(encrypted.ok(["/usr/libexec/outing-guard/outing-judge"], timeout=300))
        told = encrypted.run(["runuser", "-u", "kim", "--", "outing-check", "--json"], timeout=300)
        said = json.loads(told.out)["laptop"]
        (artifacts_dir() / "judge-by-unit.json").write_text(told.out)
        assert seen["error"] is None and said["error"] is None, told.out
        for part, name in (("storage", "device"), ("checks", "check")):
            by_root = {m[name]: (m["verdict"], m["reason"]) for m in seen[part]}
            by_unit = {m[name]: (m["verdict"], m["reason"]) for m in said[part]}
            assert by_unit == by_root
        security = encrypted.run(["systemd-analyze", "security", "--no-pager", "outing-judge@x.service"])
        (artifacts_dir() / "judge-security.txt").write_text(security.out)
    finally:
        encrypted.ok("userdel -r kim 2>/dev/null; true")


def test_an_empty_drive_for_discs_is_no_disk(encrypted):
    encrypted.qmp.call("device_add", driver="usb-bot", id="discs")
    encrypted.qmp.call("device_add", driver="scsi-cd", id="disc", bus="discs.0")
    encrypted.qmp.call("qom-set", path="/machine/peripheral/discs", property="attached", value=True)
    try:
        encrypted.ok("udevadm wait --timeout=30 /dev/sr0 && test $(cat /sys/block/sr0/size) -gt 0")
        code, leaves = volumes(encrypted)
        assert verdicts(leaves) == DISK, json.dumps(leaves, indent=1)
        assert code == 0
    finally:
        encrypted.qmp.call("device_del", id="discs")
        encrypted.ok("udevadm wait --timeout=30 --removed /dev/sr0")
