/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Tables for a screen. See table.h. Pure but for the stream it writes to. */

#include "control/table.h"

#include "control/text.h"

#include <string.h>

#define GAP       2
#define WIDTH_MIN 6
#define WRAP_MIN  10 /* narrower, hardly a word fits; two of them fit the smallest screen */

struct table {
	const struct table_column *columns;
	size_t column_count, row_count;
	char **cells;
	size_t widths[TABLE_COLUMNS_MAX];
	bool broken;
};

struct table *table_new(const struct table_column *columns)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	while (table->column_count < TABLE_COLUMNS_MAX && columns[table->column_count].heading) {
		table->widths[table->column_count] = text_width(columns[table->column_count].heading);
		table->column_count++;
	}
	return table;
}

struct table *table_free(struct table *table)
{
	if (!table)
		return NULL;
	for (size_t i = 0; i < table->row_count * table->column_count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
	return NULL;
}

static bool make_room(struct table *table)
{
	size_t count = (table->row_count + 1) * table->column_count;
	char **cells = reallocarray(table->cells, count, sizeof(*cells));

	if (!cells)
		return false;
	table->cells = cells;
	for (size_t i = count - table->column_count; i < count; i++)
		cells[i] = NULL;
	table->row_count++;
	return true;
}

void table_add(struct table *table, const char *const *cells)
{
	char **row;

	if (!table)
		return;
	if (!make_room(table)) {
		table->broken = true;
		return;
	}
	row = table->cells + (table->row_count - 1) * table->column_count;
	for (size_t i = 0; i < table->column_count; i++) {
		row[i] = text_clean(cells[i] ? cells[i] : "-");
		if (!row[i]) {
			table->broken = true;
			continue;
		}
		if (text_width(row[i]) > table->widths[i])
			table->widths[i] = text_width(row[i]);
	}
}

static size_t total(const size_t *widths, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += widths[i] + (i + 1 < count ? GAP : 0);
	return sum;
}

static size_t least(const struct table_column *column)
{
	return column->wrap ? WRAP_MIN : WIDTH_MIN;
}

/* Takes single columns from the widest column that may be cut, until all fit or nothing can be cut. */
static void fit(const struct table *table, size_t *widths, size_t limit)
{
	while (total(widths, table->column_count) > limit) {
		size_t widest = table->column_count;

		for (size_t i = 0; i < table->column_count; i++)
			if (!table->columns[i].whole && widths[i] > least(&table->columns[i]) &&
				(widest == table->column_count || widths[i] > widths[widest]))
				widest = i;
		if (widest == table->column_count)
			return;
		widths[widest]--;
	}
}

static void print_cell(const struct table *table, FILE *out, const struct terminal *terminal, size_t column,
	const char *text, size_t width)
{
	bool last = column + 1 == table->column_count;
	bool right = table->columns[column].right;

	if (last && !right && text_width(text) <= width)
		fputs(text, out);
	else
		text_put(out, terminal, text, width, right);
	if (last)
		return;
	fprintf(out, "%*s", GAP, "");
}

/* Bytes of the line that a text begins with, broken between words where possible; *ret_skip: with the spaces
 * behind it. */
static size_t first_line(const char *text, size_t width, size_t *ret_skip)
{
	size_t bytes = text_fit(text, width), end = bytes;

	if (text[bytes] != '\0') {
		while (end > 0 && text[end] != ' ')
			end--;
		bytes = end > 0 ? end : bytes;
	}
	*ret_skip = bytes + strspn(text + bytes, " ");
	while (bytes > 0 && text[bytes - 1] == ' ')
		bytes--;
	return bytes;
}

/* Writes one line of a cell that is broken into lines, and moves *text behind it. */
static void print_piece(FILE *out, const char **text, size_t width, bool last)
{
	size_t skip, bytes = first_line(*text, width, &skip);
	_cleanup_free_ char *piece = strndup(*text, bytes);
	size_t used = piece ? text_width(piece) : width;

	fputs(piece ? piece : "", out);
	if (!last)
		fprintf(out, "%*s", (int)(width - used + GAP), "");
	*text += skip > 0 ? skip : strlen(*text);
}

static bool ends_the_line(const char *const *rest, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (*rest[i])
			return false;
	return true;
}

static void print_row(
	const struct table *table, FILE *out, const struct terminal *terminal, char **cells, size_t *widths)
{
	const char *rest[TABLE_COLUMNS_MAX];
	bool more = true;

	for (size_t i = 0; i < table->column_count; i++)
		rest[i] = cells[i];
	while (more) {
		more = false;
		for (size_t i = 0; i < table->column_count; i++) {
			if (table->columns[i].wrap) {
				print_piece(out, &rest[i], widths[i],
					ends_the_line(rest + i + 1, table->column_count - i - 1));
			} else if (*rest[i] || !ends_the_line(rest + i + 1, table->column_count - i - 1)) {
				print_cell(table, out, terminal, i, rest[i], widths[i]);
				rest[i] = "";
			}
			more = more || *rest[i];
		}
		fputc('\n', out);
	}
}

int table_print(const struct table *table, FILE *out, const struct terminal *terminal)
{
	size_t widths[TABLE_COLUMNS_MAX];

	if (!table || table->broken)
		return -ENOMEM;
	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = table->widths[i];
	fit(table, widths, terminal->columns);
	fputs(terminal_tone(terminal, TERMINAL_STRONG), out);
	for (size_t i = 0; i < table->column_count; i++)
		print_cell(table, out, terminal, i, table->columns[i].heading, widths[i]);
	fprintf(out, "%s\n", terminal_tone(terminal, TERMINAL_PLAIN));
	for (size_t row = 0; row < table->row_count; row++)
		print_row(table, out, terminal, table->cells + row * table->column_count, widths);
	return 0;
}
