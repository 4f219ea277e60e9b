/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The records of a program that a person runs by hand, beside no agent: the state database and the audit log
 * that is anchored in it.
 */

#include "audit/audit.h"
#include "state/state.h"

struct records {
	struct state *state;
	struct audit *audit;
	char *database, *log; /* their paths, for messages */
};

enum records_failure {
	RECORDS_MEMORY,
	RECORDS_STATE, /* of the database */
	RECORDS_AUDIT, /* of the log; -EBUSY: the agent has it */
};

/* folder: of both files, without a copy of the log in the journal; NULL: the installed places, with it. 0, or
 * what state_open() or audit_open() said, with *ret_failure; ret_records is to be cleared in any case. */
int records_open(const char *folder, struct records *ret_records, enum records_failure *ret_failure,
	struct state_problem *ret_problem);
void records_clear(struct records *records);
