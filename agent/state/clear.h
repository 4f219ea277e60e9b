/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Clears: what was decided before the first sector was written, how far it came, and the certificate.
 *
 * States: planned -> writing -> reading-back -> done; every one of them but done may become failed or
 * cancelled; writing and reading-back may go back to writing when a clear is resumed after a power cut. A
 * clear is planned only for a session that may be cleared (session_may_clear()), and only clear_finish()
 * makes it done: certificate and state in one transaction, the session still committed. So there is no
 * certificate without a plan, a committed session and a read-back.
 *
 * Failed and cancelled are final. A clear that was cut off (power, cable, daemon killed) stays writing or
 * reading back, so that clear_find_unfinished() finds it when the medium is there again.
 *
 * Functions return CLEAR_OK, another enum clear_outcome, or negative errno.
 */

#include "base/cleanup.h"
#include "state/session.h"

#define CLEAR_PLAN_MAX        (64U << 20)
#define CLEAR_CERTIFICATE_MAX (64U << 10)

enum clear_state {
	CLEAR_PLANNED = 1,
	CLEAR_WRITING = 2,
	CLEAR_READING_BACK = 3,
	CLEAR_DONE = 4,
	CLEAR_FAILED = 5,
	CLEAR_CANCELLED = 6,
};

enum clear_outcome {
	CLEAR_OK = 0,
	CLEAR_NONE = 1,
	CLEAR_WRONG_STATE = 2,
	CLEAR_NOT_ALLOWED = 3, /* the session may not be cleared; session_may_clear() says why */
	CLEAR_BAD = 4,         /* plan or certificate empty, too large, or the certificate is not JSON */
};

struct clear {
	char id[SESSION_ID_SIZE]; /* UUID, set by clear_create() */
	char session_id[SESSION_ID_SIZE];
	char device_name[REGISTER_NAME_SIZE];
	char key[REGISTER_KEY_SIZE];
	char media_key[REGISTER_KEY_SIZE];
	char insertion[SESSION_INSERTION_SIZE]; /* "" for an image */
	char method[32];                        /* "clear", "clear-2pass" */
	enum clear_state state;
	int64_t created_at;
	int64_t finished_at;
	uint64_t progress; /* a mark of the wipe's own, for example the next sector */
	uint64_t total;
	char reason[SESSION_REASON_SIZE];
};

const char *clear_state_name(enum clear_state state);
const char *clear_outcome_sentence(enum clear_outcome outcome);

/* Stores the plan; it is on the disk when this returns 0. Takes session_id, insertion, method and total from
 * wanted, names and keys from the session. */
int clear_create(struct state *state, const struct clear *wanted, const void *plan, size_t plan_size,
	struct clear *ret_clear);

int clear_load(struct state *state, const char *id, struct clear *ret_clear);

/* *ret_plan is owned by the caller. */
int clear_load_plan(struct state *state, const char *id, void **ret_plan, size_t *ret_size);

/* The latest clear of this medium that is planned, writing or reading back. */
int clear_find_unfinished(struct state *state, const char *media_key, struct clear *ret_clear);

/* The latest clear of this session, if it is in one of those states. */
int clear_find_unfinished_of_session(struct state *state, const char *session_id, struct clear *ret_clear);

/* Any state but CLEAR_DONE. reason: for failed and cancelled, else NULL. */
int clear_set_state(struct state *state, const char *id, enum clear_state to, const char *reason);
int clear_set_progress(struct state *state, const char *id, uint64_t progress);

/* reading-back -> done with its certificate (JSON text, one object), at once. CLEAR_NOT_ALLOWED when the
 * session is not committed. */
int clear_finish(struct state *state, const char *id, const char *certificate);

/* Finished clears, newest first, at most limit (0: all), of one key if key is not NULL. certificate is
 * borrowed for the time of the visit. */
int clear_each_certificate(struct state *state, const char *key, unsigned limit,
	int (*visit)(const struct clear *clear, const char *certificate, void *data), void *data);
