/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Usage, help, version and progress. See program.h. */

#include "base/program.h"

#define CLEAR_LINE "\r\033[K"

int program_begin(const struct program *program, int parsed, const char *problem, bool help, bool version)
{
	if (parsed < 0) {
		if (problem)
			(void)fprintf(stderr, "%s: %s\n", program->name, problem);
		(void)fputs(program->usage, stderr);
		return PROGRAM_USAGE;
	}
	if (help)
		(void)fputs(program->usage, stdout);
	else if (version)
		(void)printf("%s " OUTING_VERSION "\n", program->name);
	return help || version ? 0 : PROGRAM_RUN;
}

void program_progress(uint64_t done, uint64_t total, const char *text)
{
	if (isatty(STDERR_FILENO) && total > 0)
		(void)fprintf(stderr, CLEAR_LINE "%3u %%  %s", (unsigned)(done * 100 / total), text);
}

void program_progress_end(void)
{
	if (isatty(STDERR_FILENO))
		(void)fputs(CLEAR_LINE, stderr);
}
