/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What is offloaded: a block device, an image of one, a folder, or a PTP device (source-ptp.h); opened for
 * reading and nothing else.
 *
 * source_open() runs with the rights the worker was started with. It mounts every file system it knows that
 * lies on the device, read-only and detached: the mount has no path, nobody else can reach it, and it
 * disappears with its descriptor, also after a crash. The device itself is never opened for writing. Whatever
 * is found that is not understood is an outcome with a text, never something to be left out silently.
 *
 * Everything after that works below the roots with descriptors and follows no link.
 */

#include "base/cleanup.h"

struct source_ptp;

#define SOURCE_ROOTS_MAX 16
#define SOURCE_DETAIL    256
#define SOURCE_NAMES     256
#define SOURCE_PREFIX    24

enum source_outcome {
	SOURCE_OPENED = 0,
	SOURCE_REFUSED = 1, /* it could not be opened or mounted; detail says why */
	SOURCE_UNKNOWN = 2, /* no file system that is offloaded; detail names what is there */
	SOURCE_GONE = 3,    /* no medium, or it went away while it was opened */
	SOURCE_LOCKED = 4,  /* a phone or camera that shows nobody its memory until a person lets it */
};

struct source_root {
	int fd;                     /* root directory */
	int lost_found_fd;          /* "lost+found", which is root's alone on Linux file systems; -1: none */
	bool is_vfat;               /* names that end in dots need their short name */
	char prefix[SOURCE_PREFIX]; /* "partition-2" when there are several, else "" */
};

struct source {
	struct source_ptp *ptp; /* then there are no roots; owned */
	size_t root_count;
	struct source_root roots[SOURCE_ROOTS_MAX];
	size_t skipped_count; /* partitions whose content is not known */
	char skipped[SOURCE_ROOTS_MAX][SOURCE_PREFIX];
	int device_fd;     /* O_DIRECT on the device or the loop device over an image; -1: a folder */
	uint64_t capacity; /* bytes of the device; 0: a folder */
	uint64_t folder_fsid, folder_device; /* what proves that a folder is still there */
	char names[SOURCE_NAMES];            /* "vfat", or "vfat ext4"; "folder" */
};

/* path: of the device, image or folder; or "ptp:" for what is behind usbfs_fd, which is borrowed for as long
 * as the source lives. detail: SOURCE_DETAIL bytes, filled for the positive outcomes. Blocks as long as the
 * device does. */
int source_open(
	const char *path, int usbfs_fd, struct source **ret_source, char ret_detail[static SOURCE_DETAIL]);
struct source *source_free(struct source *source);
DEFINE_CLEANUP(struct source, source_free);

/* What may be done only with rights given up. enum source_outcome, detail as above. */
int source_connect(struct source *source, char ret_detail[static SOURCE_DETAIL]);

/* 0: the device answers now, past every cache, and has the size it had; -ENODEV otherwise. */
int source_alive(const struct source *source);

/* Forgets what the kernel cached of the device's metadata, as far as it lets us. */
void source_forget_cache(const struct source *source);

/* Opens a directory or regular file below a directory without following links or crossing into other mounts.
 */
int source_open_directory_at(int dirfd, const char *name);

/*
 * The root's "lost+found", from its beginning, for a worker that has no rights to it any more: its names can
 * be listed, nothing below it can be opened. Each call moves the place of the descriptor before. -EACCES:
 * there was none.
 */
#define SOURCE_LOST_FOUND "lost+found"
int source_open_lost_found(const struct source_root *root);

/* *ret_cached is true when reading goes through the page cache because the file system cannot do otherwise.
 */
int source_open_file(int root_fd, const char *path, bool *ret_cached);

/* 0 when no page of the file is in the page cache (after asking for that), -EAGAIN otherwise. */
int source_drop_cached(int fd, uint64_t size);

/* The short name under which vfat finds an entry whose name it lists but does not look up (trailing dots).
 * -ENOENT. */
#define SOURCE_ALIAS 14
int source_vfat_alias(int dirfd, const char *name, char ret_alias[static SOURCE_ALIAS]);
