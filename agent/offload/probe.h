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

struct probe_volume {
	uint64_t start, size;  /* bytes from the start of the device */
	unsigned number;       /* partition number, 0: the whole device */
	char type[PROBE_TYPE]; /* "vfat", "crypto_LUKS", "" when nothing known is there */
};

/* 0, -E2BIG for more than PROBE_VOLUMES_MAX partitions, or another errno. A device without partition table
 * gives one volume. Extended partitions themselves are left out, the logical ones inside are given. */
int probe_volumes(int fd, struct probe_volume ret_volumes[static PROBE_VOLUMES_MAX], size_t *ret_count);
