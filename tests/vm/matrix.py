# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix: every way to lay data on a disk that is known to fool somebody, and the truth about it.

A Row is built by a few lines for the test laptop's shell (the words are in storage.sh); EXPECTED says for each leaf,
by the name of its disk, what must be said of it. Two verdicts with a bar between them are both right.
"""

import struct

ENCRYPTED, EXEMPT, WEAK, PLAIN, UNKNOWN = "encrypted", "exempt", "weak", "not-encrypted", "unknown"
NEVER_READY = f"{WEAK}|{PLAIN}|{UNKNOWN}"


class Row:
    """NUMBER and WHAT name it; BUILD are lines of shell. Afterwards, on disk A, PATCH changes the JSON of a LUKS2
    header, and RAW says what is written at which byte.

    USED_FOR: words that must be among a leaf's uses. SAYS: what its reason or fix must mention.
    KIND: None for loop devices, or what else is attached (see storage.py). RESTLESS: the kernel itself may write to the
    headers while somebody only looks (RAID, a mounted file system).
    """

    def __init__(self, number, what, build, expected, patch=None, raw=None, used_for=None, says=None, kind=None,
                 restless=False):  # fmt: skip
        self.number, self.what, self.build, self.expected = number, what, build, expected
        self.patch, self.raw, self.kind, self.restless = patch, raw or {}, kind, restless
        self.used_for, self.says = used_for or {}, says or {}
        self.id = f"{number}-{what}".replace(" ", "-").replace(",", "")


def all_of(verdict, names="A"):
    return dict.fromkeys(names, verdict)


# -- one disk ------------------------------------------------------------------------------------------------

ONE_DISK = [
    Row("1", "plain file system", """
        disks 48; ext4 $A
        """, {"A": PLAIN}),
    Row("1b", "plain file system nobody mounted", """
        disks 48; ext4_closed $A
        """, {"A": PLAIN}, used_for={"A": ["not mounted"]}),
    Row("2", "LUKS1 open", """
        disks 48; format $A --type luks1; unlock $A x; ext4 $MAPPED/x
        """, {"A": ENCRYPTED}),
    Row("2b", "LUKS1 locked", """
        disks 48; format $A --type luks1
        """, {"A": ENCRYPTED}),
    Row("3", "LUKS2 open", """
        disks 48; lock $A x; ext4 $MAPPED/x
        """, {"A": ENCRYPTED}, used_for={"A": ["/mnt/x"]}),
    Row("3b", "LUKS2 locked", """
        disks 48; lock $A x; ext4_closed $MAPPED/x; cryptsetup close x
        """, {"A": ENCRYPTED}),
    Row("14", "integrity alone", """
        disks 48; integritysetup format -q --no-wipe $A; integritysetup open --integrity-recalculate $A x
        ext4 $MAPPED/x
        """, {"A": PLAIN}, restless=True),
    Row("14b", "integrity alone closed", """
        disks 48; integritysetup format -q --no-wipe $A
        """, {"A": PLAIN}),
    Row("15", "LUKS2 with integrity", """
        disks 64; format $A --integrity hmac-sha256 --integrity-no-wipe; unlock $A x
        dd if=/dev/urandom of=$MAPPED/x bs=1M count=1 oflag=direct status=none
        """, {"A": ENCRYPTED}),
    Row("16", "verity", """
        disks 48 16; ext4_closed $A -b 4096; R=$(veritysetup format $A $B | sed -n 's/^Root hash:\\s*//p')
        veritysetup open $A x $B $R; mount -o ro $MAPPED/x $(at x)
        """, {"A": PLAIN, "B": PLAIN}),
    Row("17", "LUKS2 cipher_null open", """
        disks 48; format $A --cipher cipher_null-ecb --key-size 256; unlock $A x; ext4 $MAPPED/x
        """, {"A": PLAIN}),
    Row("17b", "LUKS2 cipher_null locked", """
        disks 48; format $A --cipher cipher_null-ecb --key-size 256
        """, {"A": PLAIN}),
    Row("17c", "LUKS1 cipher_null open", """
        disks 48; : >row.empty
        cryptsetup luksFormat -q --type luks1 --cipher cipher_null-ecb --key-size 256 --key-file row.empty $KDF $A
        cryptsetup open --key-file row.empty $A x; ext4 $MAPPED/x
        """, {"A": PLAIN}),
    Row("18", "plain dm-crypt open", """
        disks 48
        cryptsetup open -q --type plain --hash sha512 --cipher aes-xts-plain64 --key-size 512 $A x <$SECRET
        ext4 $MAPPED/x
        """, {"A": ENCRYPTED}),
    Row("18b", "plain dm-crypt closed", """
        disks 32; raw $A x aes-xts-plain64 512; noise $MAPPED/x; dmsetup remove x
        """, {"A": UNKNOWN}),
    Row("19", "plain dm-crypt cipher_null", """
        disks 48
        cryptsetup open -q --type plain --hash sha512 --cipher cipher_null-ecb --key-size 256 $A x <$SECRET
        ext4 $MAPPED/x
        """, {"A": PLAIN}),
    Row("20", "ciphers that give away patterns", """
        disks 32 32 32 32; raw $A w aes-ecb 256; raw $B x aes-cbc-null 256; raw $C y aes-cbc-plain 256
        raw $D z aes-xts-null 512; for m in w x y z; do ext4 $MAPPED/$m $m; done
        """, all_of(WEAK, "ABCD")),
    Row("20b", "ciphers with small blocks", """
        disks 32 32; raw $A w blowfish-cbc-essiv:sha256 256; raw $B x cast5-cbc-plain64 128
        for m in w x; do ext4 $MAPPED/$m $m; done
        """, all_of(WEAK, "AB")),
    Row("20c", "ciphers that are fine", """
        disks 32 32 32 32; raw $A w aes-cbc-essiv:sha256 256; raw $B x aes-lrw-benbi 384
        raw $C y xchacha12,aes-adiantum-plain64 256; raw $D z capi:xts\\(aes\\)-plain64 512
        for m in w x y z; do ext4 $MAPPED/$m $m; done
        """, all_of(ENCRYPTED, "ABCD")),
    Row("21", "AES-128", """
        disks 48; format $A --key-size 256; unlock $A x; ext4 $MAPPED/x
        """, {"A": ENCRYPTED}),
    Row("22", "PBKDF2 of 1000 rounds", """
        disks 48; format_cheaply $A; unlock $A x; ext4 $MAPPED/x
        """, {"A": WEAK}),
    Row("22b", "argon2id of 32 KiB", """
        disks 48
        cryptsetup luksFormat -q --key-file $SECRET --pbkdf argon2id --pbkdf-force-iterations 4 \\
            --pbkdf-memory 32 --pbkdf-parallel 1 $A
        """, {"A": WEAK}),
    Row("22c", "one good and one weak slot", """
        disks 48; luks $A; printf other >row.other
        cryptsetup luksAddKey -q $CHEAP --volume-key-file $KEY $A row.other
        """, {"A": WEAK}),
    Row("45", "suspended LUKS2", """
        disks 48; lock $A x; ext4 $MAPPED/x; sync; : >row.asleep; cryptsetup luksSuspend x
        """, {"A": ENCRYPTED}),
    Row("46", "discards and no queues", """
        disks 48; luks $A
        cryptsetup open --volume-key-file $KEY --allow-discards --perf-same_cpu_crypt \\
            --perf-no_read_workqueue --perf-no_write_workqueue $A x
        ext4 $MAPPED/x
        """, {"A": ENCRYPTED}),
    Row("47", "VeraCrypt's own mapping", """
        disks 48; N=$(($(sectors $A) - 512))
        table veracrypt1 "0 $N crypt aes-xts-plain64 $(random_key 512) 256 $A 256"; ext4 $MAPPED/veracrypt1
        """, {"A": ENCRYPTED}),
    Row("47b", "a cascade of three", """
        disks 48; raw $A tc_2 aes-xts-plain64 512; raw $MAPPED/tc_2 tc_1 twofish-xts-plain64 512
        raw $MAPPED/tc_1 tc serpent-xts-plain64 512; ext4 $MAPPED/tc
        """, {"A": ENCRYPTED}),
    Row("48", "linear named like LUKS", """
        disks 48
        dmsetup create luks-x -u CRYPT-LUKS2-00000000000000000000000000000000-luks-x \\
            --table "0 $(sectors $A) linear $A 0"
        ext4 $MAPPED/luks-x
        """, {"A": PLAIN}),
    Row("48b", "half of the disk beside the lock", """
        disks 48; N=$(($(sectors $A) / 2))
        table x "0 $N crypt aes-xts-plain64 $(random_key 512) 0 $A 0\\n$N $N linear $A $N"; ext4 $MAPPED/x
        """, {"A": PLAIN}),
    Row("48c", "a second way round the lock", """
        disks 64; table c "0 65536 crypt aes-xts-plain64 $(random_key 512) 0 $A 0"
        table p "0 65536 linear $A 65536"; ext4 $MAPPED/c c; ext4 $MAPPED/p p
        """, {"A": PLAIN}),
    Row("48d", "a lock with nothing but zero and error beside it", """
        disks 48; N=$(sectors $A)
        table x "0 $N crypt aes-xts-plain64 $(random_key 512) 0 $A 0\\n$N 8 zero\\n$((N + 8)) 8 error"
        ext4 $MAPPED/x
        """, {"A": ENCRYPTED}),
    Row("37", "fscrypt on a plain disk", """
        disks 48; ext4 $A x -O encrypt
        """, {"A": PLAIN}),
    Row("55", "blank disks", """
        disks 32 32; tr '\\000' '\\377' </dev/zero | dd of=$B bs=1M count=32 iflag=fullblock status=none
        """, {"A": f"{EXEMPT}|{ENCRYPTED}", "B": f"{EXEMPT}|{ENCRYPTED}"}),
    Row("55b", "random-looking disk", """
        disks 32; noise $A
        """, {"A": UNKNOWN}),
    Row("55c", "text and no file system", """
        disks 32; yes 'Emma, aged 4, Blue Room' | head -c 33554432 >$A
        """, {"A": PLAIN}),
    Row("55d", "blank but for one page", """
        disks 32
        yes 'Emma, aged 4, Blue Room' | head -c 4096 | dd of=$A bs=4096 seek=5000 conv=notrunc status=none
        """, {"A": PLAIN}),
]  # fmt: skip

# -- layers --------------------------------------------------------------------------------------------------

LAYERS = [
    Row("4", "LVM on LUKS", """
        disks 64; lock $A x; vgcreate -qq vg $MAPPED/x; lvcreate -qq -y -Zn -Wn -n a -L 32M vg; ext4 /dev/vg/a
        """, {"A": ENCRYPTED}),
    Row("5", "LUKS on LVM", """
        disks 64; vgcreate -qq vg $A; lvcreate -qq -y -Wn -n a -L 48M vg; lock /dev/vg/a x; ext4 $MAPPED/x
        """, {"A": ENCRYPTED}),
    Row("5b", "LUKS on LVM beside a plain volume", """
        disks 96; vgcreate -qq vg $A; lvcreate -qq -y -Wn -n a -L 48M vg; lvcreate -qq -y -Wn -n b -L 32M vg
        lock /dev/vg/a x; ext4 $MAPPED/x; ext4 /dev/vg/b y
        """, {"A": PLAIN}),
    Row("8", "volume on the encrypted half of a group", """
        disks 96 64; lock $A x; vgcreate -qq vg $MAPPED/x $B; lvcreate -qq -y -Zn -Wn -n a -L 32M vg $MAPPED/x
        ext4 /dev/vg/a
        """, {"A": ENCRYPTED, "B": f"{PLAIN}"}),
    Row("8b", "volume over an encrypted and a plain half", """
        disks 64 64; lock $A x; vgcreate -qq vg $MAPPED/x $B; lvcreate -qq -y -Zn -Wn -n a -l 100%FREE vg
        ext4 /dev/vg/a
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("6", "LUKS on RAID", """
        disks 64 64; mirror md10 $A $B; lock /dev/md10 x; ext4 $MAPPED/x
        """, all_of(ENCRYPTED, "AB"), restless=True),
    Row("7", "RAID with one plain leg", """
        disks 64 64; lock $A x; mirror md10 $MAPPED/x $B; ext4 /dev/md10
        """, {"A": ENCRYPTED, "B": PLAIN}, restless=True),
    Row("7b", "RAID with one plain leg below LUKS", """
        disks 64 64; raw $A w aes-xts-plain64 512; mirror md10 $MAPPED/w $B; lock /dev/md10 x; ext4 $MAPPED/x
        """, all_of(ENCRYPTED, "AB"), restless=True),
    Row("7c", "RAID5 with a plain journal", """
        disks 32 32 32 32; for d in a:$A b:$B c:$C; do raw ${d#*:} ${d%%:*} aes-xts-plain64 512; done
        mdadm -q --create /dev/md10 --run --level=5 -n3 --write-journal=$D $MAPPED/a $MAPPED/b $MAPPED/c 2>row.log
        ext4 /dev/md10
        """, {"A": ENCRYPTED, "B": ENCRYPTED, "C": ENCRYPTED, "D": PLAIN}, restless=True),
    Row("7d", "RAID leg that is not running", """
        disks 64 64; mirror md10 $A $B; mdadm -q --stop /dev/md10
        """, all_of(PLAIN, "AB")),
    Row("9", "btrfs with subvolumes on LUKS", """
        disks 160; lock $A x; btrfs $MAPPED/x; btrfs subvolume create /mnt/x/sub >/dev/null
        mount -o subvol=sub $MAPPED/x $(at sub)
        """, {"A": ENCRYPTED}),
    Row("10", "btrfs with one plain device", """
        disks 160 160; lock $A x; btrfs $MAPPED/x $B -d single -m raid1
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("11", "btrfs all on LUKS", """
        disks 160 160; lock $A x; lock $B y; btrfs $MAPPED/x $MAPPED/y
        """, all_of(ENCRYPTED, "AB")),
    Row("12", "bcache with a plain cache", """
        disks 64 160; lock $A x; cache $MAPPED/x $B; ext4 /dev/bcache0
        """, {"A": ENCRYPTED, "B": PLAIN}, restless=True),
    Row("12b", "LUKS on bcache", """
        disks 64 160; cache $A $B; lock /dev/bcache0 x; ext4 $MAPPED/x
        """, all_of(ENCRYPTED, "AB"), restless=True),
    Row("12c", "a cache that was taken off dirty", """
        disks 64 64; make-bcache -C -b 256k $B >/dev/null; ext4_closed $A
        """, {"B": PLAIN}),
    Row("13", "LVM cache on a plain disk", """
        disks 96 64; lock $A x; vgcreate -qq vg $MAPPED/x $B; lvcreate -qq -y -Zn -Wn -n a -L 48M vg $MAPPED/x
        lvcreate -qq -y --type cache-pool -n c -L 16M vg $B
        lvconvert -qq -y --type cache --cachemode writeback --cachepool vg/c vg/a; ext4 /dev/vg/a
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("13b", "write cache on a plain disk", """
        disks 64 32; lock $A x; N=$(sectors $MAPPED/x); table wc "0 $N writecache s $MAPPED/x $B 4096 0"
        ext4 $MAPPED/wc
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("13c", "snapshot on a plain disk", """
        disks 64 32; lock $A x; N=$(sectors $MAPPED/x); table snap "0 $N snapshot $MAPPED/x $B P 8"
        ext4 $MAPPED/snap
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("13d", "a log of all writes on a plain disk", """
        disks 64 64; lock $A x; N=$(sectors $MAPPED/x); table lw "0 $N log-writes $MAPPED/x $B"; ext4 $MAPPED/lw
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("13e", "thin pool with plain metadata", """
        disks 64 16; lock $A x; thin $MAPPED/x $B; ext4 $MAPPED/thin
        """, {"A": ENCRYPTED, "B": f"{WEAK}|{PLAIN}"}),
    Row("13f", "LUKS on a thin volume", """
        disks 64 16; thin $A $B; raw $MAPPED/thin x aes-xts-plain64 512; ext4 $MAPPED/x
        """, {"A": ENCRYPTED, "B": f"{ENCRYPTED}|{WEAK}|{PLAIN}"}),
    Row("13g", "slow and flaky disks below LUKS", """
        disks 64 64; table d "0 $(sectors $A) delay $A 0 0"; table f "0 $(sectors $B) flakey $B 0 3600 0"
        lock $MAPPED/d x; lock $MAPPED/f y; ext4 $MAPPED/x x; ext4 $MAPPED/y y
        """, all_of(ENCRYPTED, "AB")),
    Row("13h", "striped over a lock and a plain disk", """
        disks 48 32; raw $A w aes-xts-plain64 512; table s "0 131072 striped 2 128 $MAPPED/w 0 $B 0"
        ext4 $MAPPED/s
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("13i", "a lock that goes on over a plain disk", """
        disks 48 32; lock $A x; L=$(sectors $MAPPED/x)
        table half "0 $L linear $MAPPED/x 0\\n$L 32768 linear $B 0"; ext4 $MAPPED/half
        """, {"A": ENCRYPTED, "B": PLAIN}),
]  # fmt: skip

# -- LUKS that is not what it seems --------------------------------------------------------------------------

REENCRYPT = "cryptsetup reencrypt -q --key-file $SECRET"
START_ENCRYPTING = (
    f"disks 128; ext4_closed $A; e2fsck -fp $A >/dev/null; resize2fs $A 96M 2>/dev/null; "
    f"{REENCRYPT} $KDF --encrypt --type luks2 --init-only --reduce-device-size 32M $A"
)


def linear_tail(header):
    """The second half of the data: not encrypted, for ever."""
    data = header["segments"]["0"]
    size = 16 << 20
    tail = {"type": "linear", "offset": str(int(data["offset"]) + size), "size": "dynamic"}
    data["size"] = str(size)
    header["segments"]["1"] = tail
    header["digests"]["0"]["segments"] = ["0"]


def hw_opal(crypt):
    def patch(header):
        data = header["segments"]["0"]
        data["type"] = "hw-opal-crypt" if crypt else "hw-opal"
        data.update(opal_segment_number=1, opal_key_size=32, opal_segment_size="33554432", size="33554432")
        if not crypt:
            for name in ("encryption", "sector_size", "iv_tweak"):
                data.pop(name, None)
        header["config"]["requirements"] = {"mandatory": ["opal"]}

    return patch


def backup_segment(header):
    """A note of where the data once was, as re-encryption leaves it: no data, no danger."""
    data = dict(header["segments"]["0"], flags=["backup-final"])
    header["segments"]["1"] = data


def bitlocker(protection, state=4, following=4):
    """A BitLocker volume with one key, locked with what PROTECTION says; STATE 4 is done, 2 and 5 are half way."""
    boot = bytearray(512)
    boot[0:11] = b"\xeb\x58\x90-FVE-FS-"
    boot[510:512] = b"\x55\xaa"
    struct.pack_into("<H", boot, 11, 512)
    struct.pack_into("<3Q", boot, 176, 1 << 20, 2 << 20, 3 << 20)
    key = struct.pack("<HHHH16sQHH", 80, 2, 8, 1, bytes(range(16)), 0, 0, protection).ljust(80, b"\1")
    metadata = struct.pack("<IIII16sIHHQ", 48 + len(key), 1, 48, 48 + len(key), bytes(range(16)), 9, 0x8004, 0, 0)
    block = struct.pack("<8sHHHHQ", b"-FVE-FS-", 4, 2, state, following, 16 << 20).ljust(64, b"\0") + metadata + key
    return {0: bytes(boot)} | {mib << 20: block.ljust(65536, b"\0") for mib in (1, 2, 3)}


UNFINISHED = [
    Row("23", "new key being written", f"""
        disks 64; format $A; {REENCRYPT} $KDF --init-only $A
        """, {"A": f"{ENCRYPTED}|{UNKNOWN}"}),
    Row("24", "encryption not begun open", f"""
        {START_ENCRYPTING} x; mount $MAPPED/x $(at x)
        """, {"A": PLAIN}),
    Row("24b", "encryption not begun closed", START_ENCRYPTING, {"A": PLAIN}),
    Row("24c", "encryption cut short", START_ENCRYPTING + f"""
        before=$(dd if=$A bs=4096 count=1 status=none | sha256sum)
        setsid {REENCRYPT} --resume-only $A >row.log 2>&1 &
        echo $! >>holders
        until [ "$(dd if=$A bs=4096 count=1 iflag=direct status=none | sha256sum)" != "$before" ]; do
            kill -0 $(cat holders) || {{ cat row.log; exit 1; }}
        done
        kill -9 $(cat holders); tail --pid=$(cat holders) -f /dev/null
        """, {"A": f"{PLAIN}|{UNKNOWN}"}),
    Row("25", "encryption being taken off", f"""
        disks 128; format $A; unlock $A x; ext4_closed $MAPPED/x; cryptsetup close x
        {REENCRYPT} --decrypt --header row.header --init-only $A
        """, {"A": NEVER_READY}),
    Row("25b", "one half for ever plain locked", """
        disks 64; luks $A
        """, {"A": PLAIN}, patch=linear_tail),
    Row("25c", "a backup segment", """
        disks 64; luks $A
        """, {"A": f"{ENCRYPTED}|{UNKNOWN}"}, patch=backup_segment),
    Row("26", "header elsewhere open", """
        disks 64; truncate -s 16M row.header; format $A --header row.header; unlock $A x --header row.header
        ext4 $MAPPED/x
        """, {"A": ENCRYPTED}),
    Row("26b", "header elsewhere closed", """
        disks 32; truncate -s 16M row.header; format $A --header row.header; unlock $A x --header row.header
        noise $MAPPED/x; cryptsetup close x
        """, {"A": UNKNOWN}),
    Row("33", "BitLocker with a password", """
        disks 32; noise $A
        """, {"A": ENCRYPTED}, raw=bitlocker(0x2000)),
    Row("33b", "BitLocker suspended", """
        disks 32; noise $A
        """, {"A": PLAIN}, raw=bitlocker(0)),
    Row("33c", "BitLocker half way", """
        disks 32; noise $A
        """, {"A": f"{PLAIN}|{UNKNOWN}"}, raw=bitlocker(0x2000, 2)),
    Row("33d", "BitLocker that the TPM opens alone", """
        disks 32; noise $A
        """, {"A": WEAK}, raw=bitlocker(0x100)),
    Row("44", "hardware encryption and LUKS2", """
        disks 64; luks $A
        """, {"A": f"{ENCRYPTED}|{UNKNOWN}"}, patch=hw_opal(True)),
    Row("44b", "hardware encryption alone", """
        disks 64; luks $A
        """, {"A": UNKNOWN}, patch=hw_opal(False)),
    Row("53", "both headers damaged", """
        disks 48; luks $A
        for at in 1 5; do yes damage | head -c 8192 | dd of=$A bs=4096 seek=$at conv=notrunc status=none; done
        """, {"A": UNKNOWN}),
    Row("53b", "first header damaged", """
        disks 48; luks $A; yes damage | head -c 8192 | dd of=$A bs=4096 seek=1 conv=notrunc status=none
        """, {"A": f"{ENCRYPTED}|{UNKNOWN}"}),
    Row("53c", "second header damaged", """
        disks 48; luks $A; yes damage | head -c 8192 | dd of=$A bs=4096 seek=5 conv=notrunc status=none
        """, {"A": f"{ENCRYPTED}|{UNKNOWN}"}),
    Row("53d", "LVM label over a LUKS2 header", """
        disks 48 48; luks $A; pvcreate -qq $B
        dd if=$B of=$A bs=512 skip=1 seek=1 count=2047 conv=notrunc,fsync status=none
        """, {"A": f"{PLAIN}|{UNKNOWN}"}),
    Row("53e", "a file system over a LUKS2 header", """
        disks 48 48; luks $A; ext4_closed $B; dd if=$B of=$A bs=512 skip=2 seek=2 conv=notrunc,fsync status=none
        """, {"A": f"{PLAIN}|{UNKNOWN}"}),
    Row("53f", "a signature and nothing else", """
        disks 48; printf 'LUKS\\272\\276\\000\\002' | dd of=$A conv=notrunc status=none
        """, {"A": UNKNOWN}),
]  # fmt: skip

# -- keys beside the lock ------------------------------------------------------------------------------------

UUID = "UUID=$(uuid_of $A)"


def token(json):
    return f"disks 48; luks $A; echo '{json}' | cryptsetup token import $A"


TPM2 = (
    '{"type":"systemd-tpm2","keyslots":["0"],"tpm2-blob":"AAAAAAAA","tpm2-pcrs":[7],"tpm2-pcr-bank":"sha256",'
    '"tpm2-policy-hash":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"%s}'
)
FIDO2 = (
    '{"type":"systemd-fido2","keyslots":["0"],"fido2-credential":"AAAAAAAA","fido2-salt":"AAAAAAAA","fido2-rp":'
    '"io.systemd.cryptsetup","fido2-clientPin-required":%s,"fido2-up-required":%s,"fido2-uv-required":false}'
)

KEYS = [
    Row("27", "key file on a plain disk", f"""
        disks 48; luks $A; mkdir -p /etc/keys; cp $SECRET /etc/keys/x.key
        crypttab x {UUID} /etc/keys/x.key luks
        """, {"A": PLAIN}, says={"A": "/etc/keys/x.key"}),
    Row("27b", "key file on an encrypted disk", f"""
        disks 48 48; luks $A; lock $B k; ext4 $MAPPED/k k; cp $SECRET /mnt/k/x.key
        crypttab x {UUID} /mnt/k/x.key luks
        """, all_of(ENCRYPTED, "AB")),
    Row("27c", "key file in /boot", f"""
        disks 48; luks $A; cp $SECRET /boot/x.key; crypttab x {UUID} /boot/x.key luks
        """, {"A": PLAIN}, says={"A": "/boot/x.key"}),
    Row("27d", "key file in the initramfs", f"""
        disks 48; luks $A; mkdir -p row.tree/cryptroot/keyfiles; cp $SECRET row.tree/cryptroot/keyfiles/x.key
        (cd row.tree && find . | cpio -o -H newc 2>/dev/null | gzip >/boot/initrd.img-6.1.0-1-amd64)
        crypttab x {UUID} none luks
        """, {"A": PLAIN}),
    Row("27e", "key file that does not fit", f"""
        disks 48; luks $A; mkdir -p /etc/keys; echo another >/etc/keys/x.key
        crypttab x {UUID} /etc/keys/x.key luks
        """, {"A": ENCRYPTED}),
    Row("27f", "key file that is not there", f"""
        disks 48; luks $A; crypttab x {UUID} /etc/keys/gone.key luks
        """, {"A": f"{ENCRYPTED}|{UNKNOWN}"}),
    Row("27g", "key at an offset", f"""
        disks 48; luks $A; mkdir -p /etc/keys; {{ head -c 100 /dev/zero; cat $SECRET; }} >/etc/keys/x.key
        crypttab x {UUID} /etc/keys/x.key luks,keyfile-offset=100,keyfile-size=$(stat -c %s $SECRET)
        """, {"A": PLAIN}),
    Row("28", "empty passphrase", """
        disks 48; : >row.empty; cryptsetup luksFormat -q --key-file row.empty $KDF $A
        """, {"A": f"{PLAIN}|{WEAK}"}),
    Row("28b", "crypttab tries the empty passphrase", f"""
        disks 48; luks $A; crypttab x {UUID} none luks,try-empty-password=yes
        """, {"A": ENCRYPTED}),  # it was tried, and opens nothing
    Row("28c", "a script that knows the key", f"""
        disks 48; luks $A; crypttab x {UUID} none luks,keyscript=/lib/cryptsetup/scripts/passdev
        """, {"A": NEVER_READY}),
    Row("29", "TPM without PIN", token(TPM2 % ',"tpm2-pin":false'), {"A": WEAK}),
    Row("29b", "TPM of an older release", token(TPM2 % ""), {"A": WEAK}),
    Row("29c", "TPM with PIN", token(TPM2 % ',"tpm2-pin":true'), {"A": ENCRYPTED}),
    Row("29d", "Clevis", token('{"type":"clevis","keyslots":["0"],"jwe":{"ciphertext":"AAAA","protected":"AAAA"}}'), {"A": WEAK}),
    Row("29e", "FIDO2 without a person", token(FIDO2 % ("false", "false")), {"A": WEAK}),
    Row("29f", "FIDO2 with PIN", token(FIDO2 % ("true", "true")), {"A": ENCRYPTED}),
    Row("29g", "recovery key", token('{"type":"systemd-recovery","keyslots":["0"]}'), {"A": ENCRYPTED}),
    Row("29h", "a token nobody knows", token('{"type":"sunny-lane","keyslots":["0"]}'), {"A": UNKNOWN}),
]  # fmt: skip

# -- swap and hibernation ------------------------------------------------------------------------------------

SWAP = [
    Row("30", "plain swap in use", """
        disks 32; mkswap -q $A; swapon $A
        """, {"A": PLAIN}, used_for={"A": ["swap"]}),
    Row("30a", "swap with a random key", """
        disks 32
        cryptsetup open -q --type plain --key-file /dev/urandom --cipher aes-xts-plain64 --key-size 512 $A x
        mkswap -q $MAPPED/x; swapon $MAPPED/x
        """, {"A": ENCRYPTED}, used_for={"A": ["swap"]}),
    Row("30b", "swap file on a btrfs subvolume on LUKS", """
        disks 192; lock $A x; btrfs $MAPPED/x; btrfs subvolume create /mnt/x/@swap >/dev/null
        mount -o subvol=@swap $MAPPED/x "$(at 'my swap')"; cd '/mnt/my swap'; truncate -s 0 file; chattr +C file
        fallocate -l 16M file; chmod 600 file; mkswap -q file; swapon file
        """, {"A": ENCRYPTED}, used_for={"A": ["swap"]}),
    Row("30c", "compressed memory with a plain disk behind it", """
        disks 32 32; modprobe zram num_devices=1; echo $B >/sys/block/zram0/backing_dev
        echo 32M >/sys/block/zram0/disksize; mkswap -q /dev/zram0; swapon /dev/zram0
        """, {"B": PLAIN}),
    Row("30d", "swap on LUKS with zswap", """
        disks 48; lock $A x; mkswap -q $MAPPED/x; swapon $MAPPED/x
        echo Y >/sys/module/zswap/parameters/enabled 2>row.log || true
        """, {"A": ENCRYPTED}),
    Row("30e", "swap file on a plain disk", """
        disks 64; ext4 $A; fallocate -l 16M /mnt/x/file; chmod 600 /mnt/x/file; mkswap -q /mnt/x/file
        swapon /mnt/x/file
        """, {"A": PLAIN}, used_for={"A": ["swap"]}),
    Row("30f", "plain swap not in use", """
        disks 32; mkswap -q $A
        """, {"A": PLAIN}),
    Row("31", "hibernation image", """
        disks 32; mkswap -q $A; printf 'S1SUSPEND\\000' | dd of=$A bs=1 seek=4086 conv=notrunc status=none
        """, {"A": PLAIN}, used_for={"A": ["hibernation image"]}),
]  # fmt: skip

# -- what mounts do not show ---------------------------------------------------------------------------------

ELSEWHERE = [
    Row("34", "container in a file on a plain disk", """
        disks 96; ext4 $A; truncate -s 48M /mnt/x/box; luks /mnt/x/box; L=$(losetup -f --show /mnt/x/box)
        cryptsetup open --volume-key-file $KEY $L y; ext4 $MAPPED/y y
        """, {"A": PLAIN}, restless=True),
    Row("34b", "file with a file system on an encrypted disk", """
        disks 96; lock $A x; ext4 $MAPPED/x; truncate -s 32M /mnt/x/box; L=$(losetup -f --show /mnt/x/box)
        ext4 $L y; rm /mnt/x/box
        """, {"A": ENCRYPTED}),
    Row("35", "overlay on LUKS", """
        disks 48; lock $A x; ext4 $MAPPED/x; mkdir /mnt/x/u /mnt/x/w
        mount -t overlay none -o lowerdir=/usr/share,upperdir=/mnt/x/u,workdir=/mnt/x/w $(at o)
        """, {"A": ENCRYPTED}),
    Row("36", "bind mount and memory", """
        disks 48; lock $A x; ext4 $MAPPED/x; mount --bind /mnt/x $(at b); mount -t tmpfs none $(at t)
        """, {"A": ENCRYPTED}),
    Row("40", "a home in an image on a plain disk", """
        disks 96; ext4 $A; truncate -s 48M /mnt/x/alice.home; luks /mnt/x/alice.home
        """, {"A": PLAIN}),
    Row("49", "ext4 with its journal on a plain disk", """
        disks 64 32; lock $A x; mke2fs -q -F -b 1024 -O journal_dev $B; ext4 $MAPPED/x x -b 1024 -J device=$B
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("50", "XFS with log and real-time part on plain disks", """
        disks 340 80 48; lock $A x; mkfs.xfs -q -l logdev=$B -r rtdev=$C $MAPPED/x
        mount -o logdev=$B,rtdev=$C $MAPPED/x $(at x)
        """, {"A": ENCRYPTED, "B": PLAIN, "C": PLAIN}),
    Row("51", "f2fs going on over a plain disk", """
        disks 96 96; lock $A x; mkfs.f2fs -c $B $MAPPED/x >row.log || { cat row.log; false; }; mount -t f2fs $MAPPED/x $(at x)
        """, {"A": ENCRYPTED, "B": PLAIN}),
    Row("52", "mounted where others cannot see it", """
        disks 48; ext4_closed $A
        hold unshare -m sh -c 'mount /dev/loop10 /mnt/closed && echo >held && exec tail -f /dev/null'
        """, {"A": PLAIN}),
    Row("52b", "unmounted lazily", """
        disks 48; ext4 $A
        hold sh -c 'cd /mnt/x && umount -l /mnt/x && echo >/root/matrix/held && exec tail -f /dev/null'
        """, {"A": PLAIN}),
    Row("52c", "a lock mounted where others cannot see it", """
        disks 48; lock $A x; ext4_closed $MAPPED/x
        hold unshare -m sh -c 'mount /dev/mapper/x /mnt/closed && echo >held && exec tail -f /dev/null'
        """, {"A": ENCRYPTED}),
    Row("41", "ZFS label", """
        disks 64
        for n in $(seq 128 255); do
            printf '\\014\\261\\272\\000\\000\\000\\000\\000' | dd of=$A bs=1024 seek=$n conv=notrunc status=none
        done
        """, {"A": f"{PLAIN}|{UNKNOWN}"}),
    Row("42", "a file system nobody knows", """
        disks 32; yes 'superblock' | head -c 4096 | dd of=$A bs=4096 seek=1 conv=notrunc status=none
        noise $A.x 2>/dev/null || true
        """, {"A": f"{PLAIN}|{UNKNOWN}"}),
]  # fmt: skip

# -- encrypted files on a plain disk: names, sizes and all that lies beside them are not -----------------------

ECRYPTFS = """
    modprobe ecryptfs; keyctl link @u @s; mkdir /mnt/x/.Private; cp $SECRET row.words
    S=$(ecryptfs-add-passphrase --fnek - <row.words | sed -n 's/.*\\[\\(.*\\)\\].*/\\1/p')
    mount -i -t ecryptfs /mnt/x/.Private $(at home) -o ecryptfs_sig=$(echo $S | cut -d' ' -f1),\
ecryptfs_fnek_sig=$(echo $S | cut -d' ' -f2),ecryptfs_cipher=aes,ecryptfs_key_bytes=16
    photo /mnt/home; sync"""
GOCRYPTFS = """
    mkdir /mnt/x/locked; gocryptfs -q -init -scryptn 10 -passfile $SECRET /mnt/x/locked
    gocryptfs -q -passfile $SECRET /mnt/x/locked $(at home); photo /mnt/home; sync"""

# Built on a laptop with other people's programs (image.PEER_PACKAGES).
FILES = [
    Row("38", "eCryptfs on a plain disk", "disks 64; ext4 $A" + ECRYPTFS, {"A": PLAIN}, restless=True),
    Row("38b", "eCryptfs on LUKS", "disks 64; lock $A x; ext4 $MAPPED/x" + ECRYPTFS, {"A": ENCRYPTED}),
    Row("39", "gocryptfs on a plain disk", "disks 64; ext4 $A" + GOCRYPTFS, {"A": PLAIN}, restless=True),
    Row("39b", "gocryptfs on LUKS", "disks 64; lock $A x; ext4 $MAPPED/x" + GOCRYPTFS, {"A": ENCRYPTED}),
]  # fmt: skip

# -- partitions and sticks -----------------------------------------------------------------------------------

ESP = "type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
DUAL_BOOT = f"""gpt $NVME "size=40M,{ESP}\\n\
size=2M,type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE\\n\
size=24M,type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\\n\
size=24M,type=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC\\n\
size=24M,type=linux\\nsize=48M,type=linux\\nsize=16M,type=swap\\nsize=1M,type=21686148-6449-6E6F-744E-656564454649\\n\
size=16M,type=linux"
mkfs.vfat -F 32 -s 1 ${{NVME}}p1 >/dev/null; mount ${{NVME}}p1 $(at esp); esp_files /mnt/esp; umount /mnt/esp
mkntfs -q -F ${{NVME}}p3 2>row.log; mkntfs -q -F ${{NVME}}p4 2>row.log
ext4_closed ${{NVME}}p5; luks ${{NVME}}p6; mkswap -q ${{NVME}}p7
head -c 40000 /dev/urandom | dd of=${{NVME}}p8 conv=notrunc status=none"""
BOOT = """
    disks 64; gpt $A 'size=48M,type=linux'; mke2fs -q -F -t ext4 -E lazy_itable_init=0 ${A}p1
    mount ${A}p1 /boot; : >boot-was-mounted; boot_files /boot"""
ESP_ROW = f"""
    disks 64; gpt $A 'size=40M,{ESP}'; mkfs.vfat -F 32 -s 1 ${{A}}p1 >/dev/null
    mount ${{A}}p1 $(at esp); esp_files /mnt/esp"""

PARTITIONS = [
    Row("32", "the other half of a dual-boot laptop", DUAL_BOOT, {
        "N1": EXEMPT, "N2": EXEMPT, "N3": PLAIN, "N4": NEVER_READY, "N5": PLAIN, "N6": ENCRYPTED, "N7": PLAIN, "N8": EXEMPT,
        "N9": f"{EXEMPT}|{ENCRYPTED}"}, used_for={"N5": ["not mounted"]}, kind="nvme"),
    Row("56", "ESP with boot files", ESP_ROW, {"A1": EXEMPT}),
    Row("56a", "ESP with a photo", ESP_ROW + "; mkdir -p /mnt/esp/DCIM; photo /mnt/esp/DCIM; umount /mnt/esp", {"A1": PLAIN}),
    Row("56b", "boot with boot files", BOOT, {"A1": EXEMPT}, used_for={"A1": ["/boot"]}, restless=True),
    Row("56c", "boot with a photo", BOOT + "; mkdir /boot/old; photo /boot/old", {"A1": PLAIN}, restless=True),
    Row("56d", "boot with boot files not mounted", BOOT + "; umount /boot; rm boot-was-mounted", {"A1": EXEMPT}),
    Row("56e", "a file system called boot with a home in it", """
        disks 64; gpt $A 'size=48M,type=linux,name=boot'; mke2fs -q -F -t ext4 -E lazy_itable_init=0 -L boot ${A}p1
        mount ${A}p1 /boot; : >boot-was-mounted; mkdir -p /boot/home/alice
        echo 'Emma, aged 4' >/boot/home/alice/list.txt
        """, {"A1": PLAIN}),
    Row("54", "plain stick left in", "ext4_closed $STAGE", {"U": PLAIN}, kind="usb"),
    Row("54b", "encrypted stick left in", "luks $STAGE", {"U": ENCRYPTED}, kind="usb"),
]  # fmt: skip

ROWS = ONE_DISK + LAYERS + UNFINISHED + KEYS + SWAP + ELSEWHERE + PARTITIONS

# What every test run builds: some rows of each list. `make matrix` and the campaign build them all.
SAMPLE = set("1b 3 14 17 20 48 7 10 24b 27 28 30 31 33b 52 56 54".split())
