/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What recorder.c (the conversation) and recorder-end.c (the verdict) share; included by nobody else.
 *
 * Everything here was checked when it was received. `session` is the one that is worked on, `old` the one
 * that may be gone on with; both are unset while their id is empty.
 */

#include "offload/recorder.h"
#include "offload/verdict.h"
#include "state/session.h"
#include "vault/layout.h"

#include <limits.h>

struct recorder {
	struct state *state;
	int vault_fd;
	char vault_path[PATH_MAX];
	char *source;
	char user[OFFLOAD_USER_MAX + 1];
	uint64_t reserve;
	struct session session; /* id "" until there is one */
	struct session old;     /* id "": nothing to go on with */
	int folder_fd;          /* locked while this recorder lives: two offloads never share a session */
	bool begun;
	uint64_t old_objects, hits;
	uint64_t started_ns;
	struct wire_message message;

	size_t pending;
	struct session_object objects[OFFLOAD_SYNC_EVERY];
	uint64_t received, failed, findings;

	bool have_result, closed, lied;
	int record_error;
	struct offload_result worker;
	char detail[OFFLOAD_DETAIL_MAX * 3 + 1];

	enum verdict verdict;
	char sentence[VERDICT_SENTENCE];
	char folder[VAULT_SESSION];
	struct recorder_failure failures[RECORDER_FAILURES_MAX];
	struct recorder_progress progress;
	struct recorder_result result;
};

/* Forgets objects that were not stored yet. */
void recorder_drop_pending(struct recorder *recorder);
