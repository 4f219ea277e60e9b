/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The verdict about this computer, from the words of outing-judge.
 *
 * The judge says what it found; whether that may travel is said here and nowhere else. Its answer is taken
 * whole or not at all: a member that is missing, unknown, of another type or with a word that does not exist
 * makes all of it an error, and an error is never ready. "No storage at all" is an error too: nothing found
 * is not the same as nothing wrong. Pure.
 */

#include "base/json.h"

/* What outing-judge is asked about. */
enum laptop_scope {
	LAPTOP_STORAGE,            /* the storage alone */
	LAPTOP_STORAGE_AND_CHECKS, /* and each of the checks, exactly once */
};

/* A device that hangs on this computer at the moment and travels under its own name. */
struct laptop_guest {
	const char *disk; /* "/dev/sda" */
	const char *name;
};

struct laptop_rules {
	enum laptop_scope scope;
	bool accept_weak; /* outing.accept_weak */
	/* What lies on them, and is not in use by this computer, is not this computer's: it becomes exempt,
	 * and the caller owes a verdict about each. */
	const struct laptop_guest *guests;
	size_t guest_count;
};

/*
 * reply: what the judge wrote, any bytes. *ret_laptop is {included, verdict, error, storage, checks} as the
 * interface documents it, owned by the caller; *ret_ready whether its verdict is "ready". 0 or -ENOMEM.
 */
int laptop_judge(const char *reply, size_t size, const struct laptop_rules *rules, struct js **ret_laptop,
	bool *ret_ready);

/* The same object for a computer that could not be judged (error: a sentence), or that stays here. NULL when
 * out of memory is not reported here but by js_text(). */
struct js *laptop_unknown(const char *error);
struct js *laptop_stays(void);
