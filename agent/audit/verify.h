/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether the audit log is whole: reads every kept file from the oldest to the present one and checks each
 * line and each link of the chain. Needs no daemon and changes nothing.
 */

#include "base/cleanup.h"
#include "base/json.h"

struct audit_anchor_store;

enum audit_verdict {
	AUDIT_WHOLE = 0,
	AUDIT_EMPTY = 1,     /* no log at all, and none expected */
	AUDIT_CHANGED = 2,   /* a line is not what was written */
	AUDIT_REMOVED = 3,   /* one or more lines between two lines are gone */
	AUDIT_REORDERED = 4, /* lines are not in the order in which they were written */
	AUDIT_TRUNCATED = 5, /* lines at the end are gone (by the anchor) */
	AUDIT_TORN = 6,      /* the last line is not complete: a power cut, or somebody's editor */
	AUDIT_MISSING = 7,   /* a whole file, or the log itself, is gone */
};

struct audit_report {
	enum audit_verdict verdict;
	char file[256];     /* name of the file, "" when it is about none */
	uint64_t line;      /* in that file, from 1; 0 when it is about none */
	uint64_t entries;   /* lines that verified */
	uint64_t files;     /* files read */
	uint64_t first_seq; /* of the oldest kept line */
	uint64_t last_seq;
	char sentence[512]; /* for people */
};

/* "whole", "changed", ... */
const char *audit_verdict_name(enum audit_verdict verdict);

/*
 * path: .../audit.jsonl. anchor: NULL to check without (the end of the log is then not proven, and the
 * sentence says so). 0 with *ret_report, whatever the verdict; negative errno only if a file could not be
 * read. Reads with constant memory. Waits for an append that is under way, and holds appends up while it
 * reads, if this process is root; otherwise a line that is just being written may show as torn.
 */
int audit_verify(const char *path, const struct audit_anchor_store *anchor, struct audit_report *ret_report);

/* Calls visit with each entry of the kept files and the present one, oldest first, until it returns non-zero,
 * which is then returned. Lines that are not whole are left out (audit_verify() reports them). event: only
 * those of this name; NULL: all. */
int audit_each(
	const char *path, const char *event, int (*visit)(const struct js *entry, void *data), void *data);
