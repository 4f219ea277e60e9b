/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The files of an NTFS without mounting it, for exempt.h: Windows keeps its recovery system on one, and many
 * kernels have no driver. Pure, over a read callback; the bytes are hostile.
 *
 * Reads the master file table as far as the question needs: names, folders, sizes and where data begin. What
 * is not understood is an error, never a shorter list.
 */

#include "encryption/exempt.h"

/* Exactly size bytes at offset: 0, or a negative errno. */
typedef int (*ntfs_read)(void *data, uint64_t offset, void *buffer, size_t size);

/* size: bytes of the volume. 0 and what was found, -EBADMSG for a table that is not understood, -E2BIG for
 * more than EXEMPT_FILES records, or what read returned. */
int exempt_scan_ntfs(ntfs_read read, void *data, uint64_t size, struct exempt *ret_exempt);
