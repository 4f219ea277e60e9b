/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Bits for clusters. See bitmap.h. Pure. */

#include "wipe/bitmap.h"

#include "wipe/source.h"

int bitmap_init(struct bitmap *bitmap, uint64_t bits)
{
	if (bits > BITMAP_BITS_MAX)
		return -EFBIG;
	bitmap->bytes = calloc(1, (size_t)(bits / 8) + 1);
	if (!bitmap->bytes)
		return -ENOMEM;
	bitmap->bits = bits;
	return 0;
}

void bitmap_clear(struct bitmap *bitmap)
{
	free(bitmap->bytes);
	*bitmap = (struct bitmap){0};
}

bool bitmap_is_empty(const struct bitmap *bitmap)
{
	return !bitmap->bytes || bytes_are_zero(bitmap->bytes, (size_t)(bitmap->bits / 8) + 1);
}
