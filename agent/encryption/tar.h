/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Writing a small ustar archive (POSIX.1-1988, long link targets as GNU tar writes them): files and symbolic
 * links, owned by root, of no date. Only for records of computers; reads no archives.
 *
 * The first error is kept and returned by tar_end(); everything after it is left out.
 */

#include "base/cleanup.h"

struct tar {
	int fd; /* borrowed */
	int error;
};

/* path: relative, at most 255 bytes in parts that ustar can hold, else -ENAMETOOLONG. */
void tar_file(struct tar *tar, const char *path, const void *data, size_t size);
void tar_link(struct tar *tar, const char *path, const char *target);

/* The two empty blocks at the end. 0, or the first error. */
int tar_end(struct tar *tar);
