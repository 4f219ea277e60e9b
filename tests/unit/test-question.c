/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A question over a socket, against a child that answers in every way there is; and alarms. */

#include "job/question.h"

#include "base/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#define ANSWER_MAX 100000

enum manner { ANSWER, ANSWER_SLOWLY, ANSWER_NOTHING, ANSWER_WITHOUT_END, ANSWER_NEVER, ANSWER_MOST };

struct world {
	char directory[32];
	char socket[64];
	struct loop *loop;
	struct question *question;
	pid_t server;
	int error;
	size_t size;
	char first[64];
	unsigned calls;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	(void)snprintf(w->directory, sizeof w->directory, "/tmp/question-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)snprintf(w->socket, sizeof w->socket, "%s/judge", w->directory);
	assert_int_equal(loop_new(&w->loop), 0);
	w->server = -1;
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	w->question = question_free(w->question);
	w->loop = loop_free(w->loop);
	if (w->server > 0) {
		(void)kill(w->server, SIGKILL);
		(void)waitpid(w->server, NULL, 0);
	}
	(void)unlink(w->socket);
	(void)rmdir(w->directory);
	free(w);
	return 0;
}

static void put(int fd, char byte, size_t count)
{
	char block[4096];

	memset(block, byte, sizeof block);
	for (size_t n = 0; count > 0; count -= n) {
		n = count < sizeof block ? count : sizeof block;
		if (send(fd, block, n, MSG_NOSIGNAL) != (ssize_t)n)
			_exit(0);
	}
}

/* Reads the line first: ANSWER sends its first byte back, so that the test sees that it arrived. */
static void serve(int listener, enum manner manner)
{
	int fd = accept(listener, NULL, NULL);
	char line[64] = "";
	ssize_t n = read(fd, line, sizeof line - 1);

	if (n <= 0 || line[n - 1] != '\n')
		_exit(1);
	switch (manner) {
	case ANSWER:
		put(fd, line[0], 1);
		break;
	case ANSWER_SLOWLY: /* in as many pieces as the kernel makes of it */
		for (size_t i = 0; i < 50; i++)
			put(fd, 'b', 1);
		break;
	case ANSWER_NOTHING:
		break;
	case ANSWER_WITHOUT_END:
		for (;;)
			put(fd, 'c', 4096);
	case ANSWER_NEVER:
		if (read(fd, line, 1) < 0)
			_exit(1);
		break;
	case ANSWER_MOST:
		put(fd, 'd', ANSWER_MAX);
		break;
	}
	_exit(0);
}

static void start_server(struct world *w, enum manner manner)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(listener >= 0);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", w->socket);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 4), 0);
	w->server = fork();
	assert_true(w->server >= 0);
	if (w->server == 0)
		serve(listener, manner);
	(void)close(listener);
}

static void done(struct question *question, int error, const char *text, size_t size, void *data)
{
	struct world *w = data;

	w->calls++;
	w->error = error;
	w->size = size;
	assert_int_equal(text[size], 0);
	(void)snprintf(w->first, sizeof w->first, "%s", text);
	loop_exit(w->loop, 0);
}

static int ask(struct world *w, uint64_t timeout_ms)
{
	const struct question_options options = {
		.socket = w->socket, .text = "question", .timeout_ms = timeout_ms, .answer_max = ANSWER_MAX};

	return question_ask(w->loop, &options, done, w, &w->question);
}

static void run(struct world *w, enum manner manner, uint64_t timeout_ms)
{
	start_server(w, manner);
	assert_int_equal(ask(w, timeout_ms), 0);
	assert_int_equal(w->calls, 0);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 1);
}

static void an_answer_arrives_whole(void **state)
{
	struct world *w = *state;

	run(w, ANSWER, 60000);
	assert_int_equal(w->error, 0);
	assert_string_equal(w->first, "q");
}

static void an_answer_in_pieces_is_one(void **state)
{
	struct world *w = *state;

	run(w, ANSWER_SLOWLY, 60000);
	assert_int_equal(w->error, 0);
	assert_int_equal(w->size, 50);
}

static void an_empty_answer_is_an_answer(void **state)
{
	struct world *w = *state;

	run(w, ANSWER_NOTHING, 60000);
	assert_int_equal(w->error, 0);
	assert_int_equal(w->size, 0);
}

static void the_largest_answer_fits(void **state)
{
	struct world *w = *state;

	run(w, ANSWER_MOST, 60000);
	assert_int_equal(w->error, 0);
	assert_int_equal(w->size, ANSWER_MAX);
}

static void an_answer_without_end_is_cut(void **state)
{
	struct world *w = *state;

	run(w, ANSWER_WITHOUT_END, 60000);
	assert_int_equal(w->error, -EFBIG);
}

static void silence_ends(void **state)
{
	struct world *w = *state;

	run(w, ANSWER_NEVER, 50);
	assert_int_equal(w->error, -ETIMEDOUT);
}

static void nobody_there_is_said_at_once(void **state)
{
	struct world *w = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ask(w, 60000), -ENOENT);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", w->socket);
	assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
	(void)close(dead);
	assert_int_equal(ask(w, 60000), -ECONNREFUSED);
	assert_null(w->question);
	assert_int_equal(w->calls, 0);
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
	struct world *w = *state;
	char path[200];
	struct question_options options = {
		.socket = path, .text = "question", .timeout_ms = 1, .answer_max = ANSWER_MAX};

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = 0;
	assert_int_equal(question_ask(w->loop, &options, done, w, &w->question), -ENAMETOOLONG);
}

static void hanging_up_calls_nobody(void **state)
{
	struct world *w = *state;

	start_server(w, ANSWER_NEVER);
	assert_int_equal(ask(w, 60000), 0);
	w->question = question_free(w->question);
	assert_int_equal(waitpid(w->server, NULL, 0), w->server);
	w->server = -1;
	assert_int_equal(w->calls, 0);
}

static int due(void *data)
{
	struct world *w = data;

	w->calls++;
	loop_exit(w->loop, 0);
	return 0;
}

static void alarms_go_off_at_their_time(void **state)
{
	const int64_t times[] = {INT64_MIN, 0, clock_now() - 5, clock_now() + 1};
	struct world *w = *state;
	struct watch *alarm = NULL;

	for (size_t i = 0; i < ELEMENTS(times); i++) {
		struct loop *loop;

		assert_int_equal(loop_new(&loop), 0);
		w->loop = loop_free(w->loop);
		w->loop = loop;
		assert_int_equal(loop_alarm(w->loop, times[i], due, w, &alarm), 0);
		assert_int_equal(loop_run(w->loop), 0);
		assert_true(clock_now() >= times[i]);
		alarm = watch_free(alarm);
		assert_int_equal(w->calls, i + 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_arrives_whole),
		TEST(an_answer_in_pieces_is_one),
		TEST(an_empty_answer_is_an_answer),
		TEST(the_largest_answer_fits),
		TEST(an_answer_without_end_is_cut),
		TEST(silence_ends),
		TEST(nobody_there_is_said_at_once),
		TEST(a_path_that_does_not_fit_is_refused),
		TEST(hanging_up_calls_nobody),
		TEST(alarms_go_off_at_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
