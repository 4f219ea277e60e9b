/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What every verb of a command shares: where it writes, how it reaches the agent, how it ends.
 *
 * What was asked for goes to stdout; reasons, questions and advice go to stderr, so that a script reads only
 * what it asked for. The exit status is a contract (enum control_exit).
 */

#include "control/agent-client.h"
#include "control/options.h"
#include "control/terminal.h"

enum control_exit {
	CONTROL_DONE = 0,
	CONTROL_REFUSED = 1, /* refused or failed; the reason is on stderr */
	CONTROL_USAGE = 2,
	CONTROL_NO_AGENT = 3,
};

struct control {
	const char *program;    /* "outingctl" */
	struct terminal screen; /* stdout */
	struct terminal notes;  /* stderr */
	struct options options;
	const char *operand; /* the verb's first operand, or NULL */
	struct agent *agent; /* connected by control_reach(), owned by main */
};

static inline bool control_given(const struct control *control, enum option option)
{
	return (control->options.given & option) != 0;
}

/* Connects once; CONTROL_DONE, or an exit status after saying on stderr how to start the agent. */
int control_reach(struct control *control);

/* Says on stderr why a call did not work (outcome of agent-client.h or negative errno), with the way out, and
 * returns the exit status for it. */
int control_fail(struct control *control, int outcome);

/* A sentence on stderr, the program's name before it, wrapped. */
void control_note(const struct control *control, const char *format, ...) _printf_(2, 3);

/* A sentence on stdout, wrapped; names in it are cleaned. CONTROL_DONE or -ENOMEM. */
int control_say(const struct control *control, const char *format, ...) _printf_(2, 3);

/* The reply on stdout as JSON. An exit status. */
int control_json(const struct control *control, const struct js *reply);

/* Asks the agent (no arguments); prints its answer as JSON if --json was given, else by show. An exit status.
 */
int control_list(struct control *control, const char *method,
	int (*show)(FILE *out, const struct terminal *screen, const struct js *reply));
