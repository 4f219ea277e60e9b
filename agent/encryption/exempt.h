/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Does a file system hold nothing but what a computer needs to start? Decided file by file from where it
 * lies in the file system, its size and its first bytes; never from where the file system is mounted.
 *
 * The rules are of what is accepted. The first file that is not a boot file ends the exemption and is kept by
 * its name (without folders), so that a person can be told what to remove. Pure.
 */

#include "base/cleanup.h"

#define EXEMPT_HEAD  1024
#define EXEMPT_NAME  96
#define EXEMPT_FILES 20000

struct exempt {
	uint32_t files;             /* all that were looked at */
	uint32_t boot_files;        /* kernels, initial file systems, boot loaders */
	char offender[EXEMPT_NAME]; /* "" when there is none; control characters replaced */
};

/* One regular file. path: below the file system's root, without a leading "/". head: its first bytes, at
 * most EXEMPT_HEAD. False when nothing more can be learned: the exemption has ended, and whether there are
 * boot files beside what ended it is known. */
bool exempt_see(
	struct exempt *exempt, const char *path, uint64_t size, const uint8_t *head, size_t head_size);

/* Something that is no regular file, folder or symbolic link, or that could not be looked at. */
void exempt_see_other(struct exempt *exempt, const char *name);

/* There are boot files, and nothing else. */
bool exempt_holds(const struct exempt *exempt);

/* Walks the file system below dirfd, a folder of a mount of its own. Opens for reading only; follows no
 * links and leaves no mount. 0, or a negative errno: it could not be looked at. */
int exempt_scan(int dirfd, struct exempt *ret_exempt);
