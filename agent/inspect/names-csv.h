/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Tables as spreadsheets export them (RFC 4180, with comma, semicolon or tab), strictly: what is doubtful is
 * an error with its line and column, and nothing of it is used. Never says what a cell holds.
 */

#include "base/secret.h"

#define CSV_SIZE_MAX    (300 << 10) /* bytes of a file */
#define CSV_COLUMNS_MAX 64
#define CSV_CELL_MAX    400 /* bytes of UTF-8 */

enum csv_outcome {
	CSV_OK = 0,
	CSV_BAD_CHARACTER, /* the text is no UTF-8, UTF-16 or Windows-1252, or has zero bytes */
	CSV_BAD_QUOTES,
	CSV_OPEN_QUOTES,
	CSV_TOO_MANY_COLUMNS,
	CSV_ANOTHER_WIDTH, /* not as many cells as the first row */
	CSV_LONG_CELL,
	CSV_EMPTY,
};

struct csv_cell {
	const char *text; /* borrowed, not terminated */
	size_t size;
};

struct csv_row {
	size_t line; /* of the file, from 1 */
	size_t count;
	struct csv_cell cell[CSV_COLUMNS_MAX];
};

struct csv_place {
	size_t line, column; /* from 1; column 0: the whole line */
};

/* What the bytes say, as UTF-8 in locked memory: by its byte order mark, else UTF-8, else UTF-16 if every
 * second byte is zero, else Windows-1252. An outcome or -ENOMEM; -EFBIG. */
int csv_text(const void *bytes, size_t size, struct secret **ret_text);

/* Calls row for each row that is not empty until it returns something else than 0, which is then returned.
 * text is changed. An outcome otherwise; *ret_place for one that is not CSV_OK. */
int csv_parse(char *text, size_t size, int (*row)(const struct csv_row *row, void *data), void *data,
	struct csv_place *ret_place);
