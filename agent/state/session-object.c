/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The objects of sessions. A card may hold a hundred thousand of them, so everything here works in batches of
 * one transaction or streams from one statement; nothing holds a list. The primary key is session and path,
 * in one tree without a second row number, so a batch of neighbours lands on neighbouring pages.
 */

#include "state/session.h"

#include "base/number.h"
#include "base/utf8.h"
#include "state/name.h"
#include "state/row.h"

#include <string.h>

#define COLUMNS                                                                                         \
	"o.path, o.stored, o.size, o.mtime, o.sha512, o.xxh128, o.state, o.linked, o.reason, o.walk = " \
	"s.walk"
#define FROM " FROM object o JOIN session s ON s.number = o.session WHERE s.id = ?1"

const char *object_state_name(enum object_state state)
{
	switch (state) {
	case OBJECT_STORED:
		return "stored";
	case OBJECT_READ_BACK:
		return "read-back";
	case OBJECT_VERIFIED:
		return "verified";
	case OBJECT_FAILED:
		return "failed";
	}
	return "unknown";
}

/* The path is copied to *path_buffer, because a blob has no terminator. */
static int read_object(
	struct statement *row, char path_buffer[static SESSION_PATH_SIZE], struct session_object *ret_object)
{
	struct session_object object = {.path = path_buffer};
	size_t size = 0;
	const void *path = column_blob(row, 0, &size);
	int64_t state = column_i64(row, 6);
	int r;

	if (!path || size == 0 || size >= SESSION_PATH_SIZE || memchr(path, 0, size) ||
		state < OBJECT_STORED || state > OBJECT_FAILED)
		return -EUCLEAN;
	memcpy(path_buffer, path, size);
	path_buffer[size] = 0;
	object.stored = column_text(row, 1);
	object.size = column_u64(row, 2);
	object.mtime = column_i64(row, 3);
	object.state = (enum object_state)state;
	object.linked = column_i64(row, 7) != 0;
	object.reason = column_text(row, 8);
	object.this_walk = column_i64(row, 9) != 0;
	r = column_bytes(row, 4, object.sha512, sizeof object.sha512);
	if (r >= 0)
		r = column_bytes(row, 5, object.xxh128, sizeof object.xxh128);
	if (r < 0)
		return r;
	*ret_object = object;
	return 0;
}

static bool is_good(const struct session_object *object)
{
	size_t length = strnlen(object->path, SESSION_PATH_SIZE);

	if (length == 0 || length >= SESSION_PATH_SIZE)
		return false;
	if (object->stored && (strnlen(object->stored, SESSION_PATH_SIZE) >= SESSION_PATH_SIZE ||
				      !utf8_valid(object->stored, strlen(object->stored))))
		return false;
	switch (object->state) {
	case OBJECT_STORED:
	case OBJECT_READ_BACK:
	case OBJECT_VERIFIED:
		return object->stored && object->stored[0];
	case OBJECT_FAILED:
		return object->reason && object->reason[0];
	}
	return false;
}

static int store_one(
	struct statement *insert, const struct session_row *row, const struct session_object *object)
{
	_cleanup_free_ char *reason = NULL;

	if (!is_good(object))
		return SESSION_BAD;
	if (object->state == OBJECT_FAILED) {
		reason = name_clean(object->reason, SESSION_REASON_SIZE);
		if (!reason)
			return -ENOMEM;
	}
	bind_i64(insert, 1, row->number);
	bind_blob(insert, 2, object->path, strlen(object->path));
	bind_text(insert, 3, object->stored);
	bind_u64(insert, 4, object->size);
	bind_i64(insert, 5, object->mtime);
	bind_blob(insert, 6, object->sha512, sizeof object->sha512);
	bind_blob(insert, 7, object->xxh128, sizeof object->xxh128);
	bind_i64(insert, 8, object->state);
	bind_i64(insert, 9, object->linked);
	bind_i64(insert, 10, row->walk);
	bind_text(insert, 11, reason);
	return statement_run(insert);
}

static int store_all(struct database *database, const struct session_row *row,
	const struct session_object *objects, size_t count)
{
	_cleanup_statement_ struct statement *insert = NULL;
	int r;

	r = statement_new(database,
		"INSERT INTO object"
		" (session, path, stored, size, mtime, sha512, xxh128, state, linked, walk, reason)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
		" ON CONFLICT (session, path) DO UPDATE SET stored = excluded.stored, size = excluded.size,"
		" mtime = excluded.mtime, sha512 = excluded.sha512, xxh128 = excluded.xxh128, state = "
		"excluded.state,"
		" linked = excluded.linked, walk = excluded.walk, reason = excluded.reason",
		&insert);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = store_one(insert, row, &objects[i]);
	return r;
}

/* Begins a transaction that may change the session's objects; a copied session becomes open by that. */
static int begin(struct database *database, const char *id, struct transaction *transaction,
	struct session_row *ret_row)
{
	_cleanup_statement_ struct statement *reopen = NULL;
	int r;

	r = transaction_begin(database, transaction);
	if (r >= 0)
		r = row_find_session(database, id, ret_row);
	if (r != SESSION_OK)
		return r;
	if (ret_row->state != SESSION_OPEN && ret_row->state != SESSION_COPIED)
		return SESSION_WRONG_STATE;
	if (ret_row->state == SESSION_OPEN)
		return SESSION_OK;
	r = statement_new(database, "UPDATE session SET state = 'open' WHERE number = ?1", &reopen);
	if (r < 0)
		return r;
	bind_i64(reopen, 1, ret_row->number);
	return statement_run(reopen);
}

int session_objects_store(
	struct state *state, const char *id, const struct session_object *objects, size_t count)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	struct session_row row;
	int r;

	r = begin(database, id, &transaction, &row);
	if (r == SESSION_OK)
		r = store_all(database, &row, objects, count);
	return r != SESSION_OK ? r : transaction_commit(&transaction);
}

static int advance_one(struct database *database, struct statement *update, const struct session_row *row,
	const char *path, enum object_state to)
{
	int r;

	bind_i64(update, 1, row->number);
	bind_blob(update, 2, path, strlen(path));
	bind_i64(update, 3, (int)to - 1);
	bind_i64(update, 4, to);
	bind_i64(update, 5, row->walk);
	r = statement_run(update);
	if (r < 0)
		return r;
	return database_changes(database) == 1 ? SESSION_OK : SESSION_WRONG_STATE;
}

int session_objects_advance(
	struct state *state, const char *id, const char *const *paths, size_t count, enum object_state to)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	_cleanup_statement_ struct statement *update = NULL;
	struct database *database = state_database(state);
	struct session_row row;
	int r;

	if (to != OBJECT_READ_BACK && to != OBJECT_VERIFIED)
		return SESSION_WRONG_STATE;
	r = begin(database, id, &transaction, &row);
	if (r != SESSION_OK)
		return r;
	r = statement_new(database,
		"UPDATE object SET state = ?4 WHERE session = ?1 AND path = ?2 AND state = ?3 AND walk = ?5",
		&update);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = advance_one(database, update, &row, paths[i], to);
	return r != SESSION_OK ? r : transaction_commit(&transaction);
}

static int visit_row(
	struct statement *row, int (*visit)(const struct session_object *object, void *data), void *data)
{
	char path[SESSION_PATH_SIZE];
	struct session_object object;
	int r = read_object(row, path, &object);

	return r < 0 ? r : visit(&object, data);
}

int session_object_find(struct state *state, const char *id, const char *path,
	int (*visit)(const struct session_object *object, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r;

	r = statement_new(state_database(state), "SELECT " COLUMNS FROM " AND o.path = ?2", &row);
	if (r < 0)
		return r;
	bind_text(row, 1, id);
	bind_blob(row, 2, path, strlen(path));
	r = statement_step(row);
	if (r <= 0)
		return r < 0 ? r : SESSION_NONE;
	return visit_row(row, visit, data);
}

static int each(struct state *state, const char *sql, const char *id,
	int (*visit)(const struct session_object *object, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r;

	r = statement_new(state_database(state), sql, &row);
	if (r < 0)
		return r;
	bind_text(row, 1, id);
	for (;;) {
		r = statement_step(row);
		if (r > 0)
			r = visit_row(row, visit, data);
		else
			return r;
		if (r != 0)
			return r;
	}
}

int session_each_object(struct state *state, const char *id,
	int (*visit)(const struct session_object *object, void *data), void *data)
{
	return each(state, "SELECT " COLUMNS FROM " ORDER BY o.path", id, visit, data);
}

int session_each_failure(struct state *state, const char *id,
	int (*visit)(const struct session_object *object, void *data), void *data)
{
	return each(state, "SELECT " COLUMNS FROM " AND o.state = 4 AND o.walk = s.walk ORDER BY o.path", id,
		visit, data);
}

static int add(const struct session_object *object, struct session_totals *totals)
{
	if (!object->this_walk) {
		totals->earlier++;
		return 0;
	}
	totals->objects++;
	totals->linked += object->linked;
	if (object->state != OBJECT_FAILED && add_overflows(totals->bytes, object->size, &totals->bytes))
		return -EOVERFLOW;
	switch (object->state) {
	case OBJECT_STORED:
		totals->stored++;
		return 0;
	case OBJECT_READ_BACK:
		totals->read_back++;
		return 0;
	case OBJECT_FAILED:
		totals->failed++;
		return 0;
	case OBJECT_VERIFIED:
		return set_digest_add(&totals->verified, object->path, strlen(object->path), object->size);
	}
	return -EUCLEAN;
}

static int sum_up(struct database *database, int64_t number, struct session_totals *ret_totals)
{
	_cleanup_statement_ struct statement *row = NULL;
	struct session_totals totals = {0};
	struct session_object object;
	char path[SESSION_PATH_SIZE];
	int r;

	r = statement_new(database,
		"SELECT " COLUMNS
		" FROM object o JOIN session s ON s.number = o.session WHERE o.session = ?1",
		&row);
	if (r < 0)
		return r;
	bind_i64(row, 1, number);
	while ((r = statement_step(row)) > 0) {
		r = read_object(row, path, &object);
		if (r >= 0)
			r = add(&object, &totals);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret_totals = totals;
	return 0;
}

int session_totals(struct state *state, const char *id, struct session_totals *ret_totals)
{
	struct session_row row;
	int r = row_find_session(state_database(state), id, &row);

	return r != SESSION_OK ? r : sum_up(state_database(state), row.number, ret_totals);
}

static int read_recorded(struct database *database, int64_t number, struct set_digest *ret_set)
{
	_cleanup_statement_ struct statement *query = NULL;
	int r;

	r = statement_new(database,
		"SELECT set_files, set_bytes, set_sum FROM session WHERE number = ?1 AND set_sum IS NOT NULL",
		&query);
	if (r < 0)
		return r;
	bind_i64(query, 1, number);
	r = statement_step(query);
	if (r <= 0)
		return r < 0 ? r : SESSION_INCOMPLETE;
	ret_set->files = column_u64(query, 0);
	ret_set->bytes = column_u64(query, 1);
	return column_bytes(query, 2, ret_set->sum, sizeof ret_set->sum);
}

int row_prove(struct database *database, const struct session_row *row)
{
	struct session_totals totals = {0};
	struct set_digest recorded = {0};
	int r;

	r = read_recorded(database, row->number, &recorded);
	if (r == SESSION_OK)
		r = sum_up(database, row->number, &totals);
	if (r != SESSION_OK)
		return r;
	return totals.objects == totals.verified.files && set_digest_equal(&totals.verified, &recorded)
		       ? SESSION_OK
		       : SESSION_INCOMPLETE;
}

int session_each_content(struct state *state, const uint8_t sha512[static SHA512_SIZE], uint64_t size,
	unsigned limit, int (*visit)(const char *vault_dir, const char *stored, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r;

	r = statement_new(state_database(state),
		"SELECT s.vault_dir, o.stored FROM object o JOIN session s ON s.number = o.session"
		" WHERE o.sha512 = ?1 AND o.state IN (2, 3) AND o.size = ?2 ORDER BY o.session DESC LIMIT ?3",
		&row);
	if (r < 0)
		return r;
	bind_blob(row, 1, sha512, SHA512_SIZE);
	bind_u64(row, 2, size);
	bind_i64(row, 3, limit);
	for (;;) {
		const char *vault_dir, *stored;

		r = statement_step(row);
		if (r <= 0)
			return r;
		vault_dir = column_text(row, 0);
		stored = column_text(row, 1);
		r = vault_dir && stored ? visit(vault_dir, stored, data) : -EUCLEAN;
		if (r != 0)
			return r;
	}
}
