/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the reader's screen can show: how wide it is, and whether colour and characters beyond ASCII reach it.
 *
 * Colour is never the only sign of anything. Output that goes into a file or another program gets neither
 * colour nor redrawing, and is laid out for 80 columns.
 */

#include "base/cleanup.h"

#define TERMINAL_COLUMNS 80

struct terminal {
	bool interactive; /* a person sees it now; lines may be redrawn */
	bool colour;      /* never when NO_COLOR is set or TERM is "dumb" */
	bool utf8;        /* decorations beyond ASCII are fine */
	unsigned columns; /* at least 40; 80 when it is not a terminal */
};

enum terminal_tone {
	TERMINAL_PLAIN,
	TERMINAL_STRONG,
	TERMINAL_GOOD,
	TERMINAL_BAD,
	TERMINAL_FAINT,
};

/* Looks at fd and the environment. setlocale(LC_CTYPE, "") must have been called. */
struct terminal terminal_of(int fd);

/* Escape sequence that begins the tone, or "" without colour; TERMINAL_PLAIN ends any tone. */
const char *terminal_tone(const struct terminal *terminal, enum terminal_tone tone);
