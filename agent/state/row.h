/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the files of this folder share among themselves: identifiers, and finding the row of a session. Not
 * for other folders.
 */

#include "state/database.h"
#include "state/session.h"

/* A random UUID (version 4), lower case. 0 or -EIO. */
int row_new_id(char ret_id[static SESSION_ID_SIZE]);

/* What writers need to know about a session, read inside their transaction. SESSION_NONE. */
struct session_row {
	int64_t number;
	int64_t walk;
	enum session_state state;
};
int row_find_session(struct database *database, const char *id, struct session_row *ret_row);

int row_parse_session_state(const char *text, enum session_state *ret_state);

/* SESSION_OK when the objects of this row are all verified and equal its recorded set, SESSION_INCOMPLETE
 * otherwise. Reads every row. */
int row_prove(struct database *database, const struct session_row *row);

/* The first row of a query of one or two texts (second NULL: one): 1, 0 when there is none, negative errno.
 * On 1 *ret_row stands on the row and is the caller's. */
int row_first(struct database *database, const char *sql, const char *first, const char *second,
	struct statement **ret_row);
