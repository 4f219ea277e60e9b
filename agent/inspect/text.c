/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Texts: as they are, without their markup, and with what is written down in them in other letters. Each
 * reading is searched beside the others, none in place of another.
 */

#include "inspect/charset.h"
#include "inspect/encoded.h"
#include "inspect/inspection.h"
#include "inspect/markup.h"
#include "inspect/rtf.h"

#include <string.h>

#define DECODED_MAX  2 /* base64 in a mail in a mail */
#define TEXT_GROWTH  4 /* a reading has at most so many bytes for each one of the text */
#define TEXT_FREE    65536
#define FIND_ENCODED 12 /* bytes; shorter texts hold nothing that is encoded */

static struct buffer new_reading(size_t size)
{
	return (struct buffer){.max = size * TEXT_GROWTH + TEXT_FREE};
}

static int search(struct inspection *in, const struct buffer *reading)
{
	return reading->error ? reading->error : inspection_text(in, reading->bytes, reading->size);
}

/* --- formats that are texts --- */

static int take_piece(void *data, const char *utf8, size_t size)
{
	return inspection_text_piece(data, utf8, size);
}

static int read_markup(struct inspection *in, const char *utf8, size_t size)
{
	_cleanup_buffer_ struct buffer divided = new_reading(size);
	int r;

	if (markup_defines_entities(utf8, size))
		return inspection_unreadable(in,
			"It is written with abbreviations of its own (entities), behind which a "
			"name could stand. Save it as PDF or text.");
	r = markup_read(utf8, size, &divided, take_piece, in);
	if (r == 0)
		r = inspection_text(in, NULL, 0);
	return r == 0 ? search(in, &divided) : r;
}

static int read_rtf(struct inspection *in, const char *bytes, size_t size)
{
	_cleanup_buffer_ struct buffer stripped = new_reading(size);
	struct rtf_findings found;
	int r;

	rtf_strip(bytes, size, &stripped, &found);
	r = search(in, &stripped);
	if (r == 0 && found.pictures)
		return inspection_kind(in, (struct kind){.family = KIND_IMAGE, .name = "a picture"});
	if (r == 0 && found.objects)
		return inspection_unreadable(in,
			"There is another file embedded in this RTF document. Save the document "
			"as .docx or PDF.");
	return r;
}

/* --- what is encrypted and says so --- */

static int read_armour(struct inspection *in, const char *utf8, size_t size)
{
	static const char *const marks[] = {
		"PGP MESSAGE-----", "AGE ENCRYPTED FILE-----", "PKCS7-----", "CMS-----"};
	const char *at = utf8, *end = utf8 + size;
	bool found = buffer_find(utf8, size, "=enveloped-data", 15) != NULL;

	while (!found && (at = buffer_find(at, (size_t)(end - at), "-----BEGIN ", 11))) {
		at += 11;
		for (size_t i = 0; i < ELEMENTS(marks); i++)
			found |= strlen(marks[i]) <= (size_t)(end - at) &&
				 memcmp(at, marks[i], strlen(marks[i])) == 0;
	}
	return found ? inspection_kind(
			       in, (struct kind){.family = KIND_ENCRYPTED, .name = "an encrypted message"})
		     : 0;
}

/* --- what is written down in other letters --- */

static int visit(void *data, enum encoded_form form, const uint8_t *bytes, size_t size, bool mixed)
{
	struct inspection *in = data;
	const struct part part = {bytes, size, PART_ENCODED};
	uint32_t parts = in->parts;
	bool is_text = false;
	int r;

	in->decoded++;
	r = inspection_part(in, &part);
	/* Most pieces are chance, so they do not count as parts: a text is as large as it is. */
	in->parts = parts;
	if (r == 0 && mixed && form != ENCODED_HEX && size > in->limits->unknown_bytes &&
		kind_of(bytes, size).certain < 3) {
		size_t mark;

		is_text = charset_of(bytes, size, &mark) != CHARSET_NONE;
		if (!is_text)
			r = inspection_unreadable(in,
				"There is encoded data in this file of a kind that cannot be read. "
				"Copy what it was made from instead.");
	}
	in->decoded--;
	return r;
}

/* Behind an empty line that ends here, NULL when this is none. */
static const char *behind_empty_line(const char *newline, const char *end)
{
	const char *next = newline + 1;

	if (next < end && *next == '\r')
		next++;
	return next < end && *next == '\n' ? next + 1 : NULL;
}

/* Mail may carry a picture as quoted-printable; it begins behind an empty line. */
static int look_behind_empty_lines(struct inspection *in, const struct buffer *text)
{
	const char *at = text->bytes, *end = at + text->size;
	uint32_t parts = in->parts;
	int r = 0;

	for (; r == 0 && (at = memchr(at, '\n', (size_t)(end - at))); at++) {
		const char *start = behind_empty_line(at, end);
		const struct part part = {
			(const uint8_t *)start, start ? (size_t)(end - start) : 0, PART_STREAM};

		if (part.size > 0 && (part.bytes[0] >= 0x80 || part.bytes[0] < ' ' || part.bytes[0] == 'P'))
			r = inspection_part(in, &part);
		in->parts = parts;
	}
	return r;
}

static int read_undone(struct inspection *in, enum encoded_text how, const char *utf8, size_t size)
{
	_cleanup_buffer_ struct buffer undone = new_reading(size), text = new_reading(size);
	int r;

	if (!encoded_undo(how, utf8, size, &undone))
		return undone.error;
	charset_decode(CHARSET_EIGHT_BIT, undone.bytes, undone.size, &text);
	if (undone.error || text.error)
		return undone.error ? undone.error : text.error;
	r = markup_likely(text.bytes, text.size) ? read_markup(in, text.bytes, text.size)
						 : inspection_text(in, text.bytes, text.size);
	if (r == 0 && how == ENCODED_QUOTED_PRINTABLE)
		r = look_behind_empty_lines(in, &undone);
	return r;
}

static int read_encoded(struct inspection *in, const char *utf8, size_t size)
{
	unsigned forms;
	int r = 0;

	if (in->decoded >= DECODED_MAX || size < FIND_ENCODED)
		return 0;
	forms = encoded_text_forms(utf8, size);
	for (int how = 0; r == 0 && how < ENCODED_TEXT_COUNT; how++)
		if (forms >> how & 1)
			r = read_undone(in, (enum encoded_text)how, utf8, size);
	return r == 0 ? encoded_find(utf8, size, visit, in) : r;
}

/* --- all of it --- */

/* Readings without markup leave nothing out but names of fonts, which are as good as names of children. */
static int read_plain(struct inspection *in, const char *utf8, size_t size)
{
	if (kind_of(utf8, size).family == KIND_RTF)
		return read_rtf(in, utf8, size);
	return markup_likely(utf8, size) ? read_markup(in, utf8, size) : inspection_text(in, utf8, size);
}

static int read_all(struct inspection *in, const char *utf8, size_t size)
{
	int r = read_armour(in, utf8, size);

	if (r == 0)
		r = read_plain(in, utf8, size);
	return r == 0 ? read_encoded(in, utf8, size) : r;
}

int text_read(struct inspection *in, const struct part *part, bool *ret_is_text)
{
	_cleanup_buffer_ struct buffer utf8 = {.max = part->size * TEXT_GROWTH + TEXT_FREE};
	size_t mark;
	enum charset charset = charset_of(part->bytes, part->size, &mark);

	*ret_is_text = charset != CHARSET_NONE;
	if (charset == CHARSET_NONE)
		return 0;
	if (charset == CHARSET_UTF8)
		return read_all(in, (const char *)part->bytes + mark, part->size - mark);
	charset_decode(charset, part->bytes + mark, part->size - mark, &utf8);
	/* A mark of its encoding alone is a text that holds nothing. */
	return utf8.error || utf8.size == 0 ? utf8.error : read_all(in, utf8.bytes, utf8.size);
}
