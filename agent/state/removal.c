/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Intents and their ends. See removal.h. */

#include "state/removal.h"

#include "base/clock.h"
#include "state/database.h"

#include <string.h>

struct wanted {
	const struct removal_object *object;
	bool fits;
};

static int compare_object(const struct session_object *object, void *data)
{
	struct wanted *wanted = data;

	wanted->fits = object->state == OBJECT_VERIFIED && object->this_walk &&
		       object->size == wanted->object->size && object->mtime == wanted->object->mtime;
	return 0;
}

/* What is gone and is there again is another one, whatever it looks like: it was never copied. */
static int find_intent(
	struct state *state, const char *session, const char *path, bool *ret_intended, bool *ret_gone)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(state_database(state),
		"SELECT r.gone_at FROM removal r JOIN session s ON s.number = r.session WHERE s.id = ?1 AND "
		"r.path = ?2",
		&row);

	if (r < 0)
		return r;
	bind_text(row, 1, session);
	bind_blob(row, 2, path, strlen(path));
	r = statement_step(row);
	*ret_intended = r > 0;
	*ret_gone = r > 0 && !column_is_null(row, 0);
	return r < 0 ? r : 0;
}

int removal_check(
	struct state *state, const char *session, const struct removal_object *object, bool *ret_intended)
{
	struct wanted wanted = {.object = object};
	bool gone;
	int r = session_object_find(state, session, object->path, compare_object, &wanted);

	if (r < 0)
		return r;
	if (r != SESSION_OK || !wanted.fits)
		return REMOVAL_NOT_RECORDED;
	r = find_intent(state, session, object->path, ret_intended, &gone);
	return r < 0 ? r : gone ? REMOVAL_NOT_RECORDED : REMOVAL_OK;
}

static int run_for(struct state *state, const char *sql, const char *session, const char *path)
{
	_cleanup_statement_ struct statement *statement = NULL;
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	int r = transaction_begin(database, &transaction);

	if (r >= 0)
		r = statement_new(database, sql, &statement);
	if (r < 0)
		return r;
	bind_text(statement, 1, session);
	bind_blob(statement, 2, path, strlen(path));
	bind_i64(statement, 3, clock_now());
	r = statement_run(statement);
	if (r >= 0 && database_changes(database) != 1)
		return REMOVAL_NO_INTENT;
	return r < 0 ? r : transaction_commit(&transaction);
}

int removal_intend(struct state *state, const char *session, const struct removal_object *object)
{
	bool intended;
	int r = session_may_clear(state, session, NULL);

	if (r != SESSION_OK)
		return r < 0 ? r : REMOVAL_NOT_ALLOWED;
	r = removal_check(state, session, object, &intended);
	if (r != REMOVAL_OK || intended)
		return r;
	return run_for(state,
		"INSERT INTO removal (session, path, intended_at) SELECT number, ?2, ?3 FROM session WHERE "
		"id = ?1",
		session, object->path);
}

int removal_gone(struct state *state, const char *session, const char *path)
{
	return run_for(state,
		"UPDATE removal SET gone_at = ?3 WHERE path = ?2 AND session = "
		"(SELECT number FROM session WHERE id = ?1)",
		session, path);
}

int removal_counts(struct state *state, const char *session, struct removal_counts *ret_counts)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(state_database(state),
		"SELECT count(*), count(r.gone_at) FROM removal r JOIN session s ON s.number = r.session"
		" WHERE s.id = ?1",
		&row);

	if (r < 0)
		return r;
	bind_text(row, 1, session);
	r = statement_step(row);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	*ret_counts = (struct removal_counts){column_u64(row, 0), column_u64(row, 1)};
	return 0;
}
