/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Worker processes from start to end. The clock of silence is one timer that, when it fires, looks at when
 * the last message came and goes back to sleep for the rest: a talkative worker costs no timer calls. After a
 * SIGKILL, a second timer gives the kernel a few seconds to deliver it; what is still there afterwards is
 * left to an orphan watch that only reaps.
 */

#include "job/worker.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "base/wire.h"

#include <signal.h>

#define KILL_GRACE_MS 5000
#define FREE_WAIT_MS  1000 /* a killed process is gone at once, unless the kernel holds it */
#define NS_PER_MS     1000000ULL

struct worker {
	struct loop *loop;
	const struct worker_events *events;
	void *data;
	pid_t pid;
	int pidfd;
	int socket;
	struct watch *socket_watch;
	struct watch *exit_watch;
	struct watch *silence_timer;
	struct watch *end_timer; /* runs after a request to end, and again after a SIGKILL */
	uint64_t silence_ms;
	uint64_t heard_ns;
	enum worker_end end;
	bool killed;
};

struct orphan {
	int pidfd;
	struct watch *watch;
};

static int orphan_ended(void *data)
{
	struct orphan *orphan = data;
	int status;

	(void)process_wait(orphan->pidfd, &status);
	orphan->watch = watch_free(orphan->watch);
	orphan->pidfd = close_fd(orphan->pidfd);
	free(orphan);
	return 0;
}

/* The process outlives its worker object: reap it whenever the kernel lets go of it. */
static void abandon(struct worker *worker)
{
	struct orphan *orphan = calloc(1, sizeof *orphan);

	worker->exit_watch = watch_free(worker->exit_watch);
	if (!orphan)
		return;
	orphan->pidfd = TAKE_FD(worker->pidfd);
	if (loop_watch_fd(worker->loop, orphan->pidfd, orphan_ended, orphan, &orphan->watch) < 0) {
		orphan->pidfd = close_fd(orphan->pidfd);
		free(orphan);
	}
}

static void report(struct worker *worker, enum worker_end end, int status)
{
	worker->socket_watch = watch_free(worker->socket_watch);
	worker->silence_timer = watch_free(worker->silence_timer);
	worker->end_timer = watch_free(worker->end_timer);
	worker->events->ended(worker, end, status, worker->data);
}

static int kill_was_in_vain(void *data)
{
	struct worker *worker = data;

	log_warning("worker %d cannot be ended, the device holds it", (int)worker->pid);
	abandon(worker);
	report(worker, WORKER_STUCK, -1);
	return 0;
}

static void kill_as(struct worker *worker, enum worker_end end)
{
	if (worker->killed || worker->pidfd < 0)
		return;
	worker->killed = true;
	worker->end = end;
	(void)process_signal(worker->pidfd, SIGKILL);
	worker->end_timer = watch_free(worker->end_timer);
	(void)loop_timer(worker->loop, KILL_GRACE_MS, kill_was_in_vain, worker, &worker->end_timer);
}

static int grace_is_over(void *data)
{
	struct worker *worker = data;

	kill_as(worker, WORKER_KILLED);
	return 0;
}

static int silence_check(void *data)
{
	struct worker *worker = data;
	uint64_t silent_ms = (clock_monotonic_ns() - worker->heard_ns) / NS_PER_MS;

	if (silent_ms < worker->silence_ms)
		return watch_again(worker->silence_timer, worker->silence_ms - silent_ms + 1);
	kill_as(worker, WORKER_SILENT);
	return 0;
}

static int process_ended(void *data)
{
	struct worker *worker = data;
	int status = -1;

	/* What it said last may still be unread. */
	if (worker->socket_watch && !worker->killed)
		(void)worker->events->readable(worker, worker->data);
	worker->exit_watch = watch_free(worker->exit_watch);
	(void)process_wait(worker->pidfd, &status);
	worker->pidfd = close_fd(worker->pidfd);
	report(worker, worker->killed ? worker->end : WORKER_EXITED, status);
	return 0;
}

static int socket_readable(void *data)
{
	struct worker *worker = data;
	int r;

	worker_heard(worker);
	r = worker->events->readable(worker, worker->data);
	if (r > 0)
		worker->socket_watch = watch_free(worker->socket_watch);
	if (r < 0)
		kill_as(worker, WORKER_KILLED);
	return 0;
}

static int watch_all(struct worker *worker)
{
	int r = loop_watch_fd(worker->loop, worker->socket, socket_readable, worker, &worker->socket_watch);

	if (r >= 0)
		r = loop_watch_fd(worker->loop, worker->pidfd, process_ended, worker, &worker->exit_watch);
	if (r >= 0 && worker->silence_ms > 0)
		r = loop_timer(
			worker->loop, worker->silence_ms, silence_check, worker, &worker->silence_timer);
	return r;
}

int worker_start(struct loop *loop, const struct worker_options *options, const struct worker_events *events,
	void *data, struct worker **ret_worker)
{
	_cleanup_(worker_freep) struct worker *worker = calloc(1, sizeof *worker);
	_cleanup_close_ int theirs = -1;
	struct process_options process = {
		.argv = options->argv, .output_fd = -1, .wire_fd = -1, .memory_max = options->memory_max};
	int pair[2], r;

	if (!worker)
		return -ENOMEM;
	*worker = (struct worker){.loop = loop,
		.events = events,
		.data = data,
		.pidfd = -1,
		.socket = -1,
		.silence_ms = options->silence_ms,
		.heard_ns = clock_monotonic_ns()};
#ifdef OUTING_FAULTS
	process.environment = (const char *const *)environ;
#endif
	r = wire_pair(pair);
	if (r < 0)
		return r;
	worker->socket = pair[0];
	theirs = process.wire_fd = pair[1];
	r = fd_set_nonblocking(worker->socket, true);
	if (r >= 0)
		r = process_start(&process, &worker->pid, &worker->pidfd);
	if (r >= 0)
		r = watch_all(worker);
	if (r < 0)
		return r;
	*ret_worker = TAKE_PTR(worker);
	return 0;
}

struct worker *worker_free(struct worker *worker)
{
	int status;

	if (!worker)
		return NULL;
	worker->socket_watch = watch_free(worker->socket_watch);
	worker->exit_watch = watch_free(worker->exit_watch);
	worker->silence_timer = watch_free(worker->silence_timer);
	worker->end_timer = watch_free(worker->end_timer);
	worker->socket = close_fd(worker->socket);
	if (worker->pidfd >= 0) {
		(void)process_signal(worker->pidfd, SIGKILL);
		if (process_wait_for(worker->pidfd, FREE_WAIT_MS, &status) < 0)
			abandon(worker);
	}
	worker->pidfd = close_fd(worker->pidfd);
	free(worker);
	return NULL;
}

int worker_socket(const struct worker *worker)
{
	return worker->socket;
}

int worker_expect_end(struct worker *worker, uint64_t grace_ms)
{
	if (worker->killed || worker->end_timer)
		return 0;
	return loop_timer(worker->loop, grace_ms, grace_is_over, worker, &worker->end_timer);
}

void worker_kill(struct worker *worker)
{
	kill_as(worker, WORKER_KILLED);
}

void worker_heard(struct worker *worker)
{
	worker->heard_ns = clock_monotonic_ns();
}
