/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Words of ordinary English that matter when names are looked for. Everything here is public and the same on
 * every computer; nothing of it says which children there are.
 */

#include "base/cleanup.h"

enum names_wordlist {
	NAMES_WORDS_FIRST =
		1 << 0, /* an English word (or month, flower, name of a program) that is a first name */
	NAMES_WORDS_LAST = 1 << 1,     /* an English word that is a surname */
	NAMES_WORDS_COMMON = 1 << 2,   /* a surname of so many families that an initial says nothing */
	NAMES_WORDS_PARTICLE = 1 << 3, /* van, de, la, bin, ... between names */
	NAMES_WORDS_AFTER =
		1 << 4, /* may follow a first name with a capital and is no surname: And, Room, ... */
	NAMES_WORDS_BEFORE = 1 << 5, /* "in May": what follows is a month */
	NAMES_WORDS_MONTH = 1 << 6,  /* a month that is also a name */
	NAMES_WORDS_CHILDCARE = 1 << 7,
	NAMES_WORDS_ARTICLE = 1 << 8, /* what follows is no name of a person: the, a, your */
	NAMES_WORDS_VERB = 1 << 10,   /* may be followed by an English word that is also a surname */
	NAMES_WORDS_LABEL = 1 << 9,   /* what stands between the columns of a record: surname, td */
};

/* Lists that the word is on, or-ed. In lower case, ASCII. */
unsigned names_words(const char *word, size_t size);

/* The i-th word of a single list; NULL after the last. */
const char *names_words_at(enum names_wordlist list, size_t i);

/* 1 to 12 for a month's English name or its first three letters (either case), else 0. */
unsigned names_words_month(const char *word, size_t size);
