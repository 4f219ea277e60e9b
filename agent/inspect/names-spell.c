/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Taking names apart. See names-spell.h. */

#include "inspect/names-spell.h"

static int append(char *to, size_t *size, const char *text, size_t count)
{
	if (*size + count > NAMES_WORD_MAX)
		return -E2BIG;
	memcpy(to + *size, text, count);
	*size += count;
	return 0;
}

/* How the letter is written where there is no key for it; NULL when there is no such way. */
static const char *as_pair(uint32_t c)
{
	switch (c) {
	case 0xc4:
	case 0xe4:
	case 0xc6:
	case 0xe6:
		return "ae";
	case 0xd6:
	case 0xf6:
	case 0xd8:
	case 0xf8:
		return "oe";
	case 0xdc:
	case 0xfc:
		return "ue";
	case 0xc5:
	case 0xe5:
		return "aa";
	}
	return NULL;
}

static int append_letter(struct spelled *to, const struct fold *fold)
{
	const char *pair = as_pair(fold->code_point);
	int r = append(to->plain, &to->plain_size, fold->plain, fold->plain_size);

	if (r >= 0)
		r = append(to->look, &to->look_size, fold->look, fold->look_size);
	if (r >= 0)
		r = append(
			to->pairs, &to->pairs_size, pair ? pair : fold->plain, pair ? 2 : fold->plain_size);
	to->letters++;
	to->unspaced |= fold->unspaced;
	return r;
}

/* Begins a part if none is open. */
static struct spelled *open_part(struct spelling *spelling, unsigned word, bool *open)
{
	if (!*open) {
		if (spelling->count == SPELL_WORDS)
			return NULL;
		spelling->word[spelling->count++] = word;
		*open = true;
	}
	return &spelling->part[spelling->count - 1];
}

int spell(const struct folder *folder, const char *text, size_t size, struct spelling *ret_spelling)
{
	unsigned word = 0;
	bool open = false;

	memset(ret_spelling, 0, sizeof *ret_spelling);
	for (size_t at = 0; at < size;) {
		struct spelled *part;
		struct fold fold;
		uint32_t c;

		at += fold_decode(text + at, size - at, &c);
		folder_fold(folder, c, &fold);
		if (fold.kind == FOLD_NOTHING)
			continue;
		if (fold.kind != FOLD_LETTER) {
			word += fold.kind != FOLD_JOINER;
			open = false;
			continue;
		}
		part = open_part(ret_spelling, word, &open);
		if (!part || append_letter(part, &fold) < 0)
			return -E2BIG;
	}
	return 0;
}

int spell_join(struct spelled *to, const struct spelled *more)
{
	int r = append(to->plain, &to->plain_size, more->plain, more->plain_size);

	if (r >= 0)
		r = append(to->look, &to->look_size, more->look, more->look_size);
	if (r >= 0)
		r = append(to->pairs, &to->pairs_size, more->pairs, more->pairs_size);
	to->letters += more->letters;
	to->unspaced |= more->unspaced;
	return r;
}

void spell_initial(const struct spelled *of, struct spelled *ret_initial)
{
	uint32_t c;

	memset(ret_initial, 0, sizeof *ret_initial);
	if (of->plain_size > 0)
		(void)append(ret_initial->plain, &ret_initial->plain_size, of->plain,
			fold_decode(of->plain, of->plain_size, &c));
	if (of->look_size > 0)
		(void)append(ret_initial->look, &ret_initial->look_size, of->look,
			fold_decode(of->look, of->look_size, &c));
	ret_initial->letters = 1;
}
