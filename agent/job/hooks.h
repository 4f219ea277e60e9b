/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Event hooks: DIRECTORY/EVENT/NAME programs of the technician, run one after the other in order of name.
 *
 * A hook is run only if it is a regular file, executable, owned by root (or by the user of this process, in
 * tests), not writable by group or others, in folders for which the same holds, and its name has only
 * letters, digits, '-' and '_'. It runs as an unprivileged user with no_new_privs in its own session, with no
 * descriptors of ours, an environment that is exactly the documented one (hooks/README.md), stdin empty, and
 * a time limit after which its process group gets SIGTERM and, two seconds later, SIGKILL. What it prints
 * goes to the log, limited, and so does how it ended: this module logs that itself. Nothing a hook does,
 * prints or returns changes anything for the agent.
 *
 * A run is a small state machine that never blocks: one descriptor to watch (readable: call
 * hooks_run_step()), its own timers behind it. hooks_run_all() is the blocking form.
 */

#include "base/cleanup.h"

struct hooks_options {
	const char *directory;    /* "/etc/outing-guard/hooks.d" */
	const char *user;         /* "outing-hooks"; never a user with uid 0. NULL only when not root */
	unsigned timeout_seconds; /* for each hook; 1 to 3600 */
};

/* What a hook is told. NULL and 0 are left out of the environment, counts are not (they may be 0). */
struct hooks_event {
	const char *event;   /* OUTING_EVENT: "offload-done", ... */
	const char *device;  /* OUTING_DEVICE: registered name, else the id */
	const char *role;    /* OUTING_ROLE */
	const char *room;    /* OUTING_ROOM */
	const char *session; /* OUTING_SESSION */
	const char *reason;  /* OUTING_REASON: a sentence */
	const char *time;    /* OUTING_TIME: RFC 3339; NULL: now */
	uint32_t job;        /* OUTING_JOB */
	bool has_counts;
	uint64_t files;          /* OUTING_FILES */
	uint64_t bytes;          /* OUTING_BYTES */
	const char *certificate; /* OUTING_CERTIFICATE: JSON text of clear-done */
	bool has_refusals;
	uint64_t refusals; /* OUTING_REFUSALS: how many copies were refused */
};

struct hooks_report {
	unsigned ran;
	unsigned failed;    /* ended with an exit code other than 0, by a signal, or could not be started */
	unsigned timed_out; /* also counted in failed */
	unsigned refused;   /* files that were not run because of owner, mode or type */
};

enum hooks_step {
	HOOKS_FINISHED = 0,
	HOOKS_RUNNING = 1,
};

struct hooks_run;

/* Starts the hooks of event->event; everything is copied. HOOKS_RUNNING with a run; HOOKS_FINISHED with
 * *ret_run NULL when there is nothing to run or nothing could be started. Negative errno otherwise: -EPERM
 * when the user is root or is not there, or others may write to the folder. */
int hooks_run_start(
	const struct hooks_options *options, const struct hooks_event *event, struct hooks_run **ret_run);

/* The descriptor to watch for reading; the same during the whole run, owned by the run. */
int hooks_run_fd(const struct hooks_run *run);

/* Does what is due and never blocks: HOOKS_RUNNING or HOOKS_FINISHED (then hooks_run_free()), negative errno.
 */
int hooks_run_step(struct hooks_run *run);

const struct hooks_report *hooks_run_report(const struct hooks_run *run);

/* Ends a running hook with SIGKILL. */
struct hooks_run *hooks_run_free(struct hooks_run *run);
DEFINE_CLEANUP(struct hooks_run, hooks_run_free);

/* Runs all of them and waits; ret_report may be NULL. 0 or negative errno. */
int hooks_run_all(const struct hooks_options *options, const struct hooks_event *event,
	struct hooks_report *ret_report);
