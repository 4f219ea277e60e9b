/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Taking a command line apart by a table of options, for every program of the project: "--name", "--name
 * VALUE" or "--name=VALUE".
 *
 * Options may stand anywhere, operands keep their order, and "--" ends the options. Only a whole word is an
 * option: its beginning is a mistake, so that a word that is added later never changes what an old script
 * means. Pure: prints nothing, keeps nothing, borrows from argv.
 */

#include "base/cleanup.h"

#define WORDS_OPERANDS_MAX 64
#define WORDS_LIST_MAX     64

/* The values of an option that may be given again and again. */
struct words_list {
	const char *list[WORDS_LIST_MAX];
	size_t count;
};

/* One option. At most one of text, bytes and list is set: the place of its value; none: it takes no value. */
struct word {
	const char *name; /* "--role" */
	char letter;      /* 0: none */
	unsigned option;  /* one bit, or 0 when words.given need not say it */
	bool *flag;       /* true once it is given */
	const char **text;
	uint64_t *bytes; /* "500M", as number_parse_size() */
	struct words_list *list;
	size_t most; /* of the list; 0: WORDS_LIST_MAX */
};

struct words_table {
	const struct word *list; /* at most 64 */
	size_t count;
	size_t operands_max;   /* 0: options only */
	const char **operands; /* where they go; NULL: into struct words, at most WORDS_OPERANDS_MAX */
	/* Of a value given twice, the last one counts; else that is a mistake. For the programs that are
	 * started by units and scripts, which add to a line that is there. */
	bool last_counts;
};

struct words {
	unsigned given; /* options, or-ed */
	const char *operands[WORDS_OPERANDS_MAX];
	size_t count;
};

/* 0, or -EINVAL with what is wrong, without a full stop, in *ret_problem (owned by the caller, may be NULL
 * when out of memory); places may be set then all the same. */
int words_parse(
	int argc, char **argv, const struct words_table *table, struct words *ret_words, char **ret_problem);

/* "--role" for its bit; "" when it is not in the table. */
const char *words_name(const struct words_table *table, unsigned option);

/* -EINVAL, and the sentence in *ret_problem as above. */
int words_problem(char **ret_problem, const char *format, ...) _printf_(2, 3);
