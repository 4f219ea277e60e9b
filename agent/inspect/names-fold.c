/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Characters as parts of names, over ICU. See names-fold.h. */

#include "inspect/names-fold.h"

#include "base/utf8.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#define UNITS 64 /* UTF-16 units of one character's longest form */

struct folder {
	const UNormalizer2 *casefold, *decompose, *compose;
	USpoofChecker *spoof;
};

struct units {
	UChar text[UNITS];
	int32_t size;
};

struct folder *folder_free(struct folder *folder)
{
	if (!folder)
		return NULL;
	if (folder->spoof)
		uspoof_close(folder->spoof);
	free(folder);
	return NULL;
}

int folder_new(struct folder **ret_folder)
{
	_cleanup_(folder_freep) struct folder *folder = calloc(1, sizeof *folder);
	UErrorCode status = U_ZERO_ERROR;
	struct fold fold;

	if (!folder)
		return -ENOMEM;
	folder->casefold = unorm2_getNFKCCasefoldInstance(&status);
	folder->decompose = unorm2_getNFDInstance(&status);
	folder->compose = unorm2_getNFKCInstance(&status);
	folder->spoof = uspoof_open(&status);
	if (U_FAILURE(status))
		return status == U_MEMORY_ALLOCATION_ERROR ? -ENOMEM : -EIO;
	folder_fold(folder, 0x0430, &fold);
	if (fold.look_size != 1 || fold.look[0] != 'a')
		return -EIO;
	*ret_folder = TAKE_PTR(folder);
	return 0;
}

/* --- steps --- */

static UChar32 next(const struct units *units, int32_t *at)
{
	UChar32 c = units->text[(*at)++], d = *at < units->size ? units->text[*at] : 0;

	if ((c & 0xfc00) != 0xd800 || (d & 0xfc00) != 0xdc00)
		return c;
	(*at)++;
	return 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
}

static void put(struct units *units, UChar32 c)
{
	if (c < 0x10000) {
		units->text[units->size++] = (UChar)c;
		return;
	}
	units->text[units->size++] = (UChar)(0xd800 + ((c - 0x10000) >> 10));
	units->text[units->size++] = (UChar)(0xdc00 + (c & 0x3ff));
}

static bool apply(const UNormalizer2 *form, struct units *units)
{
	UErrorCode status = U_ZERO_ERROR;
	struct units result;

	result.size = unorm2_normalize(form, units->text, units->size, result.text, UNITS, &status);
	if (U_FAILURE(status))
		return false;
	*units = result;
	return true;
}

static bool is_decoration(UChar32 c)
{
	int8_t type = u_charType(c);

	return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR ||
	       u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/* Decomposes and leaves out marks. */
static bool strip(const struct folder *folder, struct units *units)
{
	int32_t kept = 0;

	if (!apply(folder->decompose, units))
		return false;
	for (int32_t i = 0; i < units->size;) {
		int32_t start = i;

		if (is_decoration(next(units, &i)))
			continue;
		memmove(units->text + kept, units->text + start, (size_t)(i - start) * sizeof(UChar));
		kept += i - start;
	}
	units->size = kept;
	return true;
}

/* A single character that is taken for two ("rn" for m) stands for what the two look like. */
static void mend_pairs(struct units *units)
{
	if (units->size == 2 && units->text[0] == 'r' && units->text[1] == 'n') {
		units->text[0] = 'm';
		units->size = 1;
	}
}

static bool to_look(const struct folder *folder, struct units *units, bool upper)
{
	UErrorCode status = U_ZERO_ERROR;
	struct units result;

	if (!apply(folder->compose, units))
		return false;
	if (units->size != 1 || units->text[0] >= 0x80) {
		result.size = uspoof_getSkeleton(
			folder->spoof, 0, units->text, units->size, result.text, UNITS, &status);
		if (U_FAILURE(status))
			return false;
		*units = result;
	}
	if (!strip(folder, units))
		return false;
	if (upper && units->size == 1 && units->text[0] == 'l')
		units->text[0] = 'I'; /* what looks like a small l is meant as a capital I */
	mend_pairs(units);
	return apply(folder->casefold, units) && strip(folder, units);
}

static bool to_plain(const struct folder *folder, struct units *units)
{
	return apply(folder->casefold, units) && strip(folder, units);
}

/* False when it has no room. */
static bool to_utf8(const struct units *units, char ret_text[static FOLD_TEXT], uint8_t *ret_size)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t size = 0;

	u_strToUTF8(ret_text, FOLD_TEXT, &size, units->text, units->size, &status);
	*ret_size = (uint8_t)size;
	return U_SUCCESS(status) && size <= FOLD_TEXT;
}

/* --- kinds --- */

static bool joins(UChar32 c)
{
	switch (c) {
	case '-':
	case '\'':
	case '`':
	case 0xb4:  /* acute accent */
	case 0x2b9: /* modifier primes and apostrophes */
	case 0x2bb:
	case 0x2bc:
	case 0x2bd:
	case 0x2018: /* quotation marks */
	case 0x2019:
	case 0x201b:
	case 0x2032: /* prime */
	case 0x2212: /* minus */
	case 0xff07: /* full width */
	case 0xff0d:
		return true;
	}
	return u_charType(c) == U_DASH_PUNCTUATION;
}

static bool unspaced_script(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;
	UScriptCode script = uscript_getScript(c, &status);

	return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
	       script == USCRIPT_THAI || script == USCRIPT_LAO || script == USCRIPT_KHMER ||
	       script == USCRIPT_MYANMAR;
}

static bool all_letters(const struct units *units)
{
	for (int32_t i = 0; i < units->size;) {
		UChar32 c = next(units, &i);

		if (!u_isalpha(c) && u_charType(c) != U_COMBINING_SPACING_MARK)
			return false;
	}
	return units->size > 0;
}

static enum fold_kind kind_of(UChar32 c, const struct units *plain)
{
	if (c == 0x202e)
		return FOLD_REVERSE;
	if (c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029)
		return FOLD_LINE;
	if (joins(c))
		return FOLD_JOINER;
	if (plain->size == 0)
		return FOLD_NOTHING;
	if (all_letters(plain))
		return FOLD_LETTER;
	if (plain->size == 1 && plain->text[0] >= '0' && plain->text[0] <= '9')
		return FOLD_DIGIT;
	return FOLD_SPACE;
}

static void set_digit(struct fold *fold, int32_t value)
{
	fold->kind = FOLD_DIGIT;
	fold->plain[0] = fold->look[0] = (char)('0' + value);
	fold->plain_size = fold->look_size = 1;
}

void folder_fold(const struct folder *folder, uint32_t code_point, struct fold *ret_fold)
{
	struct units plain = {.size = 0}, look;
	UChar32 c = (UChar32)code_point;
	int32_t digit = u_charDigitValue(c);

	*ret_fold = (struct fold){.code_point = code_point, .kind = FOLD_SPACE};
	if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000))
		return;
	if (digit >= 0) {
		set_digit(ret_fold, digit);
		return;
	}
	put(&plain, c);
	look = plain;
	if (!to_plain(folder, &plain) || !to_utf8(&plain, ret_fold->plain, &ret_fold->plain_size))
		return;
	ret_fold->kind = kind_of(c, &plain);
	if (ret_fold->kind != FOLD_LETTER)
		return;
	ret_fold->upper = u_isUUppercase(c) || u_istitle(c);
	if (!to_look(folder, &look, ret_fold->upper) ||
		!to_utf8(&look, ret_fold->look, &ret_fold->look_size)) {
		memcpy(ret_fold->look, ret_fold->plain, FOLD_TEXT);
		ret_fold->look_size = ret_fold->plain_size;
	}

	ret_fold->unspaced = unspaced_script(c);
}

/* --- bytes --- */

uint32_t fold_windows_1252(unsigned char byte)
{
	static const uint16_t high[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,
		0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
		0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};

	return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

static uint32_t assemble(const unsigned char *bytes, size_t length)
{
	uint32_t c = length == 1 ? bytes[0] : bytes[0] & (0x7fU >> length);

	for (size_t i = 1; i < length; i++)
		c = c << 6 | (bytes[i] & 0x3fU);
	return c;
}

size_t fold_decode(const char *bytes, size_t size, uint32_t *ret_code_point)
{
	size_t length = utf8_character(bytes, size);

	if (length == 0) {
		*ret_code_point = fold_windows_1252((unsigned char)*bytes);
		return 1;
	}
	*ret_code_point = assemble((const unsigned char *)bytes, length);
	return length;
}
