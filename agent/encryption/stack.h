/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What is stacked on external disks (encryption, LVM, RAID, caches): does everything that is written to it
 * pass through encryption before it comes to an external disk?
 *
 * A read-only disk does not stop what is stacked on it, so this is asked of each stacked device. Only the
 * kernel's live tables are believed: not a header, not a name. A crypt target with a null or unknown cipher
 * is none, and a device that encrypts only a part of itself does not encrypt. Pure, over callbacks.
 */

#include "encryption/dmtable.h"

#include <sys/types.h>

#define STACK_BELOW_MAX 64

enum stack_verdict {
	STACK_INNER = 0, /* no external disk is below */
	STACK_ENCRYPTED,
	STACK_PLAIN, /* some of it, at least, comes to an external disk in clear */
};

struct stack_source {
	/* The live table; -ENXIO: not a device-mapper device. */
	int (*table)(void *data, dev_t number, struct dmtable *ret_table);
	/* What number lies directly on: the disk of a partition, the members of a stack; none for a disk. At
	 * most STACK_BELOW_MAX, else -E2BIG. */
	int (*below)(void *data, dev_t number, dev_t ret_numbers[static STACK_BELOW_MAX], size_t *ret_count);
	/* 1: an external disk that the system does not stand on, 0: none. */
	int (*external)(void *data, dev_t disk);
	void *data;
};

/*
 * 0 and *ret_verdict, or a negative errno from a callback, -ELOOP when stacked deeper than 16. With an error,
 * *ret_verdict is STACK_PLAIN if an external disk was seen before it, else STACK_INNER.
 */
int stack_judge(const struct stack_source *source, dev_t number, enum stack_verdict *ret_verdict);
