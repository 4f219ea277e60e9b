/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a pool, its keeper and the workers say to each other over base/wire. Keeper: one conversation as long
 * as the pool lives. Worker: one question, one answer.
 */

#include "inspect/limits.h"
#include "inspect/verdict.h"

enum inspect_message {
	INSPECT_SETUP =
		1,     /* to the keeper: struct inspect_setup; descriptors of table and key if it has names */
	INSPECT_READY, /* from the keeper: int32_t, 0 or a negative errno; to each SETUP */
	INSPECT_START, /* to the keeper: uint32_t number; descriptor: the new worker's end of its wire */
	INSPECT_KILL,  /* to the keeper: uint32_t number */
	INSPECT_QUESTION, /* to a worker: the file's name, may be empty; descriptor: the file */
	INSPECT_ANSWER,   /* from a worker: struct inspect_answer */
	INSPECT_OTHER,    /* from a worker that has no reader for it: ask one of outing-inspect */
};

#define INSPECT_USER_MAX 32
#define INSPECT_NAME_MAX 4096 /* bytes of a file's name that are looked at */

struct inspect_setup {
	struct inspect_limits limits;
	uint32_t has_names;
	char user[INSPECT_USER_MAX]; /* empty: whoever it is */
};
