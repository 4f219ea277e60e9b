# SPDX-License-Identifier: GPL-3.0-or-later
"""The vault's container on a real kernel, and what counts as encrypted there."""

import json

import pytest

VAULT = "/var/lib/outing-guard/vault"
CONTAINER = "/var/lib/outing-guard/vault.luks"
CREDENTIAL = "/var/lib/outing-guard/vault-key.cred"
PROGRAM = "/usr/libexec/outing-guard/outing-vault"
SIZE = "96M"


def create(laptop, size=SIZE):
    return laptop.run([PROGRAM, "create", "--size", size, "--json"], timeout=180)


def created(laptop):
    result = create(laptop)
    assert result.code == 0, result.out + result.err
    return json.loads(result.out)


def status(laptop):
    return json.loads(laptop.ok([PROGRAM, "status", "--json"]))


def storage(laptop, path):
    result = laptop.run([PROGRAM, "storage", "--vault", path, "--json"])
    said = json.loads(result.out)
    assert (result.code == 0) == (said["verdict"] == "encrypted"), result.out
    return said


def leave_a_photo(laptop, name="photo"):
    laptop.ok(f"echo picture >{VAULT}/{name} && sync {VAULT}/{name} {VAULT}")


def test_a_vault_is_made_and_open_again_after_a_power_cut(laptop):
    said = created(laptop)
    assert said["result"] == "ok" and said["sealed_with"] == "host"
    assert "no usable TPM" in said["sentence"] and "takes the disk out" in said["sentence"]
    assert laptop.ok(["stat", "-c", "%U:%G %a", VAULT]).strip() == "outing-offload:outing-managers 2750"
    assert laptop.ok(["stat", "-c", "%a", CONTAINER, CREDENTIAL]).split() == ["600", "600"]
    assert laptop.ok(["systemctl", "is-active", "outing-vault.service"]).strip() == "active"
    below = storage(laptop, VAULT)
    assert below["verdict"] == "encrypted"
    assert any("aes-xts-plain64, key of 512 bits" in line for line in below["chain"])
    assert any(CONTAINER in line for line in below["chain"])
    options = laptop.ok(["findmnt", "-no", "OPTIONS", VAULT])
    assert {"nosuid", "nodev", "noexec"} <= set(options.strip().split(","))
    leave_a_photo(laptop)
    laptop.power_cut()
    laptop.boot_again()
    assert status(laptop)["mounted"]
    assert laptop.read(f"{VAULT}/photo") == b"picture\n"
    assert laptop.run(["systemctl", "stop", "outing-vault.service"]).code == 0
    assert not status(laptop)["open"]
    closed = laptop.run([PROGRAM, "verify"])
    assert closed.code == 1 and "not a vault" in closed.err


def test_an_existing_vault_is_never_overwritten(laptop):
    created(laptop)
    laptop.ok(["systemctl", "stop", "outing-vault.service"])
    before = laptop.ok(["sha256sum", CONTAINER, CREDENTIAL])
    result = create(laptop)
    assert result.code == 1 and "a vault already" in result.out
    assert laptop.ok(["sha256sum", CONTAINER, CREDENTIAL]) == before


def test_a_key_without_its_container_is_set_aside(laptop):
    created(laptop)
    laptop.ok(["systemctl", "stop", "outing-vault.service"])
    old = laptop.ok(["sha256sum", CREDENTIAL]).split()[0]
    laptop.ok(["mv", CONTAINER, "/root/moved-away"])
    created(laptop)
    assert old in laptop.ok(f"sha256sum {CREDENTIAL}.unused-*")


def test_another_key_does_not_open_it(laptop):
    created(laptop)
    leave_a_photo(laptop)
    laptop.ok(["systemctl", "stop", "outing-vault.service"])
    before = laptop.ok(["sha256sum", CONTAINER])
    laptop.ok(
        f"mv {CREDENTIAL} /root/key.cred && head -c 64 /dev/urandom | "
        f"systemd-creds encrypt --name=outing-vault-key - {CREDENTIAL} 2>/dev/null"
    )
    assert laptop.run(["systemctl", "start", "outing-vault.service"]).code != 0
    assert "does not open this container" in laptop.ok("journalctl -b -u outing-vault -o cat")
    assert not status(laptop)["open"]
    assert laptop.ok(["sha256sum", CONTAINER]) == before
    laptop.ok(["mv", "/root/key.cred", CREDENTIAL])
    laptop.ok(["systemctl", "start", "outing-vault.service"])
    assert laptop.read(f"{VAULT}/photo") == b"picture\n"


def test_a_full_disk_is_said_before_anything_is_written(laptop):
    result = create(laptop, "1T")
    assert result.code == 1 and "not enough free space" in result.out
    assert laptop.ok("ls -A /var/lib/outing-guard | grep vault. || true") == ""


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(f"[ -s {CONTAINER}.new ]", id="allocating", marks=pytest.mark.campaign),
        pytest.param("[ -e /dev/mapper/outing-vault-new ]", id="making-the-file-system"),
        pytest.param(f"[ -e {CREDENTIAL} ]", id="sealed", marks=pytest.mark.campaign),
    ],
)
def test_power_goes_while_a_vault_is_made(laptop, moment):
    laptop.ok(f"systemd-run --quiet --unit=making {PROGRAM} create --size {SIZE}")
    laptop.ok(f"until {moment}; do :; done", timeout=120)
    laptop.power_cut()
    laptop.boot_again()
    now = status(laptop)
    if not now["exists"]:
        assert not now["open"] and not now["mounted"]
        created(laptop)
    assert status(laptop)["mounted"]
    leave_a_photo(laptop)
    assert storage(laptop, VAULT)["verdict"] == "encrypted"


# --- what is encrypted ------------------------------------------------------------------------------------------

FORMAT = "cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /root/key"
OPEN = "cryptsetup open --key-file /root/key"
MOUNT = "mkdir -p /mnt/x && mkfs.ext4 -q {0} && mount {0} /mnt/x"
TABLE = "dmsetup create {} --table '{}' && udevadm settle"

SITUATIONS = {
    "plain": (MOUNT.format("$A"), "not-encrypted", ""),
    "luks": (f"{FORMAT} $A && {OPEN} $A x && " + MOUNT.format("/dev/mapper/x"), "encrypted", ""),
    "luks1": (f"{FORMAT} --type luks1 $A && {OPEN} $A x && " + MOUNT.format("/dev/mapper/x"), "encrypted", ""),
    "null-cipher": (
        f"{FORMAT} --cipher cipher_null-ecb --key-size 256 $A && "
        f"{OPEN} $A x && " + MOUNT.format("/dev/mapper/x"),
        "not-encrypted",
        "cipher_null",
    ),
    "ecb": (f"{FORMAT} --cipher aes-ecb $A && {OPEN} $A x && " + MOUNT.format("/dev/mapper/x"), "weak", "ECB"),
    "linear-with-a-luks-name": (
        "dmsetup create luks -u CRYPT-LUKS2-00000000000000000000000000000000-luks --table "
        '"0 $S linear $A 0" && udevadm settle && ' + MOUNT.format("/dev/mapper/luks"),
        "not-encrypted",
        "",
    ),
    "half-luks": (
        f"{FORMAT} $A && {OPEN} $A x && L=$(blockdev --getsz /dev/mapper/x) && "
        'printf "0 $L linear /dev/mapper/x 0\\n$L 32768 linear $B 0\\n" | dmsetup create half && udevadm settle && '
        + MOUNT.format("/dev/mapper/half"),
        "not-encrypted",
        "",
    ),
    "journal-elsewhere": (
        f"{FORMAT} $A && {OPEN} $A x && mke2fs -q -F -b 1024 -O journal_dev $B && mkdir -p /mnt/x && "
        "mkfs.ext4 -q -b 1024 -J device=$B /dev/mapper/x && mount /dev/mapper/x /mnt/x",
        "not-encrypted",
        "",
    ),
    "btrfs-half-luks": (
        f"{FORMAT} $A && {OPEN} $A x && modprobe btrfs && mkdir -p /mnt/x && "
        "mkfs.btrfs -q -f -d single -m raid1 /dev/mapper/x $B && btrfs device scan >/dev/null && mount /dev/mapper/x /mnt/x",
        "not-encrypted",
        "",
    ),
    "btrfs-luks": (
        f"{FORMAT} $A && {OPEN} $A x && modprobe btrfs && mkdir -p /mnt/x && "
        "mkfs.btrfs -q -f /dev/mapper/x && mount /dev/mapper/x /mnt/x && btrfs subvolume create /mnt/x/sub",
        "encrypted",
        "",
    ),
    "memory": ("mkdir -p /mnt/x && mount -t tmpfs none /mnt/x", "unknown", "tmpfs"),
    "overlay": (
        f"{FORMAT} $A && {OPEN} $A x && mkdir -p /mnt/y /mnt/x && mkfs.ext4 -q /dev/mapper/x && "
        "mount /dev/mapper/x /mnt/y && mkdir /mnt/y/u /mnt/y/w && "
        "mount -t overlay none -o lowerdir=/usr/share,upperdir=/mnt/y/u,workdir=/mnt/y/w /mnt/x",
        "unknown",
        "overlay",
    ),
}


# The matrix (test_matrix.py) asks the same judge about many more.
SAMPLE = {"plain", "luks", "half-luks"}


@pytest.mark.parametrize(
    "situation", [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.campaign) for name in SITUATIONS]
)
def test_what_is_encrypted(laptop, situation):
    how, verdict, reason = SITUATIONS[situation]
    laptop.ok(
        "set -e; for f in a b; do truncate -s 160M /root/$f; done; echo secret >/root/key; "
        "A=$(losetup -f --show /root/a); B=$(losetup -f --show /root/b); S=$(blockdev --getsz $A); " + how,
        timeout=120,
    )
    said = storage(laptop, "/mnt/x")
    assert said["verdict"] == verdict, json.dumps(said, indent=1)
    assert reason in said["reason"]
    if situation == "btrfs-luks":
        assert storage(laptop, "/mnt/x/sub")["verdict"] == "encrypted"
