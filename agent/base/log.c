/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * One line, one write: a line is composed in a fixed buffer and written at once, so that lines of several
 * processes do not mix. Too long lines are cut. Control characters are replaced, so that nothing that slipped
 * into a line can forge another one.
 */

#include "base/log.h"

#include <stdarg.h>
#include <string.h>

#define LINE_MAX_BYTES 2048

static enum log_level maximum_level = LOG_LEVEL_INFO;
static const char *program_name;

void log_set_level(enum log_level level)
{
	maximum_level = level;
}

void log_set_program(const char *program)
{
	program_name = program;
}

static size_t line_begin(char *line, enum log_level level)
{
	int n;

	if (getenv("JOURNAL_STREAM"))
		n = snprintf(line, LINE_MAX_BYTES, "<%d>", (int)level);
	else if (program_name)
		n = snprintf(line, LINE_MAX_BYTES, "%s: ", program_name);
	else
		n = 0;
	return n < 0 ? 0 : (size_t)n;
}

static size_t clamp(size_t used, int added)
{
	if (added < 0)
		return used;
	return used + (size_t)added >= LINE_MAX_BYTES - 1 ? LINE_MAX_BYTES - 2 : used + (size_t)added;
}

static void line_end(char *line, size_t start, size_t used)
{
	for (size_t i = start; i < used; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[used++] = '\n';
	(void)!write(STDERR_FILENO, line, used);
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	size_t start, used;
	va_list args;

	if (level > maximum_level)
		return;
	start = used = line_begin(line, level);
	va_start(args, format);
	used = clamp(used, vsnprintf(line + used, LINE_MAX_BYTES - used, format, args));
	va_end(args);
	line_end(line, start, used);
}

void log_errno(enum log_level level, int error, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	size_t start, used;
	va_list args;

	if (level > maximum_level)
		return;
	start = used = line_begin(line, level);
	va_start(args, format);
	used = clamp(used, vsnprintf(line + used, LINE_MAX_BYTES - used, format, args));
	va_end(args);
	used = clamp(used, snprintf(line + used, LINE_MAX_BYTES - used, ": %s", strerror(abs(error))));
	line_end(line, start, used);
}
