/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What all parts of outing-check share: how it asks, what it was told, and how it ends.
 *
 * The exit status is a contract, and 0 is only ever the end of a result that result.h believed.
 */

#include "check/arguments.h"
#include "check/result.h"
#include "control/control.h"

enum inquiry_exit {
	INQUIRY_READY = 0,
	INQUIRY_NOT_READY = 1,
	INQUIRY_USAGE = 2,
	INQUIRY_UNKNOWN = 3, /* could not check; nothing may be concluded */
};

struct inquiry {
	struct control control; /* for the agent and the screens; its options stay empty */
	struct arguments arguments;
	int64_t due_back;     /* Unix seconds, 0: not given */
	struct js *answer;    /* the last answer */
	struct result result; /* and what it says */
	struct js *outing;    /* as recorded; NULL: not recorded */
};

static inline bool inquiry_given(const struct inquiry *inquiry, enum argument argument)
{
	return arguments_given(&inquiry->arguments, argument);
}

/* Asks the agent, or judges the disks with --volumes, and reads the answer. INQUIRY_READY or
 * INQUIRY_NOT_READY with answer and result set; another exit status after saying why; negative errno. */
int inquiry_ask(struct inquiry *inquiry);

/* Says why a call of the agent did not work (an outcome of agent-client.h or a negative errno) and returns
 * INQUIRY_USAGE or INQUIRY_UNKNOWN. */
int inquiry_fail(struct inquiry *inquiry, int outcome);

/* The names as a JSON array; owned by the caller. Negative errno. */
int inquiry_names(const struct words_list *names, char **ret_json);

/* True if a person may be asked questions now. */
bool inquiry_may_ask(const struct inquiry *inquiry);

void inquiry_clear(struct inquiry *inquiry);
