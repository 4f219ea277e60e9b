/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Lines of /proc/self/mountinfo (proc(5)), as a pure parser. */

#include "encryption/sysroot.h"

#define MOUNT_FIELD 4096

struct mount {
	uint64_t id;
	struct sysroot_device device; /* major 0: anonymous */
	char point[MOUNT_FIELD];
	char type[SYSROOT_NAME];
	char source[MOUNT_FIELD];
	char options[MOUNT_FIELD]; /* of the file system, not of the mount; cut if longer */
};

/* The mount with this id in the kernel's text. -ENOENT, or -EBADMSG for a line that is not understood. */
int mount_find(const char *text, uint64_t id, struct mount *ret_mount);

/* Is "name=..." or "name" among the file system's options? */
bool mount_has_option(const struct mount *mount, const char *name);
