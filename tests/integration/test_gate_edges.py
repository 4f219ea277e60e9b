# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, odd orders of calls, folders, limits and the process of the gate: nothing that is refused is ever in the folder
behind, and memory and descriptors stay bounded."""

import errno
import mmap
import os
import pathlib
import shutil
import stat
import subprocess
import threading

import pytest

from gate_bed import CANARY, OURS, PROGRAM, Gate, files, gate, kind, own, poison, sh, shared, wait_for  # noqa: F401

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and FUSE")


# --- names ---

def test_names_are_judged(gate):
    (gate.mount / "a.odt").write_bytes(b"clean")
    for refused in (lambda: (gate.mount / "a.odt").rename(gate.mount / "Refuse Testchild.odt"),
                    lambda: (gate.mount / "refused folder").mkdir(),
                    lambda: (gate.mount / "REFUSE.txt").write_bytes(b"x"),
                    lambda: (gate.mount / "REFUSE.txt").touch(),
                    lambda: os.mknod(gate.mount / "REFUSE.txt", 0o600 | stat.S_IFREG)):
        with pytest.raises(PermissionError):
            refused()
    gate.settle()
    assert os.listdir(gate.mount) == ["a.odt"]
    notices = gate.notices()
    assert len(notices) == 5 and all(n["event"] == "name-refused" and n["path"] is None for n in notices)


def test_other_names_and_kinds_that_are_refused(gate):
    (gate.mount / "a").write_bytes(b"x")
    expected = {
        errno.EINVAL: [lambda: (gate.mount / "ok.txt:stream").write_bytes(b"x"), lambda: (gate.mount / "a\nb").mkdir()],
        errno.EILSEQ: [lambda: os.mkdir(bytes(gate.mount) + b"/\xff\xfe")],
        errno.EPERM: [lambda: os.symlink("/etc/passwd", gate.mount / "s"), lambda: os.link(gate.mount / "a", gate.mount / "b"),
                      lambda: os.mknod(gate.mount / "n", 0o600 | stat.S_IFIFO), lambda: os.mkfifo(gate.mount / "f"),
                      lambda: os.chown(gate.mount / "a", 12345, -1), lambda: (gate.mount / OURS).mkdir(),
                      lambda: (gate.mount / ".OUTING-gate").write_bytes(b"x")],
        errno.ENOENT: [lambda: os.listdir(gate.mount / OURS)],
        errno.EOPNOTSUPP: [lambda: os.setxattr(gate.mount / "a", "user.n", CANARY),
                           lambda: os.open(gate.mount, os.O_TMPFILE | os.O_RDWR)],
    }
    for number, calls in expected.items():
        for call in calls:
            with pytest.raises(OSError) as seen:
                call()
            assert seen.value.errno == number, call
    assert sh("fallocate -l 4096 a", gate.mount)[0] != 0 and sh("fallocate -p -l 1 a", gate.mount)[0] != 0
    gate.settle()
    assert [n for n in gate.tree() if not n.startswith(OURS)] == ["a"]


def test_links_on_the_medium_lead_nowhere(gate):
    outside = gate.folder / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "secret").write_text("s")
    os.symlink(outside, gate.source / "link")
    os.symlink("/etc/passwd", gate.source / "file")
    assert os.listdir(gate.mount) == []
    with pytest.raises(OSError):
        (gate.mount / "link" / "secret").read_text()
    with pytest.raises(OSError):
        (gate.mount / "link" / "secret").write_text("x")
    with pytest.raises(OSError):
        (gate.mount / "file").read_text()
    before = pathlib.Path("/etc/passwd").read_bytes()
    (gate.mount / "file").write_text("takes its place")
    gate.settle()
    assert gate.tree()["file"] == b"takes its place" and pathlib.Path("/etc/passwd").read_bytes() == before
    assert (outside / "secret").read_text() == "s"
    (gate.source / "link").unlink()


def test_times_carry_only_time(gate):
    (gate.mount / "a").write_bytes(b"x")
    os.utime(gate.mount / "a", ns=(1_700_000_003_123_456_789, 1_700_000_001_987_654_321))
    gate.settle()
    seen = os.stat(gate.source / "a")
    assert seen.st_mtime_ns == 1_700_000_000 * 10**9 == seen.st_atime_ns
    fd = os.open(gate.mount / "b", os.O_WRONLY | os.O_CREAT)
    os.write(fd, b"x")
    os.utime(fd, ns=(5, 1_600_000_001_000_000_000))
    os.close(fd)
    gate.settle()
    assert os.stat(gate.source / "b").st_mtime_ns == 1_600_000_000 * 10**9


# --- odd orders ---

def test_rename_while_open(gate):
    fd = os.open(gate.mount / "r1", os.O_WRONLY | os.O_CREAT)
    os.write(fd, CANARY)
    with pytest.raises(PermissionError):
        os.rename(gate.mount / "r1", gate.mount / "r2")
    with pytest.raises(PermissionError):
        os.close(fd)


def test_write_after_rename_while_open(gate):
    fd = os.open(gate.mount / "r1", os.O_WRONLY | os.O_CREAT)
    os.write(fd, b"clean so far")
    os.rename(gate.mount / "r1", gate.mount / "r2")
    os.write(fd, CANARY)
    with pytest.raises(PermissionError):
        os.close(fd)
    gate.settle()
    assert gate.tree()["r2"] == b"clean so far"


def test_an_empty_file_renamed_before_it_is_written(gate):
    fd = os.open(gate.mount / "r1", os.O_WRONLY | os.O_CREAT)
    os.rename(gate.mount / "r1", gate.mount / "r2")
    os.write(fd, b"late")
    os.close(fd)
    gate.settle()
    assert gate.tree()["r2"] == b"late" and os.listdir(gate.mount) == ["r2"]


def test_every_closer_is_told(gate):
    """fork and dup: each close() flushes, and each is refused."""
    fd = os.open(gate.mount / "x", os.O_WRONLY | os.O_CREAT)
    os.write(fd, CANARY)
    copy = os.dup(fd)
    pid = os.fork()
    if pid == 0:
        try:
            os.close(fd)
        except PermissionError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    for number in (fd, copy):
        with pytest.raises(PermissionError):
            os.close(number)
    assert len(gate.notices()) == 1


def test_exit_without_close(gate):
    sh("exec 3>x; cat <<<\"$C\" >&3; kill -9 $$", gate.mount, C=CANARY.decode())
    sh("exec 3>y; cat <<<clean >&3; kill -9 $$", gate.mount)
    wait_for(lambda: "y" in gate.tree())
    gate.settle()
    assert gate.tree()["y"] == b"clean\n" and "x" not in gate.tree()


def test_nobody_maps_what_he_writes(gate):
    (gate.mount / "x").write_bytes(b"clean clean clean clean")
    fd = os.open(gate.mount / "x", os.O_RDWR)
    with pytest.raises(OSError) as seen:
        mmap.mmap(fd, 20, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    assert seen.value.errno == errno.ENODEV
    os.close(fd)
    with open(gate.mount / "x", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as seen:
        assert seen[:5] == b"clean"


def test_bytes_written_while_the_judge_looks(gate):
    """Many writers and closers on one file: whatever is committed was judged as exactly that."""
    target = gate.mount / "race"
    stop = threading.Event()
    seen = set()

    def watch():
        while not stop.is_set():
            path = gate.source / "race"
            if path.exists():
                seen.add(CANARY in path.read_bytes())

    def write(number):
        for step in range(60):
            fd = os.open(target, os.O_RDWR | os.O_CREAT)
            try:
                os.pwrite(fd, CANARY if (step + number) % 2 else b"." * len(CANARY), 0)
                os.pwrite(fd, b"x" * 5000, 40)
            finally:
                try:
                    os.close(fd)
                except PermissionError:
                    pass

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    watcher = threading.Thread(target=watch)
    watcher.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    watcher.join()
    assert True not in seen


@pytest.mark.skipif(not shutil.which("fio"), reason="needs fio")
def test_io_uring(gate, files):
    code, said = sh("fio --name=x --filename=$M/x --ioengine=io_uring --rw=write --bs=4k --size=64k --iodepth=8 "
                    "--buffer_pattern='\"REFUSE31/02\"' --end_fsync=1 --fallocate=none", files, M=gate.mount)
    if "engine io_uring not loadable" in said or "io_uring" in said and "Function not implemented" in said:
        pytest.skip("no io_uring here")
    assert [n["event"] for n in gate.notices()], said  # fio does not look at the result of fsync() and close()
    with pytest.raises(PermissionError):
        os.rename(gate.mount / "x", gate.mount / "y")


# --- folders, listing, numbers ---

def test_folders(gate):
    (gate.mount / "a" / "b").mkdir(parents=True)
    (gate.mount / "a" / "b" / "f").write_bytes(b"f")
    (gate.mount / "a").rename(gate.mount / "c")
    assert (gate.mount / "c" / "b" / "f").read_bytes() == b"f"
    poison(gate, "c/b/p")
    with pytest.raises(OSError) as seen:
        (gate.mount / "c" / "b").rmdir()
    assert seen.value.errno == errno.ENOTEMPTY
    assert sorted(os.listdir(gate.mount / "c" / "b")) == ["f", "p"]
    shutil.rmtree(gate.mount / "c")
    gate.settle()
    assert [n for n in gate.tree() if not n.startswith(OURS)] == []


def test_a_folder_is_renamed_while_others_write(gate):
    (gate.mount / "a").mkdir()
    stop, written = threading.Event(), []

    def write():
        top = os.open(gate.mount / "a", os.O_RDONLY)
        while not stop.is_set():
            name = f"f{len(written)}"
            with open(name, "wb", opener=lambda p, f: os.open(p, f, dir_fd=top)) as file:
                file.write(name.encode())
            written.append(name)
        os.close(top)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for old, new in ("ab", "bc", "cd", "de"):
            wait_for(lambda before=len(written): len(written) > before + 20)
            os.rename(gate.mount / old, gate.mount / new)
    finally:
        stop.set()
        writer.join()
    gate.settle()
    assert {p: c for p, c in gate.tree().items() if c} == {f"e/{name}": name.encode() for name in written}


def test_what_is_listed_is_listed_once(gate):
    for number in range(300):
        (gate.mount / f"n{number}").write_bytes(b"x")
    assert sorted(os.listdir(gate.mount)) == sorted(f"n{n}" for n in range(300))
    with os.scandir(gate.mount) as entries:
        assert all(e.is_file() for e in entries)


def test_free_space_is_the_mediums(gate):
    medium, seen = os.statvfs(gate.source), os.statvfs(gate.mount)
    assert seen.f_blocks == medium.f_blocks
    assert seen.f_bavail <= medium.f_bavail + 1000


def test_an_unlinked_file_is_still_there_for_who_has_it(gate):
    (gate.mount / "a").write_bytes(b"still")
    with open(gate.mount / "a", "rb") as file:
        (gate.mount / "a").unlink()
        assert os.fstat(file.fileno()).st_size == 5
        assert file.read() == b"still"
    gate.settle()
    assert "a" not in gate.tree()


# --- limits ---

def test_limits_have_a_reason(own):
    own.start("--staging-size", "4M", "--file-size", "1M")
    with pytest.raises(OSError) as seen:
        (own.mount / "large").write_bytes(bytes(3 << 20))
    assert seen.value.errno == errno.EFBIG
    fds = []
    with pytest.raises(OSError) as seen:
        for number in range(6):
            fds.append(os.open(own.mount / f"f{number}", os.O_WRONLY | os.O_CREAT))
            os.write(fds[-1], bytes(1000000))
    assert seen.value.errno == errno.ENOSPC
    with pytest.raises(OSError) as seen:
        os.truncate(own.mount / "f0", 10 << 30)
    assert seen.value.errno == errno.EFBIG
    for fd in fds[:-1]:
        os.close(fd)
    with pytest.raises(OSError) as seen:
        os.close(fds[-1])
    assert seen.value.errno == errno.ENOSPC
    own.settle()
    assert {n: len(c) for n, c in own.tree().items() if c} == {f"f{n}": 1000000 for n in range(len(fds) - 1)}
    assert {n["event"] for n in own.notices()} == {"too-large", "staging-full"}
    (own.mount / "after").write_bytes(bytes(900000))
    own.settle()
    assert len(own.tree()["after"]) == 900000


def test_refused_content_makes_room(own):
    own.start("--staging-size", "3M", "--file-size", "1M")
    for number in range(8):
        with pytest.raises(PermissionError):
            (own.mount / f"bad{number}").write_bytes(CANARY + bytes(900000))
    (own.mount / "good").write_bytes(bytes(900000))
    assert own.raw() == []


def test_many_refused_files_are_not_kept(own):
    own.start()
    for number in range(3000):
        with pytest.raises(PermissionError):
            (own.mount / f"bad{number}").write_bytes(CANARY)
    wait_for(lambda: len(os.listdir(own.mount)) <= 1024)
    assert len(os.listdir(f"/proc/{own.worker()}/fd")) < 1100
    assert own.raw() == []


def memory_of(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon:", "RssShmem:")))


def test_a_flood_is_bounded(own):
    """Many files, deep folders, long names."""
    own.start()
    deep = os.open(own.mount, os.O_RDONLY)
    for _ in range(400):
        os.mkdir("d", dir_fd=deep)
        below = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    with open("f", "wb", opener=lambda p, f: os.open(p, f, dir_fd=deep)) as file:
        file.write(b"deep")
    os.close(deep)
    long = own.mount / ("n" * 255)
    long.write_bytes(b"long")
    with pytest.raises(OSError):
        (own.mount / ("n" * 256)).write_bytes(b"long")
    for number in range(3000):
        (own.mount / f"f{number}").write_bytes(b"x" * 100)
    worker = own.worker()
    first = memory_of(worker)
    for number in range(3000, 8000):
        (own.mount / f"f{number}").write_bytes(b"x" * 100)
    assert memory_of(worker) - first < 8192
    own.settle()
    assert len(own.tree()) >= 8400


def test_paths_that_are_too_long_are_an_error(own):
    own.start()
    deep = os.open(own.mount, os.O_RDONLY)
    with pytest.raises(OSError) as seen:
        for _ in range(40):
            os.mkdir("n" * 200, dir_fd=deep)
            below = os.open("n" * 200, os.O_RDONLY, dir_fd=deep)
            os.close(deep)
            deep = below
    os.close(deep)
    assert seen.value.errno == errno.ENAMETOOLONG


def test_who_still_has_a_file_open_does_not_hold_it_up(own):
    own.start()
    (own.mount / "a").write_bytes(b"closed")
    fd = os.open(own.mount / "b", os.O_WRONLY | os.O_CREAT)
    os.write(fd, b"not closed")
    assert own.stop() == 0
    with pytest.raises(OSError):
        os.close(fd)
    assert own.tree() == {"a": b"closed"}


# --- the process ---

def test_the_worker_has_nothing_but_its_descriptors(shared):
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{shared.worker()}/status").read_text().splitlines())
    for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[which], 16) == 0
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"


def test_a_medium_and_a_stick_of_somebody(own):
    """The worker becomes the owner of the medium; everything appears to be the person's, who needs no more rights."""
    os.chown(own.source, 65534, 65534)
    os.chmod(own.source, 0o700)
    own.start("--owner", "daemon")
    status = pathlib.Path(f"/proc/{own.worker()}/status").read_text()
    assert "Uid:\t65534\t65534\t65534\t65534" in status
    assert os.stat(own.mount).st_uid == 1
    with own.top() as top:
        work = "echo clean > a && cp a b && chmod 600 b && mkdir d && mv a d && cat b && ! chown root b 2>/dev/null"
        done = subprocess.run(["setpriv", "--reuid=1", "--regid=1", "--clear-groups", "sh", "-c", work], cwd=top,
                              capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, "clean\n"), done
    assert own.stop() == 0
    assert os.stat(own.source / "d" / "a").st_uid == 65534


@pytest.mark.skipif(not shutil.which("ntfs-3g") or not shutil.which("mkfs.ntfs"), reason="needs ntfs-3g")
def test_a_file_system_of_windows(tmp_path):
    medium = tmp_path / "medium"
    medium.mkdir()
    subprocess.run(f"truncate -s 16M {tmp_path}/image && mkfs.ntfs -FqQ {tmp_path}/image && "
                   f"ntfs-3g {tmp_path}/image {medium}", shell=True, check=True, capture_output=True)
    try:
        gate = Gate(tmp_path, medium).start()
        (gate.mount / "Bär.txt").write_bytes(b"spelt otherwise")
        (gate.mount / "plain.txt").write_bytes(b"plain")
        for name in ("what?.txt", "a*b", "ok.txt:stream"):
            with pytest.raises(OSError) as seen:
                (gate.mount / name).write_bytes(b"x")
            assert seen.value.errno == errno.EINVAL
        with pytest.raises(PermissionError):
            (gate.mount / "plain.txt").write_bytes(CANARY)
        assert gate.stop() == 0
        assert gate.tree() == {"Bär.txt": b"spelt otherwise", "plain.txt": b"plain"}
    finally:
        subprocess.run(["umount", "-l", medium], check=True)


def test_wrong_usage_and_no_folder(tmp_path):
    for arguments, code in (([], 2), (["--source", tmp_path], 2), (["--nonsense"], 2), (["--help"], 0),
                            (["--source", tmp_path / "none", "--mountpoint", tmp_path], 3),
                            (["--source", tmp_path, "--mountpoint", tmp_path / "none"], 3)):
        assert subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=20).returncode == code
