/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The medium, by paths below one descriptor of its top folder and in no other way: no symbolic link is
 * followed, no mount entered, nothing above is reached. Paths are relative; "" is the top folder itself.
 *
 * A thing that is neither a file nor a folder does not exist here (-ENOENT). Negative errno.
 */

#include "base/cleanup.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

int backing_open(int root_fd, const char *path, int flags, int *ret_fd);
int backing_stat(int root_fd, const char *path, struct stat *ret_stat);

/* The folder that holds path, and where its last name begins in path. */
int backing_parent(int root_fd, const char *path, int *ret_fd, const char **ret_name);

int backing_make_dir(int root_fd, const char *path);
int backing_remove(int root_fd, const char *path, bool dir);

/* flags: RENAME_NOREPLACE or 0. */
int backing_rename(int root_fd, const char *from, const char *to, unsigned flags);

/* Modification time, and access time the same. */
int backing_set_time(int root_fd, const char *path, struct timespec time);

/* fsync of one file or folder. */
int backing_sync(int root_fd, const char *path);
