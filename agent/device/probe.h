/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which file systems lie where on a device or image. Over libblkid; only probe.c includes its header.
 *
 * Runs in the worker before it gives up its rights, never in the supervisor: a device that hangs, or bytes
 * that upset the library, cost one worker.
 */

#include "base/cleanup.h"

#define PROBE_VOLUMES_MAX 16
#define PROBE_TYPE        32
#define PROBE_PART_TYPE   40

struct probe_volume {
	uint64_t start, size;  /* bytes from the start of the device */
	unsigned number;       /* partition number, 0: the whole device */
	char type[PROBE_TYPE]; /* "vfat", "crypto_LUKS", "" when nothing known is there */
};

/* 0, -E2BIG for more than PROBE_VOLUMES_MAX partitions, or another errno. A device without partition table
 * gives one volume. Extended partitions themselves are left out, the logical ones inside are given. */
int probe_volumes(int fd, struct probe_volume ret_volumes[static PROBE_VOLUMES_MAX], size_t *ret_count);

enum probe_answer {
	PROBE_NOTHING,
	PROBE_FOUND,
	PROBE_SEVERAL, /* signatures that contradict each other */
};

/* What lies on the whole of fd, of every kind that libblkid knows, also members of RAID, LVM and the like.
 * *ret_table: there is a partition table on it. Negative errno when it could not be read. */
int probe_signature(int fd, enum probe_answer *ret_answer, char ret_type[static PROBE_TYPE], bool *ret_table);

/* The type that the partition table of a disk gives the partition at start (bytes): a GUID in lower case, or
 * "0xef". "" when there is no such entry. */
int probe_partition_type(int disk_fd, uint64_t start, char ret_type[static PROBE_PART_TYPE]);
