/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Identifiers and look-ups shared by sessions, objects and clears. See row.h. */

#include "state/row.h"

#include "base/hex.h"

#include <string.h>
#include <sys/random.h>

int row_new_id(char ret_id[static SESSION_ID_SIZE])
{
	uint8_t bytes[16];
	char digits[33];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return -EIO;
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	(void)hex_encode(bytes, sizeof bytes, digits);
	(void)snprintf(ret_id, SESSION_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
		digits + 16, digits + 20);
	return 0;
}

int row_parse_session_state(const char *text, enum session_state *ret_state)
{
	for (enum session_state s = SESSION_OPEN; text && s <= SESSION_CANCELLED; s++)
		if (strcmp(text, session_state_name(s)) == 0) {
			*ret_state = s;
			return 0;
		}
	return -EUCLEAN;
}

int row_first(struct database *database, const char *sql, const char *first, const char *second,
	struct statement **ret_row)
{
	_cleanup_statement_ struct statement *row = NULL;
	int r = statement_new(database, sql, &row);

	if (r < 0)
		return r;
	bind_text(row, 1, first);
	if (second)
		bind_text(row, 2, second);
	r = statement_step(row);
	if (r > 0)
		*ret_row = TAKE_PTR(row);
	return r;
}

int row_find_session(struct database *database, const char *id, struct session_row *ret_row)
{
	_cleanup_statement_ struct statement *query = NULL;
	struct session_row row;
	int r = row_first(
		database, "SELECT number, walk, state FROM session WHERE id = ?1", id, NULL, &query);

	if (r <= 0)
		return r < 0 ? r : SESSION_NONE;
	row.number = column_i64(query, 0);
	row.walk = column_i64(query, 1);
	r = row_parse_session_state(column_text(query, 2), &row.state);
	if (r < 0)
		return r;
	*ret_row = row;
	return SESSION_OK;
}
