/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reading tables. Quotation marks are taken out in place. See names-csv.h. */

#include "inspect/names-csv.h"

#include "base/utf8.h"
#include "inspect/names-fold.h"

#include <string.h>

/* --- characters --- */

static uint32_t unit(const uint8_t *bytes, bool big)
{
	return big ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)bytes[1] << 8 | bytes[0];
}

static int from_utf16(const uint8_t *bytes, size_t size, bool big, struct secret *to)
{
	size_t n = 0;

	if (size % 2 != 0)
		return CSV_BAD_CHARACTER;
	for (size_t i = 0; i < size; i += 2) {
		uint32_t c = unit(bytes + i, big);
		char text[4];
		size_t length;

		if (c >= 0xd800 && c < 0xdc00 && size - i >= 4 && unit(bytes + i + 2, big) >> 10 == 0x37) {
			c = 0x10000 + ((c & 0x3ff) << 10) + (unit(bytes + i + 2, big) & 0x3ff);
			i += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			return CSV_BAD_CHARACTER;
		}
		length = utf8_encode(c, text);
		memcpy(to->bytes + n, text, length);
		n += length;
	}
	to->size = n;
	return CSV_OK;
}

static int from_windows(const uint8_t *bytes, size_t size, struct secret *to)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		uint32_t c = fold_windows_1252(bytes[i]);
		char text[4];
		size_t length = utf8_encode(c, text);

		if (c >= 0x80 && c < 0xa0)
			return CSV_BAD_CHARACTER;
		memcpy(to->bytes + n, text, length);
		n += length;
	}
	to->size = n;
	return CSV_OK;
}

/* 1: big end first, 0: little end first, -1: no UTF-16. */
static int utf16_order(const uint8_t *bytes, size_t size)
{
	size_t even = 0, odd = 0;

	for (size_t i = 0; i < size; i++)
		*(i % 2 == 0 ? &even : &odd) += bytes[i] == 0;
	if (size < 4 || even + odd < size / 4)
		return -1;
	return even > odd;
}

static int decode(const uint8_t *bytes, size_t size, struct secret *to)
{
	int order;

	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		if (!utf8_valid((const char *)bytes + 3, size - 3))
			return CSV_BAD_CHARACTER;
		memcpy(to->bytes, bytes + 3, size - 3);
		to->size = size - 3;
		return CSV_OK;
	}
	if (size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
		return from_utf16(bytes + 2, size - 2, bytes[0] == 0xfe, to);
	order = utf16_order(bytes, size);
	if (order >= 0)
		return from_utf16(bytes, size, order == 1, to);
	if (!utf8_valid((const char *)bytes, size))
		return from_windows(bytes, size, to);
	memcpy(to->bytes, bytes, size);
	to->size = size;
	return CSV_OK;
}

int csv_text(const void *bytes, size_t size, struct secret **ret_text)
{
	_cleanup_(secret_freep) struct secret *text = NULL;
	int r;

	if (size == 0)
		return CSV_EMPTY;
	if (size > CSV_SIZE_MAX)
		return -EFBIG;
	r = secret_new(size * 3 + 4, &text);
	if (r < 0)
		return r;
	r = decode(bytes, size, text);
	if (r == CSV_OK && text->size == 0)
		r = CSV_EMPTY;
	if (r == CSV_OK && memchr(text->bytes, 0, text->size))
		r = CSV_BAD_CHARACTER;
	if (r == CSV_OK)
		*ret_text = TAKE_PTR(text);
	return r;
}

/* --- rows --- */

struct parser {
	char *text;
	size_t size, at;
	char separator;
	size_t line, width;
	struct csv_row row;
};

/* The one of the three that the first row has most of. */
static char find_separator(const char *text, size_t size)
{
	static const char candidates[] = ",;\t";
	size_t count[3] = {0}, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < size && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
		const char *which = strchr(candidates, text[i]);

		if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && which && *which)
			count[which - candidates]++;
	}
	for (size_t i = 1; i < 3; i++)
		if (count[i] > count[best])
			best = i;
	return candidates[best];
}

/* "sep=;" in the first line, as some spreadsheets write it. */
static void skip_hint(struct parser *parser)
{
	if (parser->size >= 5 && memcmp(parser->text, "sep=", 4) == 0 &&
		(parser->size == 5 || strchr("\r\n", parser->text[5]))) {
		parser->separator = parser->text[4];
		parser->at = 5;
		while (parser->at < parser->size && strchr("\r\n", parser->text[parser->at]) &&
			parser->line == 1) {
			parser->line += parser->text[parser->at] == '\n';
			parser->at++;
		}
		parser->line = 2;
	}
}

static bool at_end(const struct parser *parser)
{
	char c = parser->at < parser->size ? parser->text[parser->at] : '\n';

	return c == parser->separator || c == '\n' || c == '\r';
}

/* Behind the opening mark. */
static int quoted_cell(struct parser *parser, struct csv_cell *cell)
{
	size_t to = parser->at;

	cell->text = parser->text + to;
	for (; parser->at < parser->size; parser->at++) {
		char c = parser->text[parser->at];

		if (c == '"' && parser->at + 1 < parser->size && parser->text[parser->at + 1] == '"') {
			parser->at++;
		} else if (c == '"') {
			parser->at++;
			cell->size = (size_t)(parser->text + to - cell->text);
			return at_end(parser) ? CSV_OK : CSV_BAD_QUOTES;
		}
		parser->line += c == '\n';
		parser->text[to++] = c;
	}
	return CSV_OPEN_QUOTES;
}

static int plain_cell(struct parser *parser, struct csv_cell *cell)
{
	cell->text = parser->text + parser->at;
	while (!at_end(parser)) {
		if (parser->text[parser->at] == '"')
			return CSV_BAD_QUOTES;
		parser->at++;
	}
	cell->size = (size_t)(parser->text + parser->at - cell->text);
	return CSV_OK;
}

static void trim(struct csv_cell *cell)
{
	while (cell->size > 0 && (*cell->text == ' ' || *cell->text == '\t')) {
		cell->text++;
		cell->size--;
	}
	while (cell->size > 0 && (cell->text[cell->size - 1] == ' ' || cell->text[cell->size - 1] == '\t'))
		cell->size--;
}

static int next_cell(struct parser *parser)
{
	struct csv_cell *cell;
	int r;

	if (parser->row.count == CSV_COLUMNS_MAX)
		return CSV_TOO_MANY_COLUMNS;
	cell = &parser->row.cell[parser->row.count++];
	if (parser->at < parser->size && parser->text[parser->at] == '"') {
		parser->at++;
		r = quoted_cell(parser, cell);
	} else {
		r = plain_cell(parser, cell);
	}
	if (r != CSV_OK)
		return r;
	trim(cell);
	return cell->size > CSV_CELL_MAX ? CSV_LONG_CELL : CSV_OK;
}

static void end_line(struct parser *parser)
{
	if (parser->at < parser->size && parser->text[parser->at] == '\r')
		parser->at++;
	if (parser->at < parser->size && parser->text[parser->at] == '\n')
		parser->at++;
	parser->line++;
}

static int next_row(struct parser *parser)
{
	parser->row.line = parser->line;
	parser->row.count = 0;
	for (;;) {
		int r = next_cell(parser);

		if (r != CSV_OK)
			return r;
		if (parser->at >= parser->size || parser->text[parser->at] != parser->separator)
			break;
		parser->at++;
	}
	end_line(parser);
	return CSV_OK;
}

static bool is_empty(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->cell[i].size > 0)
			return false;
	return true;
}

static int check_width(struct parser *parser)
{
	if (parser->width == 0)
		parser->width = parser->row.count;
	return parser->row.count == parser->width ? CSV_OK : CSV_ANOTHER_WIDTH;
}

int csv_parse(char *text, size_t size, int (*row)(const struct csv_row *row, void *data), void *data,
	struct csv_place *ret_place)
{
	struct parser parser = {.text = text, .size = size, .line = 1};
	int r = CSV_OK;

	parser.separator = find_separator(text, size);
	skip_hint(&parser);
	while (parser.at < parser.size && r == CSV_OK) {
		r = next_row(&parser);
		*ret_place = (struct csv_place){parser.row.line, r == CSV_OK ? 0 : parser.row.count};
		if (r != CSV_OK || is_empty(&parser.row))
			continue;
		r = check_width(&parser);
		if (r == CSV_OK)
			r = row(&parser.row, data);
	}
	if (r == CSV_OK && parser.width == 0)
		r = CSV_EMPTY;
	return r;
}
