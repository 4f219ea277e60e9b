/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The register's rows. What must be unique is unique by index, so two processes that add the same camera at
 * the same time cannot both succeed; the look-ups before an insert only find the better sentence.
 */

#include "state/register.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "state/database.h"
#include "state/name.h"
#include "state/row.h"

#include <string.h>

#define COLUMNS                                                                                          \
	"d.number, d.id, d.name, d.role, d.room, d.person, d.key, d.device_key, d.media_key, d.vendor, " \
	"d.product, d.serial, d.kind, d.added_at, d.added_by, "                                          \
	"(SELECT max(finished_at) FROM session s WHERE s.key = d.key AND s.state = 'committed'), "       \
	"(SELECT max(c.finished_at) FROM clear c JOIN session s ON s.number = c.session "                \
	" WHERE s.key = d.key AND c.state = 'done'), d.descriptors, d.port"

int register_name_check(const char *name, const char **ret_sentence)
{
	const char *sentence = NULL;
	size_t length = strlen(name);

	if (length == 0)
		sentence = "A device needs a name, for example \"Blue Room camera\".";
	else if (!name_is_text(name, REGISTER_NAME_SIZE - 8))
		sentence = "A device name may hold letters, digits, spaces and signs, but nothing invisible, "
			   "and it must "
			   "not be too long.";
	else if (name_characters(name) > REGISTER_NAME_CHARACTERS)
		sentence = "A device name may have at most 64 characters.";
	else if (strchr(name, '/'))
		sentence =
			"A device name must not contain \"/\", because the vault has a folder of that name.";
	else if (strchr(".- ", name[0]))
		sentence = "A device name must not begin with a dot, a hyphen or a space.";
	else if (strchr(". ", name[length - 1]))
		sentence = "A device name must not end with a dot or a space.";
	if (!sentence)
		return REGISTER_OK;
	if (ret_sentence)
		*ret_sentence = sentence;
	return REGISTER_NAME_BAD;
}

static int read_row(struct statement *row, struct registered_device *ret_device)
{
	struct registered_device device = {.number = column_i64(row, 0)};
	const struct text_column texts[] = {
		{1, device.id, sizeof device.id},
		{2, device.name, sizeof device.name},
		{4, device.room, sizeof device.room},
		{5, device.person, sizeof device.person},
		{6, device.key, sizeof device.key},
		{7, device.device_key, sizeof device.device_key},
		{8, device.media_key, sizeof device.media_key},
		{9, device.vendor, sizeof device.vendor},
		{10, device.product, sizeof device.product},
		{11, device.serial, sizeof device.serial},
		{12, device.kind, sizeof device.kind},
		{14, device.added_by, sizeof device.added_by},
		{17, device.descriptors, sizeof device.descriptors},
		{18, device.port, sizeof device.port},
	};
	int r;

	r = column_copy_all(row, texts, ELEMENTS(texts));
	if (r < 0)
		return r;
	if (!column_text(row, 3) || role_parse(column_text(row, 3), &device.role) < 0)
		return -EUCLEAN;
	device.added_at = column_i64(row, 13);
	device.last_offload = column_i64(row, 15);
	device.last_clear = column_i64(row, 16);
	*ret_device = device;
	return 0;
}

static int find(struct state *state, const char *sql, const char *value, struct registered_device *ret_device)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = row_first(state_database(state), sql, value, NULL, &row);

	if (r <= 0)
		return r < 0 ? r : REGISTER_NONE;
	return read_row(row, ret_device);
}

int register_find_by_name(struct state *state, const char *name, struct registered_device *ret_device)
{
	_cleanup_free_ char *folded = NULL;

	if (!utf8_valid(name, strlen(name)))
		return REGISTER_NONE;
	folded = name_fold(name);
	if (!folded)
		return -ENOMEM;
	return find(state, "SELECT " COLUMNS " FROM device d WHERE folded = ?1 AND removed_at IS NULL",
		folded, ret_device);
}

int register_find_by_key(struct state *state, const char *key, struct registered_device *ret_device)
{
	return find(state, "SELECT " COLUMNS " FROM device d WHERE key = ?1 AND removed_at IS NULL", key,
		ret_device);
}

int register_find_by_id(struct state *state, const char *id, struct registered_device *ret_device)
{
	return find(state, "SELECT " COLUMNS " FROM device d WHERE id = ?1 AND removed_at IS NULL", id,
		ret_device);
}

static int check_device(const struct registered_device *device)
{
	const char *texts[] = {device->id, device->room, device->person, device->key, device->device_key,
		device->media_key, device->added_by, device->descriptors, device->port};
	const size_t sizes[] = {REGISTER_ID_SIZE, REGISTER_TEXT_SIZE, REGISTER_TEXT_SIZE, REGISTER_KEY_SIZE,
		REGISTER_KEY_SIZE, REGISTER_KEY_SIZE, REGISTER_TEXT_SIZE, REGISTER_DESCRIPTORS_SIZE,
		REGISTER_TEXT_SIZE};
	int r;

	r = register_name_check(device->name, NULL);
	if (r != REGISTER_OK)
		return r;
	for (size_t i = 0; i < ELEMENTS(texts); i++)
		if (!name_is_text(texts[i], sizes[i]))
			return REGISTER_TEXT_BAD;
	if (!name_is_text(device->kind, sizeof device->kind) || !device->id[0] || !device->key[0])
		return REGISTER_TEXT_BAD;
	if (strcmp(device->key, device->device_key) != 0 && strcmp(device->key, device->media_key) != 0)
		return REGISTER_TEXT_BAD;
	return device->role == ROLE_NONE ? REGISTER_TEXT_BAD : REGISTER_OK;
}

/* Within the transaction of the insert, so the answer stays true. */
static int check_free(struct state *state, const struct registered_device *device)
{
	struct registered_device other;
	int r;

	r = register_find_by_name(state, device->name, &other);
	if (r != REGISTER_NONE)
		return r < 0 ? r : REGISTER_NAME_TAKEN;
	r = register_find_by_key(state, device->key, &other);
	if (r == REGISTER_NONE)
		r = register_find_by_id(state, device->id, &other);
	if (r != REGISTER_NONE)
		return r < 0 ? r : REGISTER_KEY_TAKEN;
	return REGISTER_OK;
}

static int insert(struct state *state, const struct registered_device *device)
{
	_cleanup_statement_ struct statement *row = NULL;
	_cleanup_free_ char *folded = name_fold(device->name);
	_cleanup_free_ char *vendor = name_clean(device->vendor, sizeof device->vendor);
	_cleanup_free_ char *product = name_clean(device->product, sizeof device->product);
	_cleanup_free_ char *serial = name_clean(device->serial, sizeof device->serial);
	int r;

	if (!folded || !vendor || !product || !serial)
		return -ENOMEM;
	r = statement_new(state_database(state),
		"INSERT INTO device (id, name, folded, role, room, person, key, device_key, media_key, "
		"vendor, product,"
		" serial, kind, added_at, added_by, descriptors, port)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
		&row);
	if (r < 0)
		return r;
	bind_text(row, 1, device->id);
	bind_text(row, 2, device->name);
	bind_text(row, 3, folded);
	bind_text(row, 4, role_name(device->role));
	bind_text(row, 5, device->room);
	bind_text(row, 6, device->person);
	bind_text(row, 7, device->key);
	bind_text(row, 8, device->device_key);
	bind_text(row, 9, device->media_key);
	bind_text(row, 10, vendor);
	bind_text(row, 11, product);
	bind_text(row, 12, serial);
	bind_text(row, 13, device->kind);
	bind_i64(row, 14, device->added_at != 0 ? device->added_at : clock_now());
	bind_text(row, 15, device->added_by);
	bind_text(row, 16, device->descriptors);
	bind_text(row, 17, device->port);
	return statement_run(row);
}

int register_add(struct state *state, const struct registered_device *device, int64_t *ret_number)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	int64_t number;
	int r;

	r = check_device(device);
	if (r != REGISTER_OK)
		return r;
	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = check_free(state, device);
	if (r == REGISTER_OK)
		r = insert(state, device);
	if (r != REGISTER_OK)
		return r;
	number = database_last_number(database);
	r = transaction_commit(&transaction);
	if (r < 0)
		return r;
	if (ret_number)
		*ret_number = number;
	return REGISTER_OK;
}

/* Runs an UPDATE whose ?1 is the row number and whose ?2 and ?3 are the given texts. */
static int change(struct state *state, const char *sql, int64_t number, const char *first, const char *second)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r;

	r = statement_new(state_database(state), sql, &row);
	if (r < 0)
		return r;
	bind_i64(row, 1, number);
	bind_text(row, 2, first);
	bind_text(row, 3, second);
	r = statement_run(row);
	return r < 0 ? r : REGISTER_OK;
}

int register_rename(struct state *state, const char *name, const char *new_name)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	_cleanup_free_ char *folded = NULL;
	struct registered_device device, other;
	int r;

	r = register_name_check(new_name, NULL);
	if (r != REGISTER_OK)
		return r;
	folded = name_fold(new_name);
	if (!folded)
		return -ENOMEM;
	r = transaction_begin(state_database(state), &transaction);
	if (r >= 0)
		r = register_find_by_name(state, name, &device);
	if (r != REGISTER_OK)
		return r;
	r = register_find_by_name(state, new_name, &other);
	if (r < 0 || (r == REGISTER_OK && other.number != device.number))
		return r < 0 ? r : REGISTER_NAME_TAKEN;
	r = change(state, "UPDATE device SET name = ?2, folded = ?3 WHERE number = ?1", device.number,
		new_name, folded);
	return r < 0 ? r : transaction_commit(&transaction);
}

int register_assign(struct state *state, const char *name, const char *room, const char *person)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct registered_device device;
	int r;

	if ((room && !name_is_text(room, REGISTER_TEXT_SIZE)) ||
		(person && !name_is_text(person, REGISTER_TEXT_SIZE)))
		return REGISTER_TEXT_BAD;
	r = transaction_begin(state_database(state), &transaction);
	if (r >= 0)
		r = register_find_by_name(state, name, &device);
	if (r != REGISTER_OK)
		return r;
	r = change(state,
		"UPDATE device SET room = coalesce(?2, room), person = coalesce(?3, person) WHERE number = "
		"?1",
		device.number, room, person);
	return r < 0 ? r : transaction_commit(&transaction);
}

int register_remove(struct state *state, const char *name, const char *removed_by)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct registered_device device;
	char now[CLOCK_TEXT];
	int r;

	if (!name_is_text(removed_by, REGISTER_TEXT_SIZE))
		return REGISTER_TEXT_BAD;
	r = transaction_begin(state_database(state), &transaction);
	if (r >= 0)
		r = register_find_by_name(state, name, &device);
	if (r != REGISTER_OK)
		return r;
	(void)snprintf(now, sizeof now, "%lld", (long long)clock_now());
	r = change(state,
		"UPDATE device SET removed_by = ?2, removed_at = CAST(?3 AS INTEGER) WHERE number = ?1",
		device.number, removed_by, now);
	return r < 0 ? r : transaction_commit(&transaction);
}

static int find_other(struct state *state, int64_t number, const char *id, const char *key)
{
	struct registered_device other;
	int r = register_find_by_key(state, key, &other);

	if (r == REGISTER_OK && other.number != number)
		return REGISTER_KEY_TAKEN;
	if (r >= 0)
		r = register_find_by_id(state, id, &other);
	if (r < 0)
		return r;
	return r == REGISTER_OK && other.number != number ? REGISTER_KEY_TAKEN : REGISTER_OK;
}

int register_rekey(
	struct state *state, int64_t number, const char *id, const char *key, const char *media_key)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	struct database *database = state_database(state);
	_cleanup_statement_ struct statement *row = NULL;
	int r;

	if (!*id || !*key || !name_is_text(id, REGISTER_ID_SIZE) || !name_is_text(key, REGISTER_KEY_SIZE) ||
		!name_is_text(media_key, REGISTER_KEY_SIZE))
		return REGISTER_TEXT_BAD;
	r = transaction_begin(database, &transaction);
	if (r >= 0)
		r = find_other(state, number, id, key);
	if (r != REGISTER_OK)
		return r;
	r = statement_new(database,
		"UPDATE device SET id = ?2, key = ?3, media_key = ?4 WHERE number = ?1 AND removed_at IS "
		"NULL",
		&row);
	if (r < 0)
		return r;
	bind_i64(row, 1, number);
	bind_text(row, 2, id);
	bind_text(row, 3, key);
	bind_text(row, 4, media_key);
	r = statement_run(row);
	if (r < 0)
		return r;
	return database_changes(database) == 1 ? transaction_commit(&transaction) : REGISTER_NONE;
}

int register_find_usb(struct state *state, const char *device_key, struct registered_device *ret_device)
{
	if (!*device_key)
		return REGISTER_NONE;
	return find(state,
		"SELECT " COLUMNS " FROM device d WHERE removed_at IS NULL"
		" AND (key = ?1 OR substr(key, 1, length(?1) + 1) = ?1 || ':') ORDER BY key LIMIT 1",
		device_key, ret_device);
}

int register_redescribe(struct state *state, int64_t number, const char *descriptors, const char *port)
{
	int r;

	if (!name_is_text(descriptors, REGISTER_DESCRIPTORS_SIZE) || !name_is_text(port, REGISTER_TEXT_SIZE))
		return REGISTER_TEXT_BAD;
	r = change(state,
		"UPDATE device SET descriptors = ?2, port = ?3 WHERE number = ?1 AND removed_at IS NULL",
		number, descriptors, port);
	if (r < 0)
		return r;
	return database_changes(state_database(state)) == 1 ? REGISTER_OK : REGISTER_NONE;
}

int register_each(
	struct state *state, int (*visit)(const struct registered_device *device, void *data), void *data)
{
	_cleanup_statement_ struct statement *row = NULL;
	struct registered_device device;
	int r;

	r = statement_new(state_database(state),
		"SELECT " COLUMNS " FROM device d WHERE removed_at IS NULL ORDER BY folded", &row);
	if (r < 0)
		return r;
	while ((r = statement_step(row)) > 0) {
		r = read_row(row, &device);
		if (r >= 0)
			r = visit(&device, data);
		if (r != 0)
			break;
	}
	return r;
}
