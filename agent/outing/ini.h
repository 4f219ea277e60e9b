/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Lines, words and "[section] key=value" files, as display managers, desktops and systemd write them.
 *
 * All functions cut the text they are given into pieces in place; what they hand out points into it. Nothing
 * is interpreted beyond that: which of two equal keys counts, and whether case matters, is the caller's rule.
 */

#include "base/cleanup.h"

/* The next line without its end, NULL after the last; *text moves on. */
char *ini_line(char **text);

/* Without white space at both ends. */
char *ini_trim(char *text);

/* The next word between white space, NULL after the last; *text moves on. */
char *ini_word(char **text);

/*
 * Calls visit for every "key = value" until it returns non-zero, which is then returned. section is "" before
 * the first; lines that start with # or ; are comments; a line without = has value NULL. One pair of quotes
 * around a whole value is taken off. A section name keeps what stands between the first [ and the last ].
 */
int ini_each(char *text, int (*visit)(const char *section, const char *key, const char *value, void *data),
	void *data);

/* "true", "yes", "on" and "1", whatever their case. NULL and everything else: false. */
bool ini_true(const char *value);
/* "false", "no", "off" and "0", whatever their case. */
bool ini_false(const char *value);
