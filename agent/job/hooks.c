/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Running hooks. One epoll descriptor stands for the whole run: behind it are the pidfd of the hook that runs
 * now, the pipe of its output and one timer. hooks_run_step() does what is due and comes back.
 *
 * A hook's process group is killed while its leader is still a zombie: only then is it certain that the
 * group's number has not been given to somebody else. So what a hook leaves in the background ends with it,
 * unless it made a session of its own; then it is still only an unprivileged process in the unit's control
 * group.
 */

#include "job/hooks.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "base/utf8.h"
#include "job/hook-environment.h"
#include "job/hook-files.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#define GRACE_SECONDS 2
#define TIMEOUT_MAX   3600
#define OUTPUT_MAX    4096
#define OUTPUT_LINES  20
#define DRAIN_READS   16

struct hooks_run {
	char folder[PATH_MAX]; /* DIRECTORY/EVENT */
	char event[HOOK_NAME_SIZE];
	char *user;
	unsigned timeout;
	struct hook_environment environment;
	struct hook_files files;
	size_t next;
	struct hooks_report report;

	int epoll, timer;
	int pidfd, output; /* of the hook that runs now, else -1 */
	pid_t pid;
	bool told_to_end;
	size_t output_size;
	char output_text[OUTPUT_MAX + 1];
};

/* 0, or -EPERM when hooks would run with rights they must not have. */
static int check_user(const char *user)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];

	if (!user)
		return geteuid() == 0 ? -EPERM : 0;
	if (getpwnam_r(user, &entry, buffer, sizeof buffer, &found) != 0 || !found || found->pw_uid == 0)
		return -EPERM;
	return 0;
}

static int watch(struct hooks_run *run, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int set_timer(struct hooks_run *run, unsigned seconds)
{
	const struct itimerspec when = {.it_value.tv_sec = (time_t)seconds};

	return timerfd_settime(run->timer, 0, &when, NULL) < 0 ? -errno : 0;
}

static bool timer_expired(struct hooks_run *run)
{
	uint64_t count;

	return read(run->timer, &count, sizeof count) == (ssize_t)sizeof count;
}

/* The hook leads its group and cannot leave it, so it gets the signal once, with the others. */
static void signal_group(struct hooks_run *run, int number)
{
	if (run->pid <= 1 || kill(-run->pid, number) < 0)
		(void)process_signal(run->pidfd, number);
}

/* What is beyond the limit is read and dropped, so that a chatty hook does not hang on a full pipe. */
static void drain(struct hooks_run *run)
{
	char dropped[4096];

	for (unsigned i = 0; run->output >= 0 && i < DRAIN_READS; i++) {
		size_t room = OUTPUT_MAX - run->output_size;
		ssize_t n = room > 0 ? read(run->output, run->output_text + run->output_size, room)
				     : read(run->output, dropped, sizeof dropped);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0 || errno != EAGAIN)
				run->output = close_fd(run->output);
			return;
		}
		if (room > 0)
			run->output_size += (size_t)n;
	}
}

static void log_output(struct hooks_run *run, const char *name)
{
	_cleanup_free_ char *text = utf8_sanitize(run->output_text, run->output_size);
	char *rest = text;
	unsigned lines = 0;

	for (char *line; rest && (line = strsep(&rest, "\n")) && lines < OUTPUT_LINES;) {
		for (char *p = line; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				*p = ' ';
		if (*line) {
			log_info("hook %s/%s: %s", run->event, name, line);
			lines++;
		}
	}
}

static void judge_end(struct hooks_run *run, const char *name, int status)
{
	run->report.ran++;
	if (run->told_to_end) {
		run->report.timed_out++;
		log_warning("hook %s/%s was ended after %u seconds", run->event, name, run->timeout);
	} else if (status >= 256) {
		log_warning("hook %s/%s was ended by signal %d", run->event, name, status - 256);
	} else if (status > 0) {
		log_warning("hook %s/%s failed with exit code %d", run->event, name, status);
	}
	run->report.failed += status != 0 || run->told_to_end;
}

/* The hook is a zombie: its group is ended, then it is reaped. */
static int finish_one(struct hooks_run *run)
{
	const char *name = run->files.names[run->next - 1];
	int status = 0, r;

	signal_group(run, SIGKILL);
	r = process_wait(run->pidfd, &status);
	drain(run);
	run->pidfd = close_fd(run->pidfd);
	run->output = close_fd(run->output);
	run->pid = 0;
	if (r < 0)
		return r;
	log_output(run, name);
	judge_end(run, name, status);
	return 0;
}

static int spawn(struct hooks_run *run, const char *path)
{
	const char *const argv[] = {path, NULL};
	_cleanup_close_ int read_end = -1, write_end = -1;
	struct process_options options = {
		.argv = argv,
		.environment = (const char *const *)run->environment.variables,
		.user = run->user,
		.wire_fd = -1,
		.new_session = true,
		.no_new_privs = true,
		.empty_input = true,
	};
	int pipe_fds[2], r;

	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	read_end = pipe_fds[0];
	write_end = pipe_fds[1];
	/* Only our end is non-blocking; programs do not expect that of their stdout. */
	if (fcntl(write_end, F_SETFL, 0) < 0)
		return -errno;
	options.output_fd = write_end;
	r = process_start(&options, &run->pid, &run->pidfd);
	if (r < 0)
		return r;
	run->output = TAKE_FD(read_end);
	run->output_size = 0;
	run->told_to_end = false;
	r = watch(run, run->pidfd);
	if (r >= 0)
		r = watch(run, run->output);
	return r < 0 ? r : set_timer(run, run->timeout);
}

/* Starts the next hook that can be started: HOOKS_RUNNING, or HOOKS_FINISHED when there is none. */
static int start_next(struct hooks_run *run)
{
	while (run->next < run->files.count) {
		const char *name = run->files.names[run->next++];
		char path[PATH_MAX + HOOK_NAME_SIZE + 1];
		int r;

		(void)snprintf(path, sizeof path, "%s/%s", run->folder, name);
		r = spawn(run, path);
		if (r >= 0)
			return HOOKS_RUNNING;
		if (run->pidfd >= 0)
			return r;
		log_errno(LOG_LEVEL_WARNING, r, "hook %s/%s cannot be started", run->event, name);
		run->report.failed++;
	}
	return HOOKS_FINISHED;
}

static int prepare(
	struct hooks_run *run, const struct hooks_options *options, const struct hooks_event *event)
{
	int n, r;

	n = snprintf(run->folder, sizeof run->folder, "%s/%s", options->directory, event->event);
	if (n < 0 || (size_t)n >= sizeof run->folder || options->directory[0] != '/')
		return -EINVAL;
	(void)snprintf(run->event, sizeof run->event, "%s", event->event);
	run->timeout = options->timeout_seconds;
	if (run->timeout == 0 || run->timeout > TIMEOUT_MAX)
		return -EINVAL;
	run->user = options->user ? strdup(options->user) : NULL;
	if (options->user && !run->user)
		return -ENOMEM;
	r = hook_environment_make(event, &run->environment);
	if (r < 0)
		return r;
	run->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (run->epoll < 0)
		return -errno;
	run->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (run->timer < 0)
		return -errno;
	return watch(run, run->timer);
}

/* As hooks_run_start(), but gives the run out in any case, for its report. */
static int start(
	const struct hooks_options *options, const struct hooks_event *event, struct hooks_run **ret_run)
{
	_cleanup_(hooks_run_freep) struct hooks_run *run = calloc(1, sizeof *run);
	int r;

	if (!run)
		return -ENOMEM;
	run->epoll = run->timer = run->pidfd = run->output = -1;
	r = hook_files_find(options->directory, event->event, &run->files);
	if (r < 0)
		return r;
	run->report.refused = run->files.refused;
	if (run->files.count == 0) {
		*ret_run = TAKE_PTR(run);
		return HOOKS_FINISHED;
	}
	r = check_user(options->user);
	if (r >= 0)
		r = prepare(run, options, event);
	if (r >= 0)
		r = start_next(run);
	if (r < 0)
		return r;
	*ret_run = TAKE_PTR(run);
	return r;
}

int hooks_run_start(
	const struct hooks_options *options, const struct hooks_event *event, struct hooks_run **ret_run)
{
	_cleanup_(hooks_run_freep) struct hooks_run *run = NULL;
	int r = start(options, event, &run);

	if (r >= 0)
		*ret_run = r == HOOKS_RUNNING ? TAKE_PTR(run) : NULL;
	return r;
}

int hooks_run_fd(const struct hooks_run *run)
{
	return run->epoll;
}

static bool has_ended(const struct hooks_run *run)
{
	struct pollfd fd = {.fd = run->pidfd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

int hooks_run_step(struct hooks_run *run)
{
	int r;

	if (run->pidfd < 0)
		return HOOKS_FINISHED;
	drain(run);
	if (has_ended(run)) {
		r = finish_one(run);
		return r < 0 ? r : start_next(run);
	}
	if (timer_expired(run)) {
		signal_group(run, run->told_to_end ? SIGKILL : SIGTERM);
		run->told_to_end = true;
		r = set_timer(run, GRACE_SECONDS);
		if (r < 0)
			return r;
	}
	return HOOKS_RUNNING;
}

const struct hooks_report *hooks_run_report(const struct hooks_run *run)
{
	return &run->report;
}

struct hooks_run *hooks_run_free(struct hooks_run *run)
{
	int status;

	if (!run)
		return NULL;
	if (run->pidfd >= 0) {
		signal_group(run, SIGKILL);
		(void)process_wait_for(run->pidfd, 1000, &status);
	}
	run->pidfd = close_fd(run->pidfd);
	run->output = close_fd(run->output);
	run->timer = close_fd(run->timer);
	run->epoll = close_fd(run->epoll);
	hook_environment_clear(&run->environment);
	free(run->user);
	free(run);
	return NULL;
}

static int run_to_end(struct hooks_run *run)
{
	struct pollfd fd = {.fd = run->epoll, .events = POLLIN};
	int r;

	do {
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return -errno;
		r = hooks_run_step(run);
	} while (r == HOOKS_RUNNING);
	return r;
}

int hooks_run_all(
	const struct hooks_options *options, const struct hooks_event *event, struct hooks_report *ret_report)
{
	_cleanup_(hooks_run_freep) struct hooks_run *run = NULL;
	int r = start(options, event, &run);

	if (r == HOOKS_RUNNING)
		r = run_to_end(run);
	if (r < 0)
		return r;
	if (ret_report)
		*ret_report = run->report;
	return 0;
}
