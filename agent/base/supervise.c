/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One worker, from its start to its end. See supervise.h. */

#include "base/supervise.h"

#include "base/process.h"

#include <poll.h>
#include <signal.h>

#define GRACE_MS 20000

void supervised_init(struct supervised *worker)
{
	worker->wire_fd = worker->pidfd = worker->signal_fd = -1;
	worker->asked_to_stop = false;
	wire_message_init(&worker->message);
}

void supervised_clear(struct supervised *worker)
{
	wire_message_clear(&worker->message);
	worker->wire_fd = close_fd(worker->wire_fd);
	worker->pidfd = close_fd(worker->pidfd);
	worker->signal_fd = close_fd(worker->signal_fd);
}

int supervised_watch_signals(struct supervised *worker)
{
	worker->signal_fd = process_stop_signals();
	return worker->signal_fd < 0 ? worker->signal_fd : 0;
}

int supervised_start(struct supervised *worker)
{
	return process_start_worker(&worker->wire_fd, &worker->pidfd);
}

/* A second signal does not wait for the device. */
static void take_signal(struct supervised *worker, const struct supervised_events *events, void *data)
{
	if (!process_stop_asked(worker->signal_fd))
		return;
	if (worker->asked_to_stop || events->cancel(data) < 0)
		(void)process_signal(worker->pidfd, SIGKILL);
	worker->asked_to_stop = true;
}

int supervised_converse(struct supervised *worker, const struct supervised_events *events, void *data)
{
	struct pollfd watch[2] = {
		{.fd = worker->wire_fd, .events = POLLIN}, {.fd = worker->signal_fd, .events = POLLIN}};
	int r = 1;

	while (r > 0) {
		int n = poll(watch, ELEMENTS(watch), -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && watch[1].revents)
			take_signal(worker, events, data);
		if (n > 0 && watch[0].revents)
			r = events->readable(data);
	}
	return r;
}

int supervised_end(struct supervised *worker, int conversation)
{
	worker->wire_fd = close_fd(worker->wire_fd);
	return process_end(worker->pidfd, conversation >= 0 ? GRACE_MS : 0);
}
