/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Lines of /proc/self/mountinfo (proc(5)), as a pure parser. */

#include "encryption/sysroot.h"

#define MOUNT_FIELD 4096

struct mount {
	uint64_t id;
	struct sysroot_device device; /* major 0: anonymous */
	bool whole;                   /* shows the file system from its root, not a part of it */
	char point[MOUNT_FIELD];
	char type[SYSROOT_NAME];
	char source[MOUNT_FIELD];
	char options[MOUNT_FIELD]; /* of the file system, not of the mount; cut if longer */
};

/* The mount with this id in the kernel's text. -ENOENT, or -EBADMSG for a line that is not understood. */
int mount_find(const char *text, uint64_t id, struct mount *ret_mount);

/* The mount in the first line of *text, which is moved behind that line. -ENOENT at the end, -EBADMSG for a
 * line that is not understood. */
int mount_next(const char **text, struct mount *ret_mount);

/* The value of option "name", "" when there is none. */
void mount_option(const struct mount *mount, const char *name, char *ret_value, size_t size);

/* Undoes the kernel's octal escapes of one field; what does not fit is cut. */
void mount_unescape(const char *field, size_t size, char *ret_text, size_t room);

/* Is "name=..." or "name" among the file system's options? */
bool mount_has_option(const struct mount *mount, const char *name);
