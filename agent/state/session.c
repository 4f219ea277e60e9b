/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Sessions and their states. Every change reads the row again inside its own transaction, so that a decision
 * is never made on what was true a moment ago. The step to "copied" and to "committed" sums the objects up
 * from the disk (row_prove()): that is the place where rule 1 is kept, whatever a worker or its supervisor
 * believes.
 */

#include "state/session.h"

#include "base/clock.h"
#include "state/name.h"
#include "state/row.h"

#include <string.h>

#define COLUMNS                                                                                          \
	"id, device_name, key, device_key, media_key, insertion, source, vault_dir, state, created_at, " \
	"changed_at, finished_at, set_files, set_bytes, set_sum, not_files, reason"

const char *session_state_name(enum session_state state)
{
	switch (state) {
	case SESSION_OPEN:
		return "open";
	case SESSION_COPIED:
		return "copied";
	case SESSION_COMMITTED:
		return "committed";
	case SESSION_FAILED:
		return "failed";
	case SESSION_CANCELLED:
		return "cancelled";
	}
	return "unknown";
}

const char *session_outcome_sentence(enum session_outcome outcome)
{
	switch (outcome) {
	case SESSION_OK:
		return "";
	case SESSION_NONE:
		return "There is no record of that offload.";
	case SESSION_WRONG_STATE:
		return "The offload is not at the point where that could be done.";
	case SESSION_INCOMPLETE:
		return "Not every file of the device is proven to be in the vault yet. Offload it again.";
	case SESSION_NOT_COMMITTED:
		return "The last offload of this device did not end well, so nothing on it may be cleared. "
		       "Offload it again.";
	case SESSION_OTHER_INSERTION:
		return "The device was unplugged since its last offload and may hold new pictures. Offload "
		       "it again first.";
	case SESSION_SUPERSEDED:
		return "There is a later offload of this device. Only the last one counts.";
	case SESSION_NOT_FILES:
		return "The device holds something that is not an ordinary file (a link or a special file), "
		       "which an "
		       "offload cannot take along. It is not cleared.";
	case SESSION_BAD:
		return "A name, key or path of this offload is empty, too long or not readable text.";
	}
	return "Unknown outcome.";
}

static int read_set(struct statement *row, struct session *session)
{
	session->set_recorded = !column_is_null(row, 14);
	if (!session->set_recorded)
		return 0;
	session->set.files = column_u64(row, 12);
	session->set.bytes = column_u64(row, 13);
	return column_bytes(row, 14, session->set.sum, sizeof session->set.sum);
}

static int read_row(struct statement *row, struct session *session)
{
	const struct text_column texts[] = {
		{0, session->id, sizeof session->id},
		{1, session->device_name, sizeof session->device_name},
		{2, session->key, sizeof session->key},
		{3, session->device_key, sizeof session->device_key},
		{4, session->media_key, sizeof session->media_key},
		{5, session->insertion, sizeof session->insertion},
		{6, session->source, sizeof session->source},
		{7, session->vault_dir, sizeof session->vault_dir},
		{16, session->reason, sizeof session->reason},
	};
	int r;

	r = column_copy_all(row, texts, ELEMENTS(texts));
	if (r < 0)
		return r;
	session->created_at = column_i64(row, 9);
	session->changed_at = column_i64(row, 10);
	session->finished_at = column_i64(row, 11);
	session->not_files = column_u64(row, 15);
	r = row_parse_session_state(column_text(row, 8), &session->state);
	return r < 0 ? r : read_set(row, session);
}

static int find(struct state *state, const char *sql, const char *first, const char *second,
	struct session *ret_session)
{
	_cleanup_statement_ struct statement *row = NULL;
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	int r;

	if (!session)
		return -ENOMEM;
	r = row_first(state_database(state), sql, first, second, &row);
	if (r <= 0)
		return r < 0 ? r : SESSION_NONE;
	r = read_row(row, session);
	if (r < 0)
		return r;
	*ret_session = *session;
	return SESSION_OK;
}

static bool is_good(const struct session *wanted)
{
	return wanted->key[0] && name_is_text(wanted->key, sizeof wanted->key) &&
	       name_is_text(wanted->device_name, sizeof wanted->device_name) &&
	       name_is_text(wanted->device_key, sizeof wanted->device_key) &&
	       name_is_text(wanted->media_key, sizeof wanted->media_key) &&
	       name_is_text(wanted->insertion, sizeof wanted->insertion) &&
	       name_is_text(wanted->source, sizeof wanted->source) &&
	       name_is_text(wanted->vault_dir, sizeof wanted->vault_dir);
}

static int insert(struct state *state, const struct session *wanted, const char *id)
{
	_cleanup_statement_ struct statement *row = NULL;
	int64_t now = clock_now();
	int r;

	r = statement_new(state_database(state),
		"INSERT INTO session (id, device_name, key, device_key, media_key, insertion, source, "
		"vault_dir, state,"
		" walk, created_at, changed_at, finished_at, not_files, reason)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open', 1, ?9, ?9, 0, 0, '')",
		&row);
	if (r < 0)
		return r;
	bind_text(row, 1, id);
	bind_text(row, 2, wanted->device_name);
	bind_text(row, 3, wanted->key);
	bind_text(row, 4, wanted->device_key);
	bind_text(row, 5, wanted->media_key);
	bind_text(row, 6, wanted->insertion);
	bind_text(row, 7, wanted->source);
	bind_text(row, 8, wanted->vault_dir);
	bind_i64(row, 9, now);
	return statement_run(row);
}

int session_create(struct state *state, const struct session *wanted, struct session *ret_session)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	char id[SESSION_ID_SIZE];
	int r;

	if (!is_good(wanted))
		return SESSION_BAD;
	r = row_new_id(id);
	if (r >= 0)
		r = transaction_begin(state_database(state), &transaction);
	if (r >= 0)
		r = insert(state, wanted, id);
	if (r >= 0)
		r = transaction_commit(&transaction);
	return r < 0 ? r : session_load(state, id, ret_session);
}

int session_load(struct state *state, const char *id, struct session *ret_session)
{
	return find(state, "SELECT " COLUMNS " FROM session WHERE id = ?1", id, NULL, ret_session);
}

int session_find_latest(
	struct state *state, const char *key, const char *insertion, struct session *ret_session)
{
	if (insertion)
		return find(state,
			"SELECT " COLUMNS
			" FROM session WHERE key = ?1 AND insertion = ?2 ORDER BY number DESC LIMIT 1",
			key, insertion, ret_session);
	return find(state, "SELECT " COLUMNS " FROM session WHERE key = ?1 ORDER BY number DESC LIMIT 1", key,
		NULL, ret_session);
}

int session_find_resumable(struct state *state, const char *key, struct session *ret_session)
{
	return find(state,
		"SELECT " COLUMNS " FROM (SELECT * FROM session WHERE key = ?1 ORDER BY number DESC LIMIT 1)"
		" WHERE state <> 'committed'",
		key, NULL, ret_session);
}

static bool may_become(enum session_state from, enum session_state to)
{
	switch (to) {
	case SESSION_OPEN:
		return from == SESSION_COPIED;
	case SESSION_COPIED:
		return from == SESSION_OPEN;
	case SESSION_COMMITTED:
		return from == SESSION_COPIED;
	case SESSION_FAILED:
	case SESSION_CANCELLED:
		return from == SESSION_OPEN || from == SESSION_COPIED;
	}
	return false;
}

static int write_state(struct database *database, int64_t number, enum session_state to, const char *reason)
{
	_cleanup_statement_ struct statement *row = NULL;
	_cleanup_free_ char *clean = name_clean(reason ? reason : "", SESSION_REASON_SIZE);
	bool finished = to == SESSION_COMMITTED || to == SESSION_FAILED || to == SESSION_CANCELLED;
	int r;

	if (!clean)
		return -ENOMEM;
	r = statement_new(database,
		"UPDATE session SET state = ?2, reason = ?3, changed_at = ?4, finished_at = ?5 WHERE number "
		"= ?1",
		&row);
	if (r < 0)
		return r;
	bind_i64(row, 1, number);
	bind_text(row, 2, session_state_name(to));
	bind_text(row, 3, clean);
	bind_i64(row, 4, clock_now());
	bind_i64(row, 5, finished ? clock_now() : 0);
	return statement_run(row);
}

/* Begins a transaction and finds the session's row in it. */
static int begin(
	struct state *state, const char *id, struct transaction *transaction, struct session_row *row)
{
	int r = transaction_begin(state_database(state), transaction);

	return r < 0 ? r : row_find_session(state_database(state), id, row);
}

int session_set_state(struct state *state, const char *id, enum session_state to, const char *reason)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	struct session_row row = {0};
	int r = begin(state, id, &transaction, &row);

	if (r != SESSION_OK || row.state == to)
		return r;
	if (!may_become(row.state, to))
		return SESSION_WRONG_STATE;
	if (to == SESSION_COPIED || to == SESSION_COMMITTED)
		r = row_prove(database, &row);
	if (r == SESSION_OK)
		r = write_state(database, row.number, to, reason);
	return r != SESSION_OK ? r : transaction_commit(&transaction);
}

/* Runs an UPDATE of one session whose ?1 is its row number and ?2 text, if the session's state allows. */
static int change(struct state *state, const char *id, bool also_ended, const char *sql, const char *text)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	_cleanup_statement_ struct statement *statement = NULL;
	struct session_row row;
	int r = begin(state, id, &transaction, &row);

	if (r != SESSION_OK)
		return r;
	if (row.state == SESSION_COMMITTED ||
		(!also_ended && row.state != SESSION_OPEN && row.state != SESSION_COPIED))
		return SESSION_WRONG_STATE;
	r = statement_new(state_database(state), sql, &statement);
	if (r < 0)
		return r;
	bind_i64(statement, 1, row.number);
	bind_text(statement, 2, text);
	bind_i64(statement, 3, clock_now());
	r = statement_run(statement);
	return r < 0 ? r : transaction_commit(&transaction);
}

int session_resume(struct state *state, const char *id, const char *insertion)
{
	if (!name_is_text(insertion, SESSION_INSERTION_SIZE))
		return SESSION_BAD;
	return change(state, id, true,
		"UPDATE session SET state = 'open', insertion = ?2, walk = walk + 1, set_files = NULL, "
		"set_bytes = NULL,"
		" set_sum = NULL, not_files = 0, reason = '', changed_at = ?3, finished_at = 0 WHERE number "
		"= ?1",
		insertion);
}

int session_set_vault_dir(struct state *state, const char *id, const char *vault_dir)
{
	if (!name_is_text(vault_dir, SESSION_PATH_SIZE))
		return SESSION_BAD;
	return change(state, id, false,
		"UPDATE session SET vault_dir = ?2, changed_at = ?3 WHERE number = ?1", vault_dir);
}

int session_record_set(struct state *state, const char *id, const struct set_digest *set, uint64_t not_files)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	_cleanup_statement_ struct statement *statement = NULL;
	struct session_row row;
	int r = begin(state, id, &transaction, &row);

	if (r != SESSION_OK)
		return r;
	if (row.state != SESSION_OPEN)
		return SESSION_WRONG_STATE;
	r = statement_new(state_database(state),
		"UPDATE session SET set_files = ?2, set_bytes = ?3, set_sum = ?4, not_files = ?5 WHERE "
		"number = ?1",
		&statement);
	if (r < 0)
		return r;
	bind_i64(statement, 1, row.number);
	bind_u64(statement, 2, set->files);
	bind_u64(statement, 3, set->bytes);
	bind_blob(statement, 4, set->sum, sizeof set->sum);
	bind_u64(statement, 5, not_files);
	r = statement_run(statement);
	return r < 0 ? r : transaction_commit(&transaction);
}

int session_each(struct state *state, const char *key, unsigned limit,
	int (*visit)(const struct session *session, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	int r;

	if (!session)
		return -ENOMEM;
	r = statement_new(state_database(state),
		"SELECT " COLUMNS " FROM session WHERE ?1 IS NULL OR key = ?1 ORDER BY number DESC LIMIT ?2",
		&row);
	if (r < 0)
		return r;
	bind_text(row, 1, key);
	bind_i64(row, 2, limit > 0 ? (int64_t)limit : -1);
	while ((r = statement_step(row)) > 0) {
		r = read_row(row, session);
		if (r >= 0)
			r = visit(session, data);
		if (r != 0)
			break;
	}
	return r;
}

static int has_later(struct state *state, const struct session *session)
{
	_cleanup_statement_ struct statement *query = NULL;
	int r;

	r = statement_new(state_database(state),
		"SELECT 1 FROM session WHERE number > (SELECT number FROM session WHERE id = ?1)"
		" AND (key = ?2 OR (insertion = ?3 AND insertion <> '')) LIMIT 1",
		&query);
	if (r < 0)
		return r;
	bind_text(query, 1, session->id);
	bind_text(query, 2, session->key);
	bind_text(query, 3, session->insertion);
	return statement_step(query);
}

int session_may_clear(struct state *state, const char *id, const char *insertion)
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	int r;

	if (!session)
		return -ENOMEM;
	r = session_load(state, id, session);
	if (r != SESSION_OK)
		return r;
	if (session->state != SESSION_COMMITTED)
		return SESSION_NOT_COMMITTED;
	if (session->not_files > 0)
		return SESSION_NOT_FILES;
	if (insertion && insertion[0] && strcmp(insertion, session->insertion) != 0)
		return SESSION_OTHER_INSERTION;
	r = has_later(state, session);
	if (r != 0)
		return r < 0 ? r : SESSION_SUPERSEDED;
	return SESSION_OK;
}
