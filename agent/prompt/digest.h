/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The SHA-512 of a refused file, as it stands behind the gate: a manager allows a content, not a name.
 *
 * It is read by this program started again with --hash and nothing but the open file, so that a large or a
 * slow one holds up nobody.
 */

#include "job/capture.h"

/* A file below the stick's mount point, for reading; never anything outside of it, through a link or not.
 * A descriptor owned by the caller, or a negative errno. */
int digest_open(const char *mountpoint, const char *path);

/* done gets 128 hexadecimal digits, or text that digest_valid() rejects. Borrows fd until then. */
int digest_start(struct loop *loop, int fd, capture_done done, void *data, struct capture **ret_capture);
bool digest_valid(const char *text);

/* What --hash does: reads descriptor 3, prints its digest. An exit status. */
int digest_child(void);
