/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The pool with this program as its own keeper: answers, time-outs, deaths, and many who ask at once.
 * Whatever happens to a worker, the answer is a refusal with a sentence.
 */

#include "inspect/pool.h"

#include "base/fd.h"
#include "base/process.h"
#include "base/wire.h"
#include "inspect/inspect.h"
#include "inspect/worker.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define ASKERS 8
#define ROUNDS 20

static int file_of(const void *bytes, size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, bytes, size), 0);
	return fd;
}

static struct pool *new_pool(const struct inspect_limits *limits)
{
	struct pool_options options = POOL_OPTIONS_DEFAULT;
	struct pool *pool = NULL;

	options.program = "/proc/self/exe";
	options.user = "nobody";
	if (limits)
		options.limits = *limits;
	assert_int_equal(pool_new(&options, &pool), 0);
	return pool;
}

static struct inspect_answer ask(struct pool *pool, const void *bytes, size_t size)
{
	_cleanup_close_ int fd = file_of(bytes, size);
	struct inspect_answer answer;

	assert_int_equal(pool_ask(pool, fd, "letter.txt", &answer), 0);
	assert_true(inspect_answer_valid(&answer));
	return answer;
}

static void files_are_judged_one_after_another(void **state)
{
	_cleanup_(pool_freep) struct pool *pool = new_pool(NULL);

	for (unsigned i = 0; i < ROUNDS; i++) {
		assert_int_equal(ask(pool, "Dear parents", 12).verdict, INSPECT_PASS);
		assert_int_equal(ask(pool, "\xff\xd8\xff\xe0", 4).cause, INSPECT_IMAGE);
	}
	assert_int_equal(ask(pool, "", 0).verdict, INSPECT_PASS);
}

static void *ask_often(void *data)
{
	uintptr_t wrong = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		_cleanup_close_ int fd = memfd_create("file", MFD_CLOEXEC);
		struct inspect_answer answer;

		if (fd_write_full(fd, i % 2 ? "Hello" : "\xff\xd8\xff\xe0", 4) < 0)
			wrong++;
		(void)pool_ask(data, fd, NULL, &answer);
		wrong += answer.cause != (i % 2 ? INSPECT_CLEAN : INSPECT_IMAGE);
	}
	return (void *)wrong;
}

static void many_may_ask_at_once(void **state)
{
	_cleanup_(pool_freep) struct pool *pool = new_pool(NULL);
	pthread_t threads[ASKERS];

	for (size_t i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, pool), 0);
	for (size_t i = 0; i < ASKERS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
}

static void what_takes_too_long_is_refused(void **state)
{
	struct inspect_limits limits = INSPECT_LIMITS_DEFAULT;
	struct inspect_answer answer;
	struct pool *pool;
	size_t size = 30 << 20;
	char *text = malloc(size);

	assert_non_null(text);
	memset(text, '<', size);
	limits.wall_ms = 1;
	pool = new_pool(&limits);
	answer = ask(pool, text, size);
	free(text);
	assert_int_equal(answer.verdict, INSPECT_REFUSE);
	assert_int_equal(answer.cause, INSPECT_UNREADABLE);
	assert_non_null(strstr(answer.sentence, "too long"));
	pool_free(pool);
}

static void what_is_too_large_is_refused(void **state)
{
	struct inspect_limits limits = INSPECT_LIMITS_DEFAULT;
	_cleanup_(pool_freep) struct pool *pool = NULL;

	limits.file_bytes = 4;
	pool = new_pool(&limits);
	assert_int_equal(ask(pool, "1234", 4).verdict, INSPECT_PASS);
	assert_int_equal(ask(pool, "12345", 5).cause, INSPECT_UNREADABLE);
}

/* Children of this process that have not been waited for. */
static pid_t keeper_of_this_process(void)
{
	_cleanup_close_ int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t size;

	assert_int_equal(fd_read_file(fd, 4096, &text, &size), 0);
	return (pid_t)strtol(text, NULL, 10);
}

static void a_killed_keeper_costs_refusals_and_is_replaced(void **state)
{
	_cleanup_(pool_freep) struct pool *pool = new_pool(NULL);
	pid_t first = keeper_of_this_process();
	unsigned refused = 0;

	assert_true(first > 0);
	assert_int_equal(kill(first, SIGKILL), 0);
	/* A worker that is ready may still answer before it is gone with its keeper. */
	do
		if (ask(pool, "Hello", 5).verdict == INSPECT_REFUSE)
			assert_true(++refused < 10);
	while (keeper_of_this_process() == first);
	while (ask(pool, "Hello", 5).verdict == INSPECT_REFUSE)
		assert_true(++refused < 10);
	assert_int_equal(ask(pool, "Hello", 5).verdict, INSPECT_PASS);
	assert_int_not_equal(keeper_of_this_process(), first);
}

static void a_table_that_is_none_is_never_an_empty_one(void **state)
{
	_cleanup_(pool_freep) struct pool *pool = new_pool(NULL);
	_cleanup_close_ int table = file_of("not a table", 11),
			    key = file_of("0123456789abcdef0123456789abcdef", 32);

	assert_int_equal(ask(pool, "Hello", 5).verdict, INSPECT_PASS);
	assert_int_equal(pool_set_names(pool, table, key), -EBADMSG);
	assert_int_equal(ask(pool, "Hello", 5).verdict, INSPECT_REFUSE);
	assert_int_equal(pool_set_names(pool, -1, -1), 0);
	assert_int_equal(ask(pool, "Hello", 5).verdict, INSPECT_PASS);
}

/* As the gate has it, which cannot start another keeper from its sandbox. */
static void the_only_keeper_outlives_a_damaged_table(void **state)
{
	struct pool_options options = POOL_OPTIONS_DEFAULT;
	_cleanup_(pool_freep) struct pool *pool = NULL;
	_cleanup_close_ int table = file_of("not a table", 11),
			    key = file_of("0123456789abcdef0123456789abcdef", 32);
	pid_t keeper;

	options.program = "/proc/self/exe";
	options.once = true;
	assert_int_equal(pool_new(&options, &pool), 0);
	keeper = keeper_of_this_process();
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pool_set_names(pool, table, key), -EBADMSG);
		assert_int_equal(ask(pool, "Hello", 5).verdict, INSPECT_REFUSE);
		assert_int_equal(pool_set_names(pool, table, -1), -EBADF);
		assert_int_equal(ask(pool, "Hello", 5).verdict, INSPECT_REFUSE);
		assert_int_equal(pool_set_names(pool, -1, -1), 0);
		assert_int_equal(ask(pool, "Hello", 5).verdict, INSPECT_PASS);
	}
	assert_int_equal(keeper_of_this_process(), keeper);
}

static void what_is_no_file_is_refused(void **state)
{
	_cleanup_(pool_freep) struct pool *pool = new_pool(NULL);
	_cleanup_close_ int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct inspect_answer answer;

	(void)pool_ask(pool, folder, NULL, &answer);
	assert_int_equal(answer.verdict, INSPECT_REFUSE);
	(void)pool_ask(pool, -1, NULL, &answer);
	assert_int_equal(answer.verdict, INSPECT_REFUSE);
}

static void a_keeper_that_cannot_be_started_is_an_error(void **state)
{
	struct pool_options options = POOL_OPTIONS_DEFAULT;
	struct pool *pool = NULL;

	options.program = "/nothing/here";
	assert_int_equal(pool_new(&options, &pool), -ENOENT);
	assert_null(pool);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_judged_one_after_another),
		cmocka_unit_test(many_may_ask_at_once),
		cmocka_unit_test(what_takes_too_long_is_refused),
		cmocka_unit_test(what_is_too_large_is_refused),
		cmocka_unit_test(a_killed_keeper_costs_refusals_and_is_replaced),
		cmocka_unit_test(a_table_that_is_none_is_never_an_empty_one),
		cmocka_unit_test(the_only_keeper_outlives_a_damaged_table),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(a_keeper_that_cannot_be_started_is_an_error),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return inspect_keeper_run(WIRE_FD, &inspect_readers) < 0 ? 1 : 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
