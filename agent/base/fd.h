/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reading and writing all of it, or saying why not; and replacing a small file so that a crash leaves the old
 * or the new one, never a mixture and never neither.
 *
 * All functions retry EINTR and return a negative errno on failure.
 */

#include "base/cleanup.h"

#include <sys/types.h>

/* Reads until size bytes or end of file; returns the number of bytes read. A short count is end of file. */
ssize_t fd_read_full(int fd, void *buffer, size_t size);
ssize_t fd_pread_full(int fd, void *buffer, size_t size, uint64_t offset);

/* All of size before the deadline (as clock_monotonic_ns()), whoever keeps the other end of the pipe:
 * -ETIMEDOUT after it, -EIO at an early end of file. */
int fd_read_before(int fd, void *buffer, size_t size, uint64_t deadline);

/* Writes everything or fails; 0 on success. A write that makes no progress is -ENOSPC. */
int fd_write_full(int fd, const void *buffer, size_t size);
int fd_pwrite_full(int fd, const void *buffer, size_t size, uint64_t offset);

/* Reads a whole file of at most max bytes; *ret_data is NUL-terminated, owned by the caller. -EFBIG if
 * larger. */
int fd_read_file(int fd, size_t max, char **ret_data, size_t *ret_size);
int fd_read_file_at(int dirfd, const char *path, size_t max, char **ret_data, size_t *ret_size);

/* Temporary file, write, fsync, rename over name, fsync directory: all checked. mode is the file's mode. */
int fd_replace_file_at(int dirfd, const char *name, const void *data, size_t size, mode_t mode);

/* fsync of a directory by descriptor; dirfd may be O_PATH-less only. */
int fd_sync_dir(int dirfd);

/* mkdirat() that accepts an existing directory, then fsync of the parent. */
int fd_make_dir_at(int dirfd, const char *name, mode_t mode);

/* Moves fd to at least minimum and keeps close-on-exec; the old number is closed. Returns the new fd. */
int fd_move_above(int fd, int minimum);

int fd_set_nonblocking(int fd, bool nonblocking);
