/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Words for a screen. See text.h. Pure but for the stream it writes to.
 *
 * Widths come from a short list of ranges, not from the locale: the result must be the same on a server with
 * no locale set, and a column that is off by one in a rare script harms nobody.
 */

#include "control/text.h"

#include "base/utf8.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

struct range {
	uint32_t first, last;
};

/* Controls, soft hyphen, direction marks and overrides, separators, invisible and tag characters. */
static const struct range hidden[] = {
	{0x0000, 0x001f},
	{0x007f, 0x009f},
	{0x00ad, 0x00ad},
	{0x061c, 0x061c},
	{0x180e, 0x180e},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0xfeff, 0xfeff},
	{0xfff0, 0xfffb},
	{0xfffe, 0xffff},
	{0xe0000, 0x10ffff},
};

static const struct range narrow[] = {
	{0x0300, 0x036f},
	{0x0483, 0x0489},
	{0x0591, 0x05bd},
	{0x0610, 0x061a},
	{0x064b, 0x065f},
	{0x093a, 0x093c},
	{0x0941, 0x0948},
	{0x094d, 0x094d},
	{0x0e31, 0x0e31},
	{0x0e34, 0x0e3a},
	{0x0e47, 0x0e4e},
	{0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff},
	{0x20d0, 0x20ff},
	{0xfe00, 0xfe0f},
	{0xfe20, 0xfe2f},
};

static const struct range wide[] = {
	{0x1100, 0x115f},
	{0x231a, 0x231b},
	{0x23e9, 0x23ec},
	{0x25fd, 0x25fe},
	{0x2614, 0x2615},
	{0x2648, 0x2653},
	{0x26a1, 0x26a1},
	{0x2705, 0x2705},
	{0x2728, 0x2728},
	{0x274c, 0x274c},
	{0x2753, 0x2757},
	{0x2795, 0x2797},
	{0x2b50, 0x2b50},
	{0x2e80, 0x303e},
	{0x3041, 0x33ff},
	{0x3400, 0x4dbf},
	{0x4e00, 0x9fff},
	{0xa000, 0xa4cf},
	{0xa960, 0xa97f},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff},
	{0x20000, 0x3fffd},
};

static bool within(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static uint32_t decode(const char *p, size_t length)
{
	const uint8_t *b = (const uint8_t *)p;

	switch (length) {
	case 1:
		return b[0];
	case 2:
		return (b[0] & 0x1fU) << 6 | (b[1] & 0x3fU);
	case 3:
		return (b[0] & 0x0fU) << 12 | (b[1] & 0x3fU) << 6 | (b[2] & 0x3fU);
	default:
		return (b[0] & 0x07U) << 18 | (b[1] & 0x3fU) << 12 | (b[2] & 0x3fU) << 6 | (b[3] & 0x3fU);
	}
}

bool text_shows(uint32_t code_point)
{
	return !within(code_point, hidden, ELEMENTS(hidden));
}

static size_t columns_of(uint32_t c)
{
	if (within(c, narrow, ELEMENTS(narrow)))
		return 0;
	return within(c, wide, ELEMENTS(wide)) ? 2 : 1;
}

char *text_clean(const char *text)
{
	size_t size = text ? strlen(text) : 0, length;
	_cleanup_free_ char *clean = NULL;
	char *end;

	if (!text)
		return NULL;
	clean = calloc(size + 1, sizeof(REPLACEMENT));
	if (!clean)
		return NULL;
	end = clean;
	for (size_t i = 0; i < size; i += length) {
		length = utf8_character(text + i, size - i);
		if (length > 0 && text_shows(decode(text + i, length))) {
			end = mempcpy(end, text + i, length);
			continue;
		}
		end = mempcpy(end, REPLACEMENT, sizeof(REPLACEMENT) - 1);
		length = length > 0 ? length : 1;
	}
	return TAKE_PTR(clean);
}

/* Bytes of the longest beginning that fits; its columns in *ret_columns. */
static size_t fitting(const char *clean, size_t size, size_t columns, size_t *ret_columns)
{
	size_t used = 0, i = 0;

	while (i < size) {
		size_t length = utf8_character(clean + i, size - i);
		size_t w = length > 0 ? columns_of(decode(clean + i, length)) : 1;
		if (used + w > columns)
			break;
		used += w;
		i += length > 0 ? length : 1;
	}
	*ret_columns = used;
	return i;
}

size_t text_width(const char *clean)
{
	size_t columns;

	(void)fitting(clean, strlen(clean), SIZE_MAX / 2, &columns);
	return columns;
}

size_t text_fit(const char *clean, size_t columns)
{
	size_t used;

	return fitting(clean, strlen(clean), columns, &used);
}

static void spaces(FILE *out, size_t count)
{
	fprintf(out, "%*s", (int)count, "");
}

void text_put(FILE *out, const struct terminal *terminal, const char *clean, size_t columns, bool right)
{
	size_t width = text_width(clean), shown;
	size_t bytes = strlen(clean);

	if (width > columns) {
		bytes = fitting(clean, bytes, columns > 0 ? columns - 1 : 0, &shown);
		fwrite(clean, 1, bytes, out);
		if (columns > 0)
			fputs(terminal->utf8 ? "\xe2\x80\xa6" : "~", out);
		spaces(out, columns > shown + 1 ? columns - shown - 1 : 0);
		return;
	}
	if (right)
		spaces(out, columns - width);
	fwrite(clean, 1, bytes, out);
	if (!right)
		spaces(out, columns - width);
}

void text_wrap(FILE *out, const struct terminal *terminal, size_t at, size_t indent, const char *text)
{
	_cleanup_free_ char *clean = text_clean(text ? text : "");
	size_t column = at, start = at;
	char *word, *rest = clean;

	while (clean && (word = strsep(&rest, " "))) {
		size_t width = text_width(word);
		if (width == 0)
			continue;
		if (column > start && column + 1 + width > terminal->columns) {
			fputc('\n', out);
			spaces(out, indent);
			column = start = indent;
		}
		if (column > start) {
			fputc(' ', out);
			column++;
		}
		fputs(word, out);
		column += width;
	}
	fputc('\n', out);
}

int text_vwrapf(FILE *out, const struct terminal *terminal, size_t at, size_t indent, const char *format,
	va_list args)
{
	_cleanup_free_ char *text = NULL;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	text_wrap(out, terminal, at, indent, text);
	return 0;
}

int text_wrapf(FILE *out, const struct terminal *terminal, size_t at, size_t indent, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = text_vwrapf(out, terminal, at, indent, format, args);
	va_end(args);
	return r;
}

void text_put_json(FILE *out, const char *json)
{
	size_t size = strlen(json), length;

	for (size_t i = 0; i < size; i += length) {
		uint32_t c;

		length = utf8_character(json + i, size - i);
		length = length > 0 ? length : 1;
		c = decode(json + i, length);
		if (c == '\n' || text_shows(c))
			fwrite(json + i, 1, length, out);
		else if (c <= 0xffff)
			fprintf(out, "\\u%04x", c);
		else
			fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				0xdc00 + ((c - 0x10000) & 0x3ff));
	}
	fputc('\n', out);
}
