# SPDX-License-Identifier: GPL-3.0-or-later
"""The attempts, one after the other: what somebody who sits at the computer may try to get a child's data out.

Each is a shell script that runs as alice, who is logged in at the screen, or as root where it says so. $M is the stick
behind the gate, $D its disk, $P the partition, $F a folder with what must not get out. REPORTS: the tool must say that it
failed. The other judge is the medium itself, read from outside (medium.py). KEEPS: files in $F that must be there
afterwards. AFTER: a script of root's that must succeed.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attempt:
    number: str
    what: str
    script: str
    who: str = "alice"
    reports: bool = True
    keeps: tuple = ()
    after: str = ""
    needs: str = ""  # a program of the laptop; without it the attempt is shown as not made
    tidy: str = field(default="rm -rf \"$M\"/* \"$M\"/.[!.]* 2>/dev/null; true")


UDISKS = "busctl call org.freedesktop.UDisks2 /org/freedesktop/UDisks2/block_devices"

BLOCK = [
    Attempt("1", "mount by the desktop and copy", "udisksctl mount -b $P && cp $F/report.txt /run/media/alice/*/ && cp $F/report.txt /media/alice/*/"),
    Attempt("2", "mount for writing by the desktop", "udisksctl mount -b $P -o rw && cp $F/report.txt /run/media/alice/*/"),
    Attempt("2b", "mount the whole disk", "udisksctl mount -b $D"),
    Attempt("3", "pmount", "pmount $P && cp $F/report.txt /media/${P#/dev/}/"),
    Attempt("4", "take the read-only flag away", "/sbin/blockdev --setrw $D && cp $F/report.txt $P"),
    Attempt("4b", "write to the disk's node", "cat $F/report.txt >$D || cat $F/report.txt >$P"),
    Attempt("5", "have the partitions read again",
            UDISKS + "/${D#/dev/} org.freedesktop.UDisks2.Block Rescan 'a{sv}' 0; exit 1",
            after="[ \"$(blockdev --getro $P)$(blockdev --getro $D)\" = 11 ]"),
    Attempt("6", "a child's name as label", UDISKS + "/${P#/dev/} org.freedesktop.UDisks2.Filesystem SetLabel 'sa{sv}' TESTCHILD 0",
            reports=False),  # it says "done" and the kernel drops the write
    Attempt("7", "a child's name as a partition's name",
            UDISKS + "/${D#/dev/} org.freedesktop.UDisks2.PartitionTable CreatePartition 'ttssa{sv}' 0 2000000 '' Testchild 0"),
    Attempt("8", "format it", UDISKS + "/${P#/dev/} org.freedesktop.UDisks2.Block Format 'sa{sv}' vfat 1 label s TESTCHILD"),
    Attempt("9", "have the disk opened for writing", UDISKS + "/${P#/dev/} org.freedesktop.UDisks2.Block OpenDevice 'sa{sv}' rw 0"),
    Attempt("9b", "have it opened for a restore", UDISKS + "/${P#/dev/} org.freedesktop.UDisks2.Block OpenForRestore 'a{sv}' 0"),
    Attempt("10", "a disk image on the stick, mounted and filled",
            "cp $F/image.bin \"$M/img.bin\" && udisksctl loop-setup -f \"$M/img.bin\""),
    Attempt("24", "write through the generic SCSI node",
            "for g in /dev/sg* /dev/bsg/*; do [ -w \"$g\" ] && exit 0; done; exit 1"),
    Attempt("24b", "the raw USB node of the stick",
            "for n in /dev/bus/usb/*/*; do udevadm info -q property -n $n | grep -q '^ID_USB_INTERFACES=.*:0806' || continue; "
            "[ -w \"$n\" ] && exit 0; done; exit 1"),
    Attempt("25", "a second mount in a name space of one's own",
            "unshare -Urm sh -c 'mount $P /mnt && cp $F/report.txt /mnt/'"),
    Attempt("25b", "through the gate's process",
            "for p in $(pgrep outing-gate); do ls /proc/$p/root/ >/dev/null && ls /proc/$p/fd/ && cp $F/report.txt /proc/$p/fd/3/ && exit 0; done; exit 1"),
    Attempt("26", "root mounts it beside the gate", "mount -o rw $P /mnt && cp $F/report.txt /mnt/ && umount /mnt", who="root"),
    Attempt("26b", "root makes it writable and mounts it",
            "blockdev --setrw $P; mount -o rw $P /mnt && cp $F/report.txt /mnt/; r=$?; umount /mnt 2>/dev/null; blockdev --setro $D; exit $r", who="root"),
    Attempt("26c", "mount over the gate", "mount --bind $F \"$M\" || fusermount3 -o allow_other \"$M\" || mkdir \"$M/../OTHER\""),
]

GATE = [
    Attempt("43a", "cp of a letter", "cp $F/report.txt \"$M/a.txt\""),
    Attempt("43b", "cp of a document", "cp $F/report.odt \"$M/\""),
    Attempt("43c", "cp of a photo", "cp $F/photo.jpg \"$M/\""),
    Attempt("43d", "cp -r of everything", "cp -r $F \"$M/all\""),
    Attempt("43e", "mv of a photo", "cp $F/photo.jpg $F/moved.jpg; mv $F/moved.jpg \"$M/\"", keeps=("moved.jpg",)),
    Attempt("43f", "mv of a folder", "mkdir -p $F/set && cp $F/photo.jpg $F/set/one.jpg && mv $F/set \"$M/\"", keeps=("set/one.jpg",)),
    Attempt("43g", "rsync", "rsync -a $F/photo.jpg \"$M/\"", needs="rsync"),
    Attempt("43h", "rsync in place", "rsync --inplace $F/report.txt \"$M/\"", needs="rsync"),
    Attempt("43i", "rsync that removes the source", "cp $F/photo.jpg $F/sent.jpg; rsync --remove-source-files $F/sent.jpg \"$M/\"", needs="rsync", keeps=("sent.jpg",)),
    Attempt("43j", "dd", "dd if=$F/photo.jpg of=\"$M/a\" bs=4k status=none"),
    Attempt("43k", "dd, synced", "dd if=$F/report.txt of=\"$M/a\" bs=512 conv=fsync status=none"),
    Attempt("43l", "dd, direct, odd size", "dd if=$F/report.odt of=\"$M/a\" bs=512 oflag=direct status=none"),
    Attempt("43m", "tar", "tar -C $F -cf - photo.jpg report.txt | tar -C \"$M\" -xf -"),
    Attempt("43n", "a tar file", "tar -C $F -cf \"$M/a.tar\" report.txt"),
    Attempt("43o", "gio copy", "gio copy $F/photo.jpg \"$M/\"", needs="gio"),
    Attempt("43p", "gio move", "cp $F/photo.jpg $F/gone.jpg; gio move $F/gone.jpg \"$M/\"", needs="gio", keeps=("gone.jpg",)),
    Attempt("43q", "redirection", "cat $F/report.txt >\"$M/a\""),
    Attempt("43r", "install", "install -m 644 $F/photo.jpg \"$M/a\""),
    Attempt("44", "append to what was clean", "cp $F/ok.txt \"$M/a\" && sync && cat $F/report.txt >>\"$M/a\""),
    Attempt("44b", "in small pieces, each closed", "while IFS= read -r l; do printf '%s\\n' \"$l\" | dd of=\"$M/a\" oflag=append conv=notrunc status=none || exit 1; done <$F/report.txt"),
    Attempt("44c", "letter by letter", "head -c 60 $F/report.txt | sed 's/./&\\n/g' | while IFS= read -r c; do printf '%s' \"$c\" >>\"$M/a\" || exit 1; done",
            reports=False),  # what has no name in it yet is clean; the name is never whole on the medium
    Attempt("44d", "sed -i puts the name into a clean file", "cp $F/ok.txt \"$M/a\" && sed -i 's/apples/Amelia Testchild/' \"$M/a\""),
    Attempt("46", "a name by rename", "cp $F/ok.txt \"$M/a.txt\" && mv \"$M/a.txt\" \"$M/Amelia Testchild.txt\""),
    Attempt("46b", "a name as a new file's", "cp $F/ok.txt \"$M/Amelia Testchild.txt\""),
    Attempt("46c", "a name as a folder's", "mkdir \"$M/Amelia Testchild\""),
    Attempt("46d", "a name in pieces of a path", "mkdir -p \"$M/Amelia/Testchild\""),
    Attempt("46e", "an empty file with the name", ": >\"$M/Testchild Amelia\""),
    Attempt("46f", "a temporary name, hidden", "touch \"$M/.~lock.Amelia Testchild.odt#\""),
    Attempt("47", "renamed while it is open", "exec 3>\"$M/r1\" && cat $F/report.txt >&3 && mv \"$M/r1\" \"$M/r2\" && exec 3>&- && cat \"$M/r2\" | cmp - $F/report.txt && exit 1"),
    Attempt("47b", "written over a good file by rename", "cp $F/ok.txt \"$M/a\" && cp $F/report.txt \"$M/b\"; mv \"$M/b\" \"$M/a\"",
            after="cmp $F/ok.txt \"$M/a\""),
    Attempt("48", "changed while it is looked at", "python3 - <<'E'\nimport os,threading\nm=os.environ['M']; bad=open(os.environ['F']+'/report.txt','rb').read()\n"
            "ok=b'apples and paint\\n'*4000\nf=os.open(m+'/a',os.O_RDWR|os.O_CREAT)\nstop=False\n"
            "def flip():\n  while not stop:\n    try:\n      os.pwrite(f,bad,0); os.pwrite(f,ok[:len(bad)],0)\n    except OSError: return\n"
            "os.pwrite(f,ok,0)\nt=threading.Thread(target=flip); t.start()\nwrong=0\n"
            "for i in range(30):\n  try:\n    os.close(os.dup(f)); os.fsync(f)\n  except OSError: wrong+=1\nstop=True; t.join()\n"
            "os.ftruncate(f,0)\ntry: os.close(f)\nexcept OSError: pass\nraise SystemExit(1)\nE", needs="python3"),
    Attempt("49", "mmap, changed behind the close", "python3 - <<'E'\nimport mmap,os\nm=os.environ['M']; bad=open(os.environ['F']+'/report.txt','rb').read()\n"
            "f=os.open(m+'/a',os.O_RDWR|os.O_CREAT); os.ftruncate(f,8192)\nv=mmap.mmap(f,8192); os.close(f); v[:len(bad)]=bad; v.flush(); v.close()\nE", needs="python3", reports=False),
    Attempt("51", "fallocate and a hole", "fallocate -l 8192 \"$M/a\" && dd if=$F/report.txt of=\"$M/a\" conv=notrunc status=none"),
    Attempt("51b", "sparse copy", "cp --sparse=always $F/report.txt \"$M/a\""),
    Attempt("51c", "reflink", "cp --reflink=always $F/report.txt \"$M/a\""),
    Attempt("51d", "truncate and fill backwards", "truncate -s 6000 \"$M/a\"; dd if=$F/report.txt of=\"$M/a\" bs=1k seek=1 skip=1 conv=notrunc status=none; dd if=$F/report.txt of=\"$M/a\" bs=1k count=1 conv=notrunc status=none"),
    Attempt("53", "a link to it", "ln -s $F/report.txt \"$M/x\""),
    Attempt("53b", "a hard link", "ln $F/report.txt \"$M/x\""),
    Attempt("53c", "a device", "mknod \"$M/x\" b 8 0 || mkfifo \"$M/x\"", who="root"),
    Attempt("53d", "a symlink where the commit writes", "mkdir \"$M/d\" && cp $F/ok.txt \"$M/d/a\" && mv \"$M/d\" \"$M/e\" && ln -s / \"$M/d\""),
    Attempt("54", "an extended attribute", "setfattr -n user.n -v 'Amelia Testchild' \"$M/.\" || { cp $F/ok.txt \"$M/a\"; setfattr -n user.n -v 'Amelia Testchild' \"$M/a\"; }", needs="setfattr"),
    Attempt("54b", "a stream beside the file", "cp $F/report.txt \"$M/ok.txt:stream\""),
    Attempt("56", "a nameless file, linked", "python3 - <<'E'\nimport os\nm=os.environ['M']; f=os.open(m,os.O_TMPFILE|os.O_RDWR); os.write(f,open(os.environ['F']+'/report.txt','rb').read())\n"
            "os.link(f'/proc/self/fd/{f}',m+'/a',follow_symlinks=True)\nE", needs="python3"),
    Attempt("56b", "O_APPEND from two programs", "cat $F/report.txt >>\"$M/a\" & cat $F/photo.jpg >>\"$M/a\"; r=$?; wait; exit $r"),
    Attempt("56c", "sendfile and copy_file_range", "python3 - <<'E'\nimport os\nm=os.environ['M']; s=os.open(os.environ['F']+'/report.txt',0); d=os.open(m+'/a',os.O_WRONLY|os.O_CREAT)\n"
            "n=os.fstat(s).st_size\nos.sendfile(d,s,0,n); os.close(d)\nE", needs="python3"),
    Attempt("56d", "ended without closing", "python3 - <<'E'\nimport os\nm=os.environ['M']; d=os.open(m+'/a',os.O_WRONLY|os.O_CREAT)\n"
            "os.write(d,open(os.environ['F']+'/report.txt','rb').read()); os.kill(os.getpid(),9)\nE", needs="python3"),
    Attempt("56e", "pwrite out of order, byte by byte", "python3 - <<'E'\nimport os\nm=os.environ['M']; b=open(os.environ['F']+'/report.txt','rb').read()[:700]\n"
            "d=os.open(m+'/a',os.O_WRONLY|os.O_CREAT)\n[os.pwrite(d,b[i:i+1],i) for i in reversed(range(len(b)))]\nos.close(d)\nE", needs="python3"),
    Attempt("58a", "a film of gigabytes", "dd if=$F/film.mp4 of=\"$M/film.mp4\" bs=1M status=none || exit 1; exit 0"),
    Attempt("58b", "more than the staging holds", "dd if=/dev/zero of=\"$M/big.txt\" bs=1M count=300 status=none", tidy="rm -f \"$M\"/*"),
    Attempt("58c", "folders in folders", "d=\"$M/$(printf 'a/%.0s' $(seq 400))\"; mkdir -p \"$d\" && cp $F/report.txt \"$d\"", tidy="rm -rf \"$M/a\""),
    Attempt("58d", "a very long name", "cp $F/report.txt \"$M/$(printf 'x%.0s' $(seq 250)).txt\""),
    Attempt("59a", "a photo cut in halves", "head -c 6000 $F/photo.jpg >$F/h1; tail -c +6001 $F/photo.jpg >$F/h2; cp $F/h2 \"$M/two.bin\""),
    Attempt("59b", "a photo behind a clean text", "cat $F/ok.txt $F/photo.jpg >$F/both.txt; cp $F/both.txt \"$M/\""),
    Attempt("59c", "a photo behind a megabyte of blanks", "{ head -c 1M /dev/zero | tr '\\0' ' '; cat $F/photo.jpg; } >$F/blank.txt; cp $F/blank.txt \"$M/\""),
    Attempt("59d", "two clean halves joined on the stick", "echo 'Dear parents of ' >\"$M/a\"; grep -o 'Amelia' $F/report.txt | head -1 >>\"$M/a\"; grep -o 'Testchild' $F/report.txt | head -1 >>\"$M/a\""),
    Attempt("59e", "swapped in place of a clean file by exchange", "python3 - <<'E'\nimport ctypes,os,shutil\nm=os.environ['M']; f=os.environ['F']\nshutil.copy(f+'/ok.txt',m+'/a')\n"
            "try: shutil.copy(f+'/report.txt',m+'/b')\nexcept OSError: pass\nlibc=ctypes.CDLL(None,use_errno=True)\n"
            "r=libc.renameat2(-100,(m+'/a').encode(),-100,(m+'/b').encode(),2)\nraise SystemExit(1 if r else 0)\nE", needs="python3"),
    Attempt("59f", "the gate told to remount", "mount -o remount,rw,suid \"$M\"; cp $F/report.txt \"$M/\""),
    Attempt("59g", "trash on the stick", "cp $F/ok.txt \"$M/a\" && mkdir -p \"$M/.Trash-1000/info\" && env printf '[Trash Info]\\nPath=Amelia%%20Testchild.txt\\n' >\"$M/.Trash-1000/info/a.trashinfo\""),
]
