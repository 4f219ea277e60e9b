/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * stdout and stderr of the program go to one pipe; done() comes when the pipe is closed and the process has
 * ended. See capture.h.
 */

#include "job/capture.h"

#include "base/fd.h"
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>

struct capture {
	struct loop *loop;
	capture_done done;
	void *data;
	pid_t pid;
	int pidfd, pipe;
	struct watch *pipe_watch, *exit_watch, *timer;
	int verdict; /* negative: why it was killed */
	size_t used;
	char text[CAPTURE_TEXT_MAX + 1];
};

static void stop_with(struct capture *capture, int verdict)
{
	capture->verdict = verdict;
	capture->pipe_watch = watch_free(capture->pipe_watch);
	(void)process_signal(capture->pidfd, SIGKILL);
}

/* Takes what waits in the pipe; 0 while it is open. */
static int take(struct capture *capture)
{
	for (;;) {
		ssize_t n =
			read(capture->pipe, capture->text + capture->used, CAPTURE_TEXT_MAX - capture->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n == 0)
			return capture->used == CAPTURE_TEXT_MAX ? -EFBIG : 1;
		capture->used += (size_t)n;
	}
}

static int pipe_readable(void *data)
{
	struct capture *capture = data;
	int r = take(capture);

	if (r < 0)
		stop_with(capture, r);
	else if (r > 0)
		capture->pipe_watch = watch_free(capture->pipe_watch);
	return 0;
}

static int too_slow(void *data)
{
	stop_with(data, -ETIMEDOUT);
	return 0;
}

static int process_ended(void *data)
{
	struct capture *capture = data;
	int status = -ECHILD;

	if (capture->verdict == 0) {
		int r = take(capture);

		capture->verdict = r < 0 ? r : 0;
	}
	capture->exit_watch = watch_free(capture->exit_watch);
	capture->timer = watch_free(capture->timer);
	(void)process_wait(capture->pidfd, &status);
	capture->pidfd = close_fd(capture->pidfd);
	capture->text[capture->used] = 0;
	capture->done(
		capture, capture->verdict < 0 ? capture->verdict : status, capture->text, capture->data);
	return 0;
}

static int watch_all(struct capture *capture, uint64_t timeout_ms)
{
	int r = loop_watch_fd(capture->loop, capture->pipe, pipe_readable, capture, &capture->pipe_watch);

	if (r >= 0)
		r = loop_watch_fd(
			capture->loop, capture->pidfd, process_ended, capture, &capture->exit_watch);
	if (r >= 0)
		r = loop_timer(capture->loop, timeout_ms, too_slow, capture, &capture->timer);
	return r;
}

static int start(struct loop *loop, struct process_options *process, uint64_t timeout_ms, capture_done done,
	void *data, struct capture **ret_capture)
{
	_cleanup_(capture_freep) struct capture *capture = calloc(1, sizeof *capture);
	_cleanup_close_ int theirs = -1;
	int ends[2], r;

	if (!capture)
		return -ENOMEM;
	capture->loop = loop;
	capture->done = done;
	capture->data = data;
	capture->pidfd = capture->pipe = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	capture->pipe = ends[0];
	theirs = process->output_fd = ends[1];
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	process->environment = (const char *const *)environ;
#endif
	r = fd_set_nonblocking(capture->pipe, true);
	if (r >= 0)
		r = process_start(process, &capture->pid, &capture->pidfd);
	if (r >= 0)
		r = watch_all(capture, timeout_ms);
	if (r < 0)
		return r;
	*ret_capture = TAKE_PTR(capture);
	return 0;
}

int capture_start(struct loop *loop, const char *const *argv, uint64_t timeout_ms, capture_done done,
	void *data, struct capture **ret_capture)
{
	struct process_options process = {.argv = argv, .wire_fd = -1};

	return start(loop, &process, timeout_ms, done, data, ret_capture);
}

int capture_start_with(struct loop *loop, const char *const *argv, int fd, uint64_t timeout_ms,
	capture_done done, void *data, struct capture **ret_capture)
{
	struct process_options process = {
		.argv = argv, .wire_fd = fd, .output_only = true, .empty_input = true};

	return start(loop, &process, timeout_ms, done, data, ret_capture);
}

struct capture *capture_free(struct capture *capture)
{
	int status;

	if (!capture)
		return NULL;
	capture->pipe_watch = watch_free(capture->pipe_watch);
	capture->exit_watch = watch_free(capture->exit_watch);
	capture->timer = watch_free(capture->timer);
	if (capture->pidfd >= 0) {
		(void)process_signal(capture->pidfd, SIGKILL);
		(void)process_wait(capture->pidfd, &status);
	}
	capture->pidfd = close_fd(capture->pidfd);
	capture->pipe = close_fd(capture->pipe);
	free(capture);
	return NULL;
}
