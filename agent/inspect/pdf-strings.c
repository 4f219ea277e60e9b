/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Strings in the language of PDF content and objects. See pdf-raw.h. */

#include "inspect/pdf-raw.h"

#include "inspect/charset.h"

#define STRING_MAX 65536
#define WORD_GAP   180 /* thousandths of the letters' size; a larger move within a line parts two words */

struct strings {
	const uint8_t *at, *end;
	struct buffer *out, string;
	bool in_array;
};

static bool printable(uint8_t c)
{
	return c >= ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* UTF-16 with its mark, or bytes. */
static void add_string(struct strings *s)
{
	const uint8_t *b = (const uint8_t *)s->string.bytes;
	size_t size = s->string.size;

	if (size >= 2 && b[0] == 0xfe && b[1] == 0xff) {
		charset_decode(CHARSET_UTF16BE, b + 2, size - 2, s->out);
	} else if (size >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0) {
		buffer_add(s->out, b + 3, size - 3);
	} else {
		for (size_t i = 0; i < size; i++)
			if (printable(b[i]))
				buffer_add_character(s->out, charset_windows1252(b[i]));
	}
	if (!s->in_array)
		buffer_divide(s->out, '\n');
	s->string.size = 0;
}

static void escaped(struct strings *s)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	const char *known;
	unsigned value = 0;

	if (s->at == s->end)
		return;
	if (*s->at >= '0' && *s->at <= '7') {
		for (unsigned i = 0; i < 3 && s->at < s->end && *s->at >= '0' && *s->at <= '7'; i++)
			value = value * 8 + (unsigned)(*s->at++ - '0');
		buffer_add_char(&s->string, (char)value);
		return;
	}
	known = *s->at ? strchr(from, *s->at) : NULL;
	if (*s->at != '\n' && *s->at != '\r')
		buffer_add_char(&s->string, known ? to[known - from] : (char)*s->at);
	s->at++;
}

/* at stands behind '('. */
static void literal(struct strings *s)
{
	unsigned depth = 1;

	while (s->at < s->end && s->string.size < STRING_MAX) {
		uint8_t c = *s->at++;

		if (c == '\\') {
			escaped(s);
			continue;
		}
		depth += c == '(';
		depth -= c == ')';
		if (depth == 0)
			break;
		buffer_add_char(&s->string, (char)c);
	}
	add_string(s);
}

/* at stands behind '<', on what is no second '<'. */
static void hexadecimal(struct strings *s)
{
	const uint8_t *close = memchr(s->at, '>', (size_t)(s->end - s->at));

	if (!close)
		return;
	pdf_raw_hexadecimal(s->at, (size_t)(close - s->at), &s->string);
	s->at = close + 1;
	add_string(s);
}

/* Between the strings of a line: how far the next one is moved. */
static void move(struct strings *s)
{
	long distance = 0;

	for (s->at++; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
		distance = distance < 100000 ? distance * 10 + (*s->at - '0') : distance;
	if (distance > WORD_GAP)
		buffer_divide(s->out, ' ');
}

void pdf_raw_strings(const void *bytes, size_t size, struct buffer *out)
{
	struct strings s = {.at = bytes, .end = (const uint8_t *)bytes + size, .out = out};

	while (s.at < s.end && !out->error) {
		uint8_t c = *s.at;

		if (c == '-' && s.in_array) {
			move(&s);
			continue;
		}
		s.at++;
		if (c == '(') {
			literal(&s);
		} else if (c == '<') {
			if (s.at < s.end && *s.at == '<')
				s.at++;
			else
				hexadecimal(&s);
		} else if (c == '[' || c == ']') {
			s.in_array = c == '[';
			if (c == ']')
				buffer_divide(out, '\n');
		}
	}
	buffer_clear(&s.string);
}
