/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which disks the running system itself stands on, so that nobody ever makes them read-only or clears them,
 * even when the computer was started from USB.
 *
 * Asked are the mounts of /, /usr, /boot, /boot/efi, /boot/firmware and /efi, and active swap; through
 * partitions, encryption, LVM and md down to the disks. Mount points that a user could choose do not count. A
 * root file system whose device cannot be named (a network or overlay root, ZFS) protects nothing: there is
 * then no disk to name.
 */

#include "base/cleanup.h"

#include <sys/types.h>

#define SYSTEM_DISKS_MAX 64

/* Where to look: "/sys" and "/proc", or a test's folders; and where the system is mounted: "" for /, "/root"
 * in an initramfs that has mounted it there. */
struct system_roots {
	const char *sys, *proc, *mounted;
};
#define SYSTEM_ROOTS ((const struct system_roots){"/sys", "/proc", ""})

struct system_disks {
	dev_t disk[SYSTEM_DISKS_MAX];
	size_t count;
	bool more; /* there were more than fit: treat every disk as the system's */
};

/* Reads mountinfo, swaps and sysfs. -errno when /proc cannot be read. */
int system_disks_find(const struct system_roots *roots, struct system_disks *ret_disks);

bool system_disks_contain(const struct system_disks *disks, dev_t disk);

/*
 * The pure parts. One line of /proc/self/mountinfo: true when it is a mount of the system that is mounted at
 * `mounted`; then *ret_number is its device (0:N for file systems with several devices) and *ret_source the
 * unescaped source, of the given size.
 */
bool system_mount_line(
	const char *line, const char *mounted, dev_t *ret_number, char *ret_source, size_t size);

/* One line of /proc/swaps: true and the unescaped file or device name. */
bool system_swap_line(const char *line, char *ret_source, size_t size);

/* 1: the whole disk with this number hangs on a bus that leaves the building and the running system does not
 * stand on it; 0: otherwise. */
int system_disks_is_foreign(dev_t disk);
