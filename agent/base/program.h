/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the programs that a person starts by hand say in the same way: wrong usage, help, version, and how far
 * the work is.
 */

#include "base/cleanup.h"

#define PROGRAM_FAILED 1 /* exit codes */
#define PROGRAM_USAGE  2
#define PROGRAM_RUN    (-1) /* no exit code: go on */

struct program {
	const char *name;  /* "outing-wipe" */
	const char *usage; /* whole lines */
};

/* parsed: of words_parse() and what looks at its values, with its problem (may be NULL). Prints what is to be
 * said and returns the exit code, or PROGRAM_RUN. */
int program_begin(const struct program *program, int parsed, const char *problem, bool help, bool version);

/* "42 %  text" over what stood on the line; only on a terminal, and not before total is known. */
void program_progress(uint64_t done, uint64_t total, const char *text);
void program_progress_end(void);
