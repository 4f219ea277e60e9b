/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One worker process and the socket to it, watched from the event loop.
 *
 * The worker reads hostile bytes from devices that may hang for ever, so it is never waited for: a worker
 * that is silent for too long is killed, and one that does not even die (the kernel holds it in a read that
 * never returns) is reported as stuck and reaped in the background whenever it ends. Exactly one call of
 * ended() comes for each started worker, unless it is freed first. What is said on the socket is the business
 * of the recorders; the socket is non-blocking on our side.
 */

#include "job/loop.h"

struct worker;

enum worker_end {
	WORKER_EXITED, /* by itself, or by a signal that we did not send */
	WORKER_KILLED, /* it did not follow a cancel, or worker_kill() was called */
	WORKER_SILENT, /* it said nothing for too long: the device does not answer */
	WORKER_STUCK,  /* as silent, and it could not be ended: exit_status is -1 */
};

struct worker_options {
	const char *const *argv; /* argv[0]: absolute path */
	uint64_t silence_ms;     /* longest time between two messages, 0: no limit */
	uint64_t memory_max;     /* bytes of address space, 0: no limit */
};

struct worker_events {
	/* The socket has messages or was closed by the worker (then the exit follows). Negative: kill it. */
	int (*readable)(struct worker *worker, void *data);
	/* exit_status as process_wait() gives it. The callee frees the worker. */
	void (*ended)(struct worker *worker, enum worker_end end, int exit_status, void *data);
};

/* events is kept, data is borrowed. Everything is copied from options. */
int worker_start(struct loop *loop, const struct worker_options *options, const struct worker_events *events,
	void *data, struct worker **ret_worker);

/* Kills what still runs, without a call of ended(). */
struct worker *worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker, worker_free);

int worker_socket(const struct worker *worker);

/* Starts the time in which the worker must have ended after it was asked to; then it is killed. */
int worker_expect_end(struct worker *worker, uint64_t grace_ms);
void worker_kill(struct worker *worker);

/* The time of silence begins anew. Every call of readable() does that too. */
void worker_heard(struct worker *worker);
