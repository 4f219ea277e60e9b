/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The few calls by which the worker touches the source and the vault, as a table, so that tests can put a
 * failing card or a failing disk underneath. Programs use io_system and nothing else.
 *
 * Each returns a negative errno on failure. Short reads are the caller's to judge.
 */

#include "offload/source.h"

#include <sys/types.h>

struct io {
	void *data;
	int (*open)(void *data, const char *path, int usbfs_fd, struct source **ret_source, char *ret_detail);
	ssize_t (*read_source)(void *data, int fd, void *buffer, size_t size, uint64_t offset, unsigned pass);
	ssize_t (*read_vault)(void *data, int fd, void *buffer, size_t size, uint64_t offset);
	int (*write_vault)(void *data, int fd, const void *buffer, size_t size, uint64_t offset);
	int (*reserve_vault)(void *data, int fd, uint64_t size); /* fallocate(); not supported is no error */
	int (*sync_vault)(void *data, int fd);                   /* fsync() of a file or directory */
	int (*alive)(void *data, const struct source *source);
};

extern const struct io io_system;
