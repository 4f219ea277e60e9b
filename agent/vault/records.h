/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the state database says should be in the vault: which offloads were committed, and which were begun
 * and never finished. A vault alone cannot tell that a whole offload was taken out of it.
 */

#include "base/cleanup.h"

enum records_answer {
	RECORDS_UNKNOWN,    /* not recorded here: from another computer, or the record is lost */
	RECORDS_UNFINISHED, /* open, copied, failed or cancelled: it has no history yet */
	RECORDS_COMMITTED,
};

struct records;

/* Reads `<state_dir>/state.db` for the vault that vault_fd is. -ENOENT: no database; -EUCLEAN: one that
 * cannot be used. Needs root for the installed one. */
int records_load(const char *state_dir, int vault_fd, struct records **ret_records);
struct records *records_free(struct records *records);
DEFINE_CLEANUP(struct records, records_free);

/* session: "<device name>/<date>T<time>Z". NULL records: unknown. */
enum records_answer records_ask(const struct records *records, const char *session);

/* Each committed session; stops at the first non-zero answer and returns it. */
int records_each_committed(
	const struct records *records, int (*visit)(const char *session, void *data), void *data);
