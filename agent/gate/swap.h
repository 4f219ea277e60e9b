/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether what waits in memory may be written to a disk in the clear, as swap is. Safe is: no swap, swap that
 * rests encrypted, or a control group that may not use it. The last is what the unit of a gate sets, since
 * only that holds for the processes that look into files as well and for swap that is added later:
 *
 *   MemorySwapMax=0
 */

#include "encryption/storage.h"

#define SWAP_PLACE 256

/* Of the running machine, or of a picture of one. */
struct swap_view {
	const char *prefix; /* before "/proc" and "/sys"; "" on the real machine */
	int (*storage)(const char *path, struct storage_report *ret_report);
};

extern const struct swap_view swap_live;

/* 0: safe for the calling process. 1: not, or not known to be; *ret_place is the swap that decided. -errno
 * when it cannot be found out. Reads as root. */
int swap_check(const struct swap_view *view, char ret_place[static SWAP_PLACE]);
