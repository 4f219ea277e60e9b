/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The whole of an exFAT volume, checked: every cluster that its bitmap marks belongs to exactly one file,
 * folder or system structure, and the other way round. See fat-scan.h for what passing means.
 */

#include "wipe/exfat-entry.h"
#include "wipe/extent.h"
#include "wipe/tree.h"

#define EXFAT_KEPT_MAX 8

struct exfat_scan {
	uint8_t kept[EXFAT_KEPT_MAX][EXFAT_ENTRY_SIZE]; /* system entries of the root, in order */
	size_t kept_count;
	uint32_t bitmap_cluster;
	uint64_t bitmap_bytes;
	uint32_t upcase_cluster;
	uint32_t upcase_bytes;
	uint32_t upcase_checksum;
	bool has_label;
	uint8_t label[EXFAT_ENTRY_SIZE];
	struct extents bitmap; /* in the order of their chains */
	struct extents upcase;
	struct extents root;
	struct upcase table;
};

/* tree must be initialised; after an outcome its path names the place. *ret_scan is large: from the heap. */
int exfat_scan(const struct exfat_volume *volume, struct tree *tree, struct exfat_scan *ret_scan);
