/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * fsync of several files at the same time. Each fsync ends with a flush of the disk's own cache; flushes that
 * are asked for together are one flush, so a group of small photos costs little more than one of them.
 */

#include "offload/io.h"

struct sync_group;

/* io is borrowed. */
int sync_group_new(const struct io *io, struct sync_group **ret_group);
struct sync_group *sync_group_free(struct sync_group *group);
DEFINE_CLEANUP(struct sync_group, sync_group_free);

/* Returns when all are done. ret_results[i]: 0 or the negative errno of fds[i]; -1 in fds is left out (0). */
void sync_group_run(struct sync_group *group, const int *fds, int *ret_results, size_t count);
