/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * With which options a file system of somebody else's medium is mounted. Pure.
 *
 * Read-only: nothing is replayed, names are UTF-8. For one writer: names are UTF-8, so that a name that was
 * judged is the name on the medium; where the file system knows no owners everything is the writer's alone;
 * FAT's times, which have no zone, are this computer's local time, as on every other computer.
 */

#include "base/cleanup.h"

#include <sys/types.h>

#define MOUNT_OPTIONS_MAX 8

struct mount_option {
	const char *key;
	char value[16]; /* "": a flag */
};

struct mount_options {
	const char *driver; /* as the kernel names it */
	bool has_owners;    /* files belong to the users that the medium says */
	size_t count;
	struct mount_option list[MOUNT_OPTIONS_MAX];
};

struct mount_writer {
	uid_t uid;
	gid_t gid;
	int minutes_east; /* local time, of UTC */
};

/* type: as libblkid names it. writer NULL: read-only. -EOPNOTSUPP: not mounted in this way. */
int mount_options(const char *type, const struct mount_writer *writer, struct mount_options *ret);
