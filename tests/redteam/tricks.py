# SPDX-License-Identifier: GPL-3.0-or-later
"""More attempts: races of two programs, the tricks of file systems, and the gate's own device. As in attempts.py."""

from attempts import Attempt

# Words that several attempts use.
PYTHON = """python3 - <<'E'
import ctypes, fcntl, mmap, os, shutil, signal
m, f = os.environ['M'], os.environ['F']
bad, ok = open(f + '/report.txt', 'rb').read(), open(f + '/ok.txt', 'rb').read()
libc = ctypes.CDLL(None, use_errno=True)
def put(name, data, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
    d = os.open(m + '/' + name, flags)
    try:
        os.write(d, data)
    finally:
        os.close(d)
def tried(what, *arguments):
    try:
        what(*arguments)
        return True
    except OSError:
        return False
def rename2(old, new, flags):
    return libc.renameat2(-100, (m + '/' + old).encode(), -100, (m + '/' + new).encode(), flags) == 0
"""


def python(text):
    return PYTHON + text.strip("\n") + "\nE"


DEVICE = "busctl call org.freedesktop.UDisks2 /org/freedesktop/UDisks2/block_devices/dm_2d0 org.freedesktop.UDisks2."

DEVICES = [
    Attempt("70", "the gate's own device, mounted by the desktop", "for d in /dev/dm-*; do udisksctl mount -b $d && cp $F/report.txt /run/media/alice/*/ && exit 0; done; exit 1"),
    Attempt("70b", "the gate's own device, written to", "for d in /dev/dm-* /dev/mapper/outing-gate-*; do cat $F/report.txt >$d && exit 0; done; exit 1"),
    Attempt("70c", "a child's name as label of the gate's own device", DEVICE + "Filesystem SetLabel 'sa{sv}' TESTCHILD 0"),
    Attempt("70d", "the gate's own device, formatted", DEVICE + "Block Format 'sa{sv}' vfat 1 label s TESTCHILD"),
    Attempt("70e", "the gate's own device, opened for writing", DEVICE + "Block OpenDevice 'sa{sv}' rw 0"),
    Attempt("70f", "the gate's own device, unmounted and removed", "/sbin/dmsetup remove --force $(ls /dev/mapper | grep outing-gate)"),
    Attempt("71", "the disk taken from its driver", "echo 1 >/sys/block/${D#/dev/}/device/delete"),
    Attempt("72", "the label by the volume's own call", python("""
d = os.open(m, os.O_RDONLY)
fcntl.ioctl(d, 0x41009432, b'TESTCHILD'.ljust(256, bytes(1)))
"""), needs="python3"),
    Attempt("72b", "the label by mtools", "mlabel -i $P ::TESTCHILD || /sbin/fatlabel $P TESTCHILD"),
    Attempt("73", "the service asked for another gate", "python3 -c \"import socket; s=socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect('/run/outing-guard/gate.sock')\"", needs="python3"),
    Attempt("73b", "an exception given to oneself", "outingctl allow 'White stick' $F/photo.jpg --reason 'because' && cp $F/photo.jpg \"$M/\""),
    Attempt("73c", "an exception asked of the bus", "busctl call org.outingguard.Agent1 /org/outingguard/Agent1 org.outingguard.Agent1 AllowCopy ssss "
            "'White stick' $(sha512sum $F/photo.jpg | cut -d' ' -f1) photo.jpg because && cp $F/photo.jpg \"$M/\""),
    Attempt("73d", "the gate's process ended or traced", "kill -9 $(pgrep outing-gate)"),
]

NAMES = [
    ("Testchild, Amelia.txt", "last name first"), ("AMELIA TESTCHILD", "in capitals"), ("Amelia_Testchild.odt", "with a line between"),
    ("amelia.testchild.pdf", "with a dot between"), ("AmeliaTestchild.txt", "together"), ("\u0410melia Testchild", "with a letter of another alphabet"),
    ("Ame\u00adlia Testchild", "with a soft hyphen"), ("\uff21melia \uff34estchild", "in wide letters"), ("A m e l i a  T e s t c h i l d", "spaced"),
    ("Notes (Amelia Testchild) 2.txt", "in brackets"), ("Amelia Testchild.", "with a dot at the end"), ("Amelia Testchild ", "with a blank at the end"),
    ("Amelia%20Testchild.txt", "as in an address"), ("AMELIA~1.TES", "as a short name"),
]  # fmt: skip

SPELLED = [
    Attempt(f"74.{i}", f"a name as a file's, {what}", f": >\"$M/{name}\"") for i, (name, what) in enumerate(NAMES, 1)
]

FILES = [
    Attempt("75", "names that the medium would spell otherwise", "for n in 'a.' 'b ' 'c. .' 'd:e' 'f\\g' \"$(printf 'h\\ni')\" '.outing-gate' '.OUTING-GATE' '...'; do cp $F/ok.txt \"$M/$n\" && exit 0; done; exit 1"),
    Attempt("75b", "in capitals over a good file", "cp $F/ok.txt \"$M/note.txt\" && sync && cat $F/report.txt >\"$M/NOTE.TXT\"", after="cmp $F/ok.txt \"$M/note.txt\""),
    Attempt("75c", "refused, then in capitals", "cp $F/report.txt \"$M/note.txt\"; mv \"$M/note.txt\" \"$M/NOTE.TXT\""),
    Attempt("75d", "clean in one case, refused in the other, one over the other",
            "cp $F/ok.txt \"$M/note.txt\"; cp $F/report.txt \"$M/NOTE.txt\"; mv \"$M/NOTE.txt\" \"$M/note.txt\" && exit 0; mv \"$M/note.txt\" \"$M/x.txt\"; mv \"$M/NOTE.txt\" \"$M/y.txt\""),
    Attempt("75e", "by the short name of a good file", "cp $F/ok.txt \"$M/long name of a letter.txt\" && sync && cat $F/report.txt >>\"$M/LONGNA~1.TXT\"",
            after="cmp $F/ok.txt \"$M/long name of a letter.txt\""),
    Attempt("75f", "renamed by its short name to a child's", "cp $F/ok.txt \"$M/long name of a letter.txt\" && sync && mv \"$M/LONGNA~1.TXT\" \"$M/Amelia Testchild.txt\""),
    Attempt("76", "out of the top by dots", "mkdir \"$M/d\"; cp $F/report.txt \"$M/d/../../OTHER\" && exit 0; cp $F/report.txt \"$M/d/../x\" && exit 0; mv \"$M/d\" \"$M/..\""),
    Attempt("76b", "a folder gets a child's name", "mkdir \"$M/d\" && mv \"$M/d\" \"$M/Amelia Testchild\""),
    Attempt("77", "two programs rename, a third writes",
            "cp $F/ok.txt \"$M/b\"; (for i in 1 2 3 4 5 6 7 8; do mv \"$M/a\" \"$M/b\"; done) 2>/dev/null & (for i in 1 2 3 4 5 6 7 8; do mv \"$M/b\" \"$M/a\"; done) 2>/dev/null & "
            "for i in 1 2 3 4 5 6 7 8; do cat $F/report.txt >\"$M/a\"; cat $F/photo.jpg >\"$M/b\"; done; wait; exit 1"),
    Attempt("77b", "a good and a bad one change places without end",
            "cp $F/ok.txt \"$M/k\"; cp $F/report.txt \"$M/r\"; for i in 1 2 3 4 5 6; do mv \"$M/r\" \"$M/k\" & mv \"$M/k\" \"$M/r\" & cp $F/ok.txt \"$M/k\" & wait; cp $F/report.txt \"$M/r\"; done; exit 1"),
    Attempt("77c", "written, renamed over a good one and closed at once", python("""
put('good', ok)
for i in range(20):
    d = os.open(m + '/bad', os.O_RDWR | os.O_CREAT)
    os.write(d, bad)
    pid = os.fork()
    if pid == 0:
        tried(os.rename, m + '/bad', m + '/good')
        os._exit(0)
    tried(os.close, d)
    os.waitpid(pid, 0)
raise SystemExit(1)
"""), needs="python3"),
    Attempt("78", "a folder renamed over what is staged", "mkdir \"$M/d\" \"$M/e\" && exec 3>\"$M/d/r\" && cat $F/report.txt >&3; mv -T \"$M/e\" \"$M/d\"; mv \"$M/d\" \"$M/f\"; mv \"$M/f/r\" \"$M/g\"; exec 3>&-; exit 1"),
    Attempt("78b", "a folder removed and made again while a file in it is open",
            "mkdir \"$M/d\" && exec 3>\"$M/d/r\" && cat $F/report.txt >&3; rm -rf \"$M/d\"; mkdir \"$M/d\"; : >\"$M/d/r\"; cat $F/report.txt >&3; exec 3>&-; exit 1"),
    Attempt("78c", "folders change names while a file is closed", "mkdir \"$M/d\" && (for i in 1 2 3 4 5 6; do mv \"$M/d\" \"$M/e\"; mv \"$M/e\" \"$M/d\"; done) 2>/dev/null & "
            "for i in 1 2 3 4 5 6; do cp $F/report.txt \"$M/d/r\"; cp $F/photo.jpg \"$M/e/r\"; done 2>/dev/null; wait; exit 1"),
    Attempt("79", "a folder of many files, and one more", "mkdir \"$M/d\" && head -c 4000 /dev/zero | tr '\\0' 'a' | split -b 10 -a 3 - \"$M/d/x\"; cp $F/report.txt \"$M/d/r\""),
    Attempt("80", "through another program's descriptor", "cp $F/ok.txt \"$M/a\" && sync; sleep 60 <\"$M/a\" & p=$!; until [ \"$(readlink /proc/$p/fd/0)\" = \"$M/a\" ]; do :; done; cat $F/report.txt >/proc/$p/fd/0; r=$?; kill $p; exit $r", after="rm \"$M/a\"; cmp $F/ok.txt \"$M/a\""),
    Attempt("80b", "a link made from a descriptor", python("""
put('a', ok)
d = os.open(m + '/a', os.O_RDWR)
os.write(d, bad)
os.unlink(m + '/a')
os.link(f'/proc/self/fd/{d}', m + '/b', follow_symlinks=True)
"""), needs="python3"),
    Attempt("81", "a private or read-only mapping made writable", python("""
put('a', ok)
d = os.open(m + '/a', os.O_RDONLY)
libc.mmap.restype = ctypes.c_void_p
at = libc.mmap(None, ctypes.c_size_t(4096), 1, 1, d, ctypes.c_long(0))
os.chmod(m + '/a', 0o666)
raise SystemExit(0 if libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(4096), 3) == 0 else 1)
"""), needs="python3", after="cmp $F/ok.txt \"$M/a\""),
    Attempt("82", "fallocate in all its ways", python("""
d = os.open(m + '/a', os.O_RDWR | os.O_CREAT)
os.write(d, bad[:4096].ljust(4096, b' ') + ok)
done = [mode for mode in (0, 1, 3, 8, 16, 17, 32, 64)
        if libc.fallocate(d, mode, ctypes.c_long(4096), ctypes.c_long(4096)) == 0]
os.close(d)
"""), needs="python3"),
    Attempt("83", "exchanged, and left as a whiteout", python("""
put('a', ok)
tried(put, 'b', bad)
raise SystemExit(0 if rename2('a', 'b', 2) or rename2('b', 'a', 2) or rename2('b', 'c', 4) else 1)
"""), needs="python3"),
    Attempt("84", "a good file cut to nothing, filled and killed", python("""
put('a', ok)
os.sync()
d = os.open(m + '/a', os.O_WRONLY | os.O_TRUNC)
os.write(d, bad)
os.kill(os.getpid(), signal.SIGKILL)
"""), needs="python3"),
    Attempt("84b", "filled, and cut back to what is clean", python("""
d = os.open(m + '/a', os.O_RDWR | os.O_CREAT)
os.write(d, ok)
os.write(d, bad)
tried(os.fsync, d)
os.ftruncate(d, len(ok))
os.close(d)
"""), needs="python3", reports=False),
    Attempt("84c", "a good one and a bad one, in turn, very fast", python("""
wrong = 0
for i in range(20):
    tried(put, 'a', ok)
    wrong += tried(put, 'a', bad)
raise SystemExit(0 if wrong else 1)
"""), needs="python3"),
    Attempt("84d", "beyond the first bytes of a good file", "cp $F/ok.txt \"$M/a\" && sync && dd if=$F/report.txt of=\"$M/a\" bs=512 seek=20 conv=notrunc status=none"),
    Attempt("84e", "by many writers of one file at once", python("""
pids = []
for i in range(6):
    pid = os.fork()
    if pid == 0:
        for _ in range(5):
            d = os.open(m + '/a', os.O_RDWR | os.O_CREAT)
            tried(os.pwrite, d, bad if i % 2 else ok, 0)
            tried(os.close, d)
        os._exit(0)
    pids.append(pid)
[os.waitpid(p, 0) for p in pids]
raise SystemExit(1)
"""), needs="python3"),
    Attempt("85", "times as a message", "cp $F/ok.txt \"$M/a\" && touch -a -d @1234567891.123456789 \"$M/a\" && touch -m -d @1534567893.7 \"$M/a\"; sync; exit 1",
            after="set -- $(stat -c '%X %Y' \"$M/a\"); [ $1 -le $2 ] && [ $(($2 - $1)) -lt 86400 ] && [ $(($2 % 2)) = 0 ]"),
    Attempt("85b", "a time that is not yet", "cp $F/ok.txt \"$M/a\" && touch -d @4000000000 \"$M/a\"; sync; exit 1", after="[ $(stat -c %Y \"$M/a\") -le $(date +%s) ]"),
    Attempt("86", "sockets, pipes and devices by copying", "cp -a /dev/null \"$M/n\" && exit 0; mkfifo \"$M/p\" && exit 0; python3 -c \"import os,socket; socket.socket(socket.AF_UNIX).bind(os.environ['M']+'/s')\""),
    Attempt("86b", "flags, attributes and rights as a message", python("""
put('a', ok)
d = os.open(m + '/a', os.O_RDONLY)
done = [call for call in (0x40086602, 0x40047211, 0x401c5820) if tried(fcntl.ioctl, d, call, bytes(64))]
raise SystemExit(0 if done or tried(os.setxattr, d, 'user.n', b'Amelia Testchild') else 1)
"""), needs="python3"),
]  # fmt: skip

MORE = [*DEVICES, *SPELLED, *FILES]
