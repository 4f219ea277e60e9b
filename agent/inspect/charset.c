/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Guessing strictly, decoding plainly. See charset.h. */

#include "inspect/charset.h"

#define CONTROLS_FREE    4    /* strays that any text may have */
#define CONTROLS_PER     4096 /* and one more for each so many bytes */
#define HIGH_PERCENT_MAX 30   /* of the letters of a text that is not UTF-8 */
#define NO_MARK_NULS     80   /* percent of zero bytes at every other place of unmarked UTF-16 */
#define NO_MARK_SIZE_MIN 4
#define BLOCK            64

enum byte_class {
	BYTE_PLAIN = 0,
	BYTE_CONTROL,
	BYTE_ZERO,
	BYTE_HIGH,
};

static enum byte_class class_of(uint8_t b)
{
	if (b >= 0x80)
		return BYTE_HIGH;
	if (b >= ' ' && b != 0x7f)
		return BYTE_PLAIN;
	if (b == 0)
		return BYTE_ZERO;
	return (b >= '\b' && b <= '\r') || b == 0x1b ? BYTE_PLAIN : BYTE_CONTROL;
}

uint32_t charset_windows1252(uint8_t byte)
{
	static const uint16_t upper[32] = {0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019,
		0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd,
		0x017e, 0x0178};

	return byte >= 0x80 && byte < 0xa0 ? upper[byte - 0x80] : byte;
}

/* A block at a time: most text is plain. Written so that the compiler looks at many bytes at once; it is
 * class_of() without branches. */
static bool block_plain(const uint8_t *b)
{
	uint8_t other = 0;

	for (unsigned i = 0; i < BLOCK; i++) {
		uint8_t shown = (uint8_t)(b[i] - ' ') < 0x7f - ' ';
		uint8_t spacing = (uint8_t)(b[i] - '\b') <= '\r' - '\b';

		other |= (uint8_t) !(shown | spacing | (b[i] == 0x1b));
	}
	return other == 0;
}

struct census {
	size_t controls, high;
};

static bool count_bytes(const uint8_t *b, size_t size, struct census *ret)
{
	size_t look = 0; /* from here on blocks are tried again */

	*ret = (struct census){0};
	for (size_t i = 0; i < size;) {
		if (size - i >= BLOCK && i >= look && block_plain(b + i)) {
			i += BLOCK;
			continue;
		}
		if (i >= look)
			look = i + BLOCK;
		switch (class_of(b[i++])) {
		case BYTE_PLAIN:
			break;
		case BYTE_CONTROL:
			/* What old editors put at the end of a file. */
			ret->controls += b[i - 1] != 0x1a || i != size;
			break;
		case BYTE_ZERO:
			return false;
		case BYTE_HIGH:
			ret->high++;
			break;
		}
	}
	return ret->controls <= CONTROLS_FREE + size / CONTROLS_PER;
}

/* Some bytes of Windows-1252 are no characters. */
static bool all_characters(const uint8_t *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (b[i] >= 0x80 && charset_windows1252(b[i]) == 0xfffd)
			return false;
	return true;
}

static size_t line_length(const uint8_t *b, size_t size)
{
	const uint8_t *end = memchr(b, '\n', size);

	return end ? (size_t)(end - b) + 1 : size;
}

static enum charset bytes_charset(const uint8_t *b, size_t size)
{
	struct census census;
	size_t other_high = 0;

	if (!count_bytes(b, size, &census))
		return CHARSET_NONE;
	if (census.high == 0 || utf8_valid((const char *)b, size))
		return CHARSET_UTF8;
	for (size_t at = 0, n; at < size; at += n) {
		n = line_length(b + at, size - at);
		if (utf8_valid((const char *)b + at, n))
			continue;
		if (!all_characters(b + at, n))
			return CHARSET_NONE;
		for (size_t i = at; i < at + n; i++)
			other_high += b[i] >= 0x80;
	}
	return other_high * 100 <= size * HIGH_PERCENT_MAX ? CHARSET_EIGHT_BIT : CHARSET_NONE;
}

/* --- wide characters --- */

static uint32_t unit16(const uint8_t *b, bool big)
{
	return big ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

static uint32_t unit32(const uint8_t *b, bool big)
{
	return big ? unit16(b, true) << 16 | unit16(b + 2, true)
		   : unit16(b + 2, false) << 16 | unit16(b, false);
}

static bool is_character(uint32_t c)
{
	if (c < 0x80)
		return class_of((uint8_t)c) == BYTE_PLAIN;
	return c <= 0x10ffff && (c & 0xfffe) != 0xfffe && (c < 0xd800 || c > 0xdfff) &&
	       (c < 0xfdd0 || c > 0xfdef);
}

/* Bytes of the next character, 0 when there is none. */
static size_t next16(const uint8_t *b, size_t size, bool big, uint32_t *ret)
{
	uint32_t low;

	if (size < 2)
		return 0;
	*ret = unit16(b, big);
	if (*ret < 0xd800 || *ret > 0xdfff)
		return 2;
	low = size >= 4 ? unit16(b + 2, big) : 0;
	if (*ret > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 0;
	*ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
	return 4;
}

static size_t next32(const uint8_t *b, size_t size, bool big, uint32_t *ret)
{
	if (size < 4)
		return 0;
	*ret = unit32(b, big);
	return 4;
}

static size_t next_wide(enum charset charset, const uint8_t *b, size_t size, uint32_t *ret)
{
	switch (charset) {
	case CHARSET_UTF16LE:
		return next16(b, size, false, ret);
	case CHARSET_UTF16BE:
		return next16(b, size, true, ret);
	case CHARSET_UTF32LE:
		return next32(b, size, false, ret);
	case CHARSET_UTF32BE:
		return next32(b, size, true, ret);
	case CHARSET_NONE:
	case CHARSET_UTF8:
	case CHARSET_EIGHT_BIT:
		return 0;
	}
	return 0;
}

/* Real texts keep to few alphabets; a program or a picture read as such does not. */
static bool is_wide(enum charset charset, const uint8_t *b, size_t size)
{
	size_t strays = 0, units = 0, spaced = 0, n;
	uint32_t c = 0;

	for (size_t at = 0; at < size; at += n, units++) {
		n = next_wide(charset, b + at, size - at, &c);
		if (n == 0)
			return false;
		strays += !is_character(c);
		spaced += c < 0x250 || (c >= 0x2000 && c < 0x2070);
	}
	return strays <= CONTROLS_FREE && (units < 16 || spaced * 2 > units);
}

static enum charset marked(const uint8_t *b, size_t size, size_t *ret_mark)
{
	if (size >= 4 && (memcmp(b, "\xff\xfe\0\0", 4) == 0 || memcmp(b, "\0\0\xfe\xff", 4) == 0)) {
		*ret_mark = 4;
		return b[0] ? CHARSET_UTF32LE : CHARSET_UTF32BE;
	}
	if (size >= 2 && (memcmp(b, "\xff\xfe", 2) == 0 || memcmp(b, "\xfe\xff", 2) == 0)) {
		*ret_mark = 2;
		return b[0] == 0xff ? CHARSET_UTF16LE : CHARSET_UTF16BE;
	}
	*ret_mark = size >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	return CHARSET_NONE;
}

/* By where the zeros stand. */
static enum charset unmarked(const uint8_t *b, size_t size)
{
	size_t zeros[4] = {0}, units = size / 4, look = size < 65536 ? size : 65536;

	if (size < NO_MARK_SIZE_MIN || size % 2)
		return CHARSET_NONE;
	for (size_t i = 0; i < look; i++)
		zeros[i % 4] += b[i] == 0;
	units = look / 4;
	if (size % 4 == 0 && zeros[0] * 100 >= units * NO_MARK_NULS && zeros[1] * 100 >= units * NO_MARK_NULS)
		return CHARSET_UTF32BE;
	if (size % 4 == 0 && zeros[2] * 100 >= units * NO_MARK_NULS && zeros[3] * 100 >= units * NO_MARK_NULS)
		return CHARSET_UTF32LE;
	units = look / 2;
	if ((zeros[1] + zeros[3]) * 100 >= units * NO_MARK_NULS)
		return CHARSET_UTF16LE;
	return (zeros[0] + zeros[2]) * 100 >= units * NO_MARK_NULS ? CHARSET_UTF16BE : CHARSET_NONE;
}

enum charset charset_of(const void *bytes, size_t size, size_t *ret_mark)
{
	const uint8_t *b = bytes;
	enum charset charset = marked(b, size, ret_mark);

	if (charset == CHARSET_NONE && *ret_mark == 0)
		charset = unmarked(b, size);
	if (charset != CHARSET_NONE)
		return is_wide(charset, b + *ret_mark, size - *ret_mark) ? charset : CHARSET_NONE;
	return bytes_charset(b + *ret_mark, size - *ret_mark);
}

/* --- decoding --- */

static void decode_lines(const uint8_t *b, size_t size, struct buffer *out)
{
	for (size_t at = 0, n; at < size; at += n) {
		n = line_length(b + at, size - at);
		if (utf8_valid((const char *)b + at, n)) {
			buffer_add(out, b + at, n);
			continue;
		}
		for (size_t i = at; i < at + n; i++)
			buffer_add_character(out, charset_windows1252(b[i]));
	}
}

void charset_decode(enum charset charset, const void *bytes, size_t size, struct buffer *out)
{
	const uint8_t *b = bytes;
	uint32_t c = 0;

	if (charset == CHARSET_NONE)
		return;
	if (charset == CHARSET_UTF8) {
		buffer_add(out, bytes, size);
		return;
	}
	if (charset == CHARSET_EIGHT_BIT) {
		decode_lines(b, size, out);
		return;
	}
	for (size_t at = 0, n; at < size; at += n) {
		n = next_wide(charset, b + at, size - at, &c);
		if (n == 0)
			return;
		buffer_add_character(out, c);
	}
}
