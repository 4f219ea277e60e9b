/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The bounds check in front of every read. See source.h. Pure. */

#include "wipe/source.h"

#include <string.h>

int source_read(const struct source *source, uint64_t offset, void *ret_buffer, size_t size)
{
	if (size > source->size || offset > source->size - size)
		return WIPE_OUT_OF_RANGE;
	return source->read(source->data, offset, ret_buffer, size);
}

bool bytes_are_zero(const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	return size == 0 || (b[0] == 0 && memcmp(b, b + 1, size - 1) == 0);
}

int source_is_zero(const struct source *source, uint64_t offset, uint64_t size, bool *ret_zero)
{
	uint8_t buffer[4096];

	while (size > 0) {
		size_t piece = size < sizeof buffer ? (size_t)size : sizeof buffer;
		int r = source_read(source, offset, buffer, piece);

		if (r != 0)
			return r;
		if (!bytes_are_zero(buffer, piece)) {
			*ret_zero = false;
			return 0;
		}
		offset += piece;
		size -= piece;
	}
	*ret_zero = true;
	return 0;
}
