/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Cells: child processes that look at hostile bytes, several at a time, each with one answer of fixed size
 * and a limit of time.
 *
 * A cell opens what it needs, then locks itself in: no capabilities, and a filter that leaves it reading
 * (and, with CELL_FILES, opening files below the folder that it was locked into), memory, its answer, and
 * exit. A cell that hangs, dies or does not answer gives an error, never an answer.
 */

#include "base/cleanup.h"

enum cell_lock {
	CELL_READS, /* only the descriptors that are open */
	CELL_FILES, /* also files below the locked-in folder, for reading */
};

struct cell {
	/* Runs in the child, as root; calls cell_lock_in() before it looks at a byte. 0 or a negative errno.
	 */
	int (*run)(const void *input, void *ret_answer);
	const void *input;
	void *answer; /* size bytes */
	size_t size;
	int result; /* 0, what run returned, -ETIMEDOUT, or -EIO for a child that died */
};

/* Runs all of them; each has until timeout_ms after the first was started. */
void cell_run(struct cell *cells, size_t count, int timeout_ms);

/* dirfd: the folder to be locked into, -1 with CELL_READS. */
int cell_lock_in(enum cell_lock lock, int dirfd);
