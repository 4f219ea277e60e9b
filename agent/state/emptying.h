/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Emptyings: deleting, object by object, what a session has proven from a device that cannot be cleared
 * (removal.h has the objects), and the record of it. A record is no certificate: removed is not wiped.
 *
 * States: removing -> removed, with its record, or ended, with the reason. One that was cut off (cable,
 * power, daemon killed) stays removing, so that it is found when the device is there again. A device has at
 * most one that is removing; beginning another ends it. "Removed" is accepted only when every object of the
 * session has an intent.
 *
 * Functions return EMPTYING_OK, another enum emptying_outcome, or negative errno.
 */

#include "state/session.h"

#define EMPTYING_RECORD_MAX (64U << 10)

enum emptying_outcome {
	EMPTYING_OK = 0,
	EMPTYING_NONE = 1,
	EMPTYING_WRONG_STATE = 2,
	EMPTYING_NOT_ALL = 3, /* an object of the session was never asked for */
	EMPTYING_BAD = 4,     /* the record is empty, too large or no JSON; the reason is too long */
};

enum emptying_state {
	EMPTYING_REMOVING = 1,
	EMPTYING_REMOVED = 2,
	EMPTYING_ENDED = 3,
};

struct emptying {
	int64_t number;
	char session[SESSION_ID_SIZE];
	enum emptying_state state;
	int64_t begun_at, ended_at; /* Unix seconds; ended_at 0 while removing */
	char reason[SESSION_REASON_SIZE];
};

/* Of a session that may be cleared; EMPTYING_NONE when there is no such session. */
int emptying_begin(struct state *state, const char *session, int64_t *ret_number);

/* The latest one of a device. */
int emptying_find_latest(struct state *state, const char *key, struct emptying *ret_emptying);

/* removing -> removed. record: JSON text, one object. */
int emptying_removed(struct state *state, int64_t number, const char *record);

/* removing -> ended: it is not taken up again. */
int emptying_end(struct state *state, int64_t number, const char *reason);

/* Records, newest first, at most limit (0: all), of one key if key is not NULL. Stops at the first non-zero
 * return of visit and returns it. */
int emptying_each_record(struct state *state, const char *key, unsigned limit,
	int (*visit)(const char *record, void *data), void *data);

/* How many objects of a committed session hold something that another session does not hold with the same
 * path and content. */
int emptying_count_new(struct state *state, const char *session, const char *earlier, uint64_t *ret_count);
