# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate as it is installed: with the judge that looks into files, and a register of invented children."""

import base64
import errno
import mmap
import os
import pathlib
import signal

import inspect_kit as kit
import pytest

from gate_bed import PROGRAM, Judged, build, gate, own, sh, shared, wait_for  # noqa: F401
from test_gate import COPIES

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and FUSE")

DOCX = kit.docx()


@pytest.fixture(scope="module")
def kind():
    return Judged


def test_a_clean_letter_passes(gate):
    (gate.mount / "letter.txt").write_text(kit.LETTER)
    (gate.mount / "letter.docx").write_bytes(DOCX)
    gate.settle()
    assert (gate.source / "letter.txt").read_text() == kit.LETTER
    assert (gate.source / "letter.docx").read_bytes() == DOCX
    assert gate.notices() == []


def test_a_photo_is_refused(gate):
    with pytest.raises(PermissionError):
        (gate.mount / "holiday.txt").write_bytes(kit.JPEG)
    notice = wait_for(gate.notices)[0]
    assert (notice["event"], notice["cause"], notice["path"]) == ("refused", "image", "holiday.txt")
    assert not list(gate.source.glob("holiday*"))


def test_a_document_with_a_childs_name_is_refused(gate):
    with pytest.raises(PermissionError):
        (gate.mount / "report.docx").write_bytes(kit.docx(kit.runs(f"{kit.NAME} can count to ten.")))
    notice = wait_for(gate.notices)[0]
    assert (notice["event"], notice["cause"], notice["path"]) == ("refused", "names", "report.docx")
    assert not list(gate.source.glob("report*"))


def test_a_childs_name_is_no_name_for_a_file(gate):
    with pytest.raises(PermissionError):
        (gate.mount / f"{kit.NAME}.txt").write_text(kit.LETTER)
    with pytest.raises(PermissionError):
        (gate.mount / kit.NAME).mkdir()
    (gate.mount / "a.txt").write_text(kit.LETTER)
    with pytest.raises(PermissionError):
        (gate.mount / "a.txt").rename(gate.mount / f"{kit.NAME}.txt")
    gate.settle()
    assert os.listdir(gate.mount) == ["a.txt"]
    notice = wait_for(gate.notices)[0]
    assert notice["event"] == "name-refused" and "Amelia" not in gate.log.read_text()


def children(pid):
    return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_keepers(gate, *programs):
    found = {pathlib.Path(f"/proc/{pid}/exe").readlink().name: pid for pid in children(gate.worker())}
    assert sorted(found) == ["outing-inspect", "outing-inspect-text"]
    for program in programs:
        os.kill(found[program], signal.SIGKILL)
        wait_for(lambda pid=found[program]: pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] == "Z")


def test_what_one_keeper_hands_over_needs_the_other(own):
    own.start()
    inside = base64.encodebytes(DOCX).decode()
    (own.mount / "mail.txt").write_text(kit.LETTER + inside)
    with pytest.raises(PermissionError):
        (own.mount / "named.txt").write_text(kit.LETTER + base64.encodebytes(kit.docx(kit.runs(f"{kit.NAME} sings."))).decode())
    kill_keepers(own, "outing-inspect")
    (own.mount / "plain.txt").write_text(kit.LETTER)
    for content in (DOCX, (kit.LETTER + inside).encode()):
        with pytest.raises(PermissionError):
            (own.mount / "a").write_bytes(content)
    assert own.stop() == 0
    assert sorted(p.name for p in own.source.iterdir()) == ["mail.txt", "plain.txt"]


def test_when_its_keepers_die_everything_is_refused(own):
    own.start()
    (own.mount / "before.txt").write_text(kit.LETTER)
    kill_keepers(own, "outing-inspect", "outing-inspect-text")
    for number in range(8):
        with pytest.raises(PermissionError):
            (own.mount / f"{number}.txt").write_text(kit.LETTER)
    notices = wait_for(lambda: own.notices() if len(own.notices()) == 8 else None)
    assert {n["sentence"] for n in notices} == {
        "Nothing can be checked at the moment, so nothing is copied. Please tell the manager."}
    assert (own.mount / "before.txt").read_text() == kit.LETTER
    assert own.stop() == 0
    assert [p.name for p in own.source.iterdir()] == ["before.txt"]


@pytest.mark.parametrize("damage", ["table", "key", "missing"])
def test_a_damaged_register_refuses_everything(own, damage):
    if damage == "table":
        own.names.write_bytes(own.names.read_bytes()[:-5] + b"12345")
    elif damage == "key":
        own.key.write_bytes(os.urandom(32))
    else:
        own.names.unlink()
    own.start()
    with pytest.raises(PermissionError):
        (own.mount / "a.txt").write_text(kit.LETTER)
    with pytest.raises(PermissionError):
        (own.mount / "folder").mkdir()
    notice = wait_for(own.notices)[0]
    assert notice["cause"] == "unreadable" and "cannot be opened" in notice["sentence"]
    assert own.stop() == 0 and list(own.source.iterdir()) == []


def test_a_folder_for_staging_that_is_not_encrypted_is_none(own, tmp_path):
    (tmp_path / "staging").mkdir()
    own.start("--staging", tmp_path / "staging")
    assert own.process.wait(20) == 3
    said = own.log.read_text()
    assert f"would wait in {tmp_path}/staging, which is not known to be encrypted." in said and "leave the option out" in said
    assert own.tree() == {} and not os.path.ismount(own.mount)


def test_content_in_a_folder_for_staging_is_judged_too(own, tmp_path):
    (tmp_path / "staging").mkdir()
    own.program = PROGRAM
    build(PROGRAM, PROGRAM.parent / "outing-inspect", PROGRAM.parent / "outing-inspect-text")
    own.start("--staging", tmp_path / "staging", "--staging-check", "off")
    (own.mount / "a.txt").write_text(kit.LETTER)
    with pytest.raises(PermissionError):
        (own.mount / "b.txt").write_text(f"{kit.NAME} was here.")
    assert own.stop() == 0
    assert [p.name for p in own.source.iterdir()] == ["a.txt"] and list((tmp_path / "staging").iterdir()) == []


def test_what_a_child_closes_early_is_clean(gate, tmp_path):
    """sed hands its temporary file on to what it starts; what stays of it is judged and holds nothing of the rest."""
    (gate.mount / "x").write_text(kit.LETTER * 3000)
    (tmp_path / "more").write_text(f"{kit.NAME} can count to ten.\n")
    code, said = sh("sed -i '$e cat $MORE' x", gate.mount, MORE=tmp_path / "more")
    assert code == 4 and "not permitted" in said
    assert (gate.mount / "x").read_text() == kit.LETTER * 3000
    for left in gate.mount.glob("sed*"):
        assert (kit.LETTER * 3000).startswith(left.read_text())
    gate.settle()
    assert gate.raw(kit.NAME.encode()) == []


# --- the tools people copy with ---

@pytest.fixture
def files(tmp_path):
    (tmp_path / "report.odt").write_bytes(kit.odt(f"<text:p>{kit.NAME} can count to ten.</text:p>"))
    (tmp_path / "report.txt").write_text(kit.LETTER * 3000 + f"{kit.NAME} can count to ten.\n")
    (tmp_path / "photo.jpg").write_bytes(kit.JPEG + os.urandom(300000))
    (tmp_path / "film.txt").write_bytes(kit.film() + os.urandom(300000))
    (tmp_path / "letter.docx").write_bytes(DOCX)
    (tmp_path / "clean").write_text("first line\n")
    return tmp_path


@pytest.mark.parametrize("tool", COPIES)
@pytest.mark.parametrize("name", ["report.odt", "report.txt", "photo.jpg", "film.txt"])
def test_no_tool_believes_that_it_copied(gate, files, tool, name):
    before = (files / name).read_bytes()
    code, said = sh(COPIES[tool], files, S=files / name, M=gate.mount, CLEAN=files / "clean")
    assert code != 0, said
    assert (files / name).read_bytes() == before
    gate.settle()
    for path in gate.source.rglob("*"):
        # A tool that starts others closes its half-written file more than once: what was clean so far may stay.
        raw = path.read_bytes() if path.is_file() else b""
        assert kit.NAME.encode() not in raw and before[:500] not in raw or name == "report.txt" and before.startswith(raw), path
        assert kit.NAME.encode() not in raw


@pytest.mark.parametrize("tool", sorted(set(COPIES) - {"sed-i", "cp-reflink"}))
def test_a_clean_document_is_whole(gate, files, tool):
    code, said = sh(COPIES[tool], files, S=files / "letter.docx", M=gate.mount)
    gate.settle()
    assert code == 0, said
    assert (gate.source / ("letter.docx" if tool == "tar" else "x")).read_bytes() == DOCX
    assert gate.notices() == []


@pytest.mark.parametrize("tool", ["mv $S $M/", "mv $S $M/x", "gio move file://$S file://$M/x", "rsync --remove-source-files $S $M/"])
@pytest.mark.parametrize("name", ["report.odt", "report.txt", "photo.jpg"])
def test_a_move_keeps_its_source(gate, files, tool, name):
    before = (files / name).read_bytes()
    code, said = sh(tool, files, S=files / name, M=gate.mount)
    assert code != 0, said
    assert (files / name).read_bytes() == before


@pytest.mark.parametrize("tool", ["cp -r tree $M/", "rsync -a tree $M/", "mv tree $M/", "tar -cf - tree | tar -C $M -xf -"])
def test_of_a_folder_the_clean_part_arrives(gate, files, tool):
    (files / "tree").mkdir()
    (files / "tree" / "one.txt").write_text(kit.LETTER)
    (files / "tree" / "two.odt").write_bytes((files / "report.odt").read_bytes())
    assert sh(tool, files, M=gate.mount)[0] != 0
    gate.settle()
    assert (gate.source / "tree" / "one.txt").read_text() == kit.LETTER
    assert not list(gate.source.rglob("two*"))
    assert (files / "tree" / "two.odt").exists()


def test_who_writes_cannot_map(gate):
    fd = os.open(gate.mount / "a.txt", os.O_RDWR | os.O_CREAT)
    os.truncate(fd, 4096)
    with pytest.raises(OSError) as seen:
        mmap.mmap(fd, 4096)
    assert seen.value.errno in (errno.ENODEV, errno.EPERM)  # Python closes a second descriptor and may tell of that one
    with pytest.raises(PermissionError):
        os.close(fd)  # 4096 zero bytes are nothing that is known


def test_what_was_refused_goes_nowhere_and_what_was_there_stays(gate):
    old, new = gate.mount / "report.docx", kit.docx(kit.runs(f"{kit.NAME} can count to ten."))
    old.write_bytes(DOCX)
    fd = os.open(old, os.O_WRONLY | os.O_TRUNC)
    os.write(fd, new)
    for attempt in (os.fsync, os.fdatasync):
        with pytest.raises(PermissionError):
            attempt(fd)
    with pytest.raises(PermissionError):
        os.close(fd)
    assert old.read_bytes() == new
    with pytest.raises(PermissionError):
        old.rename(gate.mount / "other.docx")
    gate.settle()
    assert (gate.source / "report.docx").read_bytes() == DOCX
    old.unlink()
    assert old.read_bytes() == DOCX


def test_a_film_of_gigabytes_costs_nothing(gate, files):
    """Sparse behind its head, so that only the gate could spend room on it."""
    with open(files / "large.mp4", "wb") as film:
        film.write(kit.film())
        film.truncate(4 << 30)
    code, said = sh("dd if=large.mp4 of=$M/large.mp4 bs=1M", files, M=gate.mount)
    assert code != 0, said
    assert os.stat(gate.mount / "large.mp4").st_size <= 1 << 20
    assert sh("cp large.mp4 $M/copy.mp4", files, M=gate.mount)[0] != 0
    status = pathlib.Path(f"/proc/{gate.worker()}/status").read_text().split()
    assert int(status[status.index("RssShmem:") + 1]) < 16 << 10
    assert {n["event"] for n in wait_for(gate.notices)} == {"refused"}


def test_what_is_kept_has_an_end(own):
    own.start("--keep", "0")
    with pytest.raises(PermissionError):
        (own.mount / "a.txt").write_bytes(kit.JPEG)
    wait_for(lambda: os.listdir(own.mount) == [])
    own.stop()
    own.start("--staging-size", "1M", "--file-size", "900K")
    for number in range(3):
        with pytest.raises(PermissionError):
            (own.mount / f"{number}.txt").write_text(kit.LETTER * 9000 + kit.NAME)
    assert os.listdir(own.mount) == ["2.txt"], "the oldest go first"
    (own.mount / "clean.txt").write_text(kit.LETTER * 9000)
    assert os.listdir(own.mount) == ["clean.txt"]
