# SPDX-License-Identifier: GPL-3.0-or-later
"""The children's names through the whole agent: imported, counted, cleared, and found in clear nowhere."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from agent_bed import BUILD, TOP, CallError, open_bed

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: calls as another user")
NOBODY = 65534
HEADER = "First name;Last name;Known as;Date of birth;UPN;Room\n"
CHILDREN = [("Amelia", "Testchild", "Millie", "12/03/2021", "H801200001001"), ("Oliver", "O'Sampleford", "", "30.11.2020", "H801200001002"),
            ("Łukasz", "Fixtureton", "", "2021-05-06", "H801200001003"), ("Daisy", "Mockley", "", "1 June 2021", "H801200001004")]


@pytest.fixture(scope="session", autouse=True)
def built():
    for variant in ("normal", BUILD.name):
        subprocess.run(["make", "-C", str(TOP), "-s", "-j2", f"VARIANT={variant}", "all", "tools"], check=True, capture_output=True)


@pytest.fixture
def bed(tmp_path):
    with open_bed(tmp_path) as bed:
        yield bed


def rows(children=CHILDREN):
    return HEADER + "".join(";".join(child) + ";Blue\n" for child in children)


def outingctl(bed, *words, **options):
    return subprocess.run([BUILD / "outingctl", *words], capture_output=True, text=True, env=bed.environment, check=False,
                          stdin=subprocess.DEVNULL, **options)


def import_list(bed, text, *options, encoding="utf-8"):
    path = bed.folder.parent / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    path.chmod(0o600)
    return outingctl(bed, "names", "import", str(path), *options)


def everything_kept(bed):
    """What the agent has on disk, and what it said."""
    for root in (bed.state, bed.log):
        for path in root.rglob("*"):
            if path.is_file():
                yield path, path.read_bytes()
    yield "outingd.log", bed.output().encode()


def canaries():
    for child in CHILDREN:
        for text in child:
            if text:
                for form in (text, text.lower(), text.upper()):
                    yield form.encode()
                    yield form.encode("utf-16-le")


def test_import_count_and_clear(bed):
    bed.start()
    assert outingctl(bed, "names", "count").stdout.startswith("No names are known.")
    done = import_list(bed, rows(), "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["children"], result["names"]) == (4, 5)
    assert result["ignored"][0] == "Column 6 is not used."
    assert bed.call("CountNames") == {"children": 4}
    assert bed.audit("names-changed")[0]["fields"] == {"change": "imported", "children": 4, "uid": 0}
    assert bed.signals.event("names-changed")["children"] == 4
    assert (bed.state / "names").stat().st_mode & 0o777 == 0o600
    assert (bed.state / "names.key").stat().st_mode & 0o777 == 0o600
    assert outingctl(bed, "names", "clear").returncode == 1, "nobody was asked"
    assert outingctl(bed, "names", "clear", "--yes").stdout == "No names are known any more.\n"
    assert bed.call("CountNames") == {"children": 0}
    assert [e["fields"]["change"] for e in bed.audit("names-changed")] == ["imported", "cleared"]
    assert not (bed.state / "names").exists() and not (bed.state / "names.key").exists()


def test_nothing_of_the_list_is_kept_in_clear(bed):
    bed.start()
    assert import_list(bed, rows()).returncode == 0
    assert import_list(bed, rows() + "Amelia;Testchild;;yesterday;;\n").returncode == 1
    bed.call("CountNames")
    assert bed.terminate() == 0
    found = {str(path) for path, content in everything_kept(bed) for canary in canaries() if canary in content}
    assert found == set()


def test_the_table_finds_the_children(bed, tmp_path):
    """The same two files as the inspector is given."""
    bed.start()
    assert import_list(bed, rows()).returncode == 0
    letter = tmp_path / "letter.txt"
    judge = [TOP / "build/normal/tests/names-try", "judge", bed.state / "names.key", bed.state / "names"]
    for text, verdict in (("Amelia Testchild was ill.", "refuse"), ("Millie was ill.", "ask"), ("Nobody was ill.", "pass"),
                          ("H80 1200 001002", "refuse"), ("lukasz fixtureton", "refuse")):
        letter.write_text(text, encoding="utf-8")
        done = subprocess.run(judge, input=f"{letter}\n", capture_output=True, text=True, check=True)
        assert done.stdout.split("\t")[0] == verdict, text


def test_names_of_rooms_are_ignored(bed):
    bed.start()
    done = import_list(bed, rows(), "--ignore", "Daisy,Poppy")
    assert done.returncode == 0 and "among the words to ignore" in done.stdout.replace("\n", " ")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_as_spreadsheets_save_it(bed, encoding):
    bed.start()
    assert import_list(bed, rows(), encoding=encoding).returncode == 0
    assert bed.call("CountNames") == {"children": 4}


MISTAKES = {
    "a date": (rows() + "Amelia;Testchild;;yesterday;;\n", r"Line 6, column 4 of the list: this is not a date"),
    "a width": (rows() + "Amelia;Testchild\n", r"Line 6 of the list: this line has not as many cells"),
    "quotes": (rows() + 'Ame"lia;Testchild;;;;\n', r"Line 6, column 1 of the list: there is a quotation mark"),
    "open quotes": (rows() + '"Amelia;Testchild;;;;\n', r"Line 6, column 1 of the list: a cell begins with"),
    "no name": (rows() + ";;;;;Blue\n", r"Line 6 of the list: there is no name"),
    "no header": ("Amelia;Testchild\nOliver;Testchild\n", r"Line 1 of the list: no column is called"),
    "nothing": ("", r"The list is empty"),
    "header only": (HEADER, r"there is no child in it"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1", r"not a text file"),
    "too large": (rows() + "x" * 400000, r"more than 300 kB"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_list_with_a_mistake_changes_nothing(bed, mistake):
    text, sentence = MISTAKES[mistake]
    bed.start()
    assert import_list(bed, rows()).returncode == 0
    before = (bed.state / "names").read_bytes()
    done = import_list(bed, text)
    said = done.stderr.replace("\n", " ")
    assert done.returncode == 1 and re.search(sentence, re.sub(" +", " ", said)), said
    assert not any(canary.decode() in said for child in CHILDREN for canary in (c.encode() for c in child[:4] if c))
    assert (bed.state / "names").read_bytes() == before and len(bed.audit("names-changed")) == 1


def test_a_register_that_cannot_be_opened_is_not_an_empty_one(bed):
    bed.start()
    assert import_list(bed, rows()).returncode == 0
    table = bytearray((bed.state / "names").read_bytes())
    table[100] ^= 1
    (bed.state / "names").write_bytes(table)
    with pytest.raises(CallError, match="cannot be opened"):
        bed.call("CountNames")
    (bed.state / "names.key").unlink()
    with pytest.raises(CallError, match="cannot be opened"):
        bed.call("CountNames")
    assert import_list(bed, rows()).returncode == 0
    assert bed.call("CountNames") == {"children": 4}


def test_only_managers_may(bed):
    bed.start()
    with open(os.devnull, "rb") as nothing:
        for member, arguments in (("ImportNames", (nothing, "")), ("CountNames", ()), ("ClearNames", ())):
            with pytest.raises(CallError, match="Access denied"):
                bed.call(member, *arguments, user=NOBODY)
    assert {e["fields"]["action"] for e in bed.audit("request-refused")} == {"org.outingguard.manage"}


def test_two_imports_share_nothing(bed):
    bed.start()
    assert import_list(bed, rows()).returncode == 0
    first = (bed.state / "names").read_bytes()
    assert bed.call("ClearNames") == {"children": 0}
    assert import_list(bed, rows()).returncode == 0
    second = (bed.state / "names").read_bytes()
    assert len(first) == len(second)
    assert not {first[i:i + 8] for i in range(len(first) - 7)} & {second[i:i + 8] for i in range(len(second) - 7)}


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def closed_in_child_of(pid):
    """Its child that reads the list, once that has given everything up."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split():
            try:
                if status_of(child)["Seccomp"] == "2":
                    return int(child)
            except (FileNotFoundError, ProcessLookupError):
                continue  # one that asked for the TPM
    raise AssertionError("no child with a sandbox")


def test_the_reader_of_a_list_has_no_rights_and_leaves_no_core(tmp_path):
    """It waits for more of a list that comes through a pipe."""
    read, write = os.pipe()
    state = tmp_path / "state"
    state.mkdir()
    process = subprocess.Popen(["bash", "-c", f'exec 3<&{read} "$@"', "bash", BUILD / "outing-names", "import", "--state", state],
                               pass_fds=[read], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    os.close(read)
    os.write(write, rows().encode())
    reader = closed_in_child_of(process.pid)
    status = status_of(reader)
    assert status["Uid"].split() == [str(NOBODY)] * 4 and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert int(status["CapEff"], 16) == 0 and int(status["CapBnd"], 16) == 0
    limits = pathlib.Path(f"/proc/{reader}/limits").read_text(encoding="utf-8")
    assert re.search(r"Max core file size\s+0\s+0", limits)
    os.kill(reader, signal.SIGSEGV)
    assert process.wait(timeout=30) == 3
    os.close(write)
    assert [p.name for p in tmp_path.iterdir()] == ["state"] and not (state / "names").exists()
    process.stdout.close()
    process.stderr.close()
