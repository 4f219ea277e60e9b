/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Columns, rows, and what is said about them. See names-import.h. */

#include "inspect/names-import.h"

#include "inspect/names-build.h"
#include "inspect/names-fold.h"

#include <ctype.h>
#include <stdarg.h>

#define HEADER_MAX 64

struct import {
	struct names_build *build;
	struct names_import *result;
	enum names_field column[CSV_COLUMNS_MAX];
	size_t columns; /* 0: the header was not read yet */
	struct csv_place place;
	bool header_bad;
};

void names_import_clear(struct names_import *import)
{
	if (import->table)
		explicit_bzero(import->table, import->table_size);
	free(TAKE_PTR(import->table));
	*import = (struct names_import){0};
}

/* --- the header --- */

/* Headings without spaces and signs. */
static const struct {
	const char *heading;
	enum names_field field;
} headings[] = {
	{"first", NAMES_FIELD_FIRST},
	{"firstname", NAMES_FIELD_FIRST},
	{"firstnames", NAMES_FIELD_FIRST},
	{"forename", NAMES_FIELD_FIRST},
	{"forenames", NAMES_FIELD_FIRST},
	{"given", NAMES_FIELD_FIRST},
	{"givenname", NAMES_FIELD_FIRST},
	{"givennames", NAMES_FIELD_FIRST},
	{"christianname", NAMES_FIELD_FIRST},
	{"legalfirstname", NAMES_FIELD_FIRST},
	{"legalforename", NAMES_FIELD_FIRST},
	{"childfirstname", NAMES_FIELD_FIRST},
	{"childsfirstname", NAMES_FIELD_FIRST},
	{"childforename", NAMES_FIELD_FIRST},
	{"childsforename", NAMES_FIELD_FIRST},
	{"pupilforename", NAMES_FIELD_FIRST},
	{"fname", NAMES_FIELD_FIRST},
	{"middle", NAMES_FIELD_MIDDLE},
	{"middlename", NAMES_FIELD_MIDDLE},
	{"middlenames", NAMES_FIELD_MIDDLE},
	{"secondname", NAMES_FIELD_MIDDLE},
	{"othernames", NAMES_FIELD_MIDDLE},
	{"knownas", NAMES_FIELD_KNOWN},
	{"aka", NAMES_FIELD_KNOWN},
	{"called", NAMES_FIELD_KNOWN},
	{"preferred", NAMES_FIELD_KNOWN},
	{"preferredname", NAMES_FIELD_KNOWN},
	{"preferredfirstname", NAMES_FIELD_KNOWN},
	{"preferredforename", NAMES_FIELD_KNOWN},
	{"chosenname", NAMES_FIELD_KNOWN},
	{"nickname", NAMES_FIELD_KNOWN},
	{"shortname", NAMES_FIELD_KNOWN},
	{"callingname", NAMES_FIELD_KNOWN},
	{"last", NAMES_FIELD_LAST},
	{"lastname", NAMES_FIELD_LAST},
	{"lastnames", NAMES_FIELD_LAST},
	{"surname", NAMES_FIELD_LAST},
	{"surnames", NAMES_FIELD_LAST},
	{"family", NAMES_FIELD_LAST},
	{"familyname", NAMES_FIELD_LAST},
	{"legalsurname", NAMES_FIELD_LAST},
	{"legallastname", NAMES_FIELD_LAST},
	{"preferredsurname", NAMES_FIELD_LAST},
	{"preferredlastname", NAMES_FIELD_LAST},
	{"childsurname", NAMES_FIELD_LAST},
	{"childssurname", NAMES_FIELD_LAST},
	{"childlastname", NAMES_FIELD_LAST},
	{"childslastname", NAMES_FIELD_LAST},
	{"pupilsurname", NAMES_FIELD_LAST},
	{"lname", NAMES_FIELD_LAST},
	{"name", NAMES_FIELD_WHOLE},
	{"names", NAMES_FIELD_WHOLE},
	{"fullname", NAMES_FIELD_WHOLE},
	{"child", NAMES_FIELD_WHOLE},
	{"childname", NAMES_FIELD_WHOLE},
	{"childsname", NAMES_FIELD_WHOLE},
	{"childsfullname", NAMES_FIELD_WHOLE},
	{"pupil", NAMES_FIELD_WHOLE},
	{"pupilname", NAMES_FIELD_WHOLE},
	{"id", NAMES_FIELD_ID},
	{"ids", NAMES_FIELD_ID},
	{"childid", NAMES_FIELD_ID},
	{"pupilid", NAMES_FIELD_ID},
	{"personid", NAMES_FIELD_ID},
	{"reference", NAMES_FIELD_ID},
	{"ref", NAMES_FIELD_ID},
	{"upn", NAMES_FIELD_ID},
	{"uniquepupilnumber", NAMES_FIELD_ID},
	{"uln", NAMES_FIELD_ID},
	{"nhsnumber", NAMES_FIELD_ID},
	{"nhsno", NAMES_FIELD_ID},
	{"admissionnumber", NAMES_FIELD_ID},
	{"admissionno", NAMES_FIELD_ID},
	{"dob", NAMES_FIELD_BORN},
	{"dateofbirth", NAMES_FIELD_BORN},
	{"birthdate", NAMES_FIELD_BORN},
	{"birthday", NAMES_FIELD_BORN},
	{"born", NAMES_FIELD_BORN},
	{"bornon", NAMES_FIELD_BORN},
};

/* Letters alone, in lower case; what stands in brackets ("dd/mm/yyyy") is a remark. */
static void simplify(const struct csv_cell *cell, char ret_text[static HEADER_MAX])
{
	size_t n = 0;
	int brackets = 0;

	for (size_t i = 0; i < cell->size && n < HEADER_MAX - 1; i++) {
		unsigned char c = (unsigned char)cell->text[i];

		brackets += c == '(' || c == '[';
		if (isalpha(c) && brackets == 0)
			ret_text[n++] = (char)tolower(c);
		brackets -= (c == ')' || c == ']') && brackets > 0;
	}
	ret_text[n] = 0;
}

static enum names_field field_of(const struct csv_cell *cell)
{
	char text[HEADER_MAX];

	simplify(cell, text);
	for (size_t i = 0; i < ELEMENTS(headings); i++)
		if (strcmp(headings[i].heading, text) == 0)
			return headings[i].field;
	return NAMES_FIELD_NONE;
}

static void note(struct names_import *result, const char *format, ...) _printf_(2, 3);
static void note(struct names_import *result, const char *format, ...)
{
	va_list args;

	if (result->notes == NAMES_IMPORT_NOTES)
		return;
	va_start(args, format);
	(void)vsnprintf(result->note[result->notes++], sizeof result->note[0], format, args);
	va_end(args);
}

static void note_unused(struct names_import *result, size_t count, const char *columns)
{
	if (count == 1)
		note(result, "Column %s is not used.", columns);
	else if (count > 1)
		note(result, "Columns %s are not used.", columns);
}

/* True when the columns say who the children are. */
static bool read_header(struct import *import, const struct csv_row *row)
{
	char unused[96] = "";
	size_t length = 0, count = 0;
	bool named = false;

	import->columns = row->count;
	for (size_t i = 0; i < row->count; i++) {
		import->column[i] = field_of(&row->cell[i]);
		named |= import->column[i] == NAMES_FIELD_FIRST || import->column[i] == NAMES_FIELD_LAST ||
			 import->column[i] == NAMES_FIELD_WHOLE || import->column[i] == NAMES_FIELD_KNOWN;
		if (import->column[i] != NAMES_FIELD_NONE || row->cell[i].size == 0)
			continue;
		if (length < sizeof unused - 8)
			length += (size_t)snprintf(unused + length, sizeof unused - length, "%s%zu",
				count > 0 ? ", " : "", i + 1);
		count++;
	}
	note_unused(import->result, count, unused);
	return named;
}

/* --- rows --- */

static int read_row(const struct csv_row *row, void *data)
{
	struct import *import = data;
	int r = NAMES_BUILD_OK;

	import->place = (struct csv_place){row->line, 0};
	if (import->columns == 0) {
		import->header_bad = !read_header(import, row);
		return import->header_bad ? -EINVAL : 0;
	}
	for (size_t i = 0; i < row->count && r == NAMES_BUILD_OK; i++) {
		import->place.column = i + 1;
		r = names_build_add(import->build, import->column[i], row->cell[i].text, row->cell[i].size);
	}
	if (r == NAMES_BUILD_OK) {
		import->place.column = 0;
		r = names_build_child(import->build);
	}
	return r > 0 ? r + 100 : r; /* beside the outcomes of csv.h */
}

static const char *csv_sentence(enum csv_outcome outcome)
{
	switch (outcome) {
	case CSV_OK:
		break;
	case CSV_BAD_CHARACTER:
		return "the file is not a text file that can be read; save it as \"CSV UTF-8\"";
	case CSV_BAD_QUOTES:
		return "there is a quotation mark in the middle of a cell; save the list from the "
		       "spreadsheet again";
	case CSV_OPEN_QUOTES:
		return "a cell begins with a quotation mark and does not end with one";
	case CSV_TOO_MANY_COLUMNS:
		return "there are more than 64 columns";
	case CSV_ANOTHER_WIDTH:
		return "this line has not as many cells as the first line";
	case CSV_LONG_CELL:
		return "this cell is too long for a name";
	case CSV_EMPTY:
		return "there is nothing in the file";
	}
	return "it cannot be read";
}

static const char *build_sentence(enum names_build_outcome outcome)
{
	switch (outcome) {
	case NAMES_BUILD_OK:
		break;
	case NAMES_BUILD_NO_DATE:
		return "this is not a date; write it like 31/12/2021 or 2021-12-31";
	case NAMES_BUILD_LONG:
		return "this has too many words, or too long ones, for a name";
	case NAMES_BUILD_NAMELESS:
		return "there is no name in this line";
	case NAMES_BUILD_TOO_MANY:
		return "there are too many children in the list";
	}
	return "it cannot be used";
}

static void say(struct names_import *result, const struct csv_place *place, const char *what)
{
	if (place->line == 0)
		(void)snprintf(result->problem, sizeof result->problem,
			"The list was not taken, and nothing was changed: %s.", what);
	else if (place->column == 0)
		(void)snprintf(result->problem, sizeof result->problem,
			"Line %zu of the list: %s. Nothing was changed.", place->line, what);
	else
		(void)snprintf(result->problem, sizeof result->problem,
			"Line %zu, column %zu of the list: %s. Nothing was changed.", place->line,
			place->column, what);
}

static int explain(struct import *import, int r, const struct csv_place *place)
{
	if (import->header_bad)
		say(import->result, &import->place,
			"no column is called first name, last name, known as or name; put the names of the "
			"columns into the first line");
	else if (r > 100)
		say(import->result, &import->place, build_sentence((enum names_build_outcome)(r - 100)));
	else if (r > 0)
		say(import->result, place, csv_sentence((enum csv_outcome)r));
	else
		return r;
	return NAMES_IMPORT_BAD;
}

/* --- the whole --- */

static int complete(struct import *import, const struct names_keys *keys)
{
	struct names_import *result = import->result;
	struct names_build_notes notes;
	struct names_body body = {0};
	int r = names_build_finish(import->build, &body, &notes);

	if (r < 0)
		return r;
	result->children = body.children;
	result->names = body.firsts;
	if (body.children == 0) {
		say(result, &(struct csv_place){0, 0}, "there is no child in it");
		r = NAMES_IMPORT_BAD;
	} else {
		r = names_seal(&body, keys, &result->table, &result->table_size);
	}
	names_body_clear(&body);
	if (notes.short_ids > 0)
		note(result, "%u of the ids are so short that they count only beside a name.",
			notes.short_ids);
	if (notes.words > 0)
		note(result,
			"The first name of %u of the children is also an English word; it counts only where "
			"a "
			"name would be.",
			notes.words);
	if (notes.ignored > 0)
		note(result,
			"The first name of %u of the children is among the words to ignore; it counts only "
			"with "
			"the surname.",
			notes.ignored);
	return r;
}

static int read_list(struct import *import, struct secret *text, const char *ignore)
{
	struct csv_place place = {0};
	int r = ignore ? names_build_ignore(import->build, ignore) : NAMES_BUILD_OK;

	if (r > 0) {
		say(import->result, &place, "there are too many words to ignore");
		return NAMES_IMPORT_BAD;
	}
	if (r < 0)
		return r;
	r = csv_parse((char *)text->bytes, text->size, read_row, import, &place);
	return r == CSV_OK ? NAMES_IMPORT_OK : explain(import, r, &place);
}

int names_import(const void *csv, size_t size, const char *ignore, const uint8_t key[static NAMES_KEY_SIZE],
	struct names_import *ret_import)
{
	_cleanup_(folder_freep) struct folder *folder = NULL;
	_cleanup_(names_build_freep) struct names_build *build = NULL;
	_cleanup_(secret_freep) struct secret *text = NULL;
	struct import import = {.result = ret_import};
	struct names_keys keys;
	int r;

	*ret_import = (struct names_import){0};
	r = csv_text(csv, size, &text);
	if (r != CSV_OK)
		return explain(&import, r, &(struct csv_place){0, 0});
	r = names_keys_derive(key, &keys);
	if (r >= 0)
		r = folder_new(&folder);
	if (r >= 0)
		r = names_build_new(&keys, folder, &build);
	import.build = build;
	if (r >= 0)
		r = read_list(&import, text, ignore);
	if (r == NAMES_IMPORT_OK)
		r = complete(&import, &keys);
	explicit_bzero(&keys, sizeof keys);
	return r;
}
