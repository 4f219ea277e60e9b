/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What to do next, from the rows that stand in the way: each piece of advice once, with all it is about.
 *
 * There is always a next step: where the answer has none, it is to ask the technician.
 */

#include "check/result.h"

struct step {
	char *about;           /* "Blue Room camera, Red Room camera", owned */
	const char *fix;       /* a sentence */
	const char **commands; /* for a technician; the array is owned */
	size_t command_count;
};

struct steps {
	struct step *list; /* worst first */
	size_t count;
};

/* Borrows from the result. 0 or -ENOMEM. */
int steps_make(const struct result *result, struct steps *ret_steps);
void steps_clear(struct steps *steps);
#define _cleanup_steps_ _cleanup_(steps_clear)
