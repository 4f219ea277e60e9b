/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Character classes come from the C library's C.UTF-8 locale, asked for by name, so that a daemon without any
 * locale setting and a manager's terminal agree about what one name is. Folding is by single characters: good
 * enough to keep two people from registering one camera twice, and never used to compare what is on a card.
 */

#include "state/name.h"

#include "base/utf8.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

static locale_t text_locale(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return locale;
}

/* The bytes are one valid character of this size. */
static wint_t code_point(const char *bytes, size_t size)
{
	static const uint8_t lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t value = (uint8_t)bytes[0] & lead_mask[size];

	for (size_t i = 1; i < size; i++)
		value = value << 6 | ((uint8_t)bytes[i] & 0x3f);
	return (wint_t)value;
}

/* Formatting characters: printable to the C library, but they hide or turn around what stands beside them. */
static bool is_invisible(wint_t character)
{
	static const struct {
		wint_t first, last;
	} ranges[] = {{0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
		{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};

	for (size_t i = 0; i < ELEMENTS(ranges); i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

static bool is_printable(wint_t character)
{
	locale_t locale = text_locale();

	return locale && iswprint_l(character, locale) && !is_invisible(character);
}

bool name_is_text(const char *text, size_t size)
{
	size_t length = strlen(text);

	if (length >= size || !utf8_valid(text, length))
		return false;
	for (size_t i = 0; i < length;) {
		size_t n = utf8_character(text + i, length - i);

		if (n == 0 || !is_printable(code_point(text + i, n)))
			return false;
		i += n;
	}
	return true;
}

char *name_clean(const char *text, size_t size)
{
	_cleanup_free_ char *valid = utf8_sanitize(text, strnlen(text, size));
	char *clean = calloc(size + 1, 1);
	size_t length = 0;

	if (!valid || !clean) {
		free(clean);
		return NULL;
	}
	for (const char *p = valid; *p;) {
		size_t n = utf8_character(p, strlen(p));
		bool printable = is_printable(code_point(p, n));

		if (length + (printable ? n : 1) >= size)
			break;
		memcpy(clean + length, printable ? p : "?", printable ? n : 1);
		length += printable ? n : 1;
		p += n;
	}
	return clean;
}

size_t name_characters(const char *name)
{
	size_t count = 0;

	for (; *name; name++)
		count += ((uint8_t)*name & 0xc0) != 0x80;
	return count;
}

char *name_fold(const char *name)
{
	size_t length = strlen(name), size = 0;
	/* A lower-case letter may take one byte more than its capital. */
	_cleanup_free_ char *folded = calloc(length + 1, 4);
	locale_t locale = text_locale();

	if (!folded || !locale)
		return NULL;
	for (size_t i = 0; i < length;) {
		size_t n = utf8_character(name + i, length - i);

		if (n == 0)
			return NULL;
		size += utf8_encode((uint32_t)towlower_l(code_point(name + i, n), locale), folded + size);
		i += n;
	}
	return TAKE_PTR(folded);
}
