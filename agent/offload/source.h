/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What is offloaded: a block device, an image of one, or a folder; opened for reading and nothing else.
 *
 * source_open() runs with the rights the worker was started with. It mounts every file system it knows that
 * lies on the device, read-only and detached: the mount has no path, nobody else can reach it, and it
 * disappears with its descriptor, also after a crash. The device itself is never opened for writing. Whatever
 * is found that is not understood is an outcome with a text, never something to be left out silently.
 *
 * Everything after that works below the roots with descriptors and follows no link.
 */

#include "base/cleanup.h"

#define SOURCE_ROOTS_MAX 16
#define SOURCE_DETAIL    256
#define SOURCE_NAMES     256
#define SOURCE_PREFIX    24

enum source_outcome {
	SOURCE_OPENED = 0,
	SOURCE_REFUSED = 1, /* it could not be opened or mounted; detail says why */
	SOURCE_UNKNOWN = 2, /* no file system that is offloaded; detail names what is there */
	SOURCE_GONE = 3,    /* no medium, or it went away while it was opened */
};

struct source_root {
	int fd;                     /* root directory */
	bool is_vfat;               /* names that end in dots need their short name */
	char prefix[SOURCE_PREFIX]; /* "partition-2" when there are several, else "" */
};

struct source {
	size_t root_count;
	struct source_root roots[SOURCE_ROOTS_MAX];
	size_t skipped_count; /* partitions whose content is not known */
	char skipped[SOURCE_ROOTS_MAX][SOURCE_PREFIX];
	int device_fd;     /* O_DIRECT on the device or the loop device over an image; -1: a folder */
	uint64_t capacity; /* bytes of the device; 0: a folder */
	uint64_t folder_fsid, folder_device; /* what proves that a folder is still there */
	char names[SOURCE_NAMES];            /* "vfat", or "vfat ext4"; "folder" */
};

/* detail: SOURCE_DETAIL bytes, filled for the positive outcomes. Blocks as long as the device does. */
int source_open(const char *path, struct source **ret_source, char ret_detail[static SOURCE_DETAIL]);
struct source *source_free(struct source *source);
DEFINE_CLEANUP(struct source, source_free);

/* 0: the device answers now, past every cache, and has the size it had; -ENODEV otherwise. */
int source_alive(const struct source *source);

/* Forgets what the kernel cached of the device's metadata, as far as it lets us. */
void source_forget_cache(const struct source *source);

/* Opens a directory or regular file below a directory without following links or crossing into other mounts.
 */
int source_open_directory_at(int dirfd, const char *name);

/* *ret_cached is true when reading goes through the page cache because the file system cannot do otherwise.
 */
int source_open_file(int root_fd, const char *path, bool *ret_cached);

/* 0 when no page of the file is in the page cache (after asking for that), -EAGAIN otherwise. */
int source_drop_cached(int fd, uint64_t size);

/* The short name under which vfat finds an entry whose name it lists but does not look up (trailing dots).
 * -ENOENT. */
#define SOURCE_ALIAS 14
int source_vfat_alias(int dirfd, const char *name, char ret_alias[static SOURCE_ALIAS]);
