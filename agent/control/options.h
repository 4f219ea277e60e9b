/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The words of one command line, taken apart: options (anywhere) and operands (in order).
 *
 * Which options a verb takes is the verb's business (verbs.h); here they only have to exist.
 */

#include "base/cleanup.h"

#define OPTIONS_OPERANDS_MAX 16

enum option {
	OPTION_HELP = 1 << 0,
	OPTION_VERSION = 1 << 1,
	OPTION_JSON = 1 << 2,
	OPTION_NO_WAIT = 1 << 3,
	OPTION_YES = 1 << 4,
	OPTION_CONFIRM_PROTECTED = 1 << 5,
	OPTION_ALL = 1 << 6,
	OPTION_ROLE = 1 << 7,
	OPTION_DEVICE = 1 << 8,
	OPTION_ROOM = 1 << 9,
	OPTION_SIZE = 1 << 10,
	OPTION_NOTE = 1 << 11,
	OPTION_IGNORE = 1 << 12,
	OPTION_REASON = 1 << 13,
	OPTION_DISCARD = 1 << 14,
	OPTION_PERSON = 1 << 15,
	OPTION_FORMAT = 1 << 16,
};

struct options {
	unsigned given; /* enum option, or-ed */
	const char *role, *device, *room, *size, *note, *ignore, *reason, *person;
	const char *operands[OPTIONS_OPERANDS_MAX];
	size_t count;
};

/* Borrows from argv. 0, or -EINVAL with a sentence for the person in *ret_problem (owned by the
 * caller, may be NULL when out of memory). */
int options_parse(int argc, char **argv, struct options *ret_options, char **ret_problem);

/* "--no-wait" for OPTION_NO_WAIT. */
const char *options_name(enum option option);
