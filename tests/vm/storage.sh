#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Words for building storage in the test laptop: sourced by every row of the matrix (matrix.py).
# A, B, C ... are loop devices over small sparse files; they are judged as if they were real disks. clear_away takes
# whatever a row has built apart again, in whatever order the kernel lets go of it.
#
# shellcheck disable=SC2034 # the rows use what is set here

WORK=/root/matrix
A=/dev/loop10 B=/dev/loop11 C=/dev/loop12 D=/dev/loop13 E=/dev/loop14
SECRET="$WORK/secret"      # the passphrase of every lock a row makes
KEY="$WORK/volume.key"     # the volume key of the template
TEMPLATE="$WORK/template"  # a LUKS2 header that is as good as a header can be, made once
KDF="--pbkdf pbkdf2 --hash sha256 --pbkdf-force-iterations ${ITERATIONS:-100000}"
CHEAP="--pbkdf pbkdf2 --hash sha256 --pbkdf-force-iterations 1000"
MAPPED=/dev/mapper

cd "$WORK" 2>/dev/null || true

# disks MIB...: A, B, C ... of these sizes, all zeros.
disks() {
    number=10
    for mib in "$@"; do
        truncate -s "${mib}M" "$WORK/disk$number"
        losetup "/dev/loop$number" "$WORK/disk$number"
        number=$((number + 1))
    done
}

sectors() { blockdev --getsz "$1"; }

# luks DEVICE: a locked LUKS2 device, from the template, with a UUID of its own.
luks() {
    dd if="$TEMPLATE" of="$1" bs=1M conv=notrunc,fsync status=none
    cryptsetup luksUUID -q --uuid "$(cat /proc/sys/kernel/random/uuid)" "$1"
}

# lock DEVICE NAME: the same, and open. The volume key spares the derivation.
lock() {
    luks "$1"
    cryptsetup open --volume-key-file "$KEY" "$1" "$2"
}

# format DEVICE OPTIONS...: luksFormat for real, for rows where its options matter.
format() {
    device=$1
    shift
    # shellcheck disable=SC2086
    cryptsetup luksFormat -q --key-file "$SECRET" $KDF "$@" "$device"
}

format_cheaply() {
    device=$1
    shift
    # shellcheck disable=SC2086
    cryptsetup luksFormat -q --key-file "$SECRET" $CHEAP "$@" "$device"
}

# unlock DEVICE NAME OPTIONS...
unlock() {
    device=$1 name=$2
    shift 2
    cryptsetup open --key-file "$SECRET" "$@" "$device" "$name"
}

random_key() { head -c "$(($1 / 8))" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# raw DEVICE NAME CIPHER BITS: dm-crypt without any header.
raw() {
    dmsetup create "$2" --table "0 $(sectors "$1") crypt $3 $(random_key "$4") 0 $1 0"
}

# table NAME LINES: a device-mapper table as it is.
table() {
    printf '%b\n' "$2" | dmsetup create "$1"
}

at() { mkdir -p "/mnt/$1" && echo "/mnt/$1"; }

# ext4 DEVICE [NAME [OPTIONS]]: a file system with a photo, mounted at /mnt/NAME.
ext4() {
    device=$1 name=${2:-x}
    [ $# -lt 2 ] || shift
    [ $# -lt 1 ] || shift
    mke2fs -q -F -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 "$@" "$device"
    mount "$device" "$(at "$name")"
    photo "/mnt/$name"
}

# ext4_closed DEVICE [OPTIONS]: the same, not mounted.
ext4_closed() {
    device=$1
    shift
    ext4 "$device" closed "$@"
    umount /mnt/closed
}

# btrfs DEVICE [DEVICE] [OPTIONS]: mounted at /mnt/x. The tool keeps its name.
btrfs() {
    case $1 in
    /dev/*) ;;
    *)
        command btrfs "$@"
        return
        ;;
    esac
    mkfs.btrfs -q -f "$@"
    command btrfs device scan >/dev/null
    mount "$1" "$(at x)"
    photo /mnt/x
}

# mirror NAME DEVICE DEVICE: RAID1.
mirror() {
    mdadm -q --create "/dev/$1" --run --metadata=1.2 --bitmap=none --assume-clean --level=1 -n2 "$2" "$3" 2>"$WORK/row.log"
}

# cache BACKING CACHE: /dev/bcache0, write-back; what is dirty stays in the cache. Each flush is an entry of its journal,
# also when nobody looks.
cache() {
    modprobe bcache
    make-bcache --writeback -b 128k -B "$1" -C "$2" >/dev/null
    for device in "$1" "$2"; do
        echo "$device" >/sys/fs/bcache/register 2>/dev/null || true
    done
    udevadm wait --timeout=30 /dev/bcache0
    timeout 20 sh -c 'until [ -e /sys/block/bcache0/bcache/cache ]; do udevadm settle; done' ||
        { dmesg | grep bcache; return 1; }
    echo 0 >/sys/block/bcache0/bcache/writeback_running
    : >"$WORK/row.flushes"
}

# thin DATA METADATA: /dev/mapper/thin
thin() {
    dd if=/dev/zero of="$2" bs=4096 count=1 status=none
    table pool "0 $(sectors "$1") thin-pool $2 $1 128 0"
    dmsetup message pool 0 "create_thin 0"
    table thin "0 65536 thin $MAPPED/pool 0"
}

# photo DIRECTORY: something that looks like a picture, 200 kB of it.
photo() {
    { printf '\377\330\377\340\000\020JFIF\000'; head -c 200000 /dev/urandom; } >"$1/IMG_0001.JPG"
}

noise() {
    bytes=$(blockdev --getsize64 "$1")
    head -c "$bytes" /dev/urandom >"$1"
}

# boot_files DIRECTORY: what a Debian /boot has.
boot_files() {
    { printf '%0514d' 0; printf 'HdrS'; head -c 300000 /dev/urandom; } >"$1/vmlinuz-6.1.0-1-amd64"
    mkdir -p "$1/grub/x86_64-efi"
    echo /init | cpio -o -H newc 2>/dev/null | gzip >"$1/initrd.img-6.1.0-1-amd64"
    echo "CONFIG_64BIT=y" >"$1/config-6.1.0-1-amd64"
    echo "set timeout=5" >"$1/grub/grub.cfg"
    { printf '\177ELF\002\001\001'; head -c 4000 /dev/urandom; } >"$1/grub/x86_64-efi/ext2.mod"
}

# esp_files DIRECTORY: what an EFI system partition has.
esp_files() {
    mkdir -p "$1/EFI/debian" "$1/EFI/BOOT"
    { printf 'MZ'; head -c 100000 /dev/urandom; } >"$1/EFI/debian/shimx64.efi"
    cp "$1/EFI/debian/shimx64.efi" "$1/EFI/BOOT/BOOTX64.EFI"
    echo "configfile /grub/grub.cfg" >"$1/EFI/debian/grub.cfg"
}

# gpt DEVICE LINES: a partition table; each line as sfdisk reads it.
gpt() {
    printf 'label: gpt\n%b\n' "$2" | sfdisk -q --no-tell-kernel "$1"
    partx -u "$1"
    udevadm settle
}

# hold COMMAND...: runs it in the background until clear_away; returns when it says so in $WORK/held.
hold() {
    rm -f "$WORK/held"
    mkfifo "$WORK/held" 2>/dev/null || true
    setsid "$@" >"$WORK/hold.log" 2>&1 &
    echo $! >>"$WORK/holders"
    timeout 30 cat "$WORK/held" >/dev/null
}

crypttab() { printf '%s\n' "$*" >>/etc/crypttab; }

uuid_of() { cryptsetup luksUUID "$1"; }

# --- taking apart --------------------------------------------------------------------------------------------------

ours() { find /sys/block -maxdepth 1 \( -name 'dm-*' -o -name 'md*' -o -name 'bcache*' \) -printf '%f\n'; }

ours_looped() { find /sys/block -maxdepth 1 -name 'loop*' -exec test -e '{}/loop' \; -printf '%f\n'; }

let_go() {
    findmnt -lno TARGET | grep '^/mnt/' | sort -r | while IFS= read -r where; do
        umount "$where" 2>/dev/null
    done
    # The youngest first: it lies on the older ones.
    dmsetup info -c --noheadings -o name --sort=-minor 2>/dev/null | while read -r name; do
        dmsetup remove "$name" 2>/dev/null
    done
    for device in /sys/block/md*; do
        [ -e "$device" ] && mdadm -q --stop "/dev/${device##*/}" 2>/dev/null
    done
    for stop in /sys/block/bcache*/bcache/stop /sys/fs/bcache/*-*/stop; do
        [ -e "$stop" ] && echo 1 >"$stop" 2>/dev/null
    done
    for device in $(ours_looped); do
        losetup -d "/dev/$device" 2>/dev/null
    done
    udevadm settle
}

clear_away() {
    [ -e "$WORK/holders" ] && xargs -r kill -9 <"$WORK/holders" 2>/dev/null
    [ -e "$WORK/row.asleep" ] && cryptsetup luksResume --key-file "$SECRET" x
    swapoff -a
    [ -e /sys/block/zram0 ] && echo 1 >/sys/block/zram0/reset
    [ -e "$WORK/boot-was-mounted" ] && umount /boot
    rounds=0
    while let_go; [ -n "$(ours)$(ours_looped)" ]; do
        rounds=$((rounds + 1))
        [ "$rounds" -lt 40 ] || { lsblk; findmnt -r; dmsetup table; return 1; }
    done
    rm -rf "$WORK"/disk* "$WORK"/row* "$WORK/holders" "$WORK/held" "$WORK/boot-was-mounted"
    rm -rf /etc/keys /etc/crypttab /etc/lvm/archive
    find /boot -mindepth 1 -delete
}
