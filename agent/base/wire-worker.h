/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A worker's end of the wire: what its supervisor says while it works, and how often it is told how far the
 * work is.
 *
 * A supervisor that is gone is a cancel: nobody would record what happens.
 */

#include "base/wire.h"

struct wire_worker {
	int socket;          /* borrowed */
	uint32_t cancel, go; /* types: stop; what is waited for may be done. 0: there is none such */
	bool cancelled, may_go;
	uint64_t told_ns;
	uint32_t told_phase;
	struct wire_message message; /* the last one */
};

void wire_worker_init(struct wire_worker *worker, int socket, uint32_t cancel, uint32_t go);

/* Closes the descriptors of the last message that were not taken. */
void wire_worker_clear(struct wire_worker *worker);

/* Blocks until the next message is in worker->message and noted. 0; -EPIPE: the supervisor is gone. */
int wire_worker_receive(struct wire_worker *worker);

/* Takes a message that is there already. Does not block. */
bool wire_worker_cancelled(struct wire_worker *worker);

/* Blocks until the supervisor lets it go on or cancels (worker->cancelled). 0 or a negative errno. */
int wire_worker_wait(struct wire_worker *worker);

/* True when this is worth telling: a new phase, its end, or a quarter of a second since the last time. It
 * counts as told then. */
bool wire_worker_progress_due(struct wire_worker *worker, uint32_t phase, uint64_t done, uint64_t total);
