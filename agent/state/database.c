/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The one file that knows SQLite.
 *
 * Journal: write-ahead log with synchronous=FULL. A commit is one append of checksummed frames and one fsync
 * of the log; pages of the database itself are overwritten only at a checkpoint, when their new content is
 * already on the disk, and a frame torn by a power cut fails its checksum and ends the log there. The
 * rollback journal with synchronous=EXTRA promises the same but pays three or four syncs for each commit, and
 * an offload commits after every batch of objects. The directory entry of a new log is synced by SQLite with
 * the first sync.
 *
 * secure_delete overwrites what is deleted, temp_store keeps sorting out of /tmp: file names of a card must
 * not lie about in places nobody thinks of. mmap stays off, so that a read error is an error and not a
 * SIGBUS. The page cache is small because the daemon is always there.
 */

#include "state/database.h"

#include "base/fault.h"

#include <sqlite3.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 10000

struct database {
	sqlite3 *handle;
};

struct statement {
	sqlite3_stmt *handle;
	int bind_error;
};

static int extended_errno(int code)
{
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return -EEXIST;
	case SQLITE_IOERR_NOMEM:
		return -ENOMEM;
	default:
		return 0;
	}
}

static int to_errno(int code)
{
	int r = extended_errno(code);

	if (r < 0)
		return r;
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return -EUCLEAN;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_TOOBIG:
		return -EFBIG;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_MISUSE:
		return -EINVAL;
	default:
		return -EIO;
	}
}

static int configure(struct database *database)
{
	int r;

	(void)sqlite3_extended_result_codes(database->handle, 1);
	(void)sqlite3_busy_timeout(database->handle, BUSY_TIMEOUT_MS);
	(void)sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(database->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	r = database_run(database,
		"PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
		"PRAGMA cache_size = -512; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
		"PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 1048576;");
	return r;
}

/* A pragma that was not understood is not an error to SQLite; durability is not left to that. */
static int check_settings(struct database *database)
{
	int64_t synchronous = 0, foreign_keys = 0, wal = 0;
	int r;

	r = database_get_i64(database, "PRAGMA synchronous", &synchronous);
	if (r >= 0)
		r = database_get_i64(database, "PRAGMA foreign_keys", &foreign_keys);
	if (r >= 0)
		r = database_get_i64(database, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &wal);
	if (r < 0)
		return r;
	return synchronous == 2 && foreign_keys == 1 && wal == 1 ? 0 : -EOPNOTSUPP;
}

int database_open(const char *path, struct database **ret_database)
{
	_cleanup_(database_closep) struct database *database = calloc(1, sizeof *database);
	int r;

	if (!database)
		return -ENOMEM;
	r = to_errno(
		sqlite3_open_v2(path, &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	if (r >= 0)
		r = configure(database);
	if (r >= 0)
		r = check_settings(database);
	if (r < 0)
		return r;
	*ret_database = TAKE_PTR(database);
	return 0;
}

struct database *database_close(struct database *database)
{
	if (database) {
		(void)sqlite3_close_v2(database->handle);
		free(database);
	}
	return NULL;
}

int database_run(struct database *database, const char *sql)
{
	return to_errno(sqlite3_exec(database->handle, sql, NULL, NULL, NULL));
}

int database_get_i64(struct database *database, const char *sql, int64_t *ret_value)
{
	_cleanup_statement_ struct statement *statement = NULL;
	int r = statement_new(database, sql, &statement);

	if (r < 0)
		return r;
	r = statement_step(statement);
	if (r <= 0)
		return r < 0 ? r : -ENODATA;
	*ret_value = column_i64(statement, 0);
	return 0;
}

int database_check(struct database *database)
{
	_cleanup_statement_ struct statement *statement = NULL;
	const char *answer;
	int r = statement_new(database, "PRAGMA quick_check(1)", &statement);

	if (r >= 0)
		r = statement_step(statement);
	if (r < 0)
		return r;
	answer = r > 0 ? column_text(statement, 0) : NULL;
	return answer && strcmp(answer, "ok") == 0 ? 0 : -EUCLEAN;
}

int64_t database_changes(struct database *database)
{
	return sqlite3_changes64(database->handle);
}

int64_t database_last_number(struct database *database)
{
	return sqlite3_last_insert_rowid(database->handle);
}

int statement_new(struct database *database, const char *sql, struct statement **ret_statement)
{
	_cleanup_statement_ struct statement *statement = calloc(1, sizeof *statement);
	int r;

	if (!statement)
		return -ENOMEM;
	r = to_errno(sqlite3_prepare_v2(database->handle, sql, -1, &statement->handle, NULL));
	if (r < 0)
		return r;
	*ret_statement = TAKE_PTR(statement);
	return 0;
}

struct statement *statement_free(struct statement *statement)
{
	if (statement) {
		(void)sqlite3_finalize(statement->handle);
		free(statement);
	}
	return NULL;
}

static void note(struct statement *statement, int error)
{
	if (error < 0 && statement->bind_error == 0)
		statement->bind_error = error;
}

void bind_text(struct statement *statement, int parameter, const char *text)
{
	note(statement, to_errno(sqlite3_bind_text(statement->handle, parameter, text, -1, SQLITE_STATIC)));
}

void bind_blob(struct statement *statement, int parameter, const void *data, size_t size)
{
	note(statement,
		to_errno(sqlite3_bind_blob64(statement->handle, parameter, data, size, SQLITE_STATIC)));
}

void bind_i64(struct statement *statement, int parameter, int64_t value)
{
	note(statement, to_errno(sqlite3_bind_int64(statement->handle, parameter, value)));
}

void bind_u64(struct statement *statement, int parameter, uint64_t value)
{
	if (value > INT64_MAX)
		note(statement, -EOVERFLOW);
	else
		bind_i64(statement, parameter, (int64_t)value);
}

int statement_step(struct statement *statement)
{
	int code;

	if (statement->bind_error < 0)
		return statement->bind_error;
	code = sqlite3_step(statement->handle);
	return code == SQLITE_ROW ? 1 : to_errno(code);
}

int statement_run(struct statement *statement)
{
	int r = statement_step(statement);

	statement_reset(statement);
	return r < 0 ? r : 0;
}

void statement_reset(struct statement *statement)
{
	(void)sqlite3_reset(statement->handle);
	statement->bind_error = 0;
}

int64_t column_i64(struct statement *statement, int column)
{
	return sqlite3_column_int64(statement->handle, column);
}

uint64_t column_u64(struct statement *statement, int column)
{
	int64_t value = column_i64(statement, column);

	return value < 0 ? 0 : (uint64_t)value;
}

const char *column_text(struct statement *statement, int column)
{
	return (const char *)sqlite3_column_text(statement->handle, column);
}

const void *column_blob(struct statement *statement, int column, size_t *ret_size)
{
	const void *data = sqlite3_column_blob(statement->handle, column);

	*ret_size = (size_t)sqlite3_column_bytes(statement->handle, column);
	return data;
}

bool column_is_null(struct statement *statement, int column)
{
	return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

int column_copy(struct statement *statement, int column, char *ret_text, size_t size)
{
	const char *text = column_text(statement, column);
	size_t length = text ? strlen(text) : 0;

	if (length >= size)
		return -EUCLEAN;
	if (length > 0)
		memcpy(ret_text, text, length);
	ret_text[length] = 0;
	return 0;
}

int column_copy_all(struct statement *statement, const struct text_column *texts, size_t count)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < count; i++)
		r = column_copy(statement, texts[i].column, texts[i].text, texts[i].size);
	return r;
}

int column_bytes(struct statement *statement, int column, void *ret_data, size_t size)
{
	size_t stored = 0;
	const void *data = column_blob(statement, column, &stored);

	if (stored != size || !data)
		return -EUCLEAN;
	memcpy(ret_data, data, size);
	return 0;
}

int transaction_begin(struct database *database, struct transaction *transaction)
{
	int r = database_run(database, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	transaction->database = database;
	return 0;
}

int transaction_commit(struct transaction *transaction)
{
	int r;

	fault_point("state-before-commit");
	r = database_run(transaction->database, "COMMIT");
	if (r < 0) {
		transaction_end(transaction);
		return r;
	}
	transaction->database = NULL;
	fault_point("state-after-commit");
	return 0;
}

void transaction_end(struct transaction *transaction)
{
	if (transaction->database && !sqlite3_get_autocommit(transaction->database->handle))
		(void)database_run(transaction->database, "ROLLBACK");
	transaction->database = NULL;
}

int database_copy(struct database *database, const char *path)
{
	_cleanup_statement_ struct statement *statement = NULL;
	int r = statement_new(database, "VACUUM INTO ?1", &statement);

	if (r < 0)
		return r;
	bind_text(statement, 1, path);
	return statement_run(statement);
}
