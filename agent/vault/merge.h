/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The keys of any number of records in a file, in order, in about a megabyte of memory: sorted runs in the
 * same file, merged. Up to MERGE_IN_MEMORY keys nothing is written at all.
 */

#include "base/cleanup.h"

#define MERGE_IN_MEMORY 8192
#define MERGE_RUNS_MAX  4096

struct merge {
	int fd;
	uint64_t records_at; /* byte offset of the first record */
	uint64_t count;
	size_t record_size, key_offset, key_size; /* at most SORT_RECORD_MAX each */
	uint64_t scratch_at;                      /* byte offset from which on the file may be overwritten */
};

/* Calls emit with each key in memcmp() order; stops at the first negative answer and returns it. -EFBIG: more
 * than MERGE_RUNS_MAX runs. */
int merge_keys(const struct merge *merge, int (*emit)(const void *key, void *data), void *data);
