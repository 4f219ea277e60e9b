/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The command line of outing-check: what may be said together, and what may not. Pure; which devices there
 * are and what the time is, is found out later.
 */

#include "base/words.h"

#define ARGUMENTS_PEOPLE_MAX 50

enum argument {
	ARGUMENT_HELP = 1 << 0,
	ARGUMENT_VERSION = 1 << 1,
	ARGUMENT_TAKE = 1 << 2,
	ARGUMENT_LEAVE_LAPTOP = 1 << 3,
	ARGUMENT_DESTINATION = 1 << 4,
	ARGUMENT_DUE_BACK = 1 << 5,
	ARGUMENT_RECORD = 1 << 6,
	ARGUMENT_LEADER = 1 << 7,
	ARGUMENT_WITH = 1 << 8,
	ARGUMENT_REPORT = 1 << 9,
	ARGUMENT_JSON = 1 << 10,
	ARGUMENT_YES = 1 << 11,
	ARGUMENT_ALL = 1 << 12,
	ARGUMENT_NO_COLOR = 1 << 13,
	ARGUMENT_VOLUMES = 1 << 14,
	ARGUMENT_DEVICE = 1 << 15,
	ARGUMENT_COLLECT = 1 << 16,
	ARGUMENT_NO_KEYS = 1 << 17,
	ARGUMENT_JUDGE = 1 << 18, /* test builds only */
};

struct arguments {
	unsigned given; /* enum argument, or-ed */
	struct words_list take, with, devices;
	const char *destination, *due_back, *leader, *report, *collect, *judge;
	bool come_back;         /* the word "return" */
	struct words_list back; /* what follows it */
};

static inline bool arguments_given(const struct arguments *arguments, enum argument argument)
{
	return (arguments->given & (unsigned)argument) != 0;
}

/* Borrows from argv. 0, or -EINVAL with a sentence for the person in *ret_problem (owned by the caller, may
 * be NULL when out of memory). */
int arguments_parse(int argc, char **argv, struct arguments *ret_arguments, char **ret_problem);

/* What --help prints. */
void arguments_help(FILE *out);
