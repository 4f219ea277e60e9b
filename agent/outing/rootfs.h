/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reading the files of a computer: the running one (root "") or one recorded in a folder, whose symbolic
 * links never lead out of it.
 *
 * The callers are root and some paths lie in people's homes, so only regular files are ever opened: a path
 * that turns out to be a device, pipe or socket is -EINVAL and was not touched. "Not there" (-ENOENT, also
 * when a folder on the way is missing) and "could not look" (any other error) are kept apart.
 */

#include "base/cleanup.h"

#include <sys/types.h>

#define ROOTFS_PATH     4096
#define ROOTFS_TEXT_MAX (1024 * 1024)

/* A regular file, open for reading; path is absolute. */
int rootfs_open(const char *root, const char *path);

/* All of it, NUL-terminated, owned by the caller. -EFBIG beyond max bytes. */
int rootfs_read(const char *root, const char *path, size_t max, char **ret_data, size_t *ret_size);

/* As above for text of at most ROOTFS_TEXT_MAX bytes; -EBADMSG if there is a NUL byte in it. */
int rootfs_text(const char *root, const char *path, char **ret_text);

/* 1 it is there (a dangling link is not), 0 it is not, negative errno: could not look. */
int rootfs_exists(const char *root, const char *path);

/* Target of a symbolic link as it is written there; -EINVAL: not a link. */
int rootfs_link(const char *root, const char *path, char *ret_target, size_t size);

/* Modification time in Unix seconds. */
int rootfs_modified(const char *root, const char *path, int64_t *ret_seconds);

struct rootfs_names {
	size_t count;
	char **name; /* sorted by bytes */
};

/* Names in a folder that end in suffix (""), without hidden ones. A folder that is not there is -ENOENT. */
int rootfs_list(const char *root, const char *folder, const char *suffix, struct rootfs_names *ret_names);
void rootfs_names_clear(struct rootfs_names *names);
#define _cleanup_names_ _cleanup_(rootfs_names_clear)

/* "FOLDER/NAME" with all that follows as printf; false when it does not fit (such a path is then skipped as
 * unreadable). */
bool rootfs_path(char ret_path[static ROOTFS_PATH], const char *format, ...) _printf_(2, 3);
