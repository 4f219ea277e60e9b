/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How far a job is, in one line. See progress.h. Pure but for the stream it writes to. */

#include "control/progress.h"

#include "base/number.h"
#include "control/text.h"

#include <string.h>

#define BAR_COLUMNS       10
#define PHASE_COLUMNS     12
#define PHASE_COLUMNS_MAX 24
#define PART_MAX          48

static char *phase_text(const struct js *job)
{
	const char *phase = js_get_string(job, "phase");

	return text_clean(phase ? phase : "waiting");
}

/* Wide enough for the longest phase, so that the bar begins where it began in most others. */
static size_t phase_columns(const char *phase)
{
	size_t width = text_width(phase);

	if (width < PHASE_COLUMNS)
		return PHASE_COLUMNS;
	return width < PHASE_COLUMNS_MAX ? width : PHASE_COLUMNS_MAX;
}

static uint64_t figure(const struct js *job, const char *key)
{
	uint64_t value;

	return js_get_u64(job, key, &value) == 0 ? value : 0;
}

static int percent_of(uint64_t done, uint64_t total)
{
	if (done >= total)
		return 100;
	return (int)((__uint128_t)done * 100 / total);
}

int progress_percent(const struct js *job)
{
	uint64_t bytes = figure(job, "bytes_total"), files = figure(job, "files_total");

	if (bytes > 0)
		return percent_of(figure(job, "bytes_done"), bytes);
	return files > 0 ? percent_of(figure(job, "files_done"), files) : -1;
}

const char *progress_time(uint64_t seconds, char buffer[static PROGRESS_TIME_TEXT])
{
	uint64_t hours = seconds / 3600;

	if (hours > 999)
		snprintf(buffer, PROGRESS_TIME_TEXT, "days");
	else if (hours > 0)
		snprintf(buffer, PROGRESS_TIME_TEXT, "%u:%02u:%02u", (unsigned)hours,
			(unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	else
		snprintf(buffer, PROGRESS_TIME_TEXT, "%u:%02u", (unsigned)(seconds / 60),
			(unsigned)(seconds % 60));
	return buffer;
}

static void files_part(const struct js *job, char part[static PART_MAX])
{
	uint64_t done = figure(job, "files_done"), total = figure(job, "files_total");

	if (total > 0)
		snprintf(part, PART_MAX, "%ju/%ju files", (uintmax_t)done, (uintmax_t)total);
	else if (done > 0)
		snprintf(part, PART_MAX, "%ju files", (uintmax_t)done);
}

/* "1.2/2.9 GB", or "512.0 MB/2.9 GB" when the units differ. */
static void bytes_part(const struct js *job, char part[static PART_MAX])
{
	char done[NUMBER_SIZE_TEXT], total[NUMBER_SIZE_TEXT];
	uint64_t all = figure(job, "bytes_total");
	char *unit;

	number_format_size(figure(job, "bytes_done"), done);
	if (all == 0) {
		if (figure(job, "bytes_done") > 0)
			snprintf(part, PART_MAX, "%s", done);
		return;
	}
	number_format_size(all, total);
	unit = strchr(done, ' ');
	if (unit && strchr(total, ' ') && strcmp(unit, strchr(total, ' ')) == 0)
		*unit = '\0';
	snprintf(part, PART_MAX, "%s/%s", done, total);
}

static void rate_part(const struct js *job, char part[static PART_MAX])
{
	char rate[NUMBER_SIZE_TEXT];

	if (figure(job, "rate") > 0)
		snprintf(part, PART_MAX, "%s/s", number_format_size(figure(job, "rate"), rate));
}

static void left_part(const struct js *job, char part[static PART_MAX])
{
	char left[PROGRESS_TIME_TEXT];
	uint64_t seconds;

	if (js_get_u64(job, "seconds_left", &seconds) == 0 && seconds > 0)
		snprintf(part, PART_MAX, "%s left", progress_time(seconds, left));
}

/* Writes what fits into `room` columns. Time left matters most to a person, then files, rate and bytes. */
static void put_parts(FILE *out, size_t room, const struct js *job)
{
	static void (*const makers[])(const struct js *, char *) = {
		files_part, bytes_part, rate_part, left_part};
	static const size_t importance[] = {3, 0, 2, 1};
	char parts[ELEMENTS(makers)][PART_MAX] = {{0}};
	bool shown[ELEMENTS(makers)] = {false};

	for (size_t k = 0; k < ELEMENTS(makers); k++) {
		size_t i = importance[k];
		makers[i](job, parts[i]);
		shown[i] = parts[i][0] != '\0' && strlen(parts[i]) + 2 <= room;
		room -= shown[i] ? strlen(parts[i]) + 2 : 0;
	}
	for (size_t i = 0; i < ELEMENTS(makers); i++)
		if (shown[i])
			fprintf(out, "  %s", parts[i]);
}

static void put_bar(FILE *out, const struct terminal *terminal, int percent, int columns)
{
	int full = percent * columns / 100;

	fputs(terminal_tone(terminal, TERMINAL_GOOD), out);
	for (int i = 0; i < full; i++)
		fputs(terminal->utf8 ? "\xe2\x96\x88" : "#", out);
	fputs(terminal_tone(terminal, TERMINAL_PLAIN), out);
	for (int i = full; i < columns; i++)
		fputs(terminal->utf8 ? "\xe2\x96\x91" : ".", out);
}

/* The bar and the figure behind it; returns the columns they take. */
static size_t put_done(FILE *out, const struct terminal *terminal, const struct js *job, int percent)
{
	const char *state = js_get_string(job, "state");

	if (percent == 100 && !(state && strcmp(state, "done") == 0))
		percent = 99;
	fputc(' ', out);
	put_bar(out, terminal, percent, BAR_COLUMNS);
	fprintf(out, " %3d %%", percent);
	return 1 + BAR_COLUMNS + 6;
}

void progress_redraw(FILE *out, const struct terminal *terminal, const struct js *job)
{
	_cleanup_free_ char *phase = phase_text(job);
	int percent = progress_percent(job);
	size_t used;

	if (!phase)
		return;
	used = phase_columns(phase);
	fputc('\r', out);
	text_put(out, terminal, phase, used, false);
	if (percent >= 0)
		used += put_done(out, terminal, job, percent);
	put_parts(out, terminal->columns > used + 1 ? terminal->columns - 1 - used : 0, job);
	fputs("\033[K", out);
}

void progress_line(FILE *out, const struct terminal *terminal, const struct js *job)
{
	_cleanup_free_ char *phase = phase_text(job);
	int percent = progress_percent(job);

	if (!phase)
		return;
	if (percent >= 0) {
		text_put(out, terminal, phase, phase_columns(phase), false);
		fprintf(out, " %3d %%", percent);
	} else {
		fputs(phase, out);
	}
	put_parts(out, terminal->columns - phase_columns(phase) - 6, job);
	fputc('\n', out);
}
