/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One stored file's hashes, read from the device: O_DIRECT where the file system can, otherwise after its
 * pages were dropped from the cache. */

#include "vault/mhl.h"

struct rehash;

int rehash_new(struct rehash **ret_rehash);
struct rehash *rehash_free(struct rehash *rehash);
DEFINE_CLEANUP(struct rehash, rehash_free);

/* Reads fd (a regular file, opened without O_DIRECT) to its end. step is called after every piece with its
 * size; a non-zero answer ends the reading and is returned. */
int rehash_file(struct rehash *rehash, int fd, int (*step)(uint64_t bytes, void *data), void *data,
	struct mhl_hashes *ret_hashes, uint64_t *ret_size);
