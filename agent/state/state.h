/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The state database: what survives every crash. Register, offload sessions with their objects, clears.
 *
 * One file, mode 0600, in a directory that nobody else may write to. Every function of this folder that
 * changes something returns only after the change is on the disk (one committed, synced transaction); a crash
 * at any moment leaves the state before or after the call, never between. Opening checks the whole file
 * first: a damaged database, or one written by a newer version, is never worked with, because deleting from a
 * card rests on what is written here.
 *
 * Several processes may have it open; a writer waits for another for at most ten seconds (-EBUSY then), and
 * opening waits until another process has opened it. One
 * struct state is used by one thread. Nothing here blocks on anything but the disk and that wait.
 */

#include "base/cleanup.h"

struct state;

enum state_outcome {
	STATE_OK = 0,
	STATE_TOO_NEW = 1, /* written by a newer version of outing-guard */
	STATE_DAMAGED = 2, /* not a database, or the integrity check failed */
	STATE_UNSAFE =
		3, /* somebody else could have changed it: owner or mode of the file or its directory */
};

struct state_problem {
	char text[512]; /* a sentence for people: what, why, what to do */
};

/*
 * Opens or creates the database at path; the last directory of path is made (0700) if it is not there. An
 * older schema is upgraded step by step after a synced copy of the file was put beside it
 * (NAME.before-upgrade-N, replaced by later upgrades from the same N). Returns STATE_OK, another outcome with
 * *ret_problem filled (ret_problem may be NULL), or negative errno.
 */
int state_open(const char *path, struct state **ret_state, struct state_problem *ret_problem);
struct state *state_close(struct state *state);
DEFINE_CLEANUP(struct state, state_close);

/* Version of the schema this program writes. */
unsigned state_schema_version(void);

/*
 * The head of the audit log, kept here so that a log cut off at its end is noticed. Their signatures fit
 * struct audit_anchor_store (audit/audit.h); data is a struct state.
 */
int state_anchor_load(void *data, uint64_t *ret_seq, char ret_hash[static 129]);
int state_anchor_store(void *data, uint64_t seq, const char *hash);
