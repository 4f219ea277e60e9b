/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Progress and report on a terminal. See terminal.h. */

#include "offload/terminal.h"

#include "base/clock.h"
#include "base/number.h"

#include <inttypes.h>
#include <string.h>

#define BAR         24
#define REDRAW_NS   UINT64_C(200000000)
#define CLEAR_LINE  "\r\033[K"
#define PER_HUNDRED 100

static bool drawn;

static unsigned percent(const struct recorder_progress *progress)
{
	if (progress->bytes_total == 0)
		return 0;
	return (unsigned)((double)progress->bytes_done * PER_HUNDRED / (double)progress->bytes_total);
}

/* ", 42.1 MB/s, 1:05 left", as far as it is known. */
static void format_rate(const struct recorder_progress *progress, char *text, size_t size)
{
	char rate[NUMBER_SIZE_TEXT];
	int n;

	text[0] = 0;
	if (progress->bytes_per_second == 0)
		return;
	n = snprintf(text, size, ", %s/s", number_format_size(progress->bytes_per_second, rate));
	if (n > 0 && (size_t)n < size && progress->seconds_left != UINT64_MAX)
		(void)snprintf(text + n, size - (size_t)n, ", %" PRIu64 ":%02" PRIu64 " left",
			progress->seconds_left / 60, progress->seconds_left % 60);
}

static void draw(const struct recorder_progress *progress)
{
	char bar[BAR + 1], rate[64];
	unsigned done = percent(progress);

	memset(bar, '.', BAR);
	memset(bar, '#', done * BAR / PER_HUNDRED);
	bar[BAR] = 0;
	format_rate(progress, rate, sizeof rate);
	(void)fprintf(stderr, CLEAR_LINE "%-9s [%s] %3u%%  %" PRIu64 "/%" PRIu64 " files%s",
		offload_phase_name(progress->phase), bar, done, progress->files_done, progress->files_total,
		rate);
	(void)fflush(stderr);
}

void terminal_progress(const struct recorder_progress *progress)
{
	static uint64_t last;
	uint64_t now = clock_monotonic_ns();

	if (!isatty(STDERR_FILENO) || (drawn && now - last < REDRAW_NS))
		return;
	last = now;
	drawn = true;
	draw(progress);
}

void terminal_clear(void)
{
	if (drawn)
		(void)fputs(CLEAR_LINE, stderr);
	drawn = false;
}

static void print_name(FILE *out, const char *name)
{
	for (const char *c = name; *c; c++)
		(void)fputc((unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c, out);
}

void terminal_report(const struct recorder_result *result)
{
	FILE *out = result->committed ? stdout : stderr;

	(void)fprintf(out, "%s\n", result->sentence);
	for (size_t i = 0; i < result->failure_count; i++) {
		(void)fputs("  ", out);
		print_name(out, result->failures[i].path);
		(void)fprintf(out, ": %s\n", result->failures[i].reason);
	}
	if (result->failed + result->findings > result->failure_count)
		(void)fprintf(out, "  and %" PRIu64 " more\n",
			result->failed + result->findings - result->failure_count);
	if (*result->session)
		(void)fprintf(out, "Session %s in %s\n", result->session_id, result->session);
}
