/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Incidents. That an outing becomes one only once is an index of the schema. See incident.h. */

#include "state/incident.h"

#include "state/database.h"
#include "state/name.h"

static bool is_good(const struct incident *wanted)
{
	return wanted->kind[0] && name_is_text(wanted->kind, sizeof wanted->kind) &&
	       name_is_text(wanted->sentence, sizeof wanted->sentence) &&
	       name_is_text(wanted->device, sizeof wanted->device);
}

static int insert(struct database *database, const struct incident *wanted)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database,
		"INSERT INTO incident (kind, sentence, at, outing, device)"
		" VALUES (?1, ?2, ?3, nullif(?4, 0), nullif(?5, ''))",
		&row);

	if (r < 0)
		return r;
	bind_text(row, 1, wanted->kind);
	bind_text(row, 2, wanted->sentence);
	bind_i64(row, 3, wanted->at);
	bind_u64(row, 4, wanted->outing);
	bind_text(row, 5, wanted->device);
	return statement_run(row);
}

int incident_open(struct state *state, const struct incident *wanted, uint64_t *ret_number)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	uint64_t number = 0;
	int r;

	if (!is_good(wanted))
		return INCIDENT_BAD;
	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = insert(database, wanted);
	if (r == -EEXIST)
		return INCIDENT_EXISTS;
	if (r >= 0) {
		number = (uint64_t)database_last_number(database);
		r = transaction_commit(&transaction);
	}
	if (r >= 0 && ret_number)
		*ret_number = number;
	return r < 0 ? r : INCIDENT_OK;
}

int incident_close_outing(struct state *state, uint64_t outing, int64_t at)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(state_database(state),
		"UPDATE incident SET closed_at = ?2 WHERE outing = ?1 AND closed_at IS NULL", &row);

	if (r < 0)
		return r;
	bind_u64(row, 1, outing);
	bind_i64(row, 2, at);
	return statement_run(row);
}

static int read_row(struct statement *row, struct incident *ret_incident)
{
	struct incident incident = {.number = column_u64(row, 0),
		.at = column_i64(row, 3),
		.outing = column_u64(row, 4),
		.closed_at = column_i64(row, 6)};
	const struct text_column texts[] = {
		{1, incident.kind, sizeof incident.kind},
		{2, incident.sentence, sizeof incident.sentence},
		{5, incident.device, sizeof incident.device},
	};
	int r = column_copy_all(row, texts, ELEMENTS(texts));

	if (r >= 0)
		*ret_incident = incident;
	return r;
}

int incident_each(struct state *state, unsigned limit,
	int (*visit)(const struct incident *incident, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	struct incident incident;
	int r = statement_new(state_database(state),
		"SELECT number, kind, sentence, at, outing, device, closed_at FROM incident"
		" ORDER BY number DESC LIMIT ?1",
		&row);

	if (r < 0)
		return r;
	bind_i64(row, 1, limit > 0 ? (int64_t)limit : -1);
	while ((r = statement_step(row)) > 0) {
		r = read_row(row, &incident);
		if (r >= 0)
			r = visit(&incident, data);
		if (r != 0)
			break;
	}
	return r;
}
