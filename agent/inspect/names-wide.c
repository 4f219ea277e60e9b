/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Runs of text with letters beyond ASCII, character by character. See names-match.h. */

#include "inspect/names-match.h"

#include "base/utf8.h"

#define REVERSED_MAX 512 /* bytes that are turned round at most */
#define SOFT_HYPHEN  0xad
#define HYPHEN       0x2010
#define JOINER_MAX   4 /* bytes of a hyphen or an apostrophe */
#define CARRIED      8 /* characters of a name in a text without spaces */

/* A word that grows. */
struct growing {
	struct spelled_word {
		char text[NAMES_WORD_MAX + NAMES_HASH_PAD];
		size_t size;
	} plain, look;
	size_t offsets[NAMES_WORD_MAX + 1]; /* of the characters of plain */
	uint64_t start, end;
	size_t letters, uppers;
	bool first_upper, unspaced, joined, odd;
};

const struct fold *match_fold(struct names_match *match, uint32_t c)
{
	struct tally *tally = match->tally;
	struct fold *fold;

	if (!tally->folds)
		tally->folds = calloc(MATCH_FOLDS, sizeof *tally->folds);
	fold = tally->folds ? &tally->folds[c & (MATCH_FOLDS - 1)] : &tally->spare;
	if (fold->code_point != c)
		folder_fold(match->names->folder, c, fold);
	return fold;
}

static void append(struct spelled_word *to, const char *text, size_t size)
{
	if (to->size + size > NAMES_WORD_MAX)
		return;
	memcpy(to->text + to->size, text, size);
	to->size += size;
}

static void grow(struct growing *word, const struct fold *fold, uint64_t start, uint64_t end)
{
	if (word->letters == 0) {
		word->start = start;
		word->first_upper = fold->upper;
	}
	word->end = end;
	if (word->plain.size + FOLD_TEXT > NAMES_WORD_MAX)
		return;
	word->offsets[word->letters] = word->plain.size;
	append(&word->plain, fold->plain, fold->plain_size);
	append(&word->look, fold->look, fold->look_size);
	word->letters++;
	word->uppers += fold->upper;
	word->unspaced |= fold->unspaced;
	word->odd |=
		fold->look_size != fold->plain_size || memcmp(fold->look, fold->plain, fold->plain_size) != 0;
}

static unsigned flags_of(const struct growing *word)
{
	unsigned flags = word->odd || (word->uppers > 1 && word->uppers < word->letters) ? WORD_ODD : 0;

	if (word->letters > 1 && word->uppers == word->letters)
		return flags | WORD_CAPS;
	return word->first_upper ? flags | WORD_CAPITAL : flags;
}

static bool follows(const struct names_match *match, const struct growing *growing)
{
	if (match->last_end == 0 || growing->start < match->last_end)
		return false;
	return growing->joined ? growing->start - match->last_end <= JOINER_MAX
			       : match_is_joined(match, growing->start);
}

static void judge(struct names_match *match, struct growing *growing)
{
	struct word word = {growing->start, growing->end, growing->plain.text, growing->look.text,
		growing->plain.size, growing->look.size, flags_of(growing)};

	if (growing->letters == 1) {
		match_letter(match, &word);
	} else if (match->letters.count > 0) {
		match_spelled(match);
	}
	if (follows(match, growing))
		match_join(match, &word);
	if (growing->letters > 1 || growing->unspaced)
		(void)match_word(match, &word);
	if (growing->unspaced && match->names->body.unspaced) {
		growing->offsets[growing->letters] = growing->plain.size;
		match_inside(match, &word, growing->offsets, growing->letters, 1);
	}
	match_remember(match, &word);
}

static void finish_part(struct names_match *match, struct growing *word)
{
	memset(word->plain.text + word->plain.size, 0, NAMES_HASH_PAD);
	memset(word->look.text + word->look.size, 0, NAMES_HASH_PAD);
	judge(match, word);
}

static void finish(struct names_match *match, struct growing *word, bool joined)
{
	if (word->letters > 0)
		finish_part(match, word);
	word->plain.size = word->look.size = word->letters = word->uppers = 0;
	word->unspaced = word->odd = false;
	word->joined = joined;
}

/* A text without spaces goes on: what is there is searched, its end once more with what follows. */
static void roll(struct names_match *match, struct growing *word)
{
	size_t first = word->letters > CARRIED ? word->letters - CARRIED : 0, from = word->offsets[first];

	finish_part(match, word);
	memmove(word->plain.text, word->plain.text + from, word->plain.size - from);
	word->plain.size -= from;
	word->look = word->plain;
	for (size_t i = first; i < word->letters; i++)
		word->offsets[i - first] = word->offsets[i] - from;
	word->letters -= first;
	word->start = word->end - word->plain.size;
}

/* What is shown backwards is turned round where it stands and looked at again. */
static void turn_round(struct names_match *match, size_t at)
{
	char *text = (char *)match->memory + MATCH_PAD, turned[REVERSED_MAX] = {0};
	size_t end = at, n = 0;

	while (end < match->used && end - at < REVERSED_MAX - 4 && text[end] != '\n') {
		uint32_t c;
		size_t length = fold_decode(text + end, match->used - end, &c);

		if (c == 0x202c || c == 0x202d)
			break;
		end += length;
	}
	for (size_t from = at; from < end;) {
		uint32_t c;
		size_t length = fold_decode(text + from, end - from, &c);

		n += length;
		memcpy(turned + (end - at) - n, text + from, length);
		from += length;
	}
	memcpy(text + at, turned, end - at);
	match->rescan = at;
	match->looked = match->base + at;
	match->turned = match->base + end;
}

/* False when what follows is shown backwards. */
static bool step(struct names_match *match, struct growing *word, const struct fold *fold, uint64_t start,
	uint64_t end)
{
	switch (fold->kind) {
	case FOLD_NOTHING:
		break;
	case FOLD_LETTER:
		if (word->unspaced && word->plain.size + FOLD_TEXT > NAMES_WORD_MAX)
			roll(match, word);
		if (word->letters > 0 && word->unspaced != fold->unspaced)
			finish(match, word, false);
		grow(word, fold, start, end);
		break;
	case FOLD_JOINER:
		finish(match, word, true);
		break;
	case FOLD_DIGIT:
	case FOLD_SPACE:
	case FOLD_LINE:
		finish(match, word, false);
		break;
	case FOLD_REVERSE:
		finish(match, word, false);
		return start < match->turned;
	}
	return true;
}

void match_wide(struct names_match *match, size_t start, size_t end)
{
	const char *text = (const char *)match_window(match);
	struct growing word = {.letters = 0};
	bool open_end = false;

	for (size_t at = start; at < end;) {
		const struct fold *fold;
		uint32_t c;
		size_t length = fold_decode(text + at, end - at, &c);

		fold = match_fold(match, c);
		open_end = c == SOFT_HYPHEN || c == HYPHEN;
		if (!step(match, &word, fold, match->base + at, match->base + at + length)) {
			turn_round(match, at + length);
			break;
		}
		at += length;
	}
	finish(match, &word, false);
	match->open_end = open_end;
	if (open_end)
		match->last_end = match->base + end;
}
