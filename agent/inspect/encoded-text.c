/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Characters written down in other characters. See encoded.h. */

#include "inspect/encoded.h"

#define ESCAPE '\x1b'
#define PIECE  16384 /* bytes that are at hand while one mark after the other is looked for */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number in exactly that many digits, -1 when they are not all there. */
static int32_t hex_number(const char *at, const char *end, size_t digits)
{
	int32_t value = 0;

	if ((size_t)(end - at) < digits)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Each of the following: at stands on its mark; 0 when this is none of its kind, else how many characters it
 * takes, having appended what they stand for. */

static size_t quoted_printable(const char *at, const char *end, struct buffer *out)
{
	const char *line = at + 1;
	int32_t byte = hex_number(at + 1, end, 2);

	if (byte >= 0) {
		buffer_add_char(out, (char)byte);
		return 3;
	}
	while (line < end && (*line == ' ' || *line == '\t' || *line == '\r'))
		line++;
	return line < end && *line == '\n' ? (size_t)(line - at) + 1 : 0;
}

static size_t percent(const char *at, const char *end, struct buffer *out)
{
	int32_t value = hex_number(at + 1, end, 2);

	if (value >= 0) {
		buffer_add_char(out, (char)value);
		return 3;
	}
	if (end - at < 6 || at[1] != 'u')
		return 0;
	value = hex_number(at + 2, end, 4);
	if (value < 0)
		return 0;
	buffer_add_character(out, (uint32_t)value);
	return 6;
}

static size_t octal(const char *at, const char *end, struct buffer *out)
{
	unsigned value = 0;

	if (end - at < 4)
		return 0;
	for (size_t i = 1; i < 4; i++) {
		if (at[i] < '0' || at[i] > '7')
			return 0;
		value = value * 8 + (unsigned)(at[i] - '0');
	}
	if (value > 255)
		return 0;
	buffer_add_char(out, (char)value);
	return 4;
}

static size_t backslash(const char *at, const char *end, struct buffer *out)
{
	size_t digits = end - at < 2 ? 0 : at[1] == 'x' ? 2 : at[1] == 'u' ? 4 : at[1] == 'U' ? 8 : 0;
	int32_t value = digits ? hex_number(at + 2, end, digits) : -1;

	if (value < 0)
		return octal(at, end, out);
	if (digits == 2)
		buffer_add_char(out, (char)value);
	else
		buffer_add_character(out, (uint32_t)value);
	return 2 + digits;
}

static int sextet(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(alphabet, c) : NULL;

	return found ? (int)(found - alphabet) : -1;
}

/* "+AOk-": two bytes a character, from at least three letters. */
static size_t utf7(const char *at, const char *end, struct buffer *out)
{
	const char *p = at + 1;
	size_t before = out->size;
	uint32_t bits = 0;
	unsigned count = 0;

	for (; p < end && sextet(*p) >= 0; p++) {
		bits = bits << 6 | (uint32_t)sextet(*p);
		count += 6;
		if (count >= 16) {
			count -= 16;
			buffer_add_character(out, bits >> count & 0xffff);
		}
	}
	if (p - at < 4 || p == end || *p != '-' || (bits & ((1U << count) - 1)) != 0) {
		out->size = before;
		return 0;
	}
	return (size_t)(p - at) + 1;
}

/* A backspace takes the character before it away; colours are nothing. */
static size_t overstrike(const char *at, const char *end, struct buffer *out)
{
	const char *p = at + 1;

	if (*at == '\b') {
		while (out->size > 0 && ((uint8_t)out->bytes[out->size - 1] & 0xc0) == 0x80)
			out->size--;
		out->size -= out->size > 0;
		return 1;
	}
	if (p == end || *p != '[')
		return 1;
	for (p++; p < end && *p >= ' ' && *p < '@'; p++)
		;
	return (size_t)(p - at) + (p < end);
}

static const struct {
	const char *marks;
	size_t (*undo)(const char *at, const char *end, struct buffer *out);
} forms[ENCODED_TEXT_COUNT] = {
	[ENCODED_QUOTED_PRINTABLE] = {"=", quoted_printable},
	[ENCODED_PERCENT] = {"%", percent},
	[ENCODED_BACKSLASH] = {"\\", backslash},
	[ENCODED_UTF7] = {"+", utf7},
	[ENCODED_OVERSTRIKE] = {"\b\x1b", overstrike},
};

static const char *next_mark(const char *at, const char *end, const char *marks)
{
	const char *first = memchr(at, marks[0], (size_t)(end - at));
	const char *second = marks[1] ? memchr(at, marks[1], (size_t)((first ? first : end) - at)) : NULL;

	return second ? second : first;
}

unsigned encoded_text_forms(const char *utf8, size_t size)
{
	unsigned found = 0;

	for (size_t at = 0; at < size; at += PIECE) {
		size_t piece = size - at < PIECE ? size - at : PIECE;

		for (unsigned how = 0; how < ENCODED_TEXT_COUNT; how++)
			if (!(found >> how & 1) && next_mark(utf8 + at, utf8 + at + piece, forms[how].marks))
				found |= 1U << how;
	}
	return found;
}

/* Mail is undone as a whole, for its markup and its parts; of all else only the lines that change are of use.
 */
static bool keeps_whole(enum encoded_text how, const char *utf8, size_t size)
{
	static const char *const signs[] = {"=3D", "=\n", "=\r\n", "=0A"};

	if (how != ENCODED_QUOTED_PRINTABLE)
		return false;
	for (size_t i = 0; i < ELEMENTS(signs); i++)
		if (buffer_find(utf8, size, signs[i], strlen(signs[i])))
			return true;
	return false;
}

struct undo {
	const char *kept; /* from here on nothing was copied yet */
	size_t line;      /* where the line that is being written begins */
	bool changed;     /* it is another than it was */
	bool whole;
	struct buffer *out;
	struct buffer meant; /* by the latest mark */
};

/* A line ends between here and the mark: it stays if it was changed. */
static void end_line(struct undo *u, const char *mark)
{
	const char *first = memchr(u->kept, '\n', (size_t)(mark - u->kept));

	if (!first)
		return;
	if (u->changed)
		buffer_add(u->out, u->kept, (size_t)(first - u->kept) + 1);
	else if (u->out->size > u->line)
		u->out->size = u->line;
	u->line = u->out->size;
	u->changed = false;
	u->kept = (const char *)memrchr(first, '\n', (size_t)(mark - first)) + 1;
}

static void finish(struct undo *u, const char *end)
{
	if (!u->whole)
		end_line(u, end);
	if (u->whole || u->changed)
		buffer_add(u->out, u->kept, (size_t)(end - u->kept));
	else if (u->out->size > u->line)
		u->out->size = u->line;
}

/* What stands before a mark is copied only when the mark is one: in office documents there is one in each
 * tag that is none, and no line ends. Behind a backspace it must be there before. */
static size_t undo_one(struct undo *u, enum encoded_text how, const char *mark, const char *end)
{
	size_t taken = how == ENCODED_OVERSTRIKE ? 1 : forms[how].undo(mark, end, &u->meant);

	if (taken == 0)
		return 0;
	if (!u->whole)
		end_line(u, mark);
	buffer_add(u->out, u->kept, (size_t)(mark - u->kept));
	if (how == ENCODED_OVERSTRIKE)
		taken = forms[how].undo(mark, end, u->out);
	buffer_add(u->out, u->meant.bytes, u->meant.size);
	u->meant.size = 0;
	if (u->meant.error)
		u->out->error = u->meant.error;
	u->kept = mark + taken;
	u->changed = true;
	return taken;
}

bool encoded_undo(enum encoded_text how, const char *utf8, size_t size, struct buffer *out)
{
	const char *end = utf8 + size, *mark = next_mark(utf8, end, forms[how].marks);
	struct undo u = {.kept = utf8, .line = out->size, .out = out};
	size_t start = out->size;
	bool any = false;

	/* Most text has none of it. */
	if (!mark)
		return false;
	u.whole = keeps_whole(how, utf8, size);
	while (mark) {
		size_t taken = undo_one(&u, how, mark, end);

		any |= taken > 0;
		mark += taken ? taken : 1;
		mark = mark < end ? next_mark(mark, end, forms[how].marks) : NULL;
	}
	if (any)
		finish(&u, end);
	else
		out->size = start;
	buffer_clear(&u.meant);
	return any;
}
