/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The person's terminals, for somebody who works without a desktop: a short message between two lines of
 * work.
 */

#include "prompt/note.h"

/* The message as it is written: broken into lines of 79 columns. Pure. Owned by the caller, NULL when out of
 * memory. */
char *wall_text(const struct note *note);

/* Writes it to every terminal of this user that has no desktop, and to extra (may be NULL). Never waits for a
 * terminal. Returns to how many. */
unsigned wall_tell(const struct note *note, const char *extra);
