/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Groups, control words and characters, in one pass. See rtf.h. */

#include "inspect/rtf.h"

#include "inspect/charset.h"

#define WORD_MAX   32
#define DEPTH_MAX  512
#define NO_NUMBER  INT32_MIN
#define SKIP_START 1

struct group {
	uint8_t fallback; /* characters that stand for one Unicode character before them */
	bool fonts;
};

struct rtf {
	const uint8_t *at, *end;
	struct buffer *out;
	struct rtf_findings *found;
	unsigned depth, skip;
	struct group groups[DEPTH_MAX];
};

static struct group *top(struct rtf *r)
{
	return &r->groups[r->depth < DEPTH_MAX ? r->depth : DEPTH_MAX - 1];
}

static void put(struct rtf *r, uint32_t character)
{
	if (!top(r)->fonts)
		buffer_add_character(r->out, character);
}

/* A character that may be the stand-in for one that was given as Unicode. */
static void put_byte(struct rtf *r, uint8_t byte)
{
	if (r->skip > 0)
		r->skip--;
	else
		put(r, charset_windows1252(byte));
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void hex_byte(struct rtf *r)
{
	int high = r->at < r->end ? hex_digit(r->at[0]) : -1,
	    low = r->end - r->at > 1 ? hex_digit(r->at[1]) : -1;

	if (high < 0 || low < 0)
		return;
	r->at += 2;
	put_byte(r, (uint8_t)(high << 4 | low));
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int32_t take_number(struct rtf *r)
{
	bool negative = r->at < r->end && *r->at == '-';
	int32_t value = 0;
	const uint8_t *start = r->at + negative;

	for (r->at = start; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
		if (value < 100000000)
			value = value * 10 + (*r->at - '0');
	if (r->at == start) {
		r->at -= negative;
		return NO_NUMBER;
	}
	return negative ? -value : value;
}

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static uint32_t special(const char *word)
{
	static const struct {
		const char *word;
		uint32_t character;
	} table[] = {{"tab", '\t'}, {"cell", '\t'}, {"nestcell", '\t'}, {"lquote", 0x2018},
		{"rquote", 0x2019}, {"ldblquote", 0x201c}, {"rdblquote", 0x201d}, {"emdash", 0x2014},
		{"endash", 0x2013}, {"emspace", ' '}, {"enspace", ' '}, {"bullet", 0x2022}, {"zwj", 0x200d},
		{"zwnj", 0x200c}};
	static const char *const lines[] = {
		"par", "line", "row", "nestrow", "sect", "page", "column", "softline"};

	if (is_one_of(word, lines, ELEMENTS(lines)))
		return '\n';
	for (size_t i = 0; i < ELEMENTS(table); i++)
		if (strcmp(word, table[i].word) == 0)
			return table[i].character;
	return 0;
}

static void unicode(struct rtf *r, int32_t number)
{
	put(r, (uint32_t)(number < 0 ? number + 65536 : number));
	r->skip = top(r)->fallback;
}

static void control(struct rtf *r, const char *word, int32_t number)
{
	static const char *const objects[] = {
		"object", "objdata", "datastore", "themedata", "datafield", "bin"};
	static const char *const pictures[] = {"pict", "pngblip", "jpegblip", "emfblip", "wmetafile",
		"dibitmap", "wbitmap", "macpict", "pmmetafile"};
	uint32_t character = special(word);

	if (character) {
		put(r, character);
	} else if (strcmp(word, "u") == 0 && number != NO_NUMBER) {
		unicode(r, number);
	} else if (strcmp(word, "uc") == 0 && number >= 0 && number < 256) {
		top(r)->fallback = (uint8_t)number;
	} else if (strcmp(word, "fonttbl") == 0) {
		top(r)->fonts = true;
	} else if (is_one_of(word, pictures, ELEMENTS(pictures))) {
		r->found->pictures = true;
	} else if (is_one_of(word, objects, ELEMENTS(objects)) && strcmp(word, "themedata") != 0 &&
		   strcmp(word, "datastore") != 0) {
		r->found->objects = true;
	}
}

static void take_word(struct rtf *r)
{
	char word[WORD_MAX + 1];
	size_t length = 0;
	int32_t number;

	while (r->at < r->end && is_letter(*r->at)) {
		if (length < WORD_MAX)
			word[length++] = (char)*r->at;
		r->at++;
	}
	word[length] = 0;
	number = take_number(r);
	if (r->at < r->end && *r->at == ' ')
		r->at++;
	control(r, word, number);
}

/* at stands behind the backslash. */
static void escape(struct rtf *r)
{
	if (r->at == r->end)
		return;
	if (is_letter(*r->at)) {
		take_word(r);
		return;
	}
	switch (*r->at++) {
	case '\'':
		hex_byte(r);
		break;
	case '*': /* what is not shown begins on a line of its own */
		put(r, '\n');
		break;
	case '~':
		put(r, ' ');
		break;
	case '_':
		put(r, '-');
		break;
	case '\n':
	case '\r':
		put(r, '\n');
		break;
	case '{':
	case '}':
	case '\\':
		put_byte(r, r->at[-1]);
		break;
	default:
		break;
	}
}

static void open_group(struct rtf *r)
{
	const struct group outer = *top(r);

	r->depth++;
	*top(r) = outer;
	r->skip = 0;
}

static void close_group(struct rtf *r)
{
	if (r->depth > 0)
		r->depth--;
	r->skip = 0;
}

void rtf_strip(const void *bytes, size_t size, struct buffer *out, struct rtf_findings *ret)
{
	struct rtf r = {.at = bytes, .end = (const uint8_t *)bytes + size, .out = out, .found = ret};

	*ret = (struct rtf_findings){0};
	r.groups[0].fallback = SKIP_START;
	while (r.at < r.end && !out->error) {
		uint8_t c = *r.at++;

		if (c == '{')
			open_group(&r);
		else if (c == '}')
			close_group(&r);
		else if (c == '\\')
			escape(&r);
		else if (c != '\r' && c != '\n')
			put_byte(&r, c);
	}
}
