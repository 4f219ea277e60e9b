/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Attestations. "Latest" is the last one written, whatever the clock said. See attest.h. */

#include "state/attest.h"

#include "state/database.h"
#include "state/name.h"

#include <string.h>

int attest_check(const char *what, const char *note)
{
	if (strcmp(what, ATTEST_PASSWORDS) != 0)
		return ATTEST_UNKNOWN;
	return name_is_text(note, ATTEST_NOTE_SIZE) ? ATTEST_OK : ATTEST_NOTE_BAD;
}

static int add(struct database *database, const char *sql, const char *what, int64_t device,
	const struct attestation *attestation)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	_cleanup_statement_ struct statement *row = NULL;
	int r = transaction_begin(database, &transaction);

	if (r >= 0)
		r = statement_new(database, sql, &row);
	if (r < 0)
		return r;
	bind_text(row, 1, what);
	bind_text(row, 2, attestation->note);
	bind_i64(row, 3, attestation->at);
	bind_i64(row, 4, (int64_t)attestation->uid);
	if (device > 0)
		bind_i64(row, 5, device);
	r = statement_run(row);
	return r < 0 ? r : transaction_commit(&transaction);
}

static int latest(struct database *database, const char *sql, const char *what, int64_t device,
	struct attestation *ret_attestation)
{
	_cleanup_statement_ struct statement *row = NULL;
	struct attestation found = {0};
	int r = statement_new(database, sql, &row);

	if (r < 0)
		return r;
	bind_text(row, 1, what);
	if (device > 0)
		bind_i64(row, 2, device);
	r = statement_step(row);
	if (r <= 0)
		return r < 0 ? r : ATTEST_NONE;
	r = column_copy(row, 0, found.note, sizeof found.note);
	if (r < 0)
		return r;
	found.at = column_i64(row, 1);
	found.uid = (uid_t)column_i64(row, 2);
	*ret_attestation = found;
	return ATTEST_OK;
}

int attest_add(struct state *state, const char *what, const struct attestation *attestation)
{
	int r = attest_check(what, attestation->note);

	return r != ATTEST_OK
		       ? r
		       : add(state_database(state),
				 "INSERT INTO attestation (what, note, at, uid) VALUES (?1, ?2, ?3, ?4)",
				 what, 0, attestation);
}

int attest_latest(struct state *state, const char *what, struct attestation *ret_attestation)
{
	return latest(state_database(state),
		"SELECT note, at, uid FROM attestation WHERE what = ?1 ORDER BY number DESC LIMIT 1", what, 0,
		ret_attestation);
}

int attest_device_check(const char *what, const char *note)
{
	if (strcmp(what, ATTEST_ENCRYPTED) != 0)
		return ATTEST_UNKNOWN;
	return name_is_text(note, ATTEST_NOTE_SIZE) ? ATTEST_OK : ATTEST_NOTE_BAD;
}

int attest_device_add(
	struct state *state, int64_t device, const char *what, const struct attestation *attestation)
{
	int r = attest_device_check(what, attestation->note);

	if (r != ATTEST_OK)
		return r;
	return add(state_database(state),
		"INSERT INTO device_attestation (what, note, at, uid, device) VALUES (?1, ?2, ?3, ?4, ?5)",
		what, device, attestation);
}

int attest_device_latest(
	struct state *state, int64_t device, const char *what, struct attestation *ret_attestation)
{
	return latest(state_database(state),
		"SELECT note, at, uid FROM device_attestation WHERE what = ?1 AND device = ?2"
		" ORDER BY number DESC LIMIT 1",
		what, device, ret_attestation);
}
