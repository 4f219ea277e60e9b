/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Pieces of a device, in bytes, neighbours joined. A list has a fixed limit: no card needs more. */

#include "wipe/outcome.h"

#define EXTENTS_MAX 1024

struct extent {
	uint64_t offset;
	uint64_t size;
};

struct extents {
	size_t count;
	struct extent list[EXTENTS_MAX];
};

/* WIPE_UNUSUAL when the list is full. */
static inline int extents_add(struct extents *extents, uint64_t offset, uint64_t size)
{
	struct extent *last = extents->count > 0 ? &extents->list[extents->count - 1] : NULL;

	if (last && last->offset + last->size == offset) {
		last->size += size;
		return 0;
	}
	if (extents->count == EXTENTS_MAX)
		return WIPE_UNUSUAL;
	extents->list[extents->count++] = (struct extent){offset, size};
	return 0;
}

static inline bool extents_contain(const struct extents *extents, uint64_t offset)
{
	for (size_t i = 0; i < extents->count; i++)
		if (offset >= extents->list[i].offset &&
			offset - extents->list[i].offset < extents->list[i].size)
			return true;
	return false;
}
