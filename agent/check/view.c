/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The verdict on a screen. See view.h. Pure but for the stream it writes to. */

#include "check/view.h"

#include "check/steps.h"
#include "control/table.h"
#include "control/text.h"

#include <string.h>

#define STEP_INDENT   4
#define DETAIL_INDENT 2

static const struct table_column columns[] = {
	{"What", .wrap = true},
	{"State", .whole = true},
	{"Why", .wrap = true},
	{NULL},
};

/* What somebody has to know about even when it stands in nobody's way is never folded. */
static bool folded(const struct result_row *row)
{
	return row->rank == RESULT_IN_ORDER || row->rank == RESULT_OFF;
}

static int put_table(FILE *out, const struct terminal *screen, const struct result *result, bool all)
{
	_cleanup_table_ struct table *table = table_new(columns);
	size_t shown = 0;
	int r;

	for (size_t i = 0; i < result->count; i++) {
		const struct result_row *row = &result->rows[i];

		if (folded(row) && !all)
			continue;
		table_add(table, (const char *[]){row->what, row->state, row->reason});
		shown++;
	}
	if (shown == 0)
		return 0;
	r = table_print(table, out, screen);
	if (r == 0)
		fputc('\n', out);
	return r;
}

/* What a check saw, one a line. */
static void put_details(FILE *out, const struct terminal *screen, const struct result *result)
{
	bool any = false;

	for (size_t i = 0; i < result->count; i++) {
		const struct result_row *row = &result->rows[i];
		const struct js *details = js_get(row->member, "details");

		for (size_t j = 0; j < js_length(details); j++) {
			(void)text_wrapf(out, screen, 0, DETAIL_INDENT, "%s: %s", row->what,
				js_string(js_at(details, j)));
			any = true;
		}
	}
	if (any)
		fputc('\n', out);
}

static char *join(const struct result *result, const char *first, bool (*take)(const struct result_row *row))
{
	char *joined = NULL;
	size_t size = 0, count = first ? 1 : 0, done = 0;
	FILE *out = open_memstream(&joined, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < result->count; i++)
		count += take(&result->rows[i]);
	if (first) {
		fputs(first, out);
		done++;
	}
	for (size_t i = 0; i < result->count; i++)
		if (take(&result->rows[i])) {
			fprintf(out, "%s%s",
				done == 0           ? ""
				: done + 1 == count ? " and "
						    : ", ",
				result->rows[i].what);
			done++;
		}
	if (fclose(out) != 0) {
		free(joined);
		return NULL;
	}
	return joined;
}

static bool is_device(const struct result_row *row)
{
	return row->part == RESULT_DEVICE;
}

static bool is_off(const struct result_row *row)
{
	return row->rank == RESULT_OFF;
}

char *view_subjects(const struct result *result)
{
	return join(result, result->laptop ? "this computer" : NULL, is_device);
}

char *view_switched_off(const struct result *result)
{
	return join(result, NULL, is_off);
}

static void put_folded(FILE *out, const struct terminal *screen, const struct result *result, bool all)
{
	size_t good = result_count(result, RESULT_IN_ORDER), off = result_count(result, RESULT_OFF);
	const char *other = good + off < result->count ? " other" : "";

	if (good > 0 && !all)
		(void)text_wrapf(out, screen, 0, 0, "%zu%s %s in order. To see all: outing-check --all", good,
			other, good == 1 ? "thing is" : "things are");
}

static int put_scope(FILE *out, const struct terminal *screen, const struct result *result)
{
	_cleanup_free_ char *subjects = view_subjects(result);
	_cleanup_free_ char *off = view_switched_off(result);

	if (!subjects || !off)
		return -ENOMEM;
	if (*off)
		(void)text_wrapf(
			out, screen, 0, 0, "Switched off by the manager and not looked at: %s.", off);
	if (result->volumes)
		(void)text_wrapf(out, screen, 0, 0,
			"Only the encryption of this computer was checked: no other settings, no cameras, no "
			"sticks.");
	else
		(void)text_wrapf(out, screen, 0, 0, "Checked: %s.%s", subjects,
			result->ready ? " Nothing else may go along." : "");
	if (!result->laptop)
		(void)text_wrapf(out, screen, 0, 0, "This computer was not checked; it stays here.");
	else if (result->ready)
		(void)text_wrapf(out, screen, 0, 0,
			"Switch this computer off before it leaves: while it only sleeps, its disks stay "
			"unlocked.");
	return 0;
}

static void put_step(FILE *out, const struct terminal *screen, size_t number, const struct step *step)
{
	fprintf(out, "%2zu. ", number);
	if (text_wrapf(out, screen, STEP_INDENT, STEP_INDENT, "%s: %s", step->about, step->fix) < 0)
		text_wrap(out, screen, STEP_INDENT, STEP_INDENT, step->fix);
	for (size_t i = 0; i < step->command_count; i++) {
		static const char label[] = "For the technician: ";

		fprintf(out, "%*s%s%s", STEP_INDENT, "", terminal_tone(screen, TERMINAL_FAINT), label);
		text_wrap(out, screen, STEP_INDENT + strlen(label), STEP_INDENT + 2, step->commands[i]);
		fputs(terminal_tone(screen, TERMINAL_PLAIN), out);
	}
}

static int put_steps(FILE *out, const struct terminal *screen, const struct result *result)
{
	_cleanup_steps_ struct steps steps = {0};
	int r = steps_make(result, &steps);

	if (r < 0 || steps.count == 0)
		return r;
	fprintf(out, "\n%sWhat to do:%s\n", terminal_tone(screen, TERMINAL_STRONG),
		terminal_tone(screen, TERMINAL_PLAIN));
	for (size_t i = 0; i < steps.count; i++)
		put_step(out, screen, i + 1, &steps.list[i]);
	return 0;
}

int view_print(FILE *out, const struct terminal *screen, const struct result *result, bool all)
{
	int r = put_table(out, screen, result, all);

	if (r < 0)
		return r;
	if (all)
		put_details(out, screen, result);
	put_folded(out, screen, result, all);
	r = put_scope(out, screen, result);
	if (r == 0)
		r = put_steps(out, screen, result);
	fputc('\n', out);
	return r;
}

void view_verdict(FILE *out, const struct terminal *screen, bool ready)
{
	fprintf(out, "%s%s%s%s\n", terminal_tone(screen, TERMINAL_STRONG),
		terminal_tone(screen, ready ? TERMINAL_GOOD : TERMINAL_BAD), ready ? "READY" : "NOT READY",
		terminal_tone(screen, TERMINAL_PLAIN));
}
