/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a card held, in 80 bytes, whatever the order in which it was read.
 *
 * Rule 1 asks that a fresh scan of the source equals the recorded set before anything is deleted. Two
 * different pieces of code scan: the offload through the kernel's file system, the wipe with its own parser.
 * Both feed each regular file's path and size in here; the sums are equal only if the sets are. The digest of
 * one file is SHA-512(path, 0, size as 8 little-endian bytes); digests are added modulo 2^512, so order does
 * not matter and memory stays constant.
 */

#include "base/cleanup.h"
#include "base/sha512.h"

struct set_digest {
	uint64_t files;
	uint64_t bytes;
	uint8_t sum[SHA512_SIZE]; /* little-endian number */
};

#define SET_DIGEST_NULL ((struct set_digest){0})

/* path: relative, '/' between names, no NUL inside. -EOVERFLOW if the totals do not fit. */
int set_digest_add(struct set_digest *set, const char *path, size_t path_size, uint64_t file_size);

bool set_digest_equal(const struct set_digest *a, const struct set_digest *b);
