/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * An empty file system in memory, made by the file system's own program. Nothing here touches a device: what
 * it makes is encrypted and written later, by others.
 */

#include "base/cleanup.h"

#define FILESYSTEM_LABEL_SIZE 64

enum filesystem {
	FILESYSTEM_EXFAT = 1, /* every system of today reads it once the stick is open */
	FILESYSTEM_EXT4 = 2,
};

enum filesystem_outcome {
	FILESYSTEM_OK = 0,
	FILESYSTEM_NO_PROGRAM = 1,
	FILESYSTEM_FAILED = 2, /* the program gave up; it said why on stderr */
};

/* "exfat", "ext4"; parse returns -EINVAL. */
const char *filesystem_name(enum filesystem filesystem);
int filesystem_parse(const char *text, enum filesystem *ret_filesystem);

/* exFAT where its program is installed, else ext4. */
enum filesystem filesystem_default(void);

/* Would so many files with so many bytes fit into a file system of that size? When in doubt: no. Pure. */
bool filesystem_holds(enum filesystem filesystem, uint64_t volume_bytes, uint64_t files, uint64_t bytes);

/* The label in ret_label if mkfs takes it as it is (printable ASCII, at most 11 characters), else "". Pure.
 */
void filesystem_label(const char *label, char ret_label[static FILESYSTEM_LABEL_SIZE]);

/* A sparse file in memory of that many bytes with an empty file system. label: as filesystem_label() gave it.
 * *ret_fd is owned by the caller. Memory: what the file system writes, some megabytes. */
int filesystem_make(enum filesystem filesystem, uint64_t bytes, const char *label, int *ret_fd);
