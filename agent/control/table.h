/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Tables for a screen: columns as wide as they need, together never wider than the screen.
 *
 * When there is not enough room the widest column that may be cut gives way first. What must be copied to be
 * of use (an id, a job's number) is never cut. All cells are cleaned by text_clean().
 */

#include "base/cleanup.h"
#include "control/terminal.h"

#define TABLE_COLUMNS_MAX 8

struct table_column {
	const char *heading;
	bool whole; /* never cut */
	bool right; /* numbers */
	bool wrap;  /* broken between words into several lines instead of cut */
};

struct table;

/* columns is kept, not copied, and ends with a NULL heading. NULL when out of memory. */
struct table *table_new(const struct table_column *columns);
struct table *table_free(struct table *table);
DEFINE_CLEANUP(struct table, table_free);
#define _cleanup_table_ _cleanup_(table_freep)

/* As many cells as there are columns; NULL is shown as "-". A row that could not be stored makes
 * table_print() fail. table may be NULL. */
void table_add(struct table *table, const char *const *cells);

/* -ENOMEM if the table or any row is missing. */
int table_print(const struct table *table, FILE *out, const struct terminal *terminal);
