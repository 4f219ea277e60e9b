/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The worker's end of the wire. See wire-worker.h. */

#include "base/wire-worker.h"

#include "base/clock.h"

#include <poll.h>

#define PROGRESS_PAUSE_NS (250 * 1000 * 1000ULL)

void wire_worker_init(struct wire_worker *worker, int socket, uint32_t cancel, uint32_t go)
{
	worker->socket = socket;
	worker->cancel = cancel;
	worker->go = go;
	worker->cancelled = worker->may_go = false;
	worker->told_ns = 0;
	worker->told_phase = 0;
	wire_message_init(&worker->message);
}

void wire_worker_clear(struct wire_worker *worker)
{
	wire_message_clear(&worker->message);
}

int wire_worker_receive(struct wire_worker *worker)
{
	int r = wire_receive(worker->socket, &worker->message);

	if (r <= 0)
		return r < 0 ? r : -EPIPE;
	worker->cancelled |= worker->message.type == worker->cancel;
	worker->may_go |= worker->message.type == worker->go;
	return 0;
}

bool wire_worker_cancelled(struct wire_worker *worker)
{
	struct pollfd watch = {.fd = worker->socket, .events = POLLIN};

	if (!worker->cancelled && poll(&watch, 1, 0) > 0 && wire_worker_receive(worker) < 0)
		worker->cancelled = true;
	return worker->cancelled;
}

int wire_worker_wait(struct wire_worker *worker)
{
	int r = 0;

	while (r == 0 && !worker->may_go && !worker->cancelled)
		r = wire_worker_receive(worker);
	return r;
}

bool wire_worker_progress_due(struct wire_worker *worker, uint32_t phase, uint64_t done, uint64_t total)
{
	uint64_t now = clock_monotonic_ns();

	if (phase == worker->told_phase && done < total && now - worker->told_ns < PROGRESS_PAUSE_NS)
		return false;
	worker->told_phase = phase;
	worker->told_ns = now;
	return true;
}
