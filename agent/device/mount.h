/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A mount at no path, read-only or for one writer, and a read-only loop device over a part of an image.
 *
 * All disappear with their last descriptor. The options make the card's own say end here: no device files, no
 * set-user-ID programs, no execution; read-only, no journal replay (which would write), and for a writer, no
 * links to follow.
 */

#include "device/mount-options.h"

#define MOUNT_ERROR 160

/* True for the file systems that are offloaded. */
bool mount_knows(const char *type);

/* Root directory of a detached mount. writer NULL: read-only, else writable for that one only. text gets what
 * the kernel said about a failure, "" if nothing. */
int mount_detached(const char *device, const char *type, const struct mount_writer *writer,
	char ret_text[static MOUNT_ERROR]);

/* Attaches size bytes (0: to the end) of image_fd from start to a free loop device, read-only and gone with
 * its last user. ret_path: "/dev/loop3". Returns its descriptor. */
#define MOUNT_LOOP_PATH 32
int mount_loop(int image_fd, uint64_t start, uint64_t size, char ret_path[static MOUNT_LOOP_PATH]);
