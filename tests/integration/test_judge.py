# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-judge: disks of this test's own behind loop devices, records of computers, and the agent's question."""

import hashlib
import json
import os
import pathlib
import subprocess
import tarfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
VARIANT = "coverage" if os.environ.get("OUTING_VARIANT") == "coverage" else "faults"
PROGRAM = TOP / "build" / VARIANT / "outing-judge"
MIB = 1 << 20
JPEG = b"\xff\xd8\xff\xe0" + os.urandom(40000)
EFI = b"MZ" + os.urandom(60000)
KERNELS_FS = set(pathlib.Path("/proc/filesystems").read_text().split())

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: loop devices")


@pytest.fixture(scope="session", autouse=True)
def program():
    done = subprocess.run(["make", "-C", str(TOP), "-j2", f"VARIANT={VARIANT}", str(PROGRAM.relative_to(TOP))],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run(*options, question=None, code=0):
    done = subprocess.run([PROGRAM, *map(str, options)], input=question, capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == code, done.stderr
    return done


def judge(*options, question=None):
    return json.loads(run(*options, question=question).stdout)


# --- disks behind loop devices -------------------------------------------------------------------------------------


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.loops = []

    def image(self, name, mib, content=None):
        path = self.folder / name
        with open(path, "wb") as file:
            file.truncate(mib * MIB)
            if content:
                file.write(content)
        return path

    def plug(self, path, *options):
        done = subprocess.run(["losetup", "--find", "--show", *options, path], capture_output=True, text=True, check=True)
        self.loops.append(done.stdout.strip())
        return self.loops[-1]

    def leaf(self, path, *options):
        """The verdict on one image, which must not have changed by it."""
        before = hashlib.sha256(path.read_bytes()).digest()
        device = self.plug(path, *options)
        answer = judge("--device", device, "--storage-only")
        assert answer["error"] is None
        (leaf,) = answer["storage"]
        assert leaf["device"] == device
        subprocess.run(["blockdev", "--flushbufs", device], check=True)
        assert hashlib.sha256(path.read_bytes()).digest() == before, "a judge writes nothing"
        return leaf

    def files(self, path, files, make=("mkfs.ext4", "-q")):
        """A file system with these files, made without mounting it: ext4 from a folder."""
        tree = self.folder / (path.name + ".tree")
        for name, data in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(data)
        subprocess.run([*make, "-d", tree, path], check=True)
        return path

    def fat(self, path, files):
        subprocess.run(["mkfs.vfat", "-F", "32", path], check=True, capture_output=True)
        made = set()
        for name, data in files.items():
            for parent in list(reversed(pathlib.PurePath(name).parents))[1:]:
                if parent not in made:
                    subprocess.run(["mmd", "-i", path, f"::/{parent}"], check=True)
                    made.add(parent)
            subprocess.run(["mcopy", "-i", path, "-", f"::/{name}"], input=data, check=True)
        return path


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    for loop in made.loops:
        subprocess.run(["losetup", "--detach", loop], check=False)


BOOT = {"EFI/BOOT/BOOTX64.EFI": EFI, "grub/grub.cfg": b"set timeout=5\n", "vmlinuz-6.1": EFI,
        "initrd.img-6.1": b"070701" + os.urandom(5000)}


@needs_root
def test_a_file_system(bench):
    leaf = bench.leaf(bench.files(bench.image("disk", 64), {"DCIM/photo.jpg": JPEG}))
    assert leaf["verdict"] == "not-encrypted"
    assert leaf["used_for"] == ["not mounted"]
    assert leaf["fix"] and leaf["command"] is None  # too small to make room for a header
    assert leaf["bytes"] == 64 * MIB
    leaf = bench.leaf(bench.files(bench.image("larger", 200), {"DCIM/photo.jpg": JPEG}))
    at = {word: leaf["command"].index(word) for word in ("e2fsck -f", "resize2fs", "172032K", "cryptsetup reencrypt --encrypt")}
    assert list(at.values()) == sorted(at.values()), "encrypting in place needs room that was made before"


@needs_root
def test_a_blank_disk(bench):
    assert bench.leaf(bench.image("disk", 64))["verdict"] == "exempt"


@needs_root
def test_a_random_disk(bench):
    leaf = bench.leaf(bench.image("disk", 32, os.urandom(32 * MIB)))
    assert leaf["verdict"] == "unknown"
    assert "could be a closed encrypted disk" in leaf["reason"]


@needs_root
def test_data_without_a_file_system(bench):
    leaf = bench.leaf(bench.image("disk", 32, b"an invented line of text\n" * 100000))
    assert leaf["verdict"] == "not-encrypted"


@needs_root
def test_swap_and_a_hibernation_image(bench):
    path = bench.image("disk", 32)
    subprocess.run(["mkswap", "-q", path], check=True, capture_output=True)
    assert bench.leaf(path)["used_for"] == ["swap"]
    with open(path, "r+b") as file:
        file.seek(4086)
        file.write(b"S1SUSPEND\0")
    leaf = bench.leaf(path)
    assert (leaf["verdict"], leaf["used_for"]) == ("not-encrypted", ["hibernation image"])


@needs_root
def test_a_closed_luks_volume(bench, tmp_path):
    path, key = bench.image("disk", 64), tmp_path / "key"
    key.write_text("an invented passphrase")
    made = subprocess.run(["cryptsetup", "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2",
                           "--pbkdf-force-iterations", "1000000", path, key], check=False,
                          capture_output=True, text=True, cwd=tmp_path)
    if made.returncode != 0:
        pytest.skip(f"cryptsetup cannot make LUKS here: {made.stderr.strip()}")
    assert bench.leaf(path)["verdict"] == "encrypted"
    # A damaged second header is repaired on the disk by those who load it carelessly: leaf() looks for that.
    with open(path, "r+b") as file:
        file.seek(0x4000 + 0x100)
        file.write(b"damaged")
    assert bench.leaf(path)["verdict"] == "unknown"
    with open(path, "r+b") as file:
        file.write(bytes(8))
    assert bench.leaf(path)["verdict"] == "unknown"
    with open(path, "r+b") as file:
        file.seek(0x4000)
        file.write(bytes(8))
    assert bench.leaf(path)["verdict"] == "not-encrypted"


@needs_root
def test_an_empty_passphrase_is_found_by_trying(bench, tmp_path):
    path, key = bench.image("disk", 64), tmp_path / "key"
    key.write_text("")
    made = subprocess.run(["cryptsetup", "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2",
                           "--pbkdf-force-iterations", "1000000", path, key], check=False, capture_output=True, cwd=tmp_path)
    if made.returncode != 0:
        pytest.skip("cryptsetup cannot make LUKS here")
    leaf = bench.leaf(path)
    assert leaf["verdict"] == "not-encrypted" and "empty passphrase" in leaf["reason"]
    (leaf,) = judge("--device", bench.loops[-1], "--storage-only", "--no-keys")["storage"]
    assert leaf["verdict"] == "unknown"


@needs_root
def test_two_signatures(bench):
    path = bench.files(bench.image("disk", 64), {"a": b"b"})
    with open(path, "r+b") as file:
        file.write(b"XFSB" + bytes(508))
    assert bench.leaf(path)["verdict"] in ("unknown", "not-encrypted")


@needs_root
def test_a_boot_file_system_is_exempt_by_content(bench):
    leaf = bench.leaf(bench.files(bench.image("boot", 64), BOOT))
    assert leaf["verdict"] == "exempt"
    assert leaf["fix"] == ""
    leaf = bench.leaf(bench.files(bench.image("photo", 64), {**BOOT, "EFI/holiday.jpg": JPEG}))
    assert leaf["verdict"] == "not-encrypted"
    assert "\"holiday.jpg\"" in leaf["reason"] and "EFI/" not in leaf["reason"]
    assert "holiday.jpg" in leaf["fix"]
    leaf = bench.leaf(bench.files(bench.image("secret", 64), {**BOOT, "initrd.img-6.2": JPEG}))
    assert leaf["verdict"] == "not-encrypted"


@needs_root
@pytest.mark.skipif("vfat" not in KERNELS_FS, reason="this kernel has no vfat; the guest's matrix has it")
def test_an_efi_system_partition(bench):
    assert bench.leaf(bench.fat(bench.image("esp", 64), BOOT))["verdict"] == "exempt"
    leaf = bench.leaf(bench.fat(bench.image("photo", 64), {**BOOT, "EFI/holiday.jpg": JPEG}))
    assert leaf["verdict"] == "not-encrypted"
    assert "holiday.jpg" in leaf["reason"]


@needs_root
def test_a_mounted_file_system(bench, tmp_path):
    point = tmp_path / "here"
    point.mkdir()
    for files, verdict in ((BOOT, "exempt"), ({**BOOT, "list.pdf": b"%PDF-1.4"}, "not-encrypted")):
        device = bench.plug(bench.files(bench.image(verdict, 64), files))
        subprocess.run(["mount", device, point], check=True)
        try:
            (leaf,) = judge("--device", device)["storage"]
        finally:
            subprocess.run(["umount", point], check=True)
        assert (leaf["verdict"], leaf["used_for"]) == (verdict, [str(point)])


@needs_root
def test_looking_into_a_mounted_file_system_leaves_no_trace(bench, tmp_path):
    point = tmp_path / "here"
    point.mkdir()
    device = bench.plug(bench.files(bench.image("boot", 64), BOOT))
    subprocess.run(["mount", "-o", "strictatime", device, point], check=True)
    try:
        seen = [point, point / "EFI", point / "grub/grub.cfg", point / "vmlinuz-6.1"]
        for path in seen:
            os.utime(path, (1000000000, 1000000000))
        (leaf,) = judge("--device", device, "--storage-only")["storage"]
        assert leaf["verdict"] == "exempt"
        assert [path.stat().st_atime for path in seen] == [1000000000] * len(seen)
        (point / "grub/grub.cfg").read_bytes()
        assert (point / "grub/grub.cfg").stat().st_atime != 1000000000, "others do leave one here"
    finally:
        subprocess.run(["umount", point], check=True)


@needs_root
def test_what_is_mounted_over_a_boot_file_system_is_not_followed(bench, tmp_path):
    point = tmp_path / "here"
    point.mkdir()
    boot = bench.plug(bench.files(bench.image("boot", 64), {**BOOT, "efi/loader/loader.conf": b"a\n"}))
    other = bench.plug(bench.files(bench.image("other", 64), {"photo.jpg": JPEG}))
    subprocess.run(["mount", boot, point], check=True)
    try:
        subprocess.run(["mount", other, point / "efi"], check=True)
        leaves = {leaf["device"]: leaf for leaf in judge("--device", boot, "--device", other)["storage"]}
    finally:
        subprocess.run(["umount", "--recursive", point], check=True)
    assert leaves[boot]["verdict"] == "exempt"
    assert leaves[other]["verdict"] == "not-encrypted"


@needs_root
def test_a_mount_that_nobody_sees_any_more(bench, tmp_path):
    point = tmp_path / "here"
    point.mkdir()
    device = bench.plug(bench.files(bench.image("disk", 64), BOOT))
    subprocess.run(["mount", device, point], check=True)
    with open(point / "vmlinuz-6.1", "rb"):
        subprocess.run(["umount", "--lazy", point], check=True)
        (leaf,) = judge("--device", device)["storage"]
    assert (leaf["verdict"], leaf["used_for"]) == ("not-encrypted", ["in use"])
    assert "could not be named" in leaf["reason"]


@needs_root
def test_a_mount_in_another_namespace(bench, tmp_path):
    device = bench.plug(bench.files(bench.image("disk", 64), {"photo.jpg": JPEG}))
    point = tmp_path / "hidden"
    point.mkdir()
    with subprocess.Popen(["unshare", "--mount", "sh", "-c", f"mount {device} {point} && echo ready && read line"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "ready\n"
        (leaf,) = judge("--device", device)["storage"]
        other.communicate("end\n")
    assert (leaf["verdict"], leaf["used_for"]) == ("not-encrypted", [str(point)])


@needs_root
def test_a_loop_device_over_a_device(bench):
    below = bench.plug(bench.files(bench.image("disk", 64), {"a": b"b"}))
    bench.plug(pathlib.Path(below))
    (leaf,) = judge("--device", below)["storage"]
    assert leaf["verdict"] == "not-encrypted"


@needs_root
def test_partitions_of_a_disk(bench):
    path = bench.image("disk", 96)
    subprocess.run(["sfdisk", "-q", path], input="label: gpt\nsize=32M,type=U\nsize=1M,type="
                   "21686148-6449-6E6F-744E-656564454649\nsize=16M\n", text=True, check=True)
    device = bench.plug(path, "--partscan")
    parts = [f"{device}p{i}" for i in (1, 2, 3)]
    if not all(os.path.exists(p) for p in parts):
        pytest.skip("this kernel makes no partitions on loop devices")
    with open(parts[1], "wb") as file:
        file.write(b"\xeb\x63 a boot loader" * 20)
    leaves = judge(*[o for p in parts for o in ("--device", p)])["storage"]
    assert [leaf["verdict"] for leaf in leaves] == ["exempt", "exempt", "exempt"]
    assert "BIOS boot" in leaves[1]["reason"] and "blank" in leaves[2]["reason"]


# --- what it says when it cannot ------------------------------------------------------------------------------------


def test_a_device_that_does_not_exist():
    answer = judge("--device", "/dev/outing-nothing")
    assert answer["storage"] == [] and "does not exist" in answer["error"]


@pytest.mark.parametrize("question", ["", "{", "[]", "{\"checks\":1}", "{\"attested\":{\"passwords\":\"yesterday\"}}",
                                      "{\"attested\":[]}", "{}" + " " * 5000])
def test_a_question_that_is_not_understood(question):
    answer = judge("--request", question=question + "\n" if question else "")
    assert answer["storage"] == [] and "could not be understood" in answer["error"]


def test_wrong_usage():
    assert "--help" in run("--wrong", code=2).stderr
    run("extra", code=2)


# --- records --------------------------------------------------------------------------------------------------------

KEY = "c0ffee00" * 16
SECRETS = [KEY, "annasurname", "SERIAL-4711", "kinder-liste", "Blaue-Gruppe", "geheim.example", "5a17" * 16]


def put(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text + "\n")


def device(root, number, where, size=2 * MIB // 512):
    put(root, f"sys/devices/{where}/dev", number)
    put(root, f"sys/devices/{where}/size", str(size))
    for link in (f"sys/dev/block/{number}", f"sys/class/block/{pathlib.PurePath(where).name}"):
        (root / link).parent.mkdir(parents=True, exist_ok=True)
        (root / link).symlink_to(f"../../devices/{where}")


def content(**facts):
    return {"busy": True, "signature": "known", "type": "ext4", "partition_type": "", "partition_table": False,
            "sample": "not-sampled", "rest": "not-sampled", "drive_locks": False, **facts}


@pytest.fixture
def computer(tmp_path):
    """A computer with something to hide in every place that is recorded."""
    root = tmp_path / "computer"
    deep = "pci0000:00/0000:00:1c.4/0000:04:00.0/0000:05:01.0/0000:07:00.0/usb3/3-1/3-1.2/3-1.2:1.0/host6/target6:0:0/6:0:0:0/block"
    device(root, "8:0", f"{deep}/sda")
    put(root, f"sys/devices/{deep}/sda/serial", "SERIAL-4711")
    put(root, f"sys/devices/{deep}/sda/device/model", "Invented Disk")
    put(root, f"sys/devices/{deep}/../serial", "SERIAL-4711")
    (root / f"sys/devices/{deep.split('/3-1/')[0]}/subsystem").symlink_to("../../../bus/usb")
    device(root, "8:1", f"{deep}/sda/sda1")
    put(root, f"sys/devices/{deep}/sda/sda1/partition", "1")
    device(root, "8:2", f"{deep}/sda/sda2")
    put(root, f"sys/devices/{deep}/sda/sda2/partition", "2")
    put(root, f"sys/devices/{deep}/sda/sda2/holders/dm-0", "")
    device(root, "254:0", "virtual/block/dm-0")
    put(root, "sys/devices/virtual/block/dm-0/dm/name", "root_crypt")
    put(root, "sys/devices/virtual/block/dm-0/dm/uuid", "CRYPT-LUKS2-SERIAL-4711")
    put(root, "dm/254:0", f"0 2048 crypt aes-xts-plain64 {KEY} 0 8:2 32768 1 allow_discards")
    device(root, "254:1", "virtual/block/dm-1")
    put(root, "sys/devices/virtual/block/dm-1/dm/name", "system")
    put(root, "dm/254:1", "0 8 verity 1 8:1 8:1 4096 4096 1 1 sha256 " + "5a17" * 16 + " " + "5a17" * 16)
    device(root, "7:0", "virtual/block/loop0")
    put(root, "sys/devices/virtual/block/loop0/loop/backing_file", "/home/annasurname/kinder-liste.img")
    put(root, "proc/self/mountinfo",
        "20 1 254:0 / / rw shared:1 - ext4 /dev/mapper/root_crypt rw\n"
        "21 20 8:1 /home/annasurname /home/annasurname/kinder-liste rw - ext4 /dev/sda1 rw,journal_path=kinder-liste\n"
        "22 20 8:1 / /media/annasurname/Blaue-Gruppe rw - ext4 /dev/sda1 rw\n"
        "23 20 0:50 / /mnt/share rw - cifs //geheim.example/annasurname rw,username=annasurname\n"
        "24 20 0:51 / /mnt/two\\040words rw - tmpfs tmpfs rw")
    put(root, "proc/77/mountinfo", "90 1 254:1 / /other rw - ext4 /dev/dm-1 rw")
    (root / "proc/77/ns").mkdir()
    (root / "proc/77/ns/mnt").symlink_to("mnt:[77]")
    put(root, "proc/swaps", "Filename Type Size Used Priority\n/home/annasurname/kinder-liste.swap file 1 0 -2")
    put(root, "proc/fs/jbd2/dm-0-8/info", "annasurname")
    put(root, "facts.json", json.dumps({
        "version": 1,
        "contents": {
            "8:1": content(boot={"files": 3, "boot_files": 1, "other": "kinder-liste.pdf"}),
            "8:2": content(type="crypto_LUKS", header={"verdict": "encrypted", "reason": "LUKS2.", "fix": "", "command": ""}),
            "254:1": content(busy=True)},
        "places": {"/home/annasurname/kinder-liste.swap": {"mount_id": 20, "btrfs": ""}}}))
    return root


def verdicts(answer):
    assert answer["error"] is None
    return {leaf["device"]: (leaf["verdict"], leaf["external"], leaf["bytes"]) for leaf in answer["storage"]}


def test_a_record_holds_no_secret_and_gives_the_same_verdicts(computer, tmp_path):
    record, unpacked = tmp_path / "record.tar", tmp_path / "unpacked"
    there = judge("--root", computer)
    assert verdicts(there) == {"/dev/sda1": ("not-encrypted", True, 2 * MIB), "/dev/sda2": ("encrypted", True, 2 * MIB)}
    assert "swap" in next(leaf for leaf in there["storage"] if leaf["device"] == "/dev/sda2")["used_for"]
    run("--root", computer, "--collect", record)
    assert record.stat().st_mode & 0o777 == 0o600
    data = record.read_bytes()
    planted = b"".join(p.read_bytes() for p in computer.rglob("*") if p.is_file())
    for secret in SECRETS:
        assert secret.encode() in planted, "the test must plant what it looks for"
        assert secret.encode() not in data
    with tarfile.open(record) as archive:
        archive.extractall(unpacked)
    here = judge("--root", unpacked)
    assert verdicts(here) == verdicts(there)
    assert [leaf["chain"][-1] for leaf in here["storage"]] == [leaf["chain"][-1] for leaf in there["storage"]]


def test_a_record_is_not_written_over_anything(computer, tmp_path):
    there = tmp_path / "there"
    there.write_text("mine")
    assert "could not be made" in run("--root", computer, "--collect", there, code=1).stderr
    assert there.read_text() == "mine"


def test_something_else_is_no_record(tmp_path):
    answer = judge("--root", tmp_path)
    assert answer["storage"] == [] and answer["error"]
    put(tmp_path, "facts.json", "{\"version\": 99}")
    assert judge("--root", tmp_path)["error"]


@needs_root
def test_a_record_of_this_computer(tmp_path):
    record, unpacked = tmp_path / "record.tar", tmp_path / "unpacked"
    run("--collect", record)
    with tarfile.open(record) as archive:
        archive.extractall(unpacked)
    assert verdicts(judge("--root", unpacked, "--storage-only")) == verdicts(judge("--storage-only"))
