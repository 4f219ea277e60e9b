/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Clears. A clear refers to its session by row, so names and keys are the session's and cannot drift apart.
 * The plan is dropped when the clear is done: it holds the card's boot sectors, which nobody needs any more,
 * and the certificate says the rest.
 */

#include "state/clear.h"

#include "base/clock.h"
#include "base/json.h"
#include "state/name.h"
#include "state/row.h"

#include <string.h>

#define COLUMNS                                                                                         \
	"c.id, s.id, s.device_name, s.key, s.media_key, c.insertion, c.method, c.state, c.created_at, " \
	"c.finished_at, c.progress, c.total, c.reason"
#define FROM " FROM clear c JOIN session s ON s.number = c.session"

const char *clear_state_name(enum clear_state state)
{
	switch (state) {
	case CLEAR_PLANNED:
		return "planned";
	case CLEAR_WRITING:
		return "writing";
	case CLEAR_READING_BACK:
		return "reading-back";
	case CLEAR_DONE:
		return "done";
	case CLEAR_FAILED:
		return "failed";
	case CLEAR_CANCELLED:
		return "cancelled";
	}
	return "unknown";
}

const char *clear_outcome_sentence(enum clear_outcome outcome)
{
	switch (outcome) {
	case CLEAR_OK:
		return "";
	case CLEAR_NONE:
		return "There is no record of that clear.";
	case CLEAR_WRONG_STATE:
		return "The clear is not at the point where that could be done.";
	case CLEAR_NOT_ALLOWED:
		return "The offload that this clear rests on does not prove that every picture is safe.";
	case CLEAR_BAD:
		return "The plan or the certificate of this clear is not complete.";
	}
	return "Unknown outcome.";
}

static int parse_state(const char *text, enum clear_state *ret_state)
{
	for (enum clear_state s = CLEAR_PLANNED; text && s <= CLEAR_CANCELLED; s++)
		if (strcmp(text, clear_state_name(s)) == 0) {
			*ret_state = s;
			return 0;
		}
	return -EUCLEAN;
}

static int read_row(struct statement *row, struct clear *ret_clear)
{
	struct clear clear = {0};
	const struct text_column texts[] = {
		{0, clear.id, sizeof clear.id},
		{1, clear.session_id, sizeof clear.session_id},
		{2, clear.device_name, sizeof clear.device_name},
		{3, clear.key, sizeof clear.key},
		{4, clear.media_key, sizeof clear.media_key},
		{5, clear.insertion, sizeof clear.insertion},
		{6, clear.method, sizeof clear.method},
		{12, clear.reason, sizeof clear.reason},
	};
	int r;

	r = column_copy_all(row, texts, ELEMENTS(texts));
	if (r < 0)
		return r;
	clear.created_at = column_i64(row, 8);
	clear.finished_at = column_i64(row, 9);
	clear.progress = column_u64(row, 10);
	clear.total = column_u64(row, 11);
	r = parse_state(column_text(row, 7), &clear.state);
	if (r < 0)
		return r;
	*ret_clear = clear;
	return 0;
}

static int find(struct state *state, const char *sql, const char *value, struct clear *ret_clear)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = row_first(state_database(state), sql, value, NULL, &row);

	if (r <= 0)
		return r < 0 ? r : CLEAR_NONE;
	return read_row(row, ret_clear);
}

static int insert(struct database *database, int64_t session, const char *id, const struct clear *wanted,
	const void *plan, size_t plan_size)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r;

	r = statement_new(database,
		"INSERT INTO clear (id, session, insertion, method, state, created_at, finished_at, "
		"progress, total,"
		" reason, plan) VALUES (?1, ?2, ?3, ?4, 'planned', ?5, 0, 0, ?6, '', ?7)",
		&row);
	if (r < 0)
		return r;
	bind_text(row, 1, id);
	bind_i64(row, 2, session);
	bind_text(row, 3, wanted->insertion);
	bind_text(row, 4, wanted->method);
	bind_i64(row, 5, clock_now());
	bind_u64(row, 6, wanted->total);
	bind_blob(row, 7, plan, plan_size);
	return statement_run(row);
}

int clear_create(struct state *state, const struct clear *wanted, const void *plan, size_t plan_size,
	struct clear *ret_clear)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	char id[SESSION_ID_SIZE];
	struct session_row row;
	int r;

	if (plan_size == 0 || plan_size > CLEAR_PLAN_MAX || !wanted->method[0] ||
		!name_is_text(wanted->method, sizeof wanted->method) ||
		!name_is_text(wanted->insertion, sizeof wanted->insertion))
		return CLEAR_BAD;
	r = row_new_id(id);
	if (r >= 0)
		r = transaction_begin(database, &transaction);
	if (r < 0)
		return r;
	r = session_may_clear(state, wanted->session_id, wanted->insertion);
	if (r == SESSION_OK)
		r = row_find_session(database, wanted->session_id, &row);
	if (r != SESSION_OK)
		return r < 0 ? r : CLEAR_NOT_ALLOWED;
	r = insert(database, row.number, id, wanted, plan, plan_size);
	if (r >= 0)
		r = transaction_commit(&transaction);
	return r < 0 ? r : clear_load(state, id, ret_clear);
}

int clear_load(struct state *state, const char *id, struct clear *ret_clear)
{
	return find(state, "SELECT " COLUMNS FROM " WHERE c.id = ?1", id, ret_clear);
}

int clear_load_plan(struct state *state, const char *id, void **ret_plan, size_t *ret_size)
{
	_cleanup_statement_ struct statement *row = NULL;
	const void *plan;
	size_t size = 0;
	void *copy;
	int r;

	r = row_first(state_database(state), "SELECT plan FROM clear WHERE id = ?1", id, NULL, &row);
	if (r <= 0)
		return r < 0 ? r : CLEAR_NONE;
	plan = column_blob(row, 0, &size);
	if (!plan)
		return CLEAR_NONE;
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, plan, size);
	*ret_plan = copy;
	*ret_size = size;
	return CLEAR_OK;
}

int clear_find_unfinished(struct state *state, const char *media_key, struct clear *ret_clear)
{
	if (!media_key[0])
		return CLEAR_NONE;
	return find(state,
		"SELECT " COLUMNS " FROM (SELECT x.* FROM clear x JOIN session y ON y.number = x.session"
		" WHERE y.media_key = ?1 ORDER BY x.number DESC LIMIT 1) c JOIN session s ON s.number = "
		"c.session"
		" WHERE c.state IN ('planned', 'writing', 'reading-back')",
		media_key, ret_clear);
}

int clear_find_unfinished_of_session(struct state *state, const char *session_id, struct clear *ret_clear)
{
	return find(state,
		"SELECT " COLUMNS " FROM (SELECT x.* FROM clear x JOIN session y ON y.number = x.session"
		" WHERE y.id = ?1 ORDER BY x.number DESC LIMIT 1) c JOIN session s ON s.number = c.session"
		" WHERE c.state IN ('planned', 'writing', 'reading-back')",
		session_id, ret_clear);
}

static bool may_become(enum clear_state from, enum clear_state to)
{
	switch (to) {
	case CLEAR_PLANNED:
	case CLEAR_DONE:
		return false;
	case CLEAR_WRITING:
		return from == CLEAR_PLANNED || from == CLEAR_READING_BACK;
	case CLEAR_READING_BACK:
		return from == CLEAR_WRITING;
	case CLEAR_FAILED:
	case CLEAR_CANCELLED:
		return from == CLEAR_PLANNED || from == CLEAR_WRITING || from == CLEAR_READING_BACK;
	}
	return false;
}

static int write_state(struct database *database, const char *id, enum clear_state to, const char *reason,
	const char *certificate)
{
	_cleanup_statement_ struct statement *row = NULL;
	_cleanup_free_ char *clean = name_clean(reason ? reason : "", SESSION_REASON_SIZE);
	bool finished = to == CLEAR_DONE || to == CLEAR_FAILED || to == CLEAR_CANCELLED;
	int r;

	if (!clean)
		return -ENOMEM;
	r = statement_new(database,
		"UPDATE clear SET state = ?2, reason = ?3, finished_at = ?4, certificate = ?5,"
		" plan = CASE WHEN ?5 IS NULL THEN plan END WHERE id = ?1",
		&row);
	if (r < 0)
		return r;
	bind_text(row, 1, id);
	bind_text(row, 2, clear_state_name(to));
	bind_text(row, 3, clean);
	bind_i64(row, 4, finished ? clock_now() : 0);
	bind_text(row, 5, certificate);
	return statement_run(row);
}

int clear_set_state(struct state *state, const char *id, enum clear_state to, const char *reason)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	struct clear clear;
	int r;

	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = clear_load(state, id, &clear);
	if (r != CLEAR_OK)
		return r;
	if (clear.state == to && to != CLEAR_DONE)
		return CLEAR_OK;
	if (!may_become(clear.state, to))
		return CLEAR_WRONG_STATE;
	r = write_state(database, id, to, reason, NULL);
	return r < 0 ? r : transaction_commit(&transaction);
}

int clear_set_progress(struct state *state, const char *id, uint64_t progress)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	_cleanup_statement_ struct statement *row = NULL;
	struct database *database = state_database(state);
	int r;

	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = statement_new(database,
			"UPDATE clear SET progress = ?2 WHERE id = ?1 AND state IN ('writing', "
			"'reading-back')",
			&row);
	if (r < 0)
		return r;
	bind_text(row, 1, id);
	bind_u64(row, 2, progress);
	r = statement_run(row);
	if (r < 0)
		return r;
	if (database_changes(database) != 1)
		return CLEAR_WRONG_STATE;
	return transaction_commit(&transaction);
}

static bool is_certificate(const char *text)
{
	_cleanup_js_ struct js *js = NULL;
	size_t size = strnlen(text, CLEAR_CERTIFICATE_MAX + 1);

	return size <= CLEAR_CERTIFICATE_MAX && js_parse(text, size, &js) >= 0 && js_is_object(js);
}

int clear_finish(struct state *state, const char *id, const char *certificate)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	struct session_row row;
	struct clear clear;
	int r;

	if (!is_certificate(certificate))
		return CLEAR_BAD;
	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = clear_load(state, id, &clear);
	if (r != CLEAR_OK)
		return r;
	if (clear.state != CLEAR_READING_BACK)
		return CLEAR_WRONG_STATE;
	r = row_find_session(database, clear.session_id, &row);
	if (r == SESSION_OK && row.state != SESSION_COMMITTED)
		r = SESSION_NOT_COMMITTED;
	if (r == SESSION_OK)
		r = row_prove(database, &row);
	if (r != SESSION_OK)
		return r < 0 ? r : CLEAR_NOT_ALLOWED;
	r = write_state(database, id, CLEAR_DONE, NULL, certificate);
	return r < 0 ? r : transaction_commit(&transaction);
}

int clear_each_certificate(struct state *state, const char *key, unsigned limit,
	int (*visit)(const struct clear *clear, const char *certificate, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	struct clear clear;
	int r;

	r = statement_new(state_database(state),
		"SELECT " COLUMNS ", c.certificate" FROM
		" WHERE c.state = 'done' AND (?1 IS NULL OR s.key = ?1) ORDER BY c.number DESC LIMIT ?2",
		&row);
	if (r < 0)
		return r;
	bind_text(row, 1, key);
	bind_i64(row, 2, limit > 0 ? (int64_t)limit : -1);
	while ((r = statement_step(row)) > 0) {
		r = read_row(row, &clear);
		if (r >= 0)
			r = visit(&clear, column_text(row, 13), data);
		if (r != 0)
			break;
	}
	return r;
}
