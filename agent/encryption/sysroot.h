/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where the kernel's answers come from: /sys, /proc, device-mapper and a few calls on the real machine, a
 * prepared folder in tests. Everything that decides about encryption asks through this and nothing else, so
 * that the decisions can be tested without root and without the devices.
 */

#include "encryption/dmtable.h"

#define SYSROOT_NAME 64
#define SYSROOT_PATH 4096

struct sysroot_device {
	uint32_t major, minor;
};

/* Where a file or directory lies. */
struct sysroot_place {
	bool is_device; /* a block device itself; only device is set then */
	struct sysroot_device device;
	uint64_t mount_id;   /* of /proc/self/mountinfo */
	char btrfs_fsid[37]; /* "" when not btrfs */
};

struct content;
struct content_wish;

struct sysroot {
	const char *prefix; /* "" on the real machine; before "/sys" and "/proc" */
	int (*table)(const struct sysroot *root, struct sysroot_device device, struct dmtable *ret_table);
	/* loop is the loop device's kernel name when path is its backing file, else NULL. -ESTALE: the path
	 * is no longer that file. */
	int (*place)(const struct sysroot *root, const char *path, const char *loop,
		struct sysroot_place *ret_place);
	/* What lies on devices: encryption/content.h. NULL where nobody asks. */
	int (*content)(const struct sysroot *root, const struct content_wish *wishes, size_t count,
		struct content *ret_contents);
	void *data;
};

/* The running machine. */
extern const struct sysroot sysroot_live;

/* The place of an open descriptor (not O_PATH for btrfs). -EOPNOTSUPP: the kernel cannot say. */
int sysroot_place_of_fd(int fd, struct sysroot_place *ret_place);

/* A small file's text without trailing newline; path as printf. -ENOENT, -ENAMETOOLONG when it does not fit.
 */
int sysroot_read(const struct sysroot *root, char *ret_text, size_t size, const char *format, ...)
	_printf_(4, 5);

bool sysroot_exists(const struct sysroot *root, const char *format, ...) _printf_(2, 3);

/* Target of a symbolic link. */
int sysroot_link(const struct sysroot *root, char *ret_text, size_t size, const char *format, ...)
	_printf_(4, 5);

/* Names in a directory, sorted, without "." and ".."; at most max. */
int sysroot_list(const struct sysroot *root, const char *path, char (*ret_names)[SYSROOT_NAME], size_t max,
	size_t *ret_count);

/* "254:3" */
int sysroot_parse_device(const char *text, struct sysroot_device *ret_device);

/* The mount table as the kernel prints it; owned by the caller. */
int sysroot_mounts(const struct sysroot *root, char **ret_text);
