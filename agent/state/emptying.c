/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Rows of the table "emptying". See emptying.h. */

#include "state/emptying.h"

#include "base/clock.h"
#include "base/json.h"
#include "state/database.h"
#include "state/name.h"
#include "state/row.h"

#include <string.h>

static const char *const state_names[] = {
	[EMPTYING_REMOVING] = "removing", [EMPTYING_REMOVED] = "removed", [EMPTYING_ENDED] = "ended"};

static int parse_state(const char *text, enum emptying_state *ret_state)
{
	for (unsigned s = EMPTYING_REMOVING; s <= EMPTYING_ENDED; s++)
		if (text && strcmp(text, state_names[s]) == 0) {
			*ret_state = (enum emptying_state)s;
			return 0;
		}
	return -EUCLEAN;
}

static int end_others(struct database *database, const char *session)
{
	_cleanup_statement_ struct statement *statement = NULL;
	int r = statement_new(database,
		"UPDATE emptying SET state = 'ended', ended_at = ?2, reason = 'another one was begun'"
		" WHERE state = 'removing' AND session IN (SELECT other.number FROM session other"
		" JOIN session own ON own.key = other.key WHERE own.id = ?1)",
		&statement);

	if (r < 0)
		return r;
	bind_text(statement, 1, session);
	bind_i64(statement, 2, clock_now());
	return statement_run(statement);
}

static int insert(struct database *database, const char *session, int64_t *ret_number)
{
	_cleanup_statement_ struct statement *statement = NULL;
	int r = statement_new(database,
		"INSERT INTO emptying (session, state, begun_at, ended_at, reason)"
		" SELECT number, 'removing', ?2, 0, '' FROM session WHERE id = ?1",
		&statement);

	if (r < 0)
		return r;
	bind_text(statement, 1, session);
	bind_i64(statement, 2, clock_now());
	r = statement_run(statement);
	if (r < 0)
		return r;
	if (database_changes(database) != 1)
		return EMPTYING_NONE;
	*ret_number = database_last_number(database);
	return EMPTYING_OK;
}

int emptying_begin(struct state *state, const char *session, int64_t *ret_number)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	int64_t number = 0;
	int r = transaction_begin(database, &transaction);

	if (r >= 0)
		r = end_others(database, session);
	if (r >= 0)
		r = insert(database, session, &number);
	if (r == EMPTYING_OK)
		r = transaction_commit(&transaction);
	if (r == EMPTYING_OK)
		*ret_number = number;
	return r;
}

int emptying_find_latest(struct state *state, const char *key, struct emptying *ret_emptying)
{
	_cleanup_statement_ struct statement *row = NULL;
	struct emptying e;
	int r = row_first(state_database(state),
		"SELECT e.number, s.id, e.state, e.begun_at, e.ended_at, e.reason FROM emptying e"
		" JOIN session s ON s.number = e.session WHERE s.key = ?1 ORDER BY e.number DESC LIMIT 1",
		key, NULL, &row);

	if (r <= 0)
		return r < 0 ? r : EMPTYING_NONE;
	e = (struct emptying){
		.number = column_i64(row, 0), .begun_at = column_i64(row, 3), .ended_at = column_i64(row, 4)};
	r = column_copy(row, 1, e.session, sizeof e.session);
	if (r >= 0)
		r = parse_state(column_text(row, 2), &e.state);
	if (r >= 0)
		r = column_copy(row, 5, e.reason, sizeof e.reason);
	if (r >= 0)
		*ret_emptying = e;
	return r;
}

/* What becomes of one that is removing. */
static int change(struct database *database, int64_t number, enum emptying_state to, const char *reason,
	const char *record)
{
	_cleanup_statement_ struct statement *statement = NULL;
	int r = statement_new(database,
		"UPDATE emptying SET state = ?2, ended_at = ?3, reason = ?4, record = ?5"
		" WHERE number = ?1 AND state = 'removing'",
		&statement);

	if (r < 0)
		return r;
	bind_i64(statement, 1, number);
	bind_text(statement, 2, state_names[to]);
	bind_i64(statement, 3, clock_now());
	bind_text(statement, 4, reason);
	bind_text(statement, 5, record);
	r = statement_run(statement);
	if (r < 0)
		return r;
	return database_changes(database) == 1 ? EMPTYING_OK : EMPTYING_WRONG_STATE;
}

/* 1: every object of the last walk of its session has an intent. */
static int is_complete(struct database *database, int64_t number)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database,
		"SELECT 1 FROM emptying e JOIN session s ON s.number = e.session"
		" WHERE e.number = ?1 AND s.state = 'committed' AND NOT EXISTS (SELECT 1 FROM object o"
		" WHERE o.session = s.number AND o.walk = s.walk AND NOT EXISTS (SELECT 1 FROM removal r"
		" WHERE r.session = o.session AND r.path = o.path))",
		&row);

	if (r < 0)
		return r;
	bind_i64(row, 1, number);
	return statement_step(row);
}

static bool is_record(const char *record)
{
	_cleanup_js_ struct js *json = NULL;
	size_t size = strlen(record);

	return size > 0 && size <= EMPTYING_RECORD_MAX && js_parse(record, size, &json) >= 0 &&
	       js_is_object(json);
}

int emptying_removed(struct state *state, int64_t number, const char *record)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	int r;

	if (!is_record(record))
		return EMPTYING_BAD;
	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = is_complete(database, number);
	if (r <= 0)
		return r < 0 ? r : EMPTYING_NOT_ALL;
	r = change(database, number, EMPTYING_REMOVED, "", record);
	return r == EMPTYING_OK ? transaction_commit(&transaction) : r;
}

int emptying_end(struct state *state, int64_t number, const char *reason)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	int r;

	if (!name_is_text(reason, SESSION_REASON_SIZE))
		return EMPTYING_BAD;
	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = change(database, number, EMPTYING_ENDED, reason, NULL);
	return r == EMPTYING_OK ? transaction_commit(&transaction) : r;
}

int emptying_each_record(struct state *state, const char *key, unsigned limit,
	int (*visit)(const char *record, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(state_database(state),
		"SELECT e.record FROM emptying e JOIN session s ON s.number = e.session"
		" WHERE e.state = 'removed' AND (?1 IS NULL OR s.key = ?1) ORDER BY e.number DESC LIMIT ?2",
		&row);

	if (r < 0)
		return r;
	bind_text(row, 1, key);
	bind_i64(row, 2, limit > 0 ? (int64_t)limit : -1);
	while ((r = statement_step(row)) > 0) {
		const char *record = column_text(row, 0);

		r = record ? visit(record, data) : -EUCLEAN;
		if (r != 0)
			return r;
	}
	return r;
}

int emptying_count_new(struct state *state, const char *session, const char *earlier, uint64_t *ret_count)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = row_first(state_database(state),
		"SELECT count(*) FROM object o JOIN session s ON s.number = o.session"
		" WHERE s.id = ?1 AND o.walk = s.walk AND NOT EXISTS (SELECT 1 FROM object p"
		" JOIN session t ON t.number = p.session WHERE t.id = ?2 AND p.walk = t.walk AND p.state = 3"
		" AND p.path = o.path AND p.sha512 = o.sha512)",
		session, earlier, &row);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	*ret_count = column_u64(row, 0);
	return 0;
}
