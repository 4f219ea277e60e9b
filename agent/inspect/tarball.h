/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reading tar archives, strictly: POSIX (ustar, pax) and GNU with long names. Pure; copies nothing.
 *
 * Files, folders and links are known; everything else (sparse files, volumes, devices), a wrong checksum, and
 * any byte that is not zero where zeros belong is damage.
 */

#include "base/cleanup.h"

enum tarball_outcome {
	TARBALL_END = 0,
	TARBALL_MEMBER = 1,
	TARBALL_DAMAGED = 2,
};

/* Bytes within the archive, of any charset, not terminated. A name may be divided into folder and name.
 * Headers that speak of the next member (long names, pax) are members themselves. */
struct tarball_member {
	const char *name, *folder, *link, *user, *group;
	size_t name_length, folder_length, link_length, user_length, group_length;
	const uint8_t *bytes;
	size_t size;
};

/* Start value: bytes and size, all else zero. */
struct tarball {
	const uint8_t *bytes;
	size_t size, at;
};

/* An outcome. */
int tarball_next(struct tarball *tarball, struct tarball_member *ret);
