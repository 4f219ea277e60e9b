/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where a person finds the medium: /run/media/USER/LABEL, as the desktop does it.
 *
 * The folders are root's, so that nobody puts anything else in their place; /run/media/USER can be entered by
 * that user only.
 */

#include "base/cleanup.h"

#include <sys/types.h>

#define MOUNTPOINT_ROOT "/run/media"

/* Makes an empty folder for a medium with this label. root: MOUNTPOINT_ROOT, or a test's. -ESRCH: there is no
 * such user; -EPERM: a folder on the way is not root's; -EEXIST: too many of the same name. */
int mountpoint_make(const char *root, uid_t uid, const char *label, char *ret_path, size_t size);

/* Takes the empty folder away; harmless when it is not there. */
void mountpoint_remove(const char *path);
