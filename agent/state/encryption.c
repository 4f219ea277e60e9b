/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Rows of the table "encryption". See encryption.h. */

#include "state/encryption.h"

#include "base/clock.h"
#include "state/database.h"
#include "state/name.h"

#include <string.h>

#define COLUMNS "number, device, session, uuid, label, bytes, state, created_at, changed_at"

const char *encryption_state_name(enum encryption_state state)
{
	switch (state) {
	case ENCRYPTION_WRITING:
		return "writing";
	case ENCRYPTION_PUTTING_BACK:
		return "putting-back";
	case ENCRYPTION_FINISHED:
		return "done";
	case ENCRYPTION_GIVEN_UP:
		return "given-up";
	}
	return "unknown";
}

static int parse_state(const char *text, enum encryption_state *ret_state)
{
	for (unsigned s = ENCRYPTION_WRITING; s <= ENCRYPTION_GIVEN_UP; s++)
		if (text && strcmp(text, encryption_state_name((enum encryption_state)s)) == 0) {
			*ret_state = (enum encryption_state)s;
			return 0;
		}
	return -EUCLEAN;
}

static int read_row(struct statement *row, struct encryption *ret_encryption)
{
	struct encryption e = {.number = column_i64(row, 0),
		.device = column_i64(row, 1),
		.bytes = column_u64(row, 5),
		.created_at = column_i64(row, 7),
		.changed_at = column_i64(row, 8)};
	const struct text_column texts[] = {
		{2, e.session, sizeof e.session},
		{3, e.uuid, sizeof e.uuid},
		{4, e.label, sizeof e.label},
	};
	int r = column_copy_all(row, texts, ELEMENTS(texts));

	if (r >= 0)
		r = parse_state(column_text(row, 6), &e.state);
	if (r >= 0)
		*ret_encryption = e;
	return r;
}

static int find(struct state *state, const char *sql, int64_t value, struct encryption *ret_encryption)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(state_database(state), sql, &row);

	if (r < 0)
		return r;
	bind_i64(row, 1, value);
	r = statement_step(row);
	if (r <= 0)
		return r < 0 ? r : ENCRYPTION_NONE;
	return read_row(row, ret_encryption);
}

int encryption_find_unfinished(struct state *state, int64_t device, struct encryption *ret_encryption)
{
	return find(state,
		"SELECT " COLUMNS
		" FROM encryption WHERE device = ?1 AND state IN ('writing', 'putting-back')",
		device, ret_encryption);
}

static int change(struct state *state, int64_t number, enum encryption_state to)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(state_database(state),
		"UPDATE encryption SET state = ?2, changed_at = ?3 WHERE number = ?1", &row);

	if (r < 0)
		return r;
	bind_i64(row, 1, number);
	bind_text(row, 2, encryption_state_name(to));
	bind_i64(row, 3, clock_now());
	return statement_run(row);
}

static bool may_become(enum encryption_state from, enum encryption_state to)
{
	if (from == to)
		return true;
	if (from == ENCRYPTION_WRITING)
		return to == ENCRYPTION_PUTTING_BACK || to == ENCRYPTION_GIVEN_UP;
	return from == ENCRYPTION_PUTTING_BACK && (to == ENCRYPTION_FINISHED || to == ENCRYPTION_GIVEN_UP);
}

int encryption_set_state(struct state *state, int64_t number, enum encryption_state to)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct encryption now;
	int r = transaction_begin(state_database(state), &transaction);

	if (r >= 0)
		r = find(state, "SELECT " COLUMNS " FROM encryption WHERE number = ?1", number, &now);
	if (r != ENCRYPTION_OK)
		return r;
	if (!may_become(now.state, to))
		return ENCRYPTION_WRONG_STATE;
	r = change(state, number, to);
	return r < 0 ? r : transaction_commit(&transaction);
}

static bool is_good(const struct encryption *wanted)
{
	return wanted->device > 0 && wanted->bytes > 0 && wanted->bytes <= INT64_MAX && *wanted->uuid &&
	       name_is_text(wanted->uuid, sizeof wanted->uuid) &&
	       name_is_text(wanted->label, sizeof wanted->label) &&
	       name_is_text(wanted->session, sizeof wanted->session);
}

static int insert(struct database *database, const struct encryption *e)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database,
		"INSERT INTO encryption (device, session, uuid, label, bytes, state, created_at, changed_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, 'writing', ?6, ?6)",
		&row);

	if (r < 0)
		return r;
	bind_i64(row, 1, e->device);
	bind_text(row, 2, e->session);
	bind_text(row, 3, e->uuid);
	bind_text(row, 4, e->label);
	bind_u64(row, 5, e->bytes);
	bind_i64(row, 6, e->created_at);
	return statement_run(row);
}

int encryption_begin(
	struct state *state, const struct encryption *wanted, bool inherit, struct encryption *ret_encryption)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	struct encryption e = *wanted, before = {0};
	int r;

	if (!is_good(wanted))
		return ENCRYPTION_BAD;
	e.created_at = e.changed_at = clock_now();
	e.state = ENCRYPTION_WRITING;
	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = encryption_find_unfinished(state, wanted->device, &before);
	if (r == ENCRYPTION_OK && inherit && !*e.session)
		(void)snprintf(e.session, sizeof e.session, "%s", before.session);
	if (r == ENCRYPTION_OK)
		r = change(state, before.number, ENCRYPTION_GIVEN_UP);
	if (r == ENCRYPTION_NONE)
		r = 0;
	if (r == 0)
		r = insert(database, &e);
	if (r < 0)
		return r;
	e.number = database_last_number(database);
	r = transaction_commit(&transaction);
	if (r >= 0)
		*ret_encryption = e;
	return r;
}
