/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The beginning and the end of a search, and titles. See names.h and names-match.h. */

#include "inspect/names-match.h"

#include <ctype.h>
#include <stddef.h>

#define SURNAME_WORDS 16 /* of 64 bits */
#define AFFIX_LEAST   4  /* letters of a first name that begins or ends a longer word */

static void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	free(tally->sure);
	free(tally->likely);
	free(tally->surnames);
	free(tally->folds);
	free(tally);
}

/* Nearly all files are smaller than the window: what they do not fill is neither written nor wiped. */
struct names_match *match_begin(const struct names *names, struct tally *tally)
{
	struct names_match *match = malloc(sizeof *match);

	if (!match)
		return NULL;
	memset(match, 0, offsetof(struct names_match, memory) + MATCH_PAD);
	memset(match->memory + MATCH_PAD + MATCH_WINDOW, 0, MATCH_PAD);
	match->names = names;
	match->tally = tally;
	return match;
}

void match_wipe(struct names_match *match)
{
	if (!match)
		return;
	explicit_bzero(match, offsetof(struct names_match, memory) + MATCH_PAD + match->touched);
	free(match);
}

struct names_match *names_match_free(struct names_match *match)
{
	if (!match)
		return NULL;
	match_wipe(match->look);
	tally_free(match->tally);
	match_wipe(match);
	return NULL;
}

int names_match_new(const struct names *names, struct names_match **ret_match)
{
	struct tally *tally = calloc(1, sizeof *tally);
	_cleanup_(names_match_freep) struct names_match *match = match_begin(names, tally);
	size_t words = names->body.firsts / 64 + 1;

	if (!match)
		free(tally);
	if (!match || !tally)
		return -ENOMEM;
	tally->sure = calloc(words, sizeof *tally->sure);
	tally->likely = calloc(words, sizeof *tally->likely);
	tally->surnames = calloc(SURNAME_WORDS, sizeof *tally->surnames);
	if (!tally->sure || !tally->likely || !tally->surnames)
		return -ENOMEM;
	*ret_match = TAKE_PTR(match);
	return 0;
}

/* --- titles --- */

static bool divides(const char *text, size_t at, size_t size)
{
	uint8_t before = at > 0 ? (uint8_t)text[at - 1] : 0, here = (uint8_t)text[at];
	uint8_t next = at + 1 < size ? (uint8_t)text[at + 1] : 0;

	return isupper(here) && (islower(before) || (isupper(before) && islower(next)));
}

/* AmeliaPainting as "Amelia Painting": each bit is fed as it is found, so that no copy is made. */
static void feed_divided(struct names_match *match, const char *text, size_t size)
{
	size_t from = 0;

	for (size_t at = 1; at < size; at++)
		if (divides(text, at, size)) {
			(void)names_match_feed(match, text + from, at - from);
			(void)names_match_feed(match, " ", 1);
			from = at;
		}
	(void)names_match_feed(match, text + from, size - from);
}

static bool is_first(const struct names *names, const char *word, size_t size)
{
	const struct names_entry *entries;
	size_t count;

	if (!names_may_hold(names, names_mark(&names->keys, word, size)))
		return false;
	entries = names_find(names, names_hash(&names->keys, NAMES_OF_WORD, word, size), &count);
	for (size_t i = 0; i < count; i++)
		if (entries[i].role & NAMES_FIRST && !(entries[i].role & (NAMES_WORD | NAMES_IGNORED)))
			return true;
	return false;
}

/* ameliapainting.pdf */
static bool has_affix(const struct names *names, const char *lower, size_t size)
{
	for (size_t n = AFFIX_LEAST; n < size; n++)
		if (is_first(names, lower, n) || is_first(names, lower + size - n, n))
			return true;
	return false;
}

static void look_for_affixes(struct names_match *match, const char *text, size_t size)
{
	for (size_t at = 0, end; at < size; at = end + 1) {
		char lower[NAMES_WORD_MAX + NAMES_HASH_PAD] = {0};
		size_t n;

		for (end = at; end < size && isalpha((unsigned char)text[end]); end++)
			;
		n = end - at < NAMES_WORD_MAX ? end - at : NAMES_WORD_MAX;
		for (size_t i = 0; i < n; i++)
			lower[i] = (char)(text[at + i] | 0x20);
		if (has_affix(match->names, lower, n))
			match_found(match, FOUND_MAYBE);
	}
}

int names_match_title(
	const struct names *names, const char *utf8, size_t size, struct inspect_answer *ret_answer)
{
	_cleanup_(names_match_freep) struct names_match *match = NULL;
	size_t title = size < NAMES_TITLE_MAX ? size : NAMES_TITLE_MAX;
	int r = names_match_new(names, &match);

	if (r < 0)
		return r;
	match->title = true;
	if (title > 0) {
		feed_divided(match, utf8, title);
		(void)names_match_feed(match, "\n", 1);
		look_for_affixes(match, utf8, title);
	}
	(void)names_match_feed(match, utf8, size);
	names_match_end(match, ret_answer);
	return 0;
}
