# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-vault as a program: what it refuses, what it finds, what it says. The container itself needs
device-mapper and is tested in the guest."""

import json
import os
import pathlib
import pty
import shutil
import socket
import sqlite3
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/faults/outing-vault"
RELEASE = ROOT / "build/normal/outing-vault"
SESSION = ROOT / "build/faults/tests/vault-session"


def run(*arguments, program=PROGRAM):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)


@pytest.fixture
def vault(tmp_path):
    folder = tmp_path / "vault"
    folder.mkdir()
    assert run("init", "--vault", folder, "--vault-check=off").returncode == 0
    return folder


@pytest.fixture
def session(vault, tmp_path):
    source = tmp_path / "card"
    (source / "DCIM").mkdir(parents=True)
    for number in range(12):
        (source / f"DCIM/IMG_{number:04}.JPG").write_bytes(os.urandom(20000 + number))
    made = subprocess.run([SESSION, vault, "Blue Room camera", source], check=True, capture_output=True, text=True)
    return vault / made.stdout.strip()


def verify_json(vault):
    done = run("verify", "--vault", vault, "--json")
    return done.returncode, json.loads(done.stdout)


def test_plain_storage_is_refused(tmp_path):
    done = run("init", "--vault", tmp_path)
    assert done.returncode == 1
    assert "outingctl vault create" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_program_cannot_skip_the_check(tmp_path):
    done = run("init", "--vault", tmp_path, "--vault-check=off", program=RELEASE)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_storage_says_what_lies_below(tmp_path):
    done = run("storage", "--vault", tmp_path, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert said["verdict"] in ("not-encrypted", "unknown")
    assert said["reason"] and said["fix"] and said["chain"]


def test_an_empty_mount_point_is_not_a_vault(tmp_path):
    done = run("verify", "--vault", tmp_path)
    assert done.returncode == 1
    assert "not a vault" in done.stderr


def test_a_used_folder_is_not_taken(tmp_path):
    (tmp_path / "letter.txt").write_text("hello")
    done = run("init", "--vault", tmp_path, "--vault-check=off")
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_whole(vault, session):
    status, said = verify_json(vault)
    assert status == 0
    assert (said["result"], said["sessions"], said["files"], said["findings"]) == ("ok", 1, 12, [])
    assert said["bytes"] == sum(path.stat().st_size for path in (session / "DCIM").iterdir())
    done = run("verify", "--vault", vault)
    assert done.returncode == 0
    assert "12 files" in done.stdout and done.stderr == ""


def test_every_kind_of_harm_is_named(vault, session):
    (session / "DCIM/IMG_0001.JPG").unlink()
    photo = session / "DCIM/IMG_0002.JPG"
    data = bytearray(photo.read_bytes())
    data[777] ^= 1
    photo.write_bytes(data)
    (session / "DCIM/IMG_9999.JPG").write_bytes(b"stranger")
    status, said = verify_json(vault)
    assert status == 1 and said["result"] == "findings" and said["findings_total"] == 3
    name = str(session.relative_to(vault))
    found = {(finding["kind"], finding["session"], finding["path"]) for finding in said["findings"]}
    assert found == {
        ("missing", name, "DCIM/IMG_0001.JPG"),
        ("changed", name, "DCIM/IMG_0002.JPG"),
        ("extra", name, "DCIM/IMG_9999.JPG"),
    }
    done = run("verify", "--vault", vault)
    assert done.returncode == 1
    assert "DCIM/IMG_0002.JPG" in done.stdout and "3 things are" in done.stderr


@pytest.mark.parametrize("which", ["*.mhl", "ascmhl_chain.xml"])
def test_a_changed_history_is_found(vault, session, which):
    (document,) = (session / "ascmhl").glob(which)
    document.write_text(document.read_text().replace("</c4>", "</c4> ", 1).replace("c4>c4", "c4>c5", 1))
    status, said = verify_json(vault)
    assert status == 1
    assert said["findings"][0]["kind"] in ("manifest-changed", "manifest-bad", "chain-bad")


def test_one_session_only(vault, session, tmp_path):
    name = str(session.relative_to(vault))
    assert run("verify", "--vault", vault, "--session", name).returncode == 0
    assert run("verify", "--vault", vault, "--session", "../vault").returncode == 1


def test_nothing_in_the_vault_is_written(vault, session):
    def state():
        return {
            str(path): (path.lstat().st_mtime_ns, path.lstat().st_ctime_ns, path.lstat().st_size)
            for path in vault.rglob("*")
        }

    before = state()
    assert run("verify", "--vault", vault).returncode == 0
    assert state() == before


def test_status_without_a_container(tmp_path):
    arguments = ["--path", tmp_path / "vault.luks", "--mountpoint", tmp_path / "vault"]
    done = run("status", "--json", *arguments, "--credential", tmp_path / "key.cred")
    said = json.loads(done.stdout)
    assert (said["exists"], said["open"], said["mounted"]) == (False, False, False)
    done = run("open", *arguments, "--credential", tmp_path / "key.cred")
    assert done.returncode == 1 and "no container" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["create"], ["create", "--size", "big"], ["init"], ["verify", "extra"], ["verify", "--what"]],
)
def test_wrong_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and done.stderr


RECORD = ROOT / "build/faults/tests/make-session"


def record(state, vault, sessions):
    """A state database that says: these offloads, by folder, in these states."""
    for path, which in sessions.items():
        subprocess.run([RECORD, state, path.replace("/", "-")], check=True, capture_output=True)
        with sqlite3.connect(state / "state.db") as database:
            database.execute(
                "UPDATE session SET vault_dir = ?, state = ? WHERE device_name = ?",
                (f"{vault}/{path}", which, path.replace("/", "-")),
            )
        database.close()


def test_a_whole_offload_that_is_gone_is_named(vault, session, tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    here, gone, begun = str(session.relative_to(vault)), "Cam/2026-01-01T000000Z", "Cam/2026-02-02T000000Z"
    (vault / begun).mkdir(parents=True)
    record(state, vault, {here: "committed", gone: "committed", begun: "open"})
    done = run("verify", "--vault", vault, "--state", state, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(f["kind"], f["session"]) for f in said["findings"]] == [("missing", gone)]
    without = json.loads(run("verify", "--vault", vault, "--json").stdout)
    assert [(f["kind"], f["session"]) for f in without["findings"]] == [("no-history", begun)]


def test_a_finished_offload_without_history_is_named(vault, session, tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    here = str(session.relative_to(vault))
    record(state, vault, {here: "committed"})
    shutil.rmtree(session / "ascmhl")
    said = json.loads(run("verify", "--vault", vault, "--state", state, "--json").stdout)
    assert [(f["kind"], f["session"]) for f in said["findings"]] == [("no-history", here)]


def test_a_record_that_cannot_be_used_is_said(vault, tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    assert run("verify", "--vault", vault, "--state", state).returncode == 1
    (state / "state.db").write_bytes(b"nonsense" * 1000)
    done = run("verify", "--vault", vault, "--state", state)
    assert done.returncode == 1 and "record of offloads" in done.stderr


HEAD = struct.Struct("<II")
PROGRESS, FINDING, RESULT, CANCEL = 0x5601, 0x5602, 0x5603, 0x5604
RESULT_HEAD = struct.Struct("<IIQQQQ512s")


def as_worker(vault, cancel=False):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if cancel:
        ours.send(HEAD.pack(1, CANCEL))

    def place():
        os.dup2(theirs.fileno(), 3)

    worker = subprocess.Popen(
        [PROGRAM, "verify", "--worker", "--vault", vault], preexec_fn=place, pass_fds=[3], close_fds=True
    )
    theirs.close()
    messages = []
    ours.settimeout(60)
    while data := ours.recv(65536):
        version, kind = HEAD.unpack_from(data)
        assert version == 1
        messages.append((kind, data[HEAD.size :]))
    assert worker.wait(60) in (0, 1)
    return messages


def test_worker_speaks_the_protocol(vault, session):
    (session / "DCIM/IMG_0003.JPG").unlink()
    messages = as_worker(vault)
    kinds = [kind for kind, _ in messages]
    assert kinds[-1] == RESULT and kinds.count(RESULT) == 1 and PROGRESS in kinds
    (finding,) = [body for kind, body in messages if kind == FINDING]
    which, *sizes = struct.unpack_from("<IIII", finding)
    assert which == 0 and len(finding) == 16 + sum(sizes)
    assert finding[16:].split(b"\0")[1] == b"DCIM/IMG_0003.JPG"
    code, json_size, sessions, files, _, findings, sentence = RESULT_HEAD.unpack_from(messages[-1][1])
    assert (code, sessions, files, findings) == (1, 1, 12, 1)
    text = messages[-1][1][RESULT_HEAD.size :]
    assert len(text) == json_size and json.loads(text)["findings_total"] == 1
    assert sentence.rstrip(b"\0").startswith(b"1 thing is in the vault")


def test_worker_is_cancelled(vault, session):
    messages = as_worker(vault, cancel=True)
    assert RESULT_HEAD.unpack_from(messages[-1][1])[0] == 4


def test_on_a_terminal(vault, session):
    (session / "DCIM/IMG_0003.JPG").unlink()
    ours, theirs = pty.openpty()
    program = subprocess.Popen([PROGRAM, "verify", "--vault", vault], stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    while True:
        try:
            said += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    assert program.wait(60) == 1
    assert b"verifying" in said and b"DCIM/IMG_0003.JPG" in said and b"1 thing is" in said


def test_memory_does_not_grow_with_the_vault(vault, tmp_path):
    """Ten files or five thousand: the same peak, give or take what the allocator does."""

    def peak(count):
        source = tmp_path / f"card{count}"
        source.mkdir()
        for number in range(count):
            (source / f"IMG_{number:05}.JPG").write_bytes(b"%d" % number)
        shutil.rmtree(vault / "Cam", ignore_errors=True)
        subprocess.run([SESSION, vault, "Cam", source], check=True, capture_output=True)
        done = subprocess.run(
            ["/usr/bin/python3", "-c", MEASURE, PROGRAM, vault], check=True, capture_output=True, text=True
        )
        return int(done.stdout)

    assert peak(5000) < peak(10) + 1024


MEASURE = """
import resource, subprocess, sys
subprocess.run([sys.argv[1], "verify", "--vault", sys.argv[2]], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
