/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A name taken apart: into words, and words into the parts that hyphens and apostrophes join, each folded as
 * names-fold.h folds characters. Internal to the files names-*.c.
 */

#include "inspect/names-fold.h"
#include "inspect/names-hash.h"

#define SPELL_WORDS 12 /* parts of one text */

struct spelled {
	size_t plain_size, look_size, pairs_size, letters; /* bytes, bytes, bytes, characters */
	bool unspaced;
	char plain[NAMES_WORD_MAX + NAMES_HASH_PAD];
	char look[NAMES_WORD_MAX + NAMES_HASH_PAD];
	char pairs[NAMES_WORD_MAX + NAMES_HASH_PAD]; /* with ae, oe, ue, aa for letters that are written so */
};

struct spelling {
	size_t count;
	struct spelled part[SPELL_WORDS];
	unsigned word[SPELL_WORDS]; /* number of the word that the part belongs to */
};

/* 0, or -E2BIG when it has too many parts or too long ones. Digits and signs divide words. */
int spell(const struct folder *folder, const char *text, size_t size, struct spelling *ret_spelling);

/* Appends; -E2BIG when there is no room. */
int spell_join(struct spelled *to, const struct spelled *more);

/* The first character alone. */
void spell_initial(const struct spelled *of, struct spelled *ret_initial);
