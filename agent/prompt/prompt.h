/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The prompt of one person: hears the agent, tells the person, carries answers back.
 *
 * Decides nothing and holds no rights; what it asks for is authorised by the agent. What concerns one user
 * (their own refused copies) is shown to that user only, what concerns the room (cameras, outings) to whoever
 * sits at the computer.
 */

#include "job/loop.h"

struct prompt_options {
	const char *dialog;   /* program for windows; NULL: the first that is installed */
	bool here;            /* taken to sit at the computer, for tests */
	const char *terminal; /* one more terminal for messages, for tests; NULL: none */
};

/* Runs until the session ends (0), the system bus goes away (1), or this session turns out to have a prompt
 * already (0). Negative errno when it could not begin. */
int prompt_run(const struct prompt_options *options);
