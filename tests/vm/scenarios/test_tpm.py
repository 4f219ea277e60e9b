# SPDX-License-Identifier: GPL-3.0-or-later
"""A laptop with a security chip: the vault's key is sealed by it, and opens on this computer only.

The chip is swtpm, behind QEMU's real TPM interface; the firmware is OVMF, because systemd believes a chip only where the
firmware knows it too.
"""

import subprocess

import pytest
from laptop import Laptop
from nursery import VAULT, Nursery, prepare

FIRMWARE = ["-bios", "/usr/share/ovmf/OVMF.fd"]
LIST = "First name;Last name;Known as;Date of birth;UPN;Room\nAmelia;Testchild;Millie;12/03/2021;H801200001001;Blue\n"
CREDENTIAL = "/var/lib/outing-guard/vault-key.cred"


class ChipLaptop(Laptop):
    """A Laptop with the chip whose memory is in the folder CHIP; FIRMWARE are QEMU's options."""

    def __init__(self, layer, directory, chip, firmware):
        super().__init__(layer, directory)
        self.chip, self.firmware, self.swtpm = chip, firmware, None

    def _start(self, *arguments, **how):
        self._stop_chip()
        self.chip.mkdir(exist_ok=True)
        socket = self.dir / "tpm.sock"
        self.swtpm = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.chip}",
             "--ctrl", f"type=unixio,path={socket}"], stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.parts = [
            *self.firmware, "-chardev", f"socket,id=tpm,path={socket}", "-tpmdev", "emulator,id=chip,chardev=tpm",
            "-device", "tpm-crb,tpmdev=chip",
        ]  # fmt: skip
        super()._start(*arguments, **how)

    def _stop_chip(self):
        if self.swtpm:
            self.swtpm.kill()
            self.swtpm.wait(30)
        (self.dir / "tpm.sock").unlink(missing_ok=True)

    def close(self):
        super().close()
        self._stop_chip()


@pytest.fixture
def laptop(peers_layer, tmp_path, keep_evidence):
    machine = ChipLaptop(peers_layer, tmp_path / "laptop", tmp_path / "chip", FIRMWARE)
    keep_evidence(machine)
    return machine.boot()


def is_open(laptop):
    return laptop.run(["findmnt", VAULT]).code == 0


def boot_with(laptop, chip, firmware):
    laptop.shut_down()
    laptop.chip, laptop.firmware = chip, firmware
    laptop.boot_again()


@pytest.mark.campaign
def test_the_chip_holds_the_key(laptop, tmp_path):
    nursery = Nursery(laptop)
    prepare(laptop)
    said = nursery.events("vault-created")[-1]["fields"]["reason"]
    assert "sealed by this computer's TPM" in said, said
    assert laptop.read(f"{CREDENTIAL}.sealing") == b"tpm2\n"
    laptop.ok(f"echo picture >{VAULT}/photo && sync {VAULT}/photo {VAULT}")
    laptop.write("/root/list.csv", LIST)
    laptop.ok(["outingctl", "names", "import", "/root/list.csv"])
    assert laptop.read("/var/lib/outing-guard/names.key.sealing") == b"tpm2\n"

    laptop.shut_down()
    laptop.boot_again()
    assert is_open(laptop) and laptop.read(f"{VAULT}/photo") == b"picture\n"
    laptop.ok(["outingctl", "names", "import", "/root/list.csv"])
    assert nursery.ask("names", "count") == {"children": 1}

    boot_with(laptop, laptop.chip, firmware=[])  # as after an update of the firmware, which measures something else
    assert is_open(laptop) and laptop.read(f"{VAULT}/photo") == b"picture\n"

    own = laptop.chip
    boot_with(laptop, tmp_path / "another chip", FIRMWARE)
    assert not is_open(laptop)
    result = nursery.ctl("vault", "status")
    assert "not open" in result.out + result.err
    assert laptop.run(["systemd-creds", "decrypt", "--name=outing-vault-key", CREDENTIAL, "-"]).code != 0

    boot_with(laptop, own, FIRMWARE)
    assert is_open(laptop) and laptop.read(f"{VAULT}/photo") == b"picture\n"
