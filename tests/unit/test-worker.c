/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Workers that behave, end early, stay silent, do not stop; and short questions to other programs. */

#include "base/wire.h"
#include "job/capture.h"
#include "job/loop.h"
#include "job/worker.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct seen {
	struct loop *loop;
	unsigned ended, messages;
	enum worker_end end;
	int status;
	char text[256];
};

static int on_readable(struct worker *worker, void *data)
{
	static struct wire_message message;
	struct seen *seen = data;
	int r = wire_receive(worker_socket(worker), &message);

	seen->messages += r > 0;
	return r == 0 ? 1 : r == -EAGAIN ? 0 : r < 0 ? r : 0;
}

static void on_ended(struct worker *worker, enum worker_end end, int exit_status, void *data)
{
	struct seen *seen = data;

	seen->ended++;
	seen->end = end;
	seen->status = exit_status;
	loop_exit(seen->loop, 0);
}

static const struct worker_events events = {.readable = on_readable, .ended = on_ended};

static void run(const char *script, uint64_t silence_ms, uint64_t grace_ms, struct seen *seen)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	struct worker_options options = {.argv = argv, .silence_ms = silence_ms};
	_cleanup_(worker_freep) struct worker *worker = NULL;
	_cleanup_(loop_freep) struct loop *loop = NULL;

	*seen = (struct seen){0};
	assert_int_equal(loop_new(&loop), 0);
	seen->loop = loop;
	assert_int_equal(worker_start(loop, &options, &events, seen, &worker), 0);
	if (grace_ms > 0)
		assert_int_equal(worker_expect_end(worker, grace_ms), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(seen->ended, 1);
	worker = worker_free(worker);
}

static void its_exit_is_reported(void **state)
{
	struct seen seen;

	run("exit 7", 0, 0, &seen);
	assert_int_equal(seen.end, WORKER_EXITED);
	assert_int_equal(seen.status, 7);
	run("kill -SEGV $$", 0, 0, &seen);
	assert_int_equal(seen.end, WORKER_EXITED);
	assert_int_equal(seen.status, 256 + SIGSEGV);
}

static void silence_ends_it(void **state)
{
	struct seen seen;

	run("read never", 100, 0, &seen);
	assert_int_equal(seen.end, WORKER_EXITED);
	run("exec 0<&3; while :; do read never; done", 100, 0, &seen);
	assert_int_equal(seen.end, WORKER_SILENT);
	assert_int_equal(seen.status, 256 + SIGKILL);
}

static void one_that_does_not_stop_is_killed(void **state)
{
	struct seen seen;

	run("trap '' TERM INT; exec 0<&3; while :; do read never; done", 0, 100, &seen);
	assert_int_equal(seen.end, WORKER_KILLED);
	assert_int_equal(seen.status, 256 + SIGKILL);
}

static void a_broken_message_kills_it(void **state)
{
	struct seen seen;

	run("printf x >&3; exec 0<&3; while :; do read never; done", 0, 0, &seen);
	assert_int_equal(seen.end, WORKER_KILLED);
	assert_int_equal(seen.messages, 0);
}

static void freeing_kills_without_a_word(void **state)
{
	const char *argv[] = {"/bin/sh", "-c", "exec 0<&3; while :; do read never; done", NULL};
	struct worker_options options = {.argv = argv};
	_cleanup_(loop_freep) struct loop *loop = NULL;
	struct worker *worker = NULL;
	struct seen seen = {0};

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(worker_start(loop, &options, &events, &seen, &worker), 0);
	worker = worker_free(worker);
	assert_int_equal(seen.ended, 0);
}

static void a_missing_program_is_said_at_once(void **state)
{
	const char *argv[] = {"/nowhere/outing-offload", NULL};
	struct worker_options options = {.argv = argv};
	_cleanup_(loop_freep) struct loop *loop = NULL;
	struct worker *worker = NULL;
	struct seen seen = {0};

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(worker_start(loop, &options, &events, &seen, &worker), -ENOENT);
	assert_null(worker);
}

static void on_answer(struct capture *capture, int exit_status, const char *text, void *data)
{
	struct seen *seen = data;

	seen->ended++;
	seen->status = exit_status;
	(void)snprintf(seen->text, sizeof seen->text, "%s", text);
	loop_exit(seen->loop, 0);
}

static void ask(const char *script, uint64_t timeout_ms, struct seen *seen)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	_cleanup_(capture_freep) struct capture *capture = NULL;
	_cleanup_(loop_freep) struct loop *loop = NULL;

	*seen = (struct seen){0};
	assert_int_equal(loop_new(&loop), 0);
	seen->loop = loop;
	assert_int_equal(capture_start(loop, argv, timeout_ms, on_answer, seen, &capture), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(seen->ended, 1);
	capture = capture_free(capture);
}

static void an_answer_comes_whole(void **state)
{
	struct seen seen;

	ask("echo one; echo two >&2; exit 3", 10000, &seen);
	assert_int_equal(seen.status, 3);
	assert_string_equal(seen.text, "one\ntwo\n");
	ask("echo partial; exec 0</dev/zero; while :; do :; done", 200, &seen);
	assert_int_equal(seen.status, -ETIMEDOUT);
	ask("exec head -c 300000 /dev/zero", 10000, &seen);
	assert_int_equal(seen.status, -EFBIG);
}

static int counted;

static int count_and_stop(void *data)
{
	counted++;
	return counted == 2 ? -EBADF : 0;
}

static void a_failing_callback_ends_the_loop(void **state)
{
	_cleanup_(watch_freep) struct watch *one = NULL, *two = NULL;
	_cleanup_(loop_freep) struct loop *loop = NULL;

	counted = 0;
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(loop_defer(loop, count_and_stop, NULL, &one), 0);
	assert_int_equal(loop_timer(loop, 1, count_and_stop, NULL, &two), 0);
	assert_int_equal(loop_run(loop), -EBADF);
	assert_int_equal(counted, 2);
	one = watch_free(one);
	two = watch_free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_exit_is_reported),
		cmocka_unit_test(silence_ends_it),
		cmocka_unit_test(one_that_does_not_stop_is_killed),
		cmocka_unit_test(a_broken_message_kills_it),
		cmocka_unit_test(freeing_kills_without_a_word),
		cmocka_unit_test(a_missing_program_is_said_at_once),
		cmocka_unit_test(an_answer_comes_whole),
		cmocka_unit_test(a_failing_callback_ends_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
