/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Questions to the person at the terminal. They go to stderr, the answers come from stdin.
 *
 * Silence is never agreement: the end of the input, or anything that is not clearly a yes, is a no.
 */

#include "base/secret.h"
#include "control/terminal.h"

/* True if there is somebody who can be asked. */
bool ask_possible(void);

/* True if the person typed the whole word "yes": for what cannot be undone. */
bool ask_yes(void);

/* Asks a question that ends with "[y/n]", again when the answer is neither; true for y or yes. */
bool ask_whether(const struct terminal *notes, const char *question);

/* Asks for a line of text; an empty answer is `otherwise`, which is shown and may be NULL. Owned by the
 * caller; NULL when nothing was given or when out of memory. */
char *ask_text(const struct terminal *notes, const char *question, const char *otherwise);

/* One line of at most max bytes that is not shown while it is typed. 0, -ENODATA when nothing was given,
 * -EFBIG, or another negative errno. */
int ask_secret(const char *question, size_t max, struct secret **ret_secret);
