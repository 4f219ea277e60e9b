/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The verdict as one page to print, sign and file: everything that was looked at, with its reason.
 *
 * The page stands alone: no scripts, nothing loaded from anywhere, and every word of it is readable in black
 * and white. It says what the result says and nothing more; the verdict is in words.
 */

#include "check/result.h"

struct report {
	const struct result *result;
	const char *host;
	const struct js *outing;          /* as recorded by the agent; NULL: nothing was recorded */
	const char *destination, *leader; /* as asked for, when nothing was recorded; NULL: not given */
	int64_t due_back;                 /* as above; 0: not given */
};

/* Writes the page. 0 or -ENOMEM; errors of the stream are the caller's to see. */
int report_write(FILE *out, const struct report *report);

/* 0 if a page may be written there: FILE.html, new or a plain file, in a folder that exists. Otherwise
 * -EINVAL and a sentence in *ret_problem, owned by the caller, NULL when out of memory. */
int report_place(const char *path, char **ret_problem);

/* Writes the whole page or leaves what was there. Negative errno. */
int report_save(const char *path, const struct report *report);
