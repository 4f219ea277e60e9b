/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A program that a person started and that starts itself again as its own sandboxed worker: the conversation
 * with that worker, and the signals that ask for its end.
 *
 * The agent does the same in its loop (job/worker.h); this blocks.
 */

#include "base/wire.h"

struct supervised {
	int wire_fd, pidfd, signal_fd; /* -1: not yet, or no more */
	bool asked_to_stop;
	struct wire_message message; /* for whoever takes messages one by one */
};

struct supervised_events {
	/* The worker has said something or is gone: 1 to go on, 0 when all is said, or a negative errno. */
	int (*readable)(void *data);
	/* Tells the worker to stop. A negative errno, or a second signal, kills it. */
	int (*cancel)(void *data);
};

void supervised_init(struct supervised *worker);

/* Ends nobody: that is supervised_end(). */
void supervised_clear(struct supervised *worker);

/* From now on SIGINT, SIGTERM and SIGHUP end nothing before supervised_converse() asks the worker to stop. */
int supervised_watch_signals(struct supervised *worker);

/* This program again, with --worker. */
int supervised_start(struct supervised *worker);

/* Until readable() says that all is said, 0, or an error. */
int supervised_converse(struct supervised *worker, const struct supervised_events *events, void *data);

/* Closes the wire and waits for the worker's end; conversation: what supervised_converse() returned, after a
 * failure of which it is killed at once. Its status as of process_wait(), -1 when that is not to be had. */
int supervised_end(struct supervised *worker, int conversation);
