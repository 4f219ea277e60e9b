/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One bit for each cluster of a card: at most BITMAP_BITS_MAX, which is 32 MiB of memory. */

#include "base/cleanup.h"

#define BITMAP_BITS_MAX (1ULL << 28)

struct bitmap {
	uint64_t bits;
	uint8_t *bytes;
};

/* All zero. -EFBIG above the limit, -ENOMEM. */
int bitmap_init(struct bitmap *bitmap, uint64_t bits);
void bitmap_clear(struct bitmap *bitmap);

static inline bool bitmap_test(const struct bitmap *bitmap, uint64_t bit)
{
	return bit < bitmap->bits && (bitmap->bytes[bit / 8] >> (bit % 8) & 1);
}

static inline void bitmap_set(struct bitmap *bitmap, uint64_t bit)
{
	if (bit < bitmap->bits)
		bitmap->bytes[bit / 8] |= (uint8_t)(1U << (bit % 8));
}

static inline void bitmap_unset(struct bitmap *bitmap, uint64_t bit)
{
	if (bit < bitmap->bits)
		bitmap->bytes[bit / 8] &= (uint8_t) ~(1U << (bit % 8));
}

bool bitmap_is_empty(const struct bitmap *bitmap);
