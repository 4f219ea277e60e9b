# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate with the tools people copy with: no tool believes that it succeeded while the data is gone, and not one byte
of what is refused is ever in the folder behind, temporary files and names included."""

import errno
import os

import pytest

from gate_bed import CANARY, JPEG, OURS, files, gate, kind, own, poison, sh, shared, wait_for  # noqa: F401

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and FUSE")


# --- the table of tools ---

COPIES = {
    "cp": "cp $S $M/x",
    "cp-a": "cp -a $S $M/x",
    "cp-sparse": "cp --sparse=always $S $M/x",
    "cp-reflink": "cp --reflink=always $S $M/x",
    "install": "install $S $M/x",
    "rsync": "rsync -a $S $M/x",
    "rsync-inplace": "rsync -a --inplace $S $M/x",
    "dd": "dd if=$S of=$M/x bs=64k status=none",
    "dd-fsync": "dd if=$S of=$M/x bs=64k conv=fsync status=none",
    "dd-direct": "dd if=$S of=$M/x bs=4k oflag=direct status=none",
    "dd-odd-direct": "dd if=$S of=$M/x bs=777 oflag=direct status=none",
    "dd-append": "dd if=$S of=$M/x bs=8k oflag=append conv=notrunc status=none",
    "cat": "cat $S > $M/x",
    "tee": "tee $M/x < $S > /dev/null",
    "tar": "tar -C $(dirname $S) -cf - $(basename $S) | tar -C $M -xf -",
    "sed-i": "cp $CLEAN $M/x && sed -i \"1e cat $S\" $M/x",
    "python": "/usr/bin/python3 -c 'import shutil,sys; shutil.copy(sys.argv[1], sys.argv[2])' $S $M/x",
    "python-write": "/usr/bin/python3 -c 'import pathlib, sys; pathlib.Path(sys.argv[2]).write_bytes(pathlib.Path(sys.argv[1]).read_bytes())' $S $M/x",
    "curl": "curl -sS -o $M/x file://$S",
    "gio": "gio copy file://$S file://$M/x",
}


@pytest.mark.parametrize("tool", COPIES)
@pytest.mark.parametrize("name", ["bad.odt", "photo.jpg"])
def test_a_copy_of_what_is_refused_fails(gate, files, tool, name):
    (files / "clean").write_text("first line\n")
    before = (files / name).read_bytes()
    code, said = sh(COPIES[tool], files, S=files / name, M=gate.mount, CLEAN=files / "clean")
    assert code != 0, said
    assert (files / name).read_bytes() == before
    assert gate.raw() == []
    if tool not in ("cp-reflink", "dd-odd-direct"):
        assert [n for n in gate.notices() if n["event"] == "refused"]


@pytest.mark.parametrize("tool", sorted(set(COPIES) - {"sed-i", "cp-reflink"}))
def test_a_clean_copy_is_whole(gate, files, tool):
    code, said = sh(COPIES[tool], files, S=files / "good.odt", M=gate.mount)
    gate.settle()
    assert code == 0, said
    assert gate.tree()["good.odt" if tool == "tar" else "x"] == (files / "good.odt").read_bytes()
    assert gate.notices() == []


@pytest.mark.parametrize("tool", ["mv $S $M/", "mv $S $M/x", "gio move file://$S file://$M/x", "rsync --remove-source-files $S $M/"])
@pytest.mark.parametrize("name", ["bad.odt", "photo.jpg"])
def test_a_move_keeps_its_source(gate, files, tool, name):
    before = (files / name).read_bytes()
    code, said = sh(tool, files, S=files / name, M=gate.mount)
    assert code != 0, said
    assert (files / name).read_bytes() == before


def test_a_clean_move_moves(gate, files):
    before = (files / "good.odt").read_bytes()
    assert sh("mv good.odt $M/", files, M=gate.mount)[0] == 0
    gate.settle()
    assert gate.tree()["good.odt"] == before and not (files / "good.odt").exists()


@pytest.mark.parametrize("tool", ["cp -r tree $M/", "rsync -a tree $M/", "mv tree $M/", "tar -cf - tree | tar -C $M -xf -"])
def test_of_a_folder_the_clean_part_arrives(gate, files, tool):
    code, said = sh(tool, files, M=gate.mount)
    assert code != 0, said
    gate.settle()
    assert gate.tree()["tree/one.txt"] == b"one\n"
    assert (files / "tree" / "two.txt").read_bytes() == CANARY


def test_a_builtin_redirection_is_at_least_noticed(gate, files):
    """A shell does not look at the close() of its own redirection: the notice is all there can be."""
    sh("echo \"$C\" > x", gate.mount, C=CANARY.decode())
    assert [n["path"] for n in gate.notices()] == ["x"]
    assert "x" not in gate.tree()


@pytest.mark.parametrize("call", ["sendfile", "splice", "copy_file_range"])
def test_copies_inside_the_kernel(gate, files, call):
    source = os.open(files / "bad.odt", os.O_RDONLY)
    target = os.open(gate.mount / "x", os.O_WRONLY | os.O_CREAT)
    size = os.fstat(source).st_size
    if call == "sendfile":
        while os.sendfile(target, source, None, size):
            pass
    elif call == "splice":
        read, write = os.pipe()
        while n := os.splice(source, write, 65536):
            while n:
                n -= os.splice(read, target, n)
    else:
        with pytest.raises(OSError) as seen:
            while os.copy_file_range(source, target, size):
                pass
            os.close(target)
        assert seen.value.errno in (errno.EXDEV, errno.EPERM)
        return
    with pytest.raises(PermissionError):
        os.close(target)


# --- appends, rewrites, truncation: the whole that results ---

def test_an_append_is_judged_with_what_was_there(gate):
    target = gate.mount / "a"
    target.write_bytes(b"first REF")
    with pytest.raises(PermissionError):
        with open(target, "ab") as file:
            file.write(b"USE")
    gate.settle()
    assert gate.tree()["a"] == b"first REF"
    assert target.read_bytes() == b"first REFUSE"


def test_a_rewrite_in_the_middle(gate):
    target = gate.mount / "a"
    target.write_bytes(b"..REF...E..")
    with pytest.raises(PermissionError):
        with open(target, "r+b") as file:
            file.seek(5)
            file.write(b"US")
            file.flush()
            file.seek(7)
            file.write(b"E")
    gate.settle()
    assert gate.tree()["a"] == b"..REF...E.."


def test_a_refused_file_may_become_clean(gate):
    target = gate.mount / "a"
    with pytest.raises(PermissionError):
        target.write_bytes(CANARY)
    target.write_bytes(b"clean")
    gate.settle()
    assert gate.tree()["a"] == b"clean"


def test_truncation_is_a_change(gate):
    (gate.mount / "a").write_bytes(b"0123456789")
    os.truncate(gate.mount / "a", 4)
    gate.settle()
    assert gate.tree()["a"] == b"0123"
    os.truncate(gate.mount / "a", 8)
    gate.settle()
    assert gate.tree()["a"] == b"0123\0\0\0\0"
    os.truncate(gate.mount / "a", 0)
    gate.settle()
    assert gate.tree()["a"] == b""


def test_what_a_truncation_uncovers_is_judged(gate):
    """The end goes, and what is left is refused: here what was refused stays refused when it shrinks."""
    with pytest.raises(PermissionError):
        (gate.mount / "a").write_bytes(CANARY + b"....")
    with pytest.raises(PermissionError):
        os.truncate(gate.mount / "a", len(CANARY))
    os.truncate(gate.mount / "a", 3)
    gate.settle()
    assert gate.tree()["a"] == CANARY[:3]


# --- the poisoned file ---

def test_poisoned_is_readable_and_goes_nowhere(gate):
    (gate.mount / "a").write_bytes(b"the old one")
    target = poison(gate)
    assert target.read_bytes() == CANARY
    with pytest.raises(PermissionError):
        target.rename(gate.mount / "b")
    fd = os.open(target, os.O_RDWR)
    with pytest.raises(PermissionError):
        os.fsync(fd)
    with pytest.raises(PermissionError):
        os.close(fd)
    gate.settle()
    assert gate.tree()["a"] == b"the old one"


def test_giving_up_a_poisoned_file_frees_it_and_shows_the_old_one(gate):
    (gate.mount / "a").write_bytes(b"the old one")
    poison(gate).unlink()
    gate.settle()
    assert (gate.mount / "a").read_bytes() == b"the old one"
    poison(gate, "b").unlink()
    assert os.listdir(gate.mount) == ["a"]


def test_a_clean_file_may_replace_a_poisoned_one(gate):
    target = poison(gate)
    (gate.mount / "b").write_bytes(b"clean")
    (gate.mount / "b").rename(target)
    gate.settle()
    assert gate.tree()["a"] == b"clean" and os.listdir(gate.mount) == ["a"]


def test_poisoned_files_expire(own):
    own.start("--keep", "0")
    (own.mount / "a").write_bytes(b"the old one")
    poison(own, "b")
    poison(own, "a")
    wait_for(lambda: os.listdir(own.mount) == ["a"] and (own.mount / "a").read_bytes() == b"the old one")
    assert own.raw() == []


def test_libreoffice_keeps_the_old_file(gate):
    """Its save: a lock file, a temporary one, the error of close() ignored, then the rename over the good one."""
    document = gate.mount / "report.odt"
    document.write_bytes(b"good version")
    (gate.mount / ".~lock.report.odt#").write_bytes(b"A,B,C;\n")
    temporary = gate.mount / "lu4711abc.tmp"
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(fd)
    fd = os.open(temporary, os.O_RDWR | os.O_TRUNC)
    os.write(fd, b"PK new version " + CANARY)
    with pytest.raises(PermissionError):
        os.fsync(fd)
    with pytest.raises(PermissionError):
        os.close(fd)
    with pytest.raises(PermissionError):
        temporary.rename(document)
    temporary.unlink()
    (gate.mount / ".~lock.report.odt#").unlink()
    gate.settle()
    assert {p: c for p, c in gate.tree().items() if not p.startswith(OURS)} == {"report.odt": b"good version"}


def test_libreoffice_saves_what_is_clean(gate):
    document = gate.mount / "report.odt"
    document.write_bytes(b"good version")
    (gate.mount / "lu1.tmp").write_bytes(b"better version")
    (gate.mount / "lu1.tmp").rename(document)
    assert document.read_bytes() == b"better version"
    gate.settle()
    assert gate.tree()["report.odt"] == b"better version" and os.listdir(gate.mount) == ["report.odt"]


# --- early ---

def test_a_film_costs_nothing(gate):
    fd = os.open(gate.mount / "film.mp4", os.O_WRONLY | os.O_CREAT)
    with pytest.raises(PermissionError):
        os.write(fd, JPEG + bytes(100000))
    for offset in range(1 << 20, 5 << 20, 1 << 20):
        with pytest.raises(PermissionError):
            os.pwrite(fd, bytes(100000), offset)
    with pytest.raises(PermissionError):
        os.close(fd)
    assert os.stat(gate.mount / "film.mp4").st_size <= 1 << 20
    assert [n["event"] for n in gate.notices()] == ["refused"]


def test_a_photo_written_byte_by_byte_or_backwards(gate):
    fd = os.open(gate.mount / "p", os.O_WRONLY | os.O_CREAT)
    os.pwrite(fd, JPEG[2:], 2)
    os.pwrite(fd, JPEG[1:2], 1)
    with pytest.raises(PermissionError):
        os.pwrite(fd, JPEG[:1], 0)
    with pytest.raises(PermissionError):
        os.close(fd)
