/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Is a password empty, or the account's own name? Tried against the stored hash, once per hash.
 *
 * A trial costs what a login costs, so its outcome is kept in the file "password-trials" of the state
 * directory (root, 0600) under a digest of name and hash; a changed password has another digest and is tried
 * again. Neither passwords nor hashes are written there. One run tries for TRIAL_BUDGET_MS at most, so that a
 * computer with a hundred accounts still answers; what was left over is TRIAL_NOT_YET and its turn comes at
 * the next run.
 */

#include "base/cleanup.h"

#define TRIAL_BUDGET_MS 5000

enum trial_outcome {
	TRIAL_NOT_YET,
	TRIAL_OTHER, /* neither of the two */
	TRIAL_EMPTY,
	TRIAL_NAME,
};

struct trials;

/* directory NULL: everything is TRIAL_NOT_YET. A file that is missing or damaged counts as empty. */
int trials_open(const char *directory, struct trials **ret_trials);

/* The outcome for this account; may take as long as two logins. */
enum trial_outcome trials_outcome(struct trials *trials, const char *name, const char *hash);

/* Writes the file if anything was tried, keeping only what was asked for in this run. Failing to write is no
 * error: it is tried again next time. */
struct trials *trials_close(struct trials *trials);
DEFINE_CLEANUP(struct trials, trials_close);

/* What the file holds for this key (hex digits); pure. text is not changed. */
#define TRIAL_KEY_SIZE 65
enum trial_outcome trial_recall(const char *text, const char *key);
