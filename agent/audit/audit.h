/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The audit log: append-only JSON lines, each with the hash of the one before it.
 *
 * One line is {"seq","time","event","fields","prev","hash"}; hash is SHA-512 over the line's bytes before
 * ,"hash", which contain prev, the hash of the line before. So no line can be changed, removed or moved
 * without every later hash being wrong, and what is cut off at the end is missing against the anchor
 * (sequence number and hash of the last line), which is kept in another file. Somebody who is root and
 * rewrites log and anchor together is beyond this; the mirrored lines in the journal, or a copy elsewhere,
 * are the answer to that.
 *
 * audit_append() returns after the line is on the disk: first recorded, then reported. Fields never hold
 * children's names, and file names only as the path on the card in an error report.
 *
 * Files: PATH is the present one; a full month is moved to PATH's name with "-YYYY-MM" before ".jsonl", and
 * the chain goes on across files. Old files are removed when every line in them is older than the retention.
 */

#include "audit/events.h"
#include "audit/verify.h"
#include "base/cleanup.h"
#include "base/json.h"

struct audit;

#define AUDIT_RETENTION_DAYS_MIN 31

/* Where the anchor is kept; state_anchor_load() and state_anchor_store() fit. load: *ret_seq 0 when there is
 * none. Both return 0 or negative errno. */
struct audit_anchor_store {
	int (*load)(void *data, uint64_t *ret_seq, char ret_hash[static 129]);
	int (*store)(void *data, uint64_t seq, const char *hash);
	void *data;
};

struct audit_options {
	const char *path; /* .../audit.jsonl; its directory is made if missing (0750) */
	const struct audit_anchor_store *anchor; /* NULL: none (truncation is then not found). Copied */
	const char *group;       /* group that may read it, NULL: root only; a missing group is no error */
	unsigned retention_days; /* less than AUDIT_RETENTION_DAYS_MIN counts as that; 0: keep for ever */
	bool mirror;             /* to the journal too */
};

/*
 * Opens or creates the log for appending. A last line torn by a power cut is cut off and that is recorded
 * (log-repaired). A log that does not verify, or is shorter than the anchor says, is opened all the same,
 * because recording must go on; that is recorded (log-damaged), and *ret_report (may be NULL) says what was
 * found. Only the present file is read here; audit_verify() reads all of them. Several processes may have the
 * log open; an append waits for another's append.
 * -EPERM: somebody else may write to the file or its directory.
 */
int audit_open(
	const struct audit_options *options, struct audit **ret_audit, struct audit_report *ret_report);
struct audit *audit_close(struct audit *audit);
DEFINE_CLEANUP(struct audit, audit_close);

/* Appends one entry, durable on return. fields (an object, or NULL for none) is taken over, also on failure.
 * A failure (-ENOSPC, -EIO, ...) means the event is not recorded, and the caller does not go on with it. */
int audit_append(struct audit *audit, enum audit_event event, struct js *fields);

/* Moves the file of a past month away and removes what is older than the retention. Called by the daemon at
 * start and once a day; does nothing when nothing is due. */
int audit_rotate(struct audit *audit);

/* Sequence number and time of the last line, for status. */
uint64_t audit_last_seq(const struct audit *audit);
