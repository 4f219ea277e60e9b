/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What lies in a start-up image: the initramfs that the boot loader reads, alone or inside a unified kernel
 * (UKI). Several archives one after another, each plain or compressed, as the kernel takes them.
 *
 * The parser is pure, over a read callback, and finds files by name only; it gives nothing a meaning. An
 * image that it does not understand to its end is an error, because what lies behind could be a key. For real
 * images it runs in a locked-in process with limits (initramfs_read()).
 */

#include "base/cleanup.h"
#include "base/secret.h"

#define INITRAMFS_NAME     1024
#define INITRAMFS_FILE_MAX (1024 * 1024 - 1)

struct initramfs_source {
	/* Exactly size bytes at offset: 0, or a negative errno. */
	int (*read)(void *data, uint64_t offset, void *buffer, size_t size);
	void *data;
	uint64_t size;
};

struct initramfs_visitor {
	/* Is the content of this regular file of interest? Names have no leading slash. */
	bool (*wanted)(const char *name, uint64_t size, void *data);
	/* Its content, when it was. Non-zero ends the parsing and is returned. */
	int (*file)(const char *name, const void *bytes, size_t size, void *data);
	void *data;
};

/* The name under which the command line inside a unified kernel is visited. */
#define INITRAMFS_CMDLINE ".cmdline"

/* 0; -ENOMSG: this is no start-up image; -EBADMSG: it is one, but damaged or not understood to its end;
 * -EFBIG: more than the limits; or what the callbacks return. */
int initramfs_parse(const struct initramfs_source *source, const struct initramfs_visitor *visitor);

/* --- real images --- */

struct initramfs_file {
	char name[INITRAMFS_NAME];
	struct secret *bytes;
};

struct initramfs_files {
	size_t count;
	struct initramfs_file *file;
};

/* Is this file of interest? Runs in the locked-in process: opens nothing. */
typedef bool (*initramfs_wanted)(const char *name, uint64_t size, void *data);

/* The wanted files of the image behind fd, which must be a regular file. Errors as above, -ETIMEDOUT, -EIO
 * when the process died. */
int initramfs_read(
	int fd, uint64_t size, initramfs_wanted wanted, void *data, struct initramfs_files *ret_files);
void initramfs_files_clear(struct initramfs_files *files);
