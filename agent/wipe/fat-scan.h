/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The whole of a FAT volume, checked: every cluster that is in use belongs to exactly one file or folder.
 *
 * A volume that passes has no loops, no cross-links, no lost clusters, no lengths that do not fit and no two
 * equal names; so clearing it after its files were offloaded loses nothing that had a name, and nothing that
 * ought to have had one. Memory: one bit a cluster, plus one folder's names.
 */

#include "wipe/extent.h"
#include "wipe/fat-entry.h"
#include "wipe/tree.h"

struct fat_scan {
	bool has_label;
	uint8_t label[FAT_ENTRY_SIZE]; /* directory entry in the root */
	struct extents root;           /* where the root's entries lie now */
};

/* tree must be initialised; after an outcome its path names the place. */
int fat_scan(const struct fat_volume *volume, struct tree *tree, struct fat_scan *ret_scan);
