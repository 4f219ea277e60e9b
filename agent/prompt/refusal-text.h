/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A burst of refusals as sentences for staff: what was not copied, to which stick, why, and what may be done.
 * Pure.
 *
 * Photos, films and recordings are counted; a single file is named. A name that was itself refused is never
 * in the text, and neither is anything but the last part of a path.
 */

#include "prompt/burst.h"
#include "prompt/note.h"

/* What there is to choose with. */
struct refusal_means {
	bool buttons; /* notifications can have them */
	bool windows; /* a program is there that asks questions */
	bool present; /* the stick is still plugged in */
};

/* 0 or -ENOMEM. */
int refusal_text(const struct burst *burst, const struct refusal_means *means, struct note *ret_note);

/* "the white stick", "the stick “KINGSTON”", "the stick"; clean. Owned by the caller, NULL: out of memory. */
char *refusal_stick(const char *name);

/* The last part of a path, clean and at most 40 columns wide. Owned by the caller, NULL: out of memory. */
char *refusal_file(const char *path);
