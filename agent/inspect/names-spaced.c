/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Words in pieces. See names-match.h. */

#include "inspect/names-match.h"

#define PIECED_LEAST  4  /* letters of a word that was put together */
#define SPELLED_LEAST 3  /* letters in a row that may spell a name */
#define SPELLED_GAP   4  /* bytes from one letter to the next, the letter included */
#define LINE_GAP      64 /* bytes of blanks between a hyphen and the rest of the word */
#define INSIDE_MOST   32 /* characters of a name inside something longer */

void match_remember(struct names_match *match, const struct word *word)
{
	bool plain_ascii = word->plain && (uint8_t)word->plain[0] < 0x80;
	const char *text = plain_ascii ? word->plain : word->look;
	size_t size = plain_ascii ? word->plain_size : word->look_size;

	match->last_start = word->start;
	match->last_end = word->end;
	match->last_size = 0;
	if (!word->plain)
		return;
	match->last_size = size;
	memcpy(match->last, text, size);
}

/* --- joined --- */

const bool match_joiners[256] = {['-'] = true,
	['\''] = true,
	['.'] = true,
	['_'] = true,
	['*'] = true,
	['`'] = true,
	['~'] = true,
	['^'] = true,
	['+'] = true,
	['='] = true};

/* A hyphen or a quoted-printable mark at the end of the line before. */
static bool continues(const struct names_match *match, uint64_t start)
{
	uint8_t mark = match_char(match, match->last_end);
	uint64_t at = match->last_end + !match->open_end;
	bool line = false;

	if ((mark != '-' && mark != '=' && !match->open_end) || start - at > LINE_GAP)
		return false;
	for (; at < start; at++) {
		uint8_t c = match_char(match, at);

		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			return false;
		line |= c == '\n';
	}
	return line;
}

bool match_is_joined(const struct names_match *match, uint64_t position)
{
	if (match->open_end)
		return continues(match, position);
	if (position == match->last_end + 1)
		return match_joiners[match_char(match, match->last_end)];
	return continues(match, position);
}

static void chain_add(struct chain *chain, uint64_t start, uint64_t end, const char *text, size_t size)
{
	if (chain->count == MATCH_PIECES || chain->size + size > NAMES_WORD_MAX) {
		chain->count = 0;
		chain->size = 0;
	}
	if (size > NAMES_WORD_MAX)
		return;
	chain->piece[chain->count++] = (struct piece){start, chain->size};
	memcpy(chain->text + chain->size, text, size);
	chain->size += size;
	memset(chain->text + chain->size, 0, NAMES_HASH_PAD);
	chain->end = end;
}

static void lower(char *text, const char *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		text[i] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] | 0x20 : from[i]);
}

static void chain_latest(struct names_match *match)
{
	size_t size = (size_t)(match->last_end - match->last_start);
	char text[NAMES_WORD_MAX];

	if (match->last_size > 0) {
		chain_add(&match->chain, match->last_start, match->last_end, match->last, match->last_size);
	} else if (match->last_start >= match->base && size <= sizeof text) {
		lower(text, (const char *)match_window(match) + (match->last_start - match->base), size);
		chain_add(&match->chain, match->last_start, match->last_end, text, size);
	}
}

void match_join(struct names_match *match, const struct word *word)
{
	struct chain *chain = &match->chain;
	bool plain_ascii = (uint8_t)word->plain[0] < 0x80;

	if (chain->count == 0 || chain->end != match->last_end) {
		chain->count = 0;
		chain->size = 0;
		chain_latest(match);
	}
	chain_add(chain, word->start, word->end, plain_ascii ? word->plain : word->look,
		plain_ascii ? word->plain_size : word->look_size);
	for (size_t i = 0; i + 1 < chain->count; i++) {
		const char *text = chain->text + chain->piece[i].at;
		size_t size = chain->size - chain->piece[i].at;

		if (size >= PIECED_LEAST)
			(void)match_word(match, &(struct word){chain->piece[i].start, word->end, text, text,
							size, size, WORD_PIECED});
	}
}

/* --- inside something longer --- */

void match_inside(
	struct names_match *match, const struct word *word, const size_t *offsets, size_t count, size_t least)
{
	char text[NAMES_WORD_MAX + NAMES_HASH_PAD];

	for (size_t from = 0; from < count; from++)
		for (size_t to = from + least; to <= count && to - from <= INSIDE_MOST; to++) {
			size_t size = offsets[to] - offsets[from];

			if (size > NAMES_WORD_MAX)
				break;
			if (!names_may_hold(match->names,
				    names_mark(&match->names->keys, word->plain + offsets[from], size)))
				continue;
			memcpy(text, word->plain + offsets[from], size);
			memset(text + size, 0, NAMES_HASH_PAD);
			(void)match_word(
				match, &(struct word){word->start + offsets[from], word->start + offsets[to],
					       text, text, size, size, word->flags});
		}
}

/* --- s p e l l e d --- */

/* The place of each letter in the text is not that in the document: positions are put right here. */
static void find_spelled(struct names_match *match, size_t from, size_t to)
{
	const struct letters *letters = &match->letters;
	char text[NAMES_WORD_MAX + NAMES_HASH_PAD] = {0};
	size_t size = letters->at[to] - letters->at[from];

	if (size > NAMES_WORD_MAX ||
		!names_may_hold(match->names,
			names_mark(&match->names->keys, letters->text + letters->at[from], size)))
		return;
	memcpy(text, letters->text + letters->at[from], size);
	(void)match_word(match, &(struct word){letters->start[from], letters->start[to - 1] + 1, text, text,
					size, size, WORD_PIECED});
}

void match_spelled(struct names_match *match)
{
	size_t count = match->letters.count;

	for (size_t from = 0; count >= SPELLED_LEAST && from < count; from++)
		for (size_t to = from + SPELLED_LEAST; to <= count && to - from <= INSIDE_MOST; to++)
			if (to - from >= PIECED_LEAST || (from == 0 && to == count))
				find_spelled(match, from, to);
	match->letters.count = 0;
}

void match_letter(struct names_match *match, const struct word *word)
{
	struct letters *letters = &match->letters;
	bool ascii = word->look_size == 1;
	const char *text = ascii ? word->look : word->plain;
	size_t size = ascii ? 1 : word->plain_size;

	if (size > 4)
		return;
	if (letters->count == MATCH_LETTERS ||
		(letters->count > 0 &&
			(word->start - letters->end >= SPELLED_GAP || match->last_end != letters->end)))
		match_spelled(match);
	memcpy(letters->text + letters->at[letters->count], text, size);
	letters->start[letters->count] = word->start;
	letters->at[letters->count + 1] = letters->at[letters->count] + size;
	letters->count++;
	letters->end = word->end;
}
