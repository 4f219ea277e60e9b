/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * libdeflate for streams that are whole, which takes half the time, and zlib's inflate() into a buffer that
 * grows for whatever libdeflate does not take: only zlib says how far a damaged one goes. See inflate.h.
 */

#include "base/inflate.h"

#include <libdeflate.h>
#include <zlib.h>

#define FIRST_ROOM 16384
#define USUAL      16 /* times that documents' streams are packed, at most */

void inflated_clear(struct inflated *inflated)
{
	free(inflated->bytes);
	*inflated = (struct inflated){0};
}

static int grow(struct inflated *out, size_t *room, size_t max)
{
	size_t wanted = *room ? *room * 2 : FIRST_ROOM;
	uint8_t *grown;

	/* One byte more than may come out shows that there is more. */
	if (wanted > max + 1)
		wanted = max + 1;
	if (wanted == *room)
		return INFLATE_TOO_LARGE;
	grown = realloc(out->bytes, wanted + 1);
	if (!grown)
		return -ENOMEM;
	out->bytes = grown;
	*room = wanted;
	return 0;
}

static int inflate_all(z_stream *stream, size_t max, struct inflated *out)
{
	size_t room = 0;
	int z = Z_OK;

	while (z == Z_OK) {
		int r = out->size == room ? grow(out, &room, max) : 0;

		if (r != 0)
			return r;
		stream->next_out = out->bytes + out->size;
		stream->avail_out = (uInt)(room - out->size);
		z = inflate(stream, Z_NO_FLUSH);
		out->size = (size_t)(stream->next_out - out->bytes);
		if (out->size > max)
			return INFLATE_TOO_LARGE;
	}
	out->bytes[out->size] = 0;
	return z == Z_STREAM_END ? INFLATE_OK : z == Z_MEM_ERROR ? -ENOMEM : INFLATE_DAMAGED;
}

/* False: nothing is known about the stream. */
static bool inflate_whole(const void *bytes, size_t size, bool bare, size_t max, struct inflated *ret)
{
	size_t room = max / USUAL > size + FIRST_ROOM ? (size + FIRST_ROOM) * USUAL : max;
	struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
	uint8_t *out = decompressor ? malloc(room + 1) : NULL, *fitting;
	bool whole = false;

	if (out)
		whole = (bare ? libdeflate_deflate_decompress_ex : libdeflate_zlib_decompress_ex)(
				decompressor, bytes, size, out, room, &ret->consumed, &ret->size) ==
			LIBDEFLATE_SUCCESS;
	libdeflate_free_decompressor(decompressor);
	if (!whole) {
		free(out);
		*ret = (struct inflated){0};
		return false;
	}
	fitting = realloc(out, ret->size + 1);
	ret->bytes = fitting ? fitting : out;
	ret->bytes[ret->size] = 0;
	return true;
}

int inflate_bytes(const void *bytes, size_t size, bool bare, size_t max, struct inflated *ret)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
	int r;

	*ret = (struct inflated){0};
	if (size > UINT32_MAX / 2 || max > UINT32_MAX / 4)
		return INFLATE_TOO_LARGE;
	if (inflate_whole(bytes, size, bare, max, ret))
		return INFLATE_OK;
	if (inflateInit2(&stream, bare ? -MAX_WBITS : MAX_WBITS) != Z_OK)
		return -ENOMEM;
	r = inflate_all(&stream, max, ret);
	ret->consumed = size - stream.avail_in;
	(void)inflateEnd(&stream);
	if (r < 0 || r == INFLATE_TOO_LARGE)
		inflated_clear(ret);
	return r;
}

uint32_t inflate_crc32(const void *bytes, size_t size)
{
	return libdeflate_crc32(0, bytes, size);
}
