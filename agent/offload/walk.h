/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Looks through a source, depth first, and tells what is there; opens no file, follows no link, holds no
 * list.
 *
 * Memory is bounded by depth, not by the number of entries. What cannot be looked into is told as failed,
 * never left out. The end of a directory and "no such file" are believed only after the device was proven
 * alive.
 */

#include "offload/io.h"
#include "offload/protocol.h"

#include <stdatomic.h>

#define WALK_DEPTH_MAX 128

enum walk_outcome {
	WALK_DONE = 0,
	WALK_STOPPED = 1,
	WALK_SOURCE_GONE = 2,
	WALK_TOO_MUCH = 3,
};

struct walk_entry {
	const char *path; /* as the file system shows it, relative; bytes */
	size_t path_size;
	const char *open_path; /* by which it can be opened below its root; the same but for vfat's dotted
				  names */
	size_t open_size;
	unsigned root;
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_ns;
};

/* Each returns 0 or a negative errno, which ends the walk and is returned. */
struct walk_sink {
	void *data;
	int (*file)(void *data, const struct walk_entry *entry);
	int (*folder)(void *data, const struct walk_entry *entry); /* when it is left; never for the root */
	int (*finding)(void *data, enum offload_finding kind, const char *path, size_t size);
	int (*failed)(void *data, enum offload_reason reason, int error, const char *path, size_t size);
};

/* stop is looked at between entries. enum walk_outcome or negative errno. */
int walk_source(const struct source *source, const struct io *io, const struct walk_sink *sink,
	const atomic_bool *stop);
