/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * SQLite, as far as the files of this folder need it: prepared statements, transactions that roll back unless
 * they are committed, errors as errno. No other file includes sqlite3.h, and no text from outside is ever put
 * into an SQL statement: values are bound.
 *
 * Binding remembers its first error and statement_step() returns it, so that a row of binds needs no ladder.
 * Errors: -EBUSY another process writes, -ENOSPC disk full, -EIO, -EUCLEAN damaged, -EEXIST not unique,
 * -EINVAL another constraint, -ENOMEM, -EROFS, -EOVERFLOW a number above INT64_MAX.
 */

#include "base/cleanup.h"

struct database;
struct statement;
struct state;

/* Opens the existing file at path; readable and writable, with the settings said in database.c. */
int database_open(const char *path, struct database **ret_database);
struct database *database_close(struct database *database);
DEFINE_CLEANUP(struct database, database_close);

/* What state functions work on. */
struct database *state_database(struct state *state);

/* Runs one or more statements without parameters and results. sql is a constant of the program. */
int database_run(struct database *database, const char *sql);

/* First column of the first row of a query without parameters; -ENODATA when there is no row. */
int database_get_i64(struct database *database, const char *sql, int64_t *ret_value);

/* 0 whole, -EUCLEAN not, other errno when it could not be looked at. */
int database_check(struct database *database);

/* Rows changed by the last INSERT, UPDATE or DELETE; number of the last inserted row. */
int64_t database_changes(struct database *database);
int64_t database_last_number(struct database *database);

/* sql is a constant of the program. */
int statement_new(struct database *database, const char *sql, struct statement **ret_statement);
struct statement *statement_free(struct statement *statement);
DEFINE_CLEANUP(struct statement, statement_free);
#define _cleanup_statement_ _cleanup_(statement_freep)

/* Parameters count from 1. Texts and blobs are borrowed until the next reset. NULL is stored as NULL. */
void bind_text(struct statement *statement, int parameter, const char *text);
void bind_blob(struct statement *statement, int parameter, const void *data, size_t size);
void bind_i64(struct statement *statement, int parameter, int64_t value);
void bind_u64(struct statement *statement, int parameter, uint64_t value);

/* 1: a row is there, 0: no more rows, negative errno. */
int statement_step(struct statement *statement);

/* Runs a statement without results to its end and makes it ready for the next run; 0 or negative errno. */
int statement_run(struct statement *statement);

/* Makes it ready for the next run; parameters keep their values until bound again. */
void statement_reset(struct statement *statement);

/* Columns count from 0; valid until the next step. NULL columns are 0, NULL. */
int64_t column_i64(struct statement *statement, int column);
uint64_t column_u64(struct statement *statement, int column);
const char *column_text(struct statement *statement, int column);
const void *column_blob(struct statement *statement, int column, size_t *ret_size);
bool column_is_null(struct statement *statement, int column);

/* Text into a fixed buffer, NULL as "". -EUCLEAN when it does not fit: what is stored was checked. */
int column_copy(struct statement *statement, int column, char *ret_text, size_t size);

/* As above, of one row into many buffers. Until the first that does not fit. */
struct text_column {
	int column;
	char *text;
	size_t size;
};
int column_copy_all(struct statement *statement, const struct text_column *texts, size_t count);

/* Blob of exactly size bytes; -EUCLEAN otherwise. */
int column_bytes(struct statement *statement, int column, void *ret_data, size_t size);

/* A write transaction; what is not committed is rolled back when the variable goes out of scope. */
struct transaction {
	struct database *database;
};
#define TRANSACTION_NULL ((struct transaction){NULL})

int transaction_begin(struct database *database, struct transaction *transaction);
/* On the disk when this returns 0; rolled back otherwise. */
int transaction_commit(struct transaction *transaction);
void transaction_end(struct transaction *transaction);
#define _cleanup_transaction_ _cleanup_(transaction_end)

/* A consistent copy of the whole database into a new file at path, which must not exist or be empty. */
int database_copy(struct database *database, const char *path);
