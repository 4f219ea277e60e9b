/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Outings. Their devices and people are rows of their own, read one after the other: an outing has a handful.
 * See outing.h.
 */

#include "state/outing.h"

#include "state/database.h"
#include "state/incident.h"
#include "state/name.h"

#include <string.h>

#define COLUMNS                                                                                    \
	"o.number, o.destination, o.leader, o.requested_by, o.sentence, o.checked_at, o.left_at, " \
	"o.due_back, o.returned_at, o.laptop, o.laptop_returned_at,"                               \
	" EXISTS (SELECT 1 FROM incident i WHERE i.outing = o.number AND i.kind = 'overdue') AS overdue"

const char *outing_state_name(const struct outing *outing)
{
	if (outing->returned_at != 0)
		return "returned";
	return outing->overdue ? "overdue" : "out";
}

static bool is_filled(const char *text, size_t size)
{
	return text[0] && name_is_text(text, size);
}

int outing_check(const struct outing *wanted)
{
	bool good = is_filled(wanted->destination, sizeof wanted->destination) &&
		    is_filled(wanted->leader, sizeof wanted->leader) &&
		    is_filled(wanted->requested_by, sizeof wanted->requested_by) &&
		    name_is_text(wanted->sentence, sizeof wanted->sentence) &&
		    wanted->due_back > wanted->left_at && (wanted->laptop || wanted->device_count > 0) &&
		    wanted->device_count <= OUTING_DEVICES_MAX && wanted->person_count <= OUTING_PEOPLE_MAX;

	for (size_t i = 0; good && i < wanted->person_count; i++)
		good = is_filled(wanted->person[i], sizeof wanted->person[i]);
	return good ? OUTING_OK : OUTING_BAD;
}

static int insert_outing(struct database *database, const struct outing *wanted)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database,
		"INSERT INTO outing (destination, leader, requested_by, sentence, checked_at, left_at, "
		"due_back,"
		" laptop) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		&row);

	if (r < 0)
		return r;
	bind_text(row, 1, wanted->destination);
	bind_text(row, 2, wanted->leader);
	bind_text(row, 3, wanted->requested_by);
	bind_text(row, 4, wanted->sentence);
	bind_i64(row, 5, wanted->checked_at);
	bind_i64(row, 6, wanted->left_at);
	bind_i64(row, 7, wanted->due_back);
	bind_i64(row, 8, wanted->laptop ? 1 : 0);
	return statement_run(row);
}

static int insert_devices(struct database *database, uint64_t number, const struct outing *wanted)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database,
		"INSERT INTO outing_device (outing, position, device, id, name, role)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		&row);

	for (size_t i = 0; r >= 0 && i < wanted->device_count; i++) {
		const struct outing_device *device = &wanted->device[i];

		bind_u64(row, 1, number);
		bind_u64(row, 2, i);
		bind_i64(row, 3, device->device);
		bind_text(row, 4, device->id);
		bind_text(row, 5, device->name);
		bind_text(row, 6, role_name(device->role));
		r = statement_run(row);
	}
	return r;
}

static int insert_people(struct database *database, uint64_t number, const struct outing *wanted)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(
		database, "INSERT INTO outing_person (outing, position, name) VALUES (?1, ?2, ?3)", &row);

	for (size_t i = 0; r >= 0 && i < wanted->person_count; i++) {
		bind_u64(row, 1, number);
		bind_u64(row, 2, i);
		bind_text(row, 3, wanted->person[i]);
		r = statement_run(row);
	}
	return r;
}

int outing_create(struct state *state, const struct outing *wanted, uint64_t *ret_number)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	uint64_t number = 0;
	int r = outing_check(wanted);

	if (r != OUTING_OK)
		return r;
	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = insert_outing(database, wanted);
	if (r >= 0) {
		number = (uint64_t)database_last_number(database);
		r = insert_devices(database, number, wanted);
	}
	if (r == -EEXIST)
		return OUTING_IS_OUT;
	if (r >= 0)
		r = insert_people(database, number, wanted);
	if (r >= 0)
		r = transaction_commit(&transaction);
	if (r >= 0 && ret_number)
		*ret_number = number;
	return r < 0 ? r : OUTING_OK;
}

/* Runs a statement with the one number in it; OUTING_NONE when it changed nothing. */
static int run_for(struct database *database, const char *sql, uint64_t number)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database, sql, &row);

	if (r < 0)
		return r;
	bind_u64(row, 1, number);
	r = statement_run(row);
	if (r < 0)
		return r;
	return database_changes(database) > 0 ? OUTING_OK : OUTING_NONE;
}

int outing_set_audited(struct state *state, uint64_t number)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	int r = transaction_begin(state_database(state), &transaction);

	if (r >= 0)
		r = run_for(state_database(state), "UPDATE outing SET audited = 1 WHERE number = ?1", number);
	return r == OUTING_OK ? transaction_commit(&transaction) : r;
}

int outing_withdraw(struct state *state, uint64_t number)
{
	static const char *const rows[] = {
		"DELETE FROM outing_device WHERE outing = ?1", "DELETE FROM outing_person WHERE outing = ?1"};
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	int r = transaction_begin(database, &transaction);

	for (size_t i = 0; r >= 0 && i < ELEMENTS(rows); i++)
		r = run_for(database, rows[i], number);
	if (r >= 0)
		r = run_for(database, "DELETE FROM outing WHERE number = ?1 AND audited = 0", number);
	return r == OUTING_OK ? transaction_commit(&transaction) : r;
}

static int read_devices(struct database *database, struct outing *outing)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database,
		"SELECT device, id, name, role, seen_at, returned_at FROM outing_device WHERE outing = ?1"
		" ORDER BY position",
		&row);

	if (r < 0)
		return r;
	bind_u64(row, 1, outing->number);
	while ((r = statement_step(row)) > 0) {
		struct outing_device *device = &outing->device[outing->device_count];

		if (outing->device_count++ == OUTING_DEVICES_MAX)
			return -EUCLEAN;
		device->device = column_i64(row, 0);
		device->seen_at = column_i64(row, 4);
		device->returned_at = column_i64(row, 5);
		if (column_copy(row, 1, device->id, sizeof device->id) < 0 ||
			column_copy(row, 2, device->name, sizeof device->name) < 0 || !column_text(row, 3) ||
			role_parse(column_text(row, 3), &device->role) < 0)
			return -EUCLEAN;
	}
	return r;
}

static int read_people(struct database *database, struct outing *outing)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(
		database, "SELECT name FROM outing_person WHERE outing = ?1 ORDER BY position", &row);

	if (r < 0)
		return r;
	bind_u64(row, 1, outing->number);
	while ((r = statement_step(row)) > 0)
		if (outing->person_count == OUTING_PEOPLE_MAX ||
			column_copy(row, 0, outing->person[outing->person_count++], OUTING_TEXT_SIZE) < 0)
			return -EUCLEAN;
	return r;
}

static int read_row(struct database *database, struct statement *row, struct outing *outing)
{
	const struct text_column texts[] = {
		{1, outing->destination, sizeof outing->destination},
		{2, outing->leader, sizeof outing->leader},
		{3, outing->requested_by, sizeof outing->requested_by},
		{4, outing->sentence, sizeof outing->sentence},
	};
	int r;

	outing->number = column_u64(row, 0);
	outing->device_count = outing->person_count = 0;
	outing->checked_at = column_i64(row, 5);
	outing->left_at = column_i64(row, 6);
	outing->due_back = column_i64(row, 7);
	outing->returned_at = column_i64(row, 8);
	outing->laptop = column_i64(row, 9) == 1;
	outing->laptop_returned_at = column_i64(row, 10);
	outing->overdue = column_i64(row, 11) == 1;
	r = column_copy_all(row, texts, ELEMENTS(texts));
	if (r >= 0)
		r = read_devices(database, outing);
	return r < 0 ? r : read_people(database, outing);
}

int outing_load(struct state *state, uint64_t number, struct outing *ret_outing)
{
	_cleanup_statement_ struct statement *row = NULL;
	struct database *database = state_database(state);
	int r = statement_new(database, "SELECT " COLUMNS " FROM outing o WHERE o.number = ?1", &row);

	if (r < 0)
		return r;
	bind_u64(row, 1, number);
	r = statement_step(row);
	if (r <= 0)
		return r < 0 ? r : OUTING_NONE;
	r = read_row(database, row, ret_outing);
	return r < 0 ? r : OUTING_OK;
}

static const char *query_of(enum outing_filter filter)
{
	switch (filter) {
	case OUTING_ALL:
		return "SELECT " COLUMNS " FROM outing o ORDER BY o.number DESC LIMIT ?1";
	case OUTING_OPEN:
		return "SELECT " COLUMNS
		       " FROM outing o WHERE o.returned_at IS NULL ORDER BY o.number DESC LIMIT ?1";
	case OUTING_DUE:
		return "SELECT " COLUMNS " FROM outing o WHERE o.returned_at IS NULL AND NOT overdue"
		       " ORDER BY o.due_back, o.number LIMIT ?1";
	case OUTING_UNAUDITED:
		return "SELECT " COLUMNS " FROM outing o WHERE o.audited = 0 ORDER BY o.number LIMIT ?1";
	}
	return "";
}

int outing_each(struct state *state, enum outing_filter filter, unsigned limit,
	int (*visit)(const struct outing *outing, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	_cleanup_free_ struct outing *outing = calloc(1, sizeof *outing);
	struct database *database = state_database(state);
	int r = outing ? statement_new(database, query_of(filter), &row) : -ENOMEM;

	if (r < 0)
		return r;
	bind_i64(row, 1, limit > 0 ? (int64_t)limit : -1);
	while ((r = statement_step(row)) > 0) {
		r = read_row(database, row, outing);
		if (r >= 0)
			r = visit(outing, data);
		if (r != 0)
			break;
	}
	return r;
}

static int book_in_part(struct database *database, const struct outing_part *part, int64_t at)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database,
		part->device == OUTING_LAPTOP
			? "UPDATE outing SET laptop_returned_at = ?2"
			  " WHERE number = ?1 AND laptop = 1 AND laptop_returned_at IS NULL AND ?3 = 0"
			: "UPDATE outing_device SET returned_at = ?2"
			  " WHERE outing = ?1 AND device = ?3 AND returned_at IS NULL",
		&row);

	if (r < 0)
		return r;
	bind_u64(row, 1, part->outing);
	bind_i64(row, 2, at);
	bind_i64(row, 3, part->device);
	r = statement_run(row);
	if (r < 0)
		return r;
	return database_changes(database) == 1 ? OUTING_OK : OUTING_IS_NOT_OUT;
}

/* Nothing of it is out any more: it is returned, and no incident. */
static int close_if_complete(struct state *state, uint64_t number, int64_t at)
{
	_cleanup_statement_ struct statement *row = NULL;
	struct database *database = state_database(state);
	int r = statement_new(database,
		"UPDATE outing SET returned_at = ?2 WHERE number = ?1 AND returned_at IS NULL"
		" AND (laptop = 0 OR laptop_returned_at IS NOT NULL) AND NOT EXISTS"
		"  (SELECT 1 FROM outing_device d WHERE d.outing = ?1 AND d.returned_at IS NULL)",
		&row);

	if (r < 0)
		return r;
	bind_u64(row, 1, number);
	bind_i64(row, 2, at);
	r = statement_run(row);
	if (r < 0 || database_changes(database) == 0)
		return r;
	return incident_close_outing(state, number, at);
}

int outing_book_in(struct state *state, const struct outing_part *parts, size_t count, int64_t at)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	int r = transaction_begin(database, &transaction);

	for (size_t i = 0; r == OUTING_OK && i < count; i++)
		r = book_in_part(database, &parts[i], at);
	for (size_t i = 0; r == OUTING_OK && i < count; i++)
		r = close_if_complete(state, parts[i].outing, at);
	return r == OUTING_OK ? transaction_commit(&transaction) : r;
}

int outing_see(struct state *state, int64_t device, int64_t at)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	_cleanup_statement_ struct statement *row = NULL;
	struct database *database = state_database(state);
	int r = transaction_begin(database, &transaction);

	if (r >= 0)
		r = statement_new(database,
			"UPDATE outing_device SET seen_at = coalesce(seen_at, ?2)"
			" WHERE device = ?1 AND returned_at IS NULL",
			&row);
	if (r < 0)
		return r;
	bind_i64(row, 1, device);
	bind_i64(row, 2, at);
	r = statement_run(row);
	if (r < 0)
		return r;
	return database_changes(database) == 1 ? transaction_commit(&transaction) : OUTING_IS_NOT_OUT;
}
