/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Streams found by their keyword. See pdf-raw.h. */

#include "inspect/pdf-raw.h"

#define DICTIONARY_MAX 16384

static bool is_white(uint8_t c)
{
	return c == ' ' || c == 0 || (c >= '\t' && c <= '\r');
}

static bool is_delimiter(uint8_t c)
{
	return is_white(c) || memchr("/<>[]()%{}", c, 10);
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "/Im#61ge" is "/Image". */
static void spell_out(const uint8_t *at, const uint8_t *end, struct buffer *out)
{
	out->size = 0;
	while (at < end) {
		int high = *at == '#' && end - at > 2 ? hex_digit(at[1]) : -1,
		    low = high < 0 ? -1 : hex_digit(at[2]);

		buffer_add_char(out, (char)(uint8_t)(low < 0 ? *at : high << 4 | low));
		at += low < 0 ? 1 : 3;
	}
}

/* Behind the name in the dictionary, NULL when it is not there. */
static const char *find_name(const char *dictionary, size_t size, const char *name)
{
	const char *at = dictionary, *end = dictionary + size;
	size_t length = strlen(name);

	while ((at = memmem(at, (size_t)(end - at), name, length))) {
		at += length;
		if (at == end || is_delimiter((uint8_t)*at))
			return at;
	}
	return NULL;
}

static bool has_name(const struct pdf_stream *s, const char *name)
{
	return find_name(s->dictionary, s->dictionary_size, name) != NULL;
}

/* A number that stands there itself, UINT32_MAX for one that is elsewhere. */
static uint32_t direct_number(const struct pdf_stream *s, const char *name)
{
	const char *at = find_name(s->dictionary, s->dictionary_size, name),
		   *end = s->dictionary + s->dictionary_size;
	uint64_t value = 0;
	size_t digits = 0;

	if (!at)
		return UINT32_MAX;
	while (at < end && is_white((uint8_t)*at))
		at++;
	for (; at < end && *at >= '0' && *at <= '9' && digits < 10; at++, digits++)
		value = value * 10 + (uint64_t)(*at - '0');
	while (at < end && is_white((uint8_t)*at))
		at++;
	/* "12 0 R" */
	if (digits == 0 || value >= UINT32_MAX || (at < end && *at >= '0' && *at <= '9'))
		return UINT32_MAX;
	return (uint32_t)value;
}

static void describe(struct pdf_stream *s)
{
	bool other = has_name(s, "/LZWDecode") || has_name(s, "/LZW") || has_name(s, "/RunLengthDecode") ||
		     has_name(s, "/RL") || has_name(s, "/Crypt");

	s->image = has_name(s, "/Image") || has_name(s, "/DCTDecode") || has_name(s, "/JPXDecode") ||
		   has_name(s, "/JBIG2Decode") || has_name(s, "/CCITTFaxDecode");
	if (s->image) {
		s->width = direct_number(s, "/Width");
		s->height = direct_number(s, "/Height");
	}
	s->text = has_name(s, "/Metadata") || has_name(s, "/EmbeddedFile") || has_name(s, "/XML");
	s->filtered = has_name(s, "/Filter") || has_name(s, "/F");
	s->deflated = !other && (has_name(s, "/FlateDecode") || has_name(s, "/Fl"));
	s->ascii85 = !other && (has_name(s, "/ASCII85Decode") || has_name(s, "/A85"));
	s->hexadecimal = !other && (has_name(s, "/ASCIIHexDecode") || has_name(s, "/AHx"));
}

/* From the "obj" before the keyword up to it. */
static void find_dictionary(struct pdf_raw *raw, const uint8_t *keyword, struct pdf_stream *ret)
{
	size_t before = (size_t)(keyword - raw->bytes),
	       look = before < DICTIONARY_MAX ? before : DICTIONARY_MAX;
	const uint8_t *start = keyword - look;

	for (size_t back = 3; back <= look; back++)
		if (memcmp(keyword - back, "obj", 3) == 0) {
			start = keyword - back + 3;
			break;
		}
	spell_out(start, keyword, &raw->dictionary);
	ret->dictionary = raw->dictionary.bytes ? raw->dictionary.bytes : "";
	ret->dictionary_size = raw->dictionary.size;
}

static const uint8_t *find_end(const struct pdf_raw *raw, const uint8_t *start, uint32_t said)
{
	const uint8_t *end = raw->bytes + raw->size, *found;

	if (said != UINT32_MAX && said < (size_t)(end - start)) {
		const uint8_t *after = start + said;

		while (after < end && is_white(*after))
			after++;
		if (end - after >= 9 && memcmp(after, "endstream", 9) == 0)
			return start + said;
	}
	found = memmem(start, (size_t)(end - start), "endstream", 9);
	return found ? found : end;
}

bool pdf_raw_next(struct pdf_raw *raw, struct pdf_stream *ret)
{
	const uint8_t *end = raw->bytes + raw->size, *keyword, *start;

	for (;;) {
		keyword = memmem(raw->bytes + raw->at, raw->size - raw->at, "stream", 6);
		if (!keyword)
			return false;
		start = keyword + 6;
		raw->at = (size_t)(start - raw->bytes);
		if (start < end && *start == '\r')
			start++;
		if (start < end && *start == '\n')
			start++;
		if (start > keyword + 6 && (keyword - raw->bytes < 3 || memcmp(keyword - 3, "end", 3) != 0))
			break;
	}
	*ret = (struct pdf_stream){.bytes = start};
	find_dictionary(raw, keyword, ret);
	describe(ret);
	ret->size = (size_t)(find_end(raw, start, direct_number(ret, "/Length")) - start);
	return true;
}

bool pdf_raw_encrypted(const void *bytes, size_t size)
{
	const char *at = bytes, *end = at + size;

	while ((at = memmem(at, (size_t)(end - at), "/Encrypt", 8))) {
		at += 8;
		while (at < end && is_white((uint8_t)*at))
			at++;
		if (at < end && (*at == '<' || (*at >= '0' && *at <= '9')))
			return true;
	}
	return false;
}

/* --- filters --- */

void pdf_raw_hexadecimal(const void *bytes, size_t size, struct buffer *out)
{
	const uint8_t *b = bytes;
	int high = -1;

	for (size_t i = 0; i < size && b[i] != '>'; i++) {
		int digit = hex_digit(b[i]);

		if (digit < 0)
			continue;
		if (high >= 0)
			buffer_add_char(out, (char)(high << 4 | digit));
		high = high >= 0 ? -1 : digit;
	}
	if (high >= 0)
		buffer_add_char(out, (char)(high << 4));
}

static void add_group(uint64_t value, unsigned count, struct buffer *out)
{
	for (unsigned i = 0; i + 1 < count; i++)
		buffer_add_char(out, (char)(value >> (24 - 8 * i) & 0xff));
}

void pdf_raw_ascii85(const void *bytes, size_t size, struct buffer *out)
{
	const uint8_t *b = bytes;
	uint64_t value = 0;
	unsigned count = 0;

	for (size_t i = 0; i < size && b[i] != '~'; i++) {
		if (b[i] == 'z' && count == 0) {
			buffer_add(out, "\0\0\0\0", 4);
			continue;
		}
		if (b[i] < '!' || b[i] > 'u')
			continue;
		value = value * 85 + (b[i] - '!');
		if (++count == 5) {
			add_group(value, 5, out);
			value = count = 0;
		}
	}
	for (unsigned i = count; count > 0 && i < 5; i++)
		value = value * 85 + 84;
	add_group(value, count, out);
}

/* --- pictures within content --- */

static uint32_t inline_number(const char *at, size_t size, const char *name, const char *short_name)
{
	const struct pdf_stream s = {.dictionary = at, .dictionary_size = size};
	uint32_t value = direct_number(&s, name);

	return value == UINT32_MAX ? direct_number(&s, short_name) : value;
}

bool pdf_raw_inline_image(const void *bytes, size_t size, uint32_t *ret_side)
{
	const char *at = bytes, *end = at + size;
	bool any = false;

	*ret_side = 0;
	while ((at = buffer_find(at, (size_t)(end - at), "BI", 2))) {
		const char *begin = at + 2, *data;
		uint32_t width, height;

		at = begin;
		if (begin == end || !is_delimiter((uint8_t)*begin))
			continue;
		data = memmem(begin, (size_t)(end - begin) < 1024 ? (size_t)(end - begin) : 1024, "ID", 2);
		if (!data || !memchr(begin, '/', (size_t)(data - begin)))
			continue;
		width = inline_number(begin, (size_t)(data - begin), "/Width", "/W");
		height = inline_number(begin, (size_t)(data - begin), "/Height", "/H");
		*ret_side = width > *ret_side ? width : *ret_side;
		*ret_side = height > *ret_side ? height : *ret_side;
		any = true;
	}
	return any;
}
