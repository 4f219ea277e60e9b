/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The agent's answer to "is everything ready?", read with suspicion and turned into rows for people.
 *
 * A READY that is wrong is the one mistake this command must not make. So the answer is believed only as a
 * whole: every member is there and of its kind, every word is known, everything that was asked about is
 * answered, and the verdict is what counting the members again gives. Anything else is no answer at all.
 */

#include "base/json.h"

enum result_part {
	RESULT_COMPUTER, /* this computer could not be judged at all */
	RESULT_STORAGE,
	RESULT_CHECK,
	RESULT_DEVICE,
};

/* Worst first; the order of the rows. */
enum result_rank {
	RESULT_NOT_ENCRYPTED,
	RESULT_STORAGE_UNKNOWN,
	RESULT_WEAK,
	RESULT_NOT_CLEARED, /* a device that is here and not ready */
	RESULT_ABSENT,
	RESULT_FAILED,
	RESULT_CHECK_UNKNOWN,
	RESULT_WEAK_ALLOWED, /* from here on nothing stands in the way */
	RESULT_IN_ORDER,
	RESULT_OFF,
};

struct result_row {
	enum result_part part;
	enum result_rank rank;
	char *what;               /* plain words, owned */
	const char *state;        /* one or two plain words */
	const char *reason, *fix; /* of the answer; may be "" */
	const char *command;      /* of the answer; NULL: none */
	const struct js *member;  /* NULL for RESULT_COMPUTER */
	size_t position;          /* in the answer */
};

struct result {
	bool ready;
	bool volumes;            /* only the storage of this computer was judged */
	bool laptop;             /* it travels, and was judged */
	const char *policy;      /* "transfer-all", "names-only", NULL for volumes alone */
	const char *sentence;    /* what everybody who goes agrees to, NULL for volumes alone */
	bool accept_weak;        /* the setting lets weakly encrypted storage travel */
	int64_t checked_at;      /* Unix seconds */
	struct result_row *rows; /* worst first; of equals, as in the answer */
	size_t count;
};

/* What was asked, which the answer must be about. */
struct result_wanted {
	const char *const *take; /* ids or names; none: everything portable */
	size_t take_count;
	bool leave_laptop;
	bool volumes; /* the storage of this computer alone */
};

/* Borrows from answer, which must outlive *ret_result. 0, -ENOMEM, or -EBADMSG with what is wrong in
 * *ret_problem: the end of a sentence that begins "the answer ", borrowed. */
int result_read(const struct js *answer, const struct result_wanted *wanted, struct result *ret_result,
	const char **ret_problem);
void result_clear(struct result *result);
#define _cleanup_result_ _cleanup_(result_clear)

/* True if nothing has to be done about it. */
bool result_fine(const struct result_row *row);

/* How many rows have that rank. */
size_t result_count(const struct result *result, enum result_rank rank);

/* "Screen lock" for "screen-lock"; NULL for a word that is not known. */
const char *result_check_title(const char *word);
