/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a drive says of itself: whether it has a disc, and whether it encrypts by itself. The latter is a
 * claim and never taken for encryption: see leaf.h. */

#include "base/cleanup.h"

/* disk_fd: a whole disk open for reading, or -1. True when the drive says that its own lock (TCG Opal, or an
 * ATA password) is switched on. */
bool content_drive_locks(int disk_fd);

/* A drive for discs that has none: the kernel gives it a size all the same. False when it does not say. */
bool content_drive_is_empty(int fd);
