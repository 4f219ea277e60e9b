/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Single properties of an Xfce channel, from the XML files in which xfconfd keeps them: first the system's
 * (/etc/xdg), then the user's, which override it.
 */

#include "base/cleanup.h"

#define XFCONF_VALUE 64

struct xfconf_property {
	const char *path; /* "/lock/enabled" */
	char value[XFCONF_VALUE];
	bool found;
};

/* Fills what the files of that channel ("xfce4-screensaver") say; the rest keeps its value. 0, or the
 * negative errno of a file that exists and cannot be read or understood; *ret_path (room for ROOTFS_PATH)
 * names it. */
int xfconf_read(const char *root, const char *home, const char *channel, struct xfconf_property *properties,
	size_t count, char *ret_path);

/* One file from a descriptor. */
int xfconf_parse(int fd, struct xfconf_property *properties, size_t count);
