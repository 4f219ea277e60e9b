/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The outlines of PNG, GIF, BMP, ICO and JPEG files. See picture.h. */

#include "inspect/picture.h"

#include "base/number.h"

#include <string.h>

#define PNG_TEXT_MAX 4096 /* bytes of small chunks beside the picture itself */
#define BMP_SLACK    8

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static bool is_png(const uint8_t *b, size_t size)
{
	return size >= 33 && memcmp(b, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) == 0;
}

static bool is_gif(const uint8_t *b, size_t size)
{
	return size >= 13 && (memcmp(b, "GIF87a", 6) == 0 || memcmp(b, "GIF89a", 6) == 0);
}

static bool is_bmp(const uint8_t *b, size_t size)
{
	return size >= 26 && b[0] == 'B' && b[1] == 'M';
}

static bool is_ico(const uint8_t *b, size_t size)
{
	return size >= 6 && b[0] == 0 && b[1] == 0 && (b[2] == 1 || b[2] == 2) && b[3] == 0;
}

static bool is_jpeg(const uint8_t *b, size_t size)
{
	return size >= 4 && memcmp(b, "\xff\xd8\xff", 3) == 0;
}

/* --- sizes --- */

static int bmp_size(const uint8_t *b, struct picture *ret)
{
	int64_t width, height;

	if (load_le32(b + 14) == 12) {
		*ret = (struct picture){load_le16(b + 18), load_le16(b + 20)};
		return 0;
	}
	/* Negative: stored from the top. */
	width = (int32_t)load_le32(b + 18);
	height = (int32_t)load_le32(b + 22);
	*ret = (struct picture){
		(uint32_t)(width < 0 ? -width : width), (uint32_t)(height < 0 ? -height : height)};
	return 0;
}

/* The directory says 1 to 255, 0 for 256 or more; what each entry holds says it as well. */
static int ico_size(const uint8_t *b, size_t size, struct picture *ret)
{
	size_t count = load_le16(b + 4);

	*ret = (struct picture){0};
	if (count == 0 || size < 6 + 16 * count)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *entry = b + 6 + 16 * i;
		uint32_t width = entry[0] ? entry[0] : 256, height = entry[1] ? entry[1] : 256;
		uint32_t length = load_le32(entry + 8), at = load_le32(entry + 12);

		if (at <= size && size - at >= 16 && length >= 16) {
			bool png = is_png(b + at, size - at);
			uint32_t w = png ? be32(b + at + 16) : load_le32(b + at + 4);
			/* A bitmap counts its mask as well. */
			uint32_t h = png ? be32(b + at + 20) : load_le32(b + at + 8) / 2;

			width = w > width ? w : width;
			height = h > height ? h : height;
		}
		ret->width = width > ret->width ? width : ret->width;
		ret->height = height > ret->height ? height : ret->height;
	}
	return 0;
}

static int jpeg_size(const uint8_t *b, size_t size, struct picture *ret)
{
	size_t at = 2;

	while (size >= 9 && at <= size - 9 && b[at] == 0xff) {
		uint8_t mark = b[at + 1];

		if (mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc) {
			*ret = (struct picture){be16(b + at + 7), be16(b + at + 5)};
			return 0;
		}
		at += mark == 0xff ? 1 : 2 + be16(b + at + 2);
	}
	return -EBADMSG;
}

int picture_size(const void *bytes, size_t size, struct picture *ret)
{
	const uint8_t *b = bytes;

	if (is_png(b, size))
		*ret = (struct picture){be32(b + 16), be32(b + 20)};
	else if (is_gif(b, size))
		*ret = (struct picture){load_le16(b + 6), load_le16(b + 8)};
	else if (is_bmp(b, size))
		return bmp_size(b, ret);
	else if (is_ico(b, size))
		return ico_size(b, size, ret);
	else if (is_jpeg(b, size))
		return jpeg_size(b, size, ret);
	else
		return -EBADMSG;
	return 0;
}

/* --- whole --- */

/* Chunks that a picture is made of, and small ones that say how to show it. */
static bool png_chunk_harmless(const uint8_t *type, uint32_t length, size_t *small)
{
	static const char pixels[] = "IHDR IDAT IEND PLTE";
	static const char others[] = "tRNS gAMA cHRM sRGB bKGD pHYs tIME sBIT hIST iCCP sPLT tEXt iTXt cICP";
	char name[5] = {(char)type[0], (char)type[1], (char)type[2], (char)type[3], 0};

	if (strstr(pixels, name))
		return true;
	*small += length;
	return strstr(others, name) && *small <= PNG_TEXT_MAX;
}

static bool png_whole(const uint8_t *b, size_t size)
{
	size_t at = 8, small = 0;

	while (size >= 12 && at <= size - 12) {
		uint32_t length = be32(b + at);

		if (length > size - 12 - at || !png_chunk_harmless(b + at + 4, length, &small))
			return false;
		at += 12 + (size_t)length;
		if (memcmp(b + at - 8 - length, "IEND", 4) == 0)
			return length == 0 && at == size;
	}
	return false;
}

/* Behind the last of a chain of blocks, each with its length before it; size: the chain has no end. */
static size_t gif_blocks(const uint8_t *b, size_t size, size_t at)
{
	while (at < size && b[at] != 0)
		at += 1 + (size_t)b[at];
	return at < size ? at + 1 : size;
}

static bool gif_whole(const uint8_t *b, size_t size)
{
	size_t at = 13 + (b[10] & 0x80 ? (size_t)3 << ((b[10] & 7) + 1) : 0);

	while (at < size) {
		if (b[at] == 0x3b)
			return at == size - 1;
		if (b[at] == 0x21 && size - at > 2) {
			at = gif_blocks(b, size, at + 2);
		} else if (b[at] == 0x2c && size - at > 11) {
			size_t table = b[at + 9] & 0x80 ? (size_t)3 << ((b[at + 9] & 7) + 1) : 0;

			if (table > size - at - 11)
				return false;
			at = gif_blocks(b, size, at + 11 + table);
		} else {
			return false;
		}
	}
	return false;
}

static bool bmp_whole(const uint8_t *b, size_t size)
{
	struct picture picture;
	uint64_t pixels, begin = load_le32(b + 10), header = load_le32(b + 14);
	unsigned bits = header == 12 ? load_le16(b + 24) : size >= 34 ? load_le16(b + 28) : 0;

	if (bits == 0 || bits > 32 || bmp_size(b, &picture) < 0 || picture.width > UINT16_MAX ||
		picture.height > UINT16_MAX ||
		(header != 12 && load_le32(b + 30) != 0 && load_le32(b + 30) != 3))
		return false;
	pixels = ((uint64_t)picture.width * bits + 31) / 32 * 4 * picture.height;
	return begin >= 14 + header && begin <= 14 + header + 1024 + 16 && begin + pixels <= size &&
	       size - begin - pixels <= BMP_SLACK;
}

/* Entries one behind the other, from the directory to the end. */
static bool ico_whole(const uint8_t *b, size_t size)
{
	size_t count = load_le16(b + 4), end = 6 + 16 * count;

	if (count == 0 || size < end)
		return false;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *entry = b + 6 + 16 * i;
		size_t length = load_le32(entry + 8), at = load_le32(entry + 12);

		if (at != end || length > size - at)
			return false;
		if (is_png(b + at, length) ? !png_whole(b + at, length)
					   : length < 40 || load_le32(b + at) != 40)
			return false;
		end = at + length;
	}
	return end == size;
}

bool picture_whole(const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	if (is_png(b, size))
		return png_whole(b, size);
	if (is_gif(b, size))
		return gif_whole(b, size);
	if (is_bmp(b, size))
		return bmp_whole(b, size);
	if (is_ico(b, size))
		return ico_whole(b, size);
	return is_jpeg(b, size) && b[size - 2] == 0xff && b[size - 1] == 0xd9;
}

/* --- texts --- */

static void add_printable(const uint8_t *b, size_t size, struct buffer *out)
{
	for (size_t i = 0; i < size; i++)
		buffer_add_char(out, b[i] >= ' ' && b[i] != 0x7f ? (char)b[i] : '\n');
	buffer_divide(out, '\n');
}

static void png_texts(const uint8_t *b, size_t size, struct buffer *out)
{
	for (size_t at = 8; at <= size - 12;) {
		uint32_t length = be32(b + at);
		const uint8_t *type = b + at + 4;

		if (length > size - 12 - at)
			return;
		if (memcmp(type, "tEXt", 4) == 0 || memcmp(type, "iTXt", 4) == 0)
			add_printable(type + 4, length, out);
		at += 12 + (size_t)length;
	}
}

void picture_texts(const void *bytes, size_t size, struct buffer *out)
{
	if (is_png(bytes, size))
		png_texts(bytes, size, out);
	else
		add_printable(bytes, size, out);
}
