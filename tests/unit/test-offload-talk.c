/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the worker asks its supervisor: answers belong to the questions that wait for them, and to no others.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fd.h"
#include "offload/talk.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

struct world {
	int fds[2]; /* the worker's, the supervisor's */
	struct talk *talk;
	struct mark marks[TALK_ASK_MAX];
	struct talk_found found[TALK_ASK_MAX];
	int asked; /* what the asking thread got */
};

static int set_up(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	assert_int_equal(wire_pair(world.fds), 0);
	assert_int_equal(talk_new(world.fds[0], &world.talk), 0);
	for (size_t i = 0; i < TALK_ASK_MAX; i++) {
		world.marks[i].size = 100 + i;
		memset(world.marks[i].sha512, (int)i, SHA512_SIZE);
	}
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	talk_free(world->talk);
	(void)close_fd(world->fds[0]);
	(void)close_fd(world->fds[1]);
	return 0;
}

static void *ask_all(void *data)
{
	struct world *world = data;
	const struct mark *marks[TALK_ASK_MAX];

	for (size_t i = 0; i < TALK_ASK_MAX; i++)
		marks[i] = &world->marks[i];
	world->asked = talk_ask_contents(world->talk, marks, TALK_ASK_MAX, world->found);
	return NULL;
}

static struct wire_message message;

static uint32_t next_question(struct world *world, size_t expected)
{
	struct offload_query query;
	struct offload_bytes path;

	assert_int_equal(wire_receive(world->fds[1], &message), 1);
	assert_int_equal(offload_parse_query(&message, &query, &path), 0);
	assert_int_equal(query.kind, OFFLOAD_QUERY_CONTENT);
	assert_int_equal(query.size, 100 + expected);
	assert_int_equal(query.sha512[0], expected);
	return query.number;
}

static void answer(struct world *world, uint32_t number, const char *path, size_t size)
{
	struct offload_answer head = {.number = number, .found = size > 0};

	assert_int_equal(wire_send2(world->fds[1], OFFLOAD_ANSWER, &head, sizeof head, path, size), 0);
}

static int receive(struct world *world)
{
	assert_int_equal(wire_receive(world->fds[0], &message), 1);
	return talk_receive(world->talk, &message);
}

/* Nobody reads until all are sent, and the supervisor never waits for a worker. */
static void many_questions_are_one_turn(void **state)
{
	struct world *world = *state;
	uint32_t numbers[TALK_ASK_MAX];
	char longest[OFFLOAD_PATH_MAX];
	pthread_t thread;

	memset(longest, 'x', sizeof longest);
	wire_message_init(&message);
	assert_int_equal(pthread_create(&thread, NULL, ask_all, world), 0);
	for (size_t i = 0; i < TALK_ASK_MAX; i++)
		numbers[i] = next_question(world, i);
	assert_int_equal(fcntl(world->fds[1], F_SETFL, O_NONBLOCK), 0);
	for (size_t i = 0; i < TALK_ASK_MAX; i++)
		answer(world, numbers[i], longest, i % 2 ? sizeof longest : 0);
	for (size_t i = 0; i < TALK_ASK_MAX; i++)
		assert_int_equal(receive(world), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(world->asked, 0);
	for (size_t i = 0; i < TALK_ASK_MAX; i++) {
		assert_int_equal(world->found[i].found, i % 2);
		assert_int_equal(strlen(world->found[i].path), i % 2 ? sizeof longest : 0);
	}
}

static void an_answer_to_no_question_is_refused(void **state)
{
	struct world *world = *state;
	uint32_t first;
	pthread_t thread;

	wire_message_init(&message);
	answer(world, 0, "a/b", 3);
	assert_int_equal(receive(world), -EBADMSG);
	assert_int_equal(pthread_create(&thread, NULL, ask_all, world), 0);
	first = next_question(world, 0);
	answer(world, first + 1, "a/b", 3);
	assert_int_equal(receive(world), -EBADMSG);
	answer(world, first, "a/b", 3);
	assert_int_equal(receive(world), 0);
	answer(world, first, "a/b", 3);
	assert_int_equal(receive(world), -EBADMSG);
	talk_close(world->talk);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(world->asked, -ECANCELED);
}

static void more_than_fit_are_not_asked(void **state)
{
	struct world *world = *state;

	assert_int_equal(talk_ask_contents(world->talk, NULL, TALK_ASK_MAX + 1, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_questions_are_one_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_to_no_question_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_than_fit_are_not_asked, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
