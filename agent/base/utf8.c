/* SPDX-License-Identifier: GPL-3.0-or-later */

/* UTF-8 (RFC 3629). See utf8.h. */

#include "base/utf8.h"

#include <string.h>

static bool continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t utf8_character(const char *bytes, size_t size)
{
	const unsigned char *b = (const unsigned char *)bytes;

	if (b[0] < 0x80)
		return 1;
	if (b[0] >= 0xc2 && b[0] <= 0xdf)
		return size >= 2 && continuation(b[1]) ? 2 : 0;
	if (b[0] >= 0xe0 && b[0] <= 0xef) {
		if (size < 3 || !continuation(b[1]) || !continuation(b[2]))
			return 0;
		if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f))
			return 0;
		return 3;
	}
	if (b[0] >= 0xf0 && b[0] <= 0xf4) {
		if (size < 4 || !continuation(b[1]) || !continuation(b[2]) || !continuation(b[3]))
			return 0;
		if ((b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

static bool eight_ascii(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof word);
	return (word & 0x8080808080808080ULL) == 0;
}

bool utf8_valid(const char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length;

		if (size - at >= 8 && eight_ascii(bytes + at)) {
			at += 8;
			continue;
		}
		length = utf8_character(bytes + at, size - at);
		if (length == 0)
			return false;
		at += length;
	}
	return true;
}

char *utf8_sanitize(const char *bytes, size_t size)
{
	char *text, *out;

	if (size > SIZE_MAX / 4)
		return NULL;
	text = out = malloc(size * 3 + 1);
	if (!text)
		return NULL;
	for (size_t at = 0; at < size;) {
		size_t length = utf8_character(bytes + at, size - at);

		if (length == 0) {
			memcpy(out, "\xef\xbf\xbd", 3);
			out += 3;
			at++;
			continue;
		}
		memcpy(out, bytes + at, length);
		out += length;
		at += length;
	}
	*out = 0;
	return text;
}

size_t utf8_encode(uint32_t code_point, char ret_bytes[static 4])
{
	uint32_t c = code_point;

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		ret_bytes[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		ret_bytes[0] = (char)(0xc0 | c >> 6);
		ret_bytes[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		ret_bytes[0] = (char)(0xe0 | c >> 12);
		ret_bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
		ret_bytes[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	ret_bytes[0] = (char)(0xf0 | c >> 18);
	ret_bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
	ret_bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
	ret_bytes[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}
