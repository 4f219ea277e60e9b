# SPDX-License-Identifier: GPL-3.0-or-later
"""Suites of POSIX behaviour that others wrote, run in a mounted gate: fsx and pjd-fstest (pjdfstest before it got its name)
as Debian's source of diod carries them, libfuse's own test of system calls from Debian's source of fuse3, stress-ng and fio.
Each names what it may meet, pjd-fstest for the first check of a file
that is not met; whatever else it meets is a failure. tests/gate-posix.md says why the gate is so.

As root, with OUTING_CAMPAIGN=1; sources and stress-ng are fetched from Debian as apt is set up on this machine.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from gate_bed import Gate, Judged, build, kind, shared, gate  # noqa: F401

pytestmark = pytest.mark.skipif(os.environ.get("OUTING_CAMPAIGN") != "1", reason="fetches Debian sources, minutes: only with OUTING_CAMPAIGN=1")

APT_SOURCES = pathlib.Path("/etc/apt")
DIOD = "diod-1.0.24/tests/kern"
FUSE = "fuse-3.14.0/test"
OPERATIONS = 20000
FSX = ("", "-c 50", "-y", "-y -c 10", "-r 4096 -w 4096 -t 4096", "-l 3000000 -o 300000")

# pjd-fstest: what the first check of a file that is not met may be. All after it in that file works on what was not made.
OWNERS = r"l?chown \S+ \d+ \d+ : wanted 0, got EPERM"
MODES = r"l?stat \S+ (type,)?mode : wanted (\w+,)?0\d+, got (\w+,)?0(644|755)"
LINKS = r"(symlink|link) \S+ \S+ : wanted 0, got EPERM"
FIFOS = r"mkfifo \S+ 0\d+ : wanted 0, got EPERM"
TIMES = r"test \d+ -(lt|eq) \d+"  # the time of a change is when it came onto the medium, and even seconds; the suite waits for one
BY_DESIGN = re.compile(f"({OWNERS}|{MODES}|{LINKS}|{FIFOS}|{TIMES})$")

# libfuse's test_syscalls, by the name it prints.
SYSCALLS = {
    "symlink": r"symlink: Operation not permitted", "link": r"link: Operation not permitted", "link-unlink-link": r"link: Operation not permitted",
    "mkfifo": r"mkfifo: Operation not permitted", "socket": r"bind: Operation not permitted", "utime": r"check_times\(\) - [am]time \d+ instead",
    "create+unlink": r"st_check_nlink\(\) - nlink 1 instead of 0"}
SYSCALLS_MODE = r"st_check_mode\(\) - mode 0644 instead of 0\d*$"

STRESSORS = ("dentry dir filename rename fstat getdent mknod chmod chown hdd seek fallocate fpunch open touch dirdeep dirmany flock "
             "fcntl lease locka file-ioctl readahead chattr copy-file io fsize").split()
REFUSED = {
    "link": "link calls not allowed", "symlink": "link calls not allowed", "xattr": "does not support xattr", "verity": "verity is not supported",
    "fiemap": "FS_IOC_FIEMAP not supported", "utime": "(access|modified) time is less than expected", "access": r"(face|ac)cess\w* \d+ on chmod mode [15]00 failed: 13",
    "iomix": "fallocate failed, errno=27", "sync-file": "fallocate failed: errno=27", "revio": "ftruncate failed, errno=27"}
HOW_IT_ENDED = re.compile(r"process \[\d+\]|.* finished prematurely")
FIO = ("fio --name=v --filename=f --size=16m --rw=randwrite --bs=4k --do_verify=1 --verify_fatal=1 --buffer_pattern=0x61 "
       "--verify=pattern --verify_pattern=0x61626364 --minimal")

# Says what each check wanted and what it got; the suite itself says only that it was not so.
EXPECT = """
expect()
{
	wanted="${1}"
	shift
	got=`${fstest} "$@" 2>/dev/null | tail -1`
	if echo "${got}" | egrep '^'${wanted}'$' >/dev/null 2>&1; then
		echo "ok ${ntest}"
	else
		echo "not ok ${ntest} - $* : wanted ${wanted}, got ${got}"
	fi
	ntest=`expr $ntest + 1`
}

test_check()
{
	if [ $* ] 2>/dev/null; then
		echo "ok ${ntest}"
	else
		echo "not ok ${ntest} - test $*"
	fi
	ntest=`expr $ntest + 1`
}
"""


def debian_sources(folder, *packages):
    """Fetches and unpacks what the maintainers of those packages started from; apt checks the signatures."""
    parts, lists, into = folder / "parts", folder / "lists", folder / "source"
    for new in (parts, lists / "partial", into):
        new.mkdir(parents=True)
    for path in [APT_SOURCES / "sources.list", *(APT_SOURCES / "sources.list.d").glob("*")]:
        if path.suffix == ".sources":
            (parts / path.name).write_text(re.sub(r"^Types:.*", "Types: deb-src", path.read_text(), flags=re.M))
        elif path.suffix == ".list" and path.exists():
            (parts / path.name).write_text(re.sub(r"^deb\s", "deb-src ", path.read_text(), flags=re.M))
    apt = ["apt-get", "-q", "-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={parts}",
           "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={folder}", "-o", "APT::Sandbox::User=root"]
    subprocess.run([*apt, "update"], check=True)
    subprocess.run([*apt, "source", "--download-only", "--tar-only", *packages], cwd=into, check=True)
    for archive in into.glob("*.orig.tar.*z"):
        subprocess.run(["tar", "xf", archive], cwd=into, check=True)
    return into


def compile_c(path, into, *options):
    subprocess.run(["gcc", "-O2", "-w", "-D_GNU_SOURCE", *options, "-o", into, path], check=True)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = debian_sources(tmp_path_factory.mktemp("debian"), "diod", "fuse3")
    (folder / "config.h").write_text("")
    (folder / "fuse_config.h").write_text("#define HAVE_COPY_FILE_RANGE 1\n#define HAVE_STATX 1\n")
    compile_c(folder / DIOD / "fsx" / "fsx.c", folder / "fsx", f"-I{folder}")
    compile_c(folder / DIOD / "fstest" / "fstest.c", folder / DIOD / "fstest" / "fstest", '-D__OS__="Linux"')
    compile_c(folder / FUSE / "test_syscalls.c", folder / "calls", f"-I{folder}", f"-I{folder / FUSE}/../include")
    return folder


@pytest.mark.parametrize("options", FSX)
@pytest.mark.parametrize("seed", (1, 2, 3, 4, 5))
def test_fsx_reads_what_it_wrote(sources, gate, tmp_path, seed, options):  # noqa: F811
    """Without its mapped writes (-W) and reads (-R): a file that is open for writing can not be mapped shared here."""
    done = subprocess.run([sources / "fsx", "-q", "-R", "-W", "-N", str(OPERATIONS), "-S", str(seed), "-P", tmp_path, *options.split(), "file"],
                          cwd=gate.mount, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0 and "All operations completed" in done.stdout, done.stdout + done.stderr
    gate.settle()
    assert (gate.mount / "file").read_bytes() == (gate.source / "file").read_bytes()


def first_not_met(said):
    """{file of checks: the first of them that was not met, or None}, from the long form of prove."""
    files, at = {}, None
    for line in said.splitlines():
        if found := re.match(r"\S*/tests/(\w+/\d+\.t) \.+", line):
            at = found[1]
            files[at] = None
        elif line.startswith("not ok") and at and files[at] is None:
            files[at] = re.sub(r"^not ok \d+ - ", "", line)
    return files


def test_pjd_fstest_meets_what_is_refused_by_design(sources, gate):  # noqa: F811
    suite = sources / DIOD / "fstest"
    (suite / "tests" / "conf").write_text('os=`uname`\nfs="ext3"\n')
    with open(suite / "tests" / "misc.sh", "a", encoding="utf-8") as helper:
        helper.write(EXPECT)
    done = subprocess.run(["prove", "-v", "-r", suite], cwd=gate.mount, capture_output=True, text=True, errors="replace", timeout=900, check=False)
    files = first_not_met(done.stdout)
    print("\n".join(f"{name}: {met or 'all met'}" for name, met in files.items()))
    assert len(files) == 184
    assert sum(met is None for met in files.values()) >= 105
    assert {name: met for name, met in files.items() if met and not BY_DESIGN.match(met)} == {}


def test_system_calls_of_libfuse_meet_what_is_refused_by_design(sources, gate):  # noqa: F811
    done = subprocess.run([sources / "calls", gate.mount], capture_output=True, text=True, timeout=120, check=False)
    said = re.findall(r"^ *\d+ \[(.*)\] (.*)$", done.stdout + done.stderr, re.M)
    assert sum(what == "OK" for _, what in said) >= 24
    assert [(name, what) for name, what in said if what != "OK" and not re.search(SYSCALLS.get(name, SYSCALLS_MODE), what)] == []


@pytest.fixture(scope="module")
def stressed(tmp_path_factory):
    """With the judge of real builds: a test that never reads back what it closed must live with it, too."""
    if not shutil.which("stress-ng"):
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "stress-ng"], check=True)
    gate = Judged(tmp_path_factory.mktemp("stressed")).start()  # noqa: F811
    yield gate
    assert gate.stop() == 0


def run(command, folder):
    """(exit code, the lines in which it says what it met)."""
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    found = re.findall(r"(?:fail|error|warn): +\[\d+\] (.*)|info: +\[\d+\] (.*skip.*)", done.stdout + done.stderr)
    subprocess.run("rm -rf -- *", shell=True, cwd=folder, check=True)
    return done.returncode, list(dict.fromkeys(a or b for a, b in found))


def stress(name):
    return f"stress-ng --{name} 1 --{name}-ops 50 --timeout 6s --verify --temp-path ."


def test_fio_reads_what_it_wrote(stressed):
    assert run(FIO, stressed.mount) == (0, [])


@pytest.mark.parametrize("name", STRESSORS)
def test_a_stressor_of_stress_ng_is_content(stressed, name):
    assert run(stress(name), stressed.mount) == (0, [])


@pytest.mark.parametrize("name", REFUSED)
def test_a_stressor_of_stress_ng_meets_a_refusal(stressed, name):
    _, said = run(stress(name), stressed.mount)
    said = [line for line in said if not HOW_IT_ENDED.match(line)]
    assert said or name == "utime"  # it looks at seconds, and half of them are even
    assert [line for line in said if not re.search(REFUSED[name], line)] == []
