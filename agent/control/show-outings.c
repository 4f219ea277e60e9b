/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A table of outings with what is still out below it, and a table of incidents. See show-outings.h. */

#include "control/show-outings.h"

#include "control/table.h"
#include "control/text.h"

#include <string.h>

#define CELL_MAX 24

static const struct table_column outing_columns[] = {
	{"NUMBER", .whole = true, .right = true},
	{"DESTINATION"},
	{"LEADER"},
	{"STATE", .whole = true},
	{"DUE BACK", .whole = true},
	{NULL},
};

static const struct table_column incident_columns[] = {
	{"NUMBER", .whole = true, .right = true},
	{"KIND", .whole = true},
	{"OUTING", .whole = true, .right = true},
	{"AT", .whole = true},
	{"SETTLED", .whole = true},
	{NULL},
};

static const char *number_cell(const struct js *object, const char *key, char cell[static CELL_MAX])
{
	uint64_t value;

	if (js_get_u64(object, key, &value) < 0)
		return NULL;
	(void)snprintf(cell, CELL_MAX, "%ju", (uintmax_t)value);
	return cell;
}

static bool is_out(const struct js *object, const char *key)
{
	return !js_get_string(object, key);
}

static bool has_computer_out(const struct js *outing)
{
	bool travelled;

	return js_get_bool(outing, "laptop", &travelled) == 0 && travelled &&
	       is_out(outing, "laptop_returned_at");
}

/* "Outing 2, still out: Blue Room camera, this computer" */
static void put_still_out(FILE *out, const struct terminal *screen, const struct js *outing)
{
	const struct js *devices = js_get(outing, "devices");
	_cleanup_free_ char *text = NULL;
	char number[CELL_MAX];
	const char *gap = "";
	size_t size = 0;
	FILE *line;

	if (js_get_string(outing, "returned_at"))
		return;
	line = open_memstream(&text, &size);
	if (!line)
		return;
	fprintf(line, "Outing %s, still out: ", number_cell(outing, "number", number) ? number : "-");
	for (size_t i = 0; i < js_length(devices); i++) {
		const char *name = js_get_string(js_at(devices, i), "name");

		if (!is_out(js_at(devices, i), "returned_at"))
			continue;
		fprintf(line, "%s%s", gap, name ? name : "-");
		gap = ", ";
	}
	if (has_computer_out(outing))
		fprintf(line, "%s%s", gap, "this computer");
	if (fclose(line) == 0 && text)
		text_wrap(out, screen, 0, 2, text);
}

int show_outings(FILE *out, const struct terminal *screen, const struct js *outings)
{
	_cleanup_table_ struct table *table = table_new(outing_columns);
	char number[CELL_MAX];
	int r;

	if (!js_is_array(outings))
		return -EBADMSG;
	if (js_length(outings) == 0) {
		fputs("No outing has been recorded yet.\n", out);
		return 0;
	}
	for (size_t i = 0; i < js_length(outings); i++) {
		const struct js *outing = js_at(outings, i);

		table_add(
			table, (const char *[]){number_cell(outing, "number", number),
				       js_get_string(outing, "destination"), js_get_string(outing, "leader"),
				       js_get_string(outing, "state"), js_get_string(outing, "due_back")});
	}
	r = table_print(table, out, screen);
	for (size_t i = 0; r == 0 && i < js_length(outings); i++)
		put_still_out(out, screen, js_at(outings, i));
	return r;
}

static void add_incident(struct table *table, const struct js *incident)
{
	const char *closed = js_get_string(incident, "closed_at");
	char number[CELL_MAX], outing[CELL_MAX];

	table_add(table, (const char *[]){number_cell(incident, "number", number),
				 js_get_string(incident, "kind"), number_cell(incident, "outing", outing),
				 js_get_string(incident, "at"), closed ? closed : "no"});
}

int show_incidents(FILE *out, const struct terminal *screen, const struct js *incidents)
{
	_cleanup_table_ struct table *table = table_new(incident_columns);
	int r;

	if (!js_is_array(incidents))
		return -EBADMSG;
	if (js_length(incidents) == 0) {
		fputs("There are no incidents.\n", out);
		return 0;
	}
	for (size_t i = 0; i < js_length(incidents); i++)
		add_incident(table, js_at(incidents, i));
	r = table_print(table, out, screen);
	for (size_t i = 0; r == 0 && i < js_length(incidents); i++) {
		const char *sentence = js_get_string(js_at(incidents, i), "sentence");

		if (is_out(js_at(incidents, i), "closed_at") && sentence)
			text_wrap(out, screen, 0, 2, sentence);
	}
	return r;
}
