/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The state of this computer beside its disks: passwords, automatic login, screen lock, malware protection,
 * the password review, who may install, updates, an interrupted hibernation.
 *
 * Each check has its own file (check-NAME.c) and answers pass, fail, unknown or off with a reason, what to do
 * next and details. A source that cannot be read is "unknown" and named, never "pass". Nothing here says
 * READY, nothing here changes the computer (password trials remember their outcome, see trial.h).
 */

#include "base/cleanup.h"
#include "base/json.h"
#include "policy/config.h"

struct checks_input {
	const char *root;            /* "" on the running computer, else a folder that holds a recorded one */
	const struct config *config; /* .checks decides which are "off" */
	int64_t passwords_reviewed;  /* Unix seconds of the manager's attestation, 0: never */
	int64_t now;                 /* Unix seconds */
	const char *state_directory; /* where outcomes of password trials are kept; NULL: nothing is tried */
};

/*
 * All checks in a fixed order, as an array of
 *   {"check", "verdict": "pass"|"fail"|"unknown"|"off", "reason", "fix", "details": [sentence...]}
 * owned by the caller. Reads files; on the running computer it also asks clamd through its socket, for at
 * most half a second. 0 or -ENOMEM: whatever else goes wrong is an "unknown" in the array.
 */
int checks_run(const struct checks_input *input, struct js **ret_array);

/* The words, in the order of checks_run(); NULL after the last. */
const char *checks_word(size_t i);
