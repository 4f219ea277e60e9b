/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Ids and dates of birth. See names-match.h. */

#include "inspect/names-match.h"

#include "inspect/names-date.h"
#include "inspect/names-words.h"

#define ID_MAX      32
#define LETTERS_MAX 6 /* in a row in an id; more are a word */
#define BLANKS_MAX  4 /* between groups of an id */

static inline bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static inline bool is_alnum(uint8_t c)
{
	return is_digit(c) || is_letter(c);
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool is_sign(char c)
{
	return c == '-' || c == '/' || c == '.' || c == '_';
}

struct view {
	struct names_match *match;
	const char *text;
	size_t size;
	uint64_t base;
};

static bool alnum(const struct view *view, size_t at)
{
	return at < view->size && is_alnum((uint8_t)view->text[at]);
}

/* --- ids --- */

static void look_up_id(const struct view *view, size_t start, size_t end, const char *id, size_t size)
{
	const struct names *names = view->match->names;
	char text[ID_MAX + NAMES_HASH_PAD] = {0};
	const struct names_entry *entries;
	size_t count;

	memcpy(text, id, size);
	if (!names_may_hold(names, names_mark(&names->keys, text, size)))
		return;
	entries = names_find(names, names_hash(&names->keys, NAMES_OF_NUMBER, text, size), &count);
	if (entries)
		match_record(view->match, view->base + start, view->base + end, entries, count);
}

/* Backwards over a sign, or a few blanks, between groups. */
static bool step_over(const struct view *view, size_t *at)
{
	size_t from = *at;

	while (*at > 0 && from - *at < BLANKS_MAX && is_blank(view->text[*at - 1]))
		--*at;
	if (*at == from && is_sign(view->text[*at - 1]))
		--*at;
	return *at<from && * at> 0 && alnum(view, *at - 1);
}

static void look_up_group(const struct view *view, size_t start, size_t end, size_t size)
{
	char id[ID_MAX] = {0};
	size_t n = 0;

	for (size_t at = start; at < end && n < size; at++)
		if (alnum(view, at))
			id[n++] = (char)(view->text[at] | 0x20);
	look_up_id(view, start, end, id, n);
}

/* Every id that ends here: backwards over letters and digits, and over single signs that group them. */
static void ids_ending_at(const struct view *view, size_t end)
{
	uint64_t sizes = view->match->names->body.id_sizes;
	size_t n = 0, letters = 0, at = end;

	while (at > 0 && sizes >> n > 1 && n < ID_MAX && letters <= LETTERS_MAX) {
		if (!alnum(view, at - 1)) {
			letters = 0;
			if (!step_over(view, &at))
				return;
			continue;
		}
		at--;
		n++;
		letters = is_digit((uint8_t)view->text[at]) ? 0 : letters + 1;
		if (sizes >> n & 1 && !(at > 0 && alnum(view, at - 1)))
			look_up_group(view, at, end, n);
	}
}

/* An id may end with a group of letters behind this run. */
static size_t letters_behind(const struct view *view, size_t end)
{
	size_t at = end;

	if (at + 1 >= view->size || !(view->text[at] == ' ' || is_sign(view->text[at])))
		return end;
	for (at++; at < view->size && is_letter((uint8_t)view->text[at]); at++)
		;
	return at == end + 1 || alnum(view, at) ? end : at;
}

/* --- dates --- */

static void look_up_dates(const struct view *view, size_t start, size_t end, const struct names_date *date)
{
	const struct names *names = view->match->names;

	for (unsigned i = 0; i < date->count; i++) {
		char text[NAMES_DATE_TEXT + NAMES_HASH_PAD] = {0};
		const struct names_entry *entries;
		size_t count;

		memcpy(text, date->text[i], NAMES_DATE_TEXT);
		if (!names_may_hold(names, names_mark(&names->keys, text, NAMES_DATE_TEXT)))
			continue;
		entries = names_find(
			names, names_hash(&names->keys, NAMES_OF_DATE, text, NAMES_DATE_TEXT), &count);
		if (entries)
			match_record(view->match, view->base + start, view->base + end, entries, count);
	}
}

/* Where "March" of "March 12, 2021" begins; start when there is no month before the number. */
static size_t month_before(const struct view *view, size_t start)
{
	size_t end = start, at;

	while (end > 0 && (is_blank(view->text[end - 1]) || view->text[end - 1] == '.'))
		end--;
	for (at = end; at > 0 && end - at < 10 && is_letter((uint8_t)view->text[at - 1]); at--)
		;
	return end < start && names_words_month(view->text + at, end - at) ? at : start;
}

/* Whether the number that begins here could be the first of a date: few are. */
static bool begins_date(const struct view *view, size_t start)
{
	size_t end = start;

	while (end < view->size && end - start < 9 && is_digit((uint8_t)view->text[end]))
		end++;
	if (end - start == 8)
		return true;
	return (end - start <= 2 || end - start == 4) && end < view->size &&
	       (is_blank(view->text[end]) || is_sign(view->text[end]) ||
		       is_letter((uint8_t)view->text[end]) || view->text[end] == ',');
}

static void dates_at(const struct view *view, size_t start)
{
	struct names_date date;
	size_t n = names_date_read(view->text + start, view->size - start, &date), month;

	if (n > 0)
		look_up_dates(view, start, start + n, &date);
	month = month_before(view, start);
	if (month == start)
		return;
	n = names_date_read(view->text + month, view->size - month, &date);
	if (n > 0)
		look_up_dates(view, month, month + n, &date);
}

void match_number(
	struct names_match *match, const char *text, size_t size, size_t start, size_t end, uint64_t base)
{
	const struct view view = {match, text, size, base};

	if (match->names->body.born)
		for (size_t at = start; at < end; at++)
			if (is_digit((uint8_t)text[at]) &&
				(at == start || !is_digit((uint8_t)text[at - 1])) && begins_date(&view, at))
				dates_at(&view, at);
	if (match->names->body.id_sizes) {
		size_t behind = letters_behind(&view, end);

		ids_ending_at(&view, end);
		if (behind != end)
			ids_ending_at(&view, behind);
	}
}
