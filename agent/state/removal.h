/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What is being deleted from a device that cannot be cleared (PTP, MTP), object by object: first the intent,
 * then that it is gone.
 *
 * An intent is accepted only for an object that the session holds as verified, with that size and time, in
 * its last walk, that was not seen to be gone since, while the session may be cleared at all
 * (session_may_clear()): so no delete begins without rule 1, whatever a worker says. After a crash the device
 * is looked at: what is gone has an intent, or somebody else deleted it.
 *
 * Functions return REMOVAL_OK, another enum removal_outcome, or negative errno.
 */

#include "state/session.h"

enum removal_outcome {
	REMOVAL_OK = 0,
	REMOVAL_NOT_RECORDED =
		1, /* the session does not hold this, verified; or it went before and came again */
	REMOVAL_NOT_ALLOWED = 2, /* the session may not be cleared; session_may_clear() says why */
	REMOVAL_NO_INTENT = 3,
};

/* An object as a scan shows it. */
struct removal_object {
	const char *path;
	uint64_t size;
	int64_t mtime; /* Unix seconds, as the offload has them */
};

struct removal_counts {
	uint64_t intended; /* with or without being gone */
	uint64_t gone;
};

/* Whether the session holds it. *ret_intended: an intent for it is there already. Writes nothing. */
int removal_check(
	struct state *state, const char *session, const struct removal_object *object, bool *ret_intended);

/* On the disk when this returns 0. The same intent again changes nothing. */
int removal_intend(struct state *state, const char *session, const struct removal_object *object);
int removal_gone(struct state *state, const char *session, const char *path);

int removal_counts(struct state *state, const char *session, struct removal_counts *ret_counts);
