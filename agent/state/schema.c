/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The schema. Rules that must hold whatever the C code does are constraints here: words of states, one
 * registered device for each name and key, no certificate unless a clear is done. Order in time is the order
 * of row numbers, never of clocks.
 */

#include "state/schema.h"

#include "base/clock.h"
#include "base/fault.h"

#include <string.h>

static const char step_1[] =
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE upgrade (version INTEGER PRIMARY KEY, time INTEGER NOT NULL, program TEXT NOT NULL) "
	"STRICT;"
	"CREATE TABLE device ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" id TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,"
	" role TEXT NOT NULL CHECK (role IN ('camera', 'stick', 'phone', 'tablet', 'reader')),"
	" room TEXT NOT NULL, person TEXT NOT NULL,"
	" key TEXT NOT NULL, device_key TEXT NOT NULL, media_key TEXT NOT NULL,"
	" vendor TEXT NOT NULL, product TEXT NOT NULL, serial TEXT NOT NULL, kind TEXT NOT NULL,"
	" added_at INTEGER NOT NULL, added_by TEXT NOT NULL, removed_at INTEGER, removed_by TEXT,"
	" CHECK (key <> '' AND (key = device_key OR key = media_key))) STRICT;"
	"CREATE UNIQUE INDEX device_folded ON device (folded) WHERE removed_at IS NULL;"
	"CREATE UNIQUE INDEX device_key ON device (key) WHERE removed_at IS NULL;"
	"CREATE UNIQUE INDEX device_id ON device (id) WHERE removed_at IS NULL;"
	"CREATE TABLE session ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
	" device_name TEXT NOT NULL, key TEXT NOT NULL CHECK (key <> ''),"
	" device_key TEXT NOT NULL, media_key TEXT NOT NULL,"
	" insertion TEXT NOT NULL, source TEXT NOT NULL, vault_dir TEXT NOT NULL,"
	" state TEXT NOT NULL CHECK (state IN ('open', 'copied', 'committed', 'failed', 'cancelled')),"
	" walk INTEGER NOT NULL,"
	" created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, finished_at INTEGER NOT NULL,"
	" set_files INTEGER, set_bytes INTEGER, set_sum BLOB, not_files INTEGER NOT NULL,"
	" reason TEXT NOT NULL,"
	" CHECK (state NOT IN ('copied', 'committed') OR length(set_sum) = 64)) STRICT;"
	"CREATE INDEX session_key ON session (key, number);"
	"CREATE TABLE object ("
	" session INTEGER NOT NULL REFERENCES session (number), path BLOB NOT NULL, stored TEXT,"
	" size INTEGER NOT NULL CHECK (size >= 0), mtime INTEGER NOT NULL,"
	" sha512 BLOB NOT NULL CHECK (length(sha512) = 64), xxh128 BLOB NOT NULL CHECK (length(xxh128) = 16),"
	" state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), linked INTEGER NOT NULL, walk INTEGER NOT "
	"NULL,"
	" reason TEXT, CHECK (state = 4 OR stored IS NOT NULL),"
	" PRIMARY KEY (session, path)) STRICT, WITHOUT ROWID;";

/* Clears, and finding content that the vault holds already. */
static const char step_2[] =
	"CREATE INDEX object_content ON object (sha512) WHERE state IN (2, 3);"
	"CREATE INDEX session_insertion ON session (insertion, number);"
	"CREATE TABLE clear ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
	" session INTEGER NOT NULL REFERENCES session (number),"
	" insertion TEXT NOT NULL, method TEXT NOT NULL,"
	" state TEXT NOT NULL CHECK"
	"  (state IN ('planned', 'writing', 'reading-back', 'done', 'failed', 'cancelled')),"
	" created_at INTEGER NOT NULL, finished_at INTEGER NOT NULL,"
	" progress INTEGER NOT NULL, total INTEGER NOT NULL, reason TEXT NOT NULL,"
	" plan BLOB, certificate TEXT,"
	" CHECK ((state = 'done') = (certificate IS NOT NULL)),"
	" CHECK (state IN ('done', 'failed', 'cancelled') OR plan IS NOT NULL)) STRICT;"
	"CREATE INDEX clear_session ON clear (session);";

/* Outings: what left, who took it, what came back; incidents; what the manager attested. */
static const char step_3[] =
	"CREATE TABLE outing ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" destination TEXT NOT NULL CHECK (destination <> ''), leader TEXT NOT NULL CHECK (leader <> ''),"
	" requested_by TEXT NOT NULL CHECK (requested_by <> ''), sentence TEXT NOT NULL,"
	" checked_at INTEGER NOT NULL, left_at INTEGER NOT NULL, due_back INTEGER NOT NULL,"
	" laptop INTEGER NOT NULL CHECK (laptop IN (0, 1)), laptop_returned_at INTEGER,"
	" returned_at INTEGER, audited INTEGER NOT NULL DEFAULT 0 CHECK (audited IN (0, 1)),"
	" CHECK (due_back > left_at),"
	" CHECK (laptop = 1 OR laptop_returned_at IS NULL)) STRICT;"
	"CREATE UNIQUE INDEX outing_laptop_out ON outing (laptop)"
	" WHERE laptop = 1 AND laptop_returned_at IS NULL;"
	"CREATE INDEX outing_open ON outing (due_back) WHERE returned_at IS NULL;"
	"CREATE TABLE outing_device ("
	" outing INTEGER NOT NULL REFERENCES outing (number), position INTEGER NOT NULL,"
	" device INTEGER NOT NULL REFERENCES device (number),"
	" id TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,"
	" seen_at INTEGER, returned_at INTEGER,"
	" PRIMARY KEY (outing, position), UNIQUE (outing, device)) STRICT, WITHOUT ROWID;"
	"CREATE UNIQUE INDEX outing_device_out ON outing_device (device) WHERE returned_at IS NULL;"
	"CREATE TABLE outing_person ("
	" outing INTEGER NOT NULL REFERENCES outing (number), position INTEGER NOT NULL,"
	" name TEXT NOT NULL CHECK (name <> ''), PRIMARY KEY (outing, position)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE incident ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL CHECK (kind <> ''),"
	" sentence TEXT NOT NULL, at INTEGER NOT NULL, outing INTEGER REFERENCES outing (number),"
	" device TEXT, closed_at INTEGER) STRICT;"
	"CREATE UNIQUE INDEX incident_overdue ON incident (outing) WHERE kind = 'overdue';"
	"CREATE TABLE attestation ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL CHECK (what IN ('passwords')),"
	" note TEXT NOT NULL, at INTEGER NOT NULL, uid INTEGER NOT NULL) STRICT;";

/* Sticks that are being encrypted: what is needed to go on after a power cut. And what is being deleted from
 * devices that cannot be cleared. */
static const char step_4[] =
	"CREATE TABLE encryption ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" device INTEGER NOT NULL REFERENCES device (number), session TEXT NOT NULL,"
	" uuid TEXT NOT NULL CHECK (uuid <> ''), label TEXT NOT NULL, bytes INTEGER NOT NULL CHECK (bytes > "
	"0),"
	" state TEXT NOT NULL CHECK (state IN ('writing', 'putting-back', 'done', 'given-up')),"
	" created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX encryption_open ON encryption (device) WHERE state IN ('writing', "
	"'putting-back');"
	"CREATE TABLE removal ("
	" session INTEGER NOT NULL REFERENCES session (number), path BLOB NOT NULL,"
	" intended_at INTEGER NOT NULL, gone_at INTEGER, PRIMARY KEY (session, path)) STRICT, WITHOUT ROWID;";

/* Emptyings of devices that cannot be cleared, with the record of each; what the manager attested of a
 * device; and what a USB device said of itself when it was registered, and where. */
static const char step_5[] =
	"CREATE TABLE emptying ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" session INTEGER NOT NULL REFERENCES session (number),"
	" state TEXT NOT NULL CHECK (state IN ('removing', 'removed', 'ended')),"
	" begun_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, reason TEXT NOT NULL, record TEXT,"
	" CHECK ((state = 'removed') = (record IS NOT NULL))) STRICT;"
	"CREATE INDEX emptying_session ON emptying (session);"
	"CREATE TABLE device_attestation ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, device INTEGER NOT NULL REFERENCES device (number),"
	" what TEXT NOT NULL CHECK (what IN ('encrypted')),"
	" note TEXT NOT NULL, at INTEGER NOT NULL, uid INTEGER NOT NULL) STRICT;"
	"CREATE INDEX device_attestation_device ON device_attestation (device, number);"
	"ALTER TABLE device ADD COLUMN descriptors TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE device ADD COLUMN port TEXT NOT NULL DEFAULT '';";

static const char *const steps[] = {step_1, step_2, step_3, step_4, step_5};

unsigned schema_version(void)
{
	return ELEMENTS(steps);
}

const char *schema_step(unsigned version)
{
	return version >= 1 && version <= ELEMENTS(steps) ? steps[version - 1] : NULL;
}

int schema_read(struct database *database, unsigned *ret_version)
{
	int64_t version = 0, application = 0, tables = 0;
	int r;

	r = database_get_i64(database, "PRAGMA user_version", &version);
	if (r >= 0)
		r = database_get_i64(database, "PRAGMA application_id", &application);
	if (r >= 0)
		r = database_get_i64(database, "SELECT count(*) FROM sqlite_schema", &tables);
	if (r < 0)
		return r;
	if (version < 0 || version > UINT16_MAX)
		return -EUCLEAN;
	if (version == 0 ? tables > 0 : application != SCHEMA_APPLICATION)
		return -EUCLEAN;
	*ret_version = (unsigned)version;
	return 0;
}

static int record_step(struct database *database, unsigned version)
{
	_cleanup_statement_ struct statement *statement = NULL;
	char pragma[80];
	int r;

	r = statement_new(
		database, "INSERT INTO upgrade (version, time, program) VALUES (?1, ?2, ?3)", &statement);
	if (r < 0)
		return r;
	bind_i64(statement, 1, version);
	bind_i64(statement, 2, clock_now());
	bind_text(statement, 3, OUTING_VERSION);
	r = statement_run(statement);
	if (r < 0)
		return r;
	/* Pragmas take no parameters; the number is ours. */
	(void)snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %u;",
		SCHEMA_APPLICATION, version);
	return database_run(database, pragma);
}

/* 1: a step was taken, 0: nothing to do (perhaps another process was quicker). */
static int take_step(struct database *database)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	unsigned version = 0;
	int r;

	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = schema_read(database, &version);
	if (r < 0 || version >= schema_version())
		return r;
	fault_point("state-upgrade");
	r = database_run(database, steps[version]);
	if (r >= 0)
		r = record_step(database, version + 1);
	if (r >= 0)
		r = transaction_commit(&transaction);
	return r < 0 ? r : 1;
}

int schema_upgrade(struct database *database)
{
	int r;

	do
		r = take_step(database);
	while (r > 0);
	return r;
}
