/* SPDX-License-Identifier: GPL-3.0-or-later */

/* outing-check return. See back.h. */

#include "check/back.h"

#include "base/clock.h"
#include "check/when.h"
#include "control/job.h"
#include "control/table.h"
#include "control/text.h"

#include <string.h>

#define NUMBER_TEXT 24
#define DUE_TEXT    (WHEN_TEXT + 16)

static const struct table_column columns[] = {
	{"Still out", .wrap = true},
	{"Outing", .whole = true, .right = true},
	{"Due back", .wrap = true},
	{NULL},
};

/* "label A, B."; nothing for an empty list. */
static int put_names(FILE *out, const struct terminal *screen, const char *label, const struct js *names)
{
	char *text = NULL;
	size_t size = 0;
	FILE *line;

	if (js_length(names) == 0)
		return 0;
	line = open_memstream(&text, &size);
	if (!line)
		return -ENOMEM;
	fputs(label, line);
	for (size_t i = 0; i < js_length(names); i++)
		fprintf(line, "%s%s", i > 0 ? ", " : " ", js_string(js_at(names, i)));
	fputc('.', line);
	if (fclose(line) != 0) {
		free(text);
		return -ENOMEM;
	}
	text_wrap(out, screen, 0, 2, text);
	free(text);
	return 0;
}

static void add_missing(struct table *table, const struct js *member, int64_t now)
{
	const char *due_back = js_get_string(member, "due_back");
	char number[NUMBER_TEXT] = "-", when[WHEN_TEXT], due[DUE_TEXT] = "unknown";
	uint64_t outing;
	int64_t seconds;

	if (js_get_u64(member, "outing", &outing) == 0)
		(void)snprintf(number, sizeof(number), "%ju", (uintmax_t)outing);
	if (due_back && clock_parse(due_back, &seconds) == 0)
		(void)snprintf(due, sizeof(due), "%s%s", seconds < now ? "OVERDUE since " : "",
			when_show(seconds, when));
	table_add(table, (const char *[]){js_get_string(member, "name"), number, due});
}

static int put_missing(FILE *out, const struct terminal *screen, const struct js *still_out, int64_t now)
{
	_cleanup_table_ struct table *table = table_new(columns);

	if (js_length(still_out) == 0) {
		fputs("Nothing is out any more.\n", out);
		return 0;
	}
	for (size_t i = 0; i < js_length(still_out); i++)
		add_missing(table, js_at(still_out, i), now);
	fputc('\n', out);
	return table_print(table, out, screen);
}

static bool all_texts(const struct js *array)
{
	for (size_t i = 0; i < js_length(array); i++)
		if (!js_string(js_at(array, i)))
			return false;
	return js_is_array(array);
}

static bool understood(const struct js *result)
{
	const struct js *still_out = js_get(result, "still_out");

	for (size_t i = 0; i < js_length(still_out); i++)
		if (!js_get_string(js_at(still_out, i), "name"))
			return false;
	return js_is_array(still_out) && all_texts(js_get(result, "returned")) &&
	       all_texts(js_get(result, "plug_in")) && js_is_array(js_get(result, "jobs"));
}

int back_show(FILE *out, const struct terminal *screen, const struct js *result, int64_t now)
{
	int r;

	if (!understood(result))
		return -EBADMSG;
	if (js_length(js_get(result, "returned")) == 0)
		fputs("Nothing was out that could be booked in.\n", out);
	r = put_names(out, screen, "Back:", js_get(result, "returned"));
	if (r == 0)
		r = put_names(out, screen,
			"Plug in now, so that the pictures get into the vault:", js_get(result, "plug_in"));
	return r < 0 ? r : put_missing(out, screen, js_get(result, "still_out"), now);
}

static int follow_jobs(struct inquiry *inquiry, const struct js *jobs)
{
	int worst = INQUIRY_READY;

	for (size_t i = 0; i < js_length(jobs); i++) {
		_cleanup_js_ struct js *job = NULL;
		uint64_t number;
		int r;

		if (js_u64(js_at(jobs, i), &number) < 0 || number > UINT32_MAX)
			return -EBADMSG;
		fputc('\n', stdout);
		r = job_wait(&inquiry->control, (uint32_t)number, &job);
		if (!job)
			return r == CONTROL_NO_AGENT ? INQUIRY_UNKNOWN : INQUIRY_NOT_READY;
		if (r != CONTROL_DONE)
			worst = INQUIRY_NOT_READY;
	}
	return worst;
}

static int finish(struct inquiry *inquiry, const struct js *result)
{
	int r;

	if (inquiry_given(inquiry, ARGUMENT_JSON))
		return understood(result) ? control_json(&inquiry->control, result) : -EBADMSG;
	r = back_show(stdout, &inquiry->control.screen, result, clock_now());
	if (r < 0)
		return r;
	(void)fflush(stdout);
	return follow_jobs(inquiry, js_get(result, "jobs"));
}

int back_run(struct inquiry *inquiry)
{
	_cleanup_js_ struct js *result = NULL;
	_cleanup_free_ char *what = NULL;
	int r = inquiry_names(&inquiry->arguments.back, &what);

	if (r < 0)
		return r;
	if (control_reach(&inquiry->control) != CONTROL_DONE)
		return INQUIRY_UNKNOWN;
	r = agent_listen(inquiry->control.agent);
	if (r < 0)
		return r;
	r = agent_ask(inquiry->control.agent, "ReturnOuting", &result, "s", what);
	if (r == AGENT_REFUSED) {
		(void)control_fail(&inquiry->control, r);
		return INQUIRY_NOT_READY;
	}
	if (r != AGENT_OK)
		return inquiry_fail(inquiry, r);
	r = finish(inquiry, result);
	return r == -EBADMSG ? inquiry_fail(inquiry, r) : r;
}
