/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The reader's screen. See terminal.h: asks the kernel and the environment, decides nothing else. */

#include "control/terminal.h"

#include <langinfo.h>
#include <string.h>
#include <sys/ioctl.h>

#define COLUMNS_MIN 40
#define COLUMNS_MAX 200

static unsigned columns_of(int fd)
{
	struct winsize size = {0};

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return TERMINAL_COLUMNS;
	if (size.ws_col < COLUMNS_MIN)
		return COLUMNS_MIN;
	return size.ws_col > COLUMNS_MAX ? COLUMNS_MAX : size.ws_col;
}

struct terminal terminal_of(int fd)
{
	const char *term = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");
	struct terminal terminal = {.columns = TERMINAL_COLUMNS};

	terminal.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!isatty(fd))
		return terminal;
	terminal.interactive = term && strcmp(term, "dumb") != 0;
	terminal.colour = terminal.interactive && !(no_colour && *no_colour);
	terminal.columns = columns_of(fd);
	return terminal;
}

const char *terminal_tone(const struct terminal *terminal, enum terminal_tone tone)
{
	if (!terminal->colour)
		return "";
	switch (tone) {
	case TERMINAL_PLAIN:
		return "\033[0m";
	case TERMINAL_STRONG:
		return "\033[1m";
	case TERMINAL_GOOD:
		return "\033[32m";
	case TERMINAL_BAD:
		return "\033[31m";
	case TERMINAL_FAINT:
		return "\033[2m";
	}
	return "";
}
