/* SPDX-License-Identifier: GPL-3.0-or-later */

/* This computer's disks, without the agent. See volumes.h. */

#include "check/volumes.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "outing/laptop.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#define ANSWER_MAX ((size_t)8 << 20)
#define ARGV_FIXED 8

struct reading {
	int fd;
	uint64_t deadline_ns;
	char *text; /* owned */
	size_t size, room;
};

/* *ret_argv is owned by the caller, its strings are borrowed. */
static int make_argv(const struct volumes_options *options, const char ***ret_argv)
{
	const char **argv = calloc(ARGV_FIXED + 2 * options->device_count, sizeof(*argv));
	size_t n = 0;

	if (!argv)
		return -ENOMEM;
	argv[n++] = options->program;
	argv[n++] = "--storage-only";
	if (options->no_keys)
		argv[n++] = "--no-keys";
	if (options->collect) {
		argv[n++] = "--collect";
		argv[n++] = options->collect;
	}
	for (size_t i = 0; i < options->device_count; i++) {
		argv[n++] = "--device";
		argv[n++] = options->devices[i];
	}
	*ret_argv = argv;
	return 0;
}

static int ms_left(uint64_t deadline_ns)
{
	uint64_t now = clock_monotonic_ns();

	return now >= deadline_ns ? 0 : (int)((deadline_ns - now) / 1000000) + 1;
}

static int make_room(struct reading *reading)
{
	size_t room = reading->room ? reading->room * 2 : 65536;
	char *text;

	if (reading->size < reading->room)
		return VOLUMES_OK;
	if (reading->size >= ANSWER_MAX)
		return VOLUMES_TOO_MUCH;
	text = realloc(reading->text, room);
	if (!text)
		return -ENOMEM;
	reading->text = text;
	reading->room = room;
	return VOLUMES_OK;
}

/* One step; *ret_end at the end of the output. */
static int read_some(struct reading *reading, bool *ret_end)
{
	struct pollfd watch = {.fd = reading->fd, .events = POLLIN};
	int r = make_room(reading), ms = ms_left(reading->deadline_ns);
	ssize_t n;

	if (r != VOLUMES_OK)
		return r;
	n = poll(&watch, 1, ms);
	if (n == 0)
		return VOLUMES_TOO_SLOW;
	if (n > 0)
		n = read(reading->fd, reading->text + reading->size, reading->room - reading->size);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? VOLUMES_OK : -errno;
	reading->size += (size_t)n;
	*ret_end = n == 0;
	return VOLUMES_OK;
}

static int read_all(struct reading *reading, int pidfd)
{
	bool end = false;
	int status, r = VOLUMES_OK;

	while (r == VOLUMES_OK && !end)
		r = read_some(reading, &end);
	if (r == VOLUMES_OK)
		r = process_wait_for(pidfd, ms_left(reading->deadline_ns), &status);
	if (r == -ETIMEDOUT)
		r = VOLUMES_TOO_SLOW;
	if (r != VOLUMES_OK) {
		(void)process_signal(pidfd, SIGKILL);
		(void)process_wait(pidfd, &status);
		return r;
	}
	return status == 0 ? VOLUMES_OK : VOLUMES_FAILED;
}

/* Runs the program; *ret_text (owned by the caller) is all that it printed. */
static int run(const struct volumes_options *options, char **ret_text, size_t *ret_size)
{
	_cleanup_free_ const char **argv = NULL;
	_cleanup_close_ int read_end = -1, write_end = -1, pidfd = -1;
	struct process_options process = {
		.wire_fd = -1, .output_only = true, .empty_input = true, .directory = "."};
	struct reading reading = {0};
	int fds[2], r = make_argv(options, &argv);
	pid_t pid;

	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_end = fds[0];
	write_end = fds[1];
	process.argv = argv;
	process.output_fd = write_end;
	r = process_start(&process, &pid, &pidfd);
	write_end = close_fd(write_end);
	if (r < 0)
		return r;
	reading.fd = read_end;
	reading.deadline_ns = clock_monotonic_ns() + (uint64_t)options->timeout_ms * 1000000;
	r = read_all(&reading, pidfd);
	if (r != VOLUMES_OK) {
		free(reading.text);
		return r;
	}
	*ret_text = reading.text;
	*ret_size = reading.size;
	return VOLUMES_OK;
}

/* What is no answer of the judge is an error of its own making to laptop_judge(), and no answer here. */
static int make_answer(const char *text, size_t size, bool accept_weak, struct js **ret_answer)
{
	const struct laptop_rules rules = {.scope = LAPTOP_STORAGE, .accept_weak = accept_weak};
	_cleanup_js_ struct js *judged = NULL, *laptop = NULL, *answer = NULL;
	bool ready;
	int r = laptop_judge(text, size, &rules, &laptop, &ready);

	if (r < 0)
		return r;
	if (js_parse(text, size, &judged) < 0 ||
		(js_get_string(laptop, "error") && !js_get_string(judged, "error")))
		return VOLUMES_ODD;
	answer = js_object();
	js_set_string(answer, "verdict", ready ? "ready" : "not-ready");
	js_set_string(answer, "checked_at", js_get_string(judged, "judged_at"));
	js_set_bool(answer, "accept_weak", accept_weak);
	js_set(answer, "laptop", TAKE_PTR(laptop));
	js_set(answer, "devices", js_array());
	*ret_answer = TAKE_PTR(answer);
	return VOLUMES_OK;
}

int volumes_judge(const struct volumes_options *options, struct js **ret_answer)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = run(options, &text, &size);

	return r == VOLUMES_OK ? make_answer(text ? text : "", size, options->accept_weak, ret_answer) : r;
}
