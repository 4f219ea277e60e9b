/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Records of clears: no plan without a proven offload, no certificate without a read-back. */

#include "folder.h"

#include "state/clear.h"

#include "base/fault.h"
#include "state/schema.h"
#include "state/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define MEDIA       "card:1234:ABCD-0001:BLUE:1024"
#define CERTIFICATE "{\"method\":\"clear\"}"

struct world {
	char directory[32];
	char path[64];
	struct state *state;
	struct session session;
	struct clear wanted;
};

static void commit_session(struct world *w)
{
	struct session_object object = {
		.path = "a.jpg", .stored = "a.jpg", .size = 10, .state = OBJECT_VERIFIED};
	struct set_digest set = SET_DIGEST_NULL;

	assert_int_equal(set_digest_add(&set, "a.jpg", 5, 10), 0);
	assert_int_equal(session_objects_store(w->state, w->session.id, &object, 1), SESSION_OK);
	assert_int_equal(session_record_set(w->state, w->session.id, &set, 0), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COPIED, NULL), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COMMITTED, NULL), SESSION_OK);
}

static void open_world(struct world *w)
{
	struct session wanted = {.device_name = "Blue Room camera",
		.key = MEDIA,
		.media_key = MEDIA,
		.insertion = "boot-1/7",
		.vault_dir = "/vault/x"};

	assert_int_equal(state_open(w->path, &w->state, NULL), STATE_OK);
	assert_int_equal(session_create(w->state, &wanted, &w->session), SESSION_OK);
	w->wanted = (struct clear){.method = "clear", .insertion = "boot-1/7", .total = 2048};
	(void)strcpy(w->wanted.session_id, w->session.id);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	(void)strcpy(w->directory, "/tmp/clear-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)snprintf(w->path, sizeof w->path, "%s/state.db", w->directory);
	open_world(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	w->state = state_close(w->state);
	assert_int_equal(folder_remove(w->directory), 0);
	free(w);
	return 0;
}

static int count_certificates(const struct clear *clear, const char *certificate, void *data)
{
	assert_int_equal(clear->state, CLEAR_DONE);
	assert_string_equal(certificate, CERTIFICATE);
	assert_string_equal(clear->device_name, "Blue Room camera");
	*(unsigned *)data += 1;
	return 0;
}

static unsigned certificates(struct world *w)
{
	unsigned count = 0;

	assert_int_equal(clear_each_certificate(w->state, MEDIA, 0, count_certificates, &count), 0);
	return count;
}

static void no_plan_without_a_proven_offload(void **state)
{
	struct world *w = *state;
	struct clear made;

	assert_int_equal(clear_create(w->state, &w->wanted, "plan", 4, &made), CLEAR_NOT_ALLOWED);
	commit_session(w);
	(void)strcpy(w->wanted.insertion, "boot-1/8");
	assert_int_equal(clear_create(w->state, &w->wanted, "plan", 4, &made), CLEAR_NOT_ALLOWED);
	(void)strcpy(w->wanted.insertion, "boot-1/7");
	assert_int_equal(clear_create(w->state, &w->wanted, "", 0, &made), CLEAR_BAD);
	w->wanted.method[0] = 0;
	assert_int_equal(clear_create(w->state, &w->wanted, "plan", 4, &made), CLEAR_BAD);
	(void)strcpy(w->wanted.method, "clear");
	(void)strcpy(w->wanted.session_id, "nobody");
	assert_int_equal(clear_create(w->state, &w->wanted, "plan", 4, &made), CLEAR_NOT_ALLOWED);
}

static void a_clear_goes_its_way_once(void **state)
{
	struct world *w = *state;
	struct clear made, found;
	_cleanup_free_ void *plan = NULL;
	void *none = NULL;
	size_t size = 0;

	commit_session(w);
	assert_int_equal(clear_create(w->state, &w->wanted, "plan\0bytes", 10, &made), CLEAR_OK);
	assert_int_equal(made.state, CLEAR_PLANNED);
	assert_string_equal(made.media_key, MEDIA);
	assert_int_equal(clear_load_plan(w->state, made.id, &plan, &size), CLEAR_OK);
	assert_int_equal(size, 10);
	assert_memory_equal(plan, "plan\0bytes", 10);
	assert_int_equal(clear_set_progress(w->state, made.id, 1), CLEAR_WRONG_STATE);
	assert_int_equal(clear_finish(w->state, made.id, CERTIFICATE), CLEAR_WRONG_STATE);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_WRITING, NULL), CLEAR_OK);
	assert_int_equal(clear_set_progress(w->state, made.id, 512), CLEAR_OK);
	assert_int_equal(clear_finish(w->state, made.id, CERTIFICATE), CLEAR_WRONG_STATE);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_READING_BACK, NULL), CLEAR_OK);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_DONE, NULL), CLEAR_WRONG_STATE);
	assert_int_equal(clear_finish(w->state, made.id, "not json"), CLEAR_BAD);
	assert_int_equal(clear_finish(w->state, made.id, "[]"), CLEAR_BAD);
	assert_int_equal(certificates(w), 0);
	assert_int_equal(clear_finish(w->state, made.id, CERTIFICATE), CLEAR_OK);
	assert_int_equal(certificates(w), 1);
	assert_int_equal(clear_finish(w->state, made.id, CERTIFICATE), CLEAR_WRONG_STATE);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_WRITING, NULL), CLEAR_WRONG_STATE);
	assert_int_equal(clear_load(w->state, made.id, &found), CLEAR_OK);
	assert_true(found.state == CLEAR_DONE && found.finished_at > 0 && found.progress == 512);
	assert_int_equal(clear_load_plan(w->state, made.id, &none, &size), CLEAR_NONE);
}

static void an_unfinished_clear_is_found_by_its_medium(void **state)
{
	struct world *w = *state;
	struct clear made, found;

	commit_session(w);
	assert_int_equal(clear_find_unfinished(w->state, MEDIA, &found), CLEAR_NONE);
	assert_int_equal(clear_create(w->state, &w->wanted, "plan", 4, &made), CLEAR_OK);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_WRITING, NULL), CLEAR_OK);
	w->state = state_close(w->state);
	assert_int_equal(state_open(w->path, &w->state, NULL), STATE_OK);
	assert_int_equal(clear_find_unfinished(w->state, MEDIA, &found), CLEAR_OK);
	assert_string_equal(found.id, made.id);
	assert_int_equal(clear_find_unfinished(w->state, "card:other", &found), CLEAR_NONE);
	assert_int_equal(clear_find_unfinished(w->state, "", &found), CLEAR_NONE);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_WRITING, NULL), CLEAR_OK);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_READING_BACK, NULL), CLEAR_OK);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_WRITING, NULL), CLEAR_OK);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_FAILED, "do not use this card"), CLEAR_OK);
	assert_int_equal(clear_find_unfinished(w->state, MEDIA, &found), CLEAR_NONE);
	assert_int_equal(clear_load(w->state, made.id, &found), CLEAR_OK);
	assert_string_equal(found.reason, "do not use this card");
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_WRITING, NULL), CLEAR_WRONG_STATE);
}

static void what_is_tampered_with_gets_no_certificate(void **state)
{
	struct world *w = *state;
	struct clear made;

	commit_session(w);
	assert_int_equal(clear_create(w->state, &w->wanted, "plan", 4, &made), CLEAR_OK);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_WRITING, NULL), CLEAR_OK);
	assert_int_equal(clear_set_state(w->state, made.id, CLEAR_READING_BACK, NULL), CLEAR_OK);
	assert_int_equal(database_run(state_database(w->state), "UPDATE object SET size = size + 1"), 0);
	assert_int_equal(clear_finish(w->state, made.id, CERTIFICATE), CLEAR_NOT_ALLOWED);
	assert_int_equal(database_run(state_database(w->state), "UPDATE object SET size = size - 1"), 0);
	assert_int_equal(database_run(state_database(w->state), "UPDATE session SET state = 'failed'"), 0);
	assert_int_equal(clear_finish(w->state, made.id, CERTIFICATE), CLEAR_NOT_ALLOWED);
	/* The schema itself knows no certificate for an unfinished clear. */
	assert_int_equal(
		database_run(state_database(w->state), "UPDATE clear SET certificate = '{}'"), -EINVAL);
	assert_int_equal(database_run(state_database(w->state), "UPDATE clear SET state = 'done'"), -EINVAL);
}

static void words_and_sentences_exist(void **state)
{
	for (int s = CLEAR_PLANNED; s <= CLEAR_CANCELLED; s++)
		assert_string_not_equal(clear_state_name((enum clear_state)s), "unknown");
	for (int o = CLEAR_NONE; o <= CLEAR_BAD; o++)
		assert_true(strlen(clear_outcome_sentence((enum clear_outcome)o)) > 20);
	for (int o = SESSION_NONE; o <= SESSION_BAD; o++)
		assert_true(strlen(session_outcome_sentence((enum session_outcome)o)) > 20);
}

#ifdef OUTING_FAULTS
static void clear_until(struct world *w, unsigned at, int told)
{
	struct clear made;
	char text[16];

	w->state = NULL;
	(void)snprintf(text, sizeof text, "%u", at);
	(void)setenv("OUTING_FAULT_AT", text, 1);
	fault_init("test");
	if (state_open(w->path, &w->state, NULL) != STATE_OK ||
		clear_create(w->state, &w->wanted, "plan", 4, &made) != CLEAR_OK ||
		write(told, "p", 1) != 1 ||
		clear_set_state(w->state, made.id, CLEAR_WRITING, NULL) != CLEAR_OK ||
		clear_set_state(w->state, made.id, CLEAR_READING_BACK, NULL) != CLEAR_OK ||
		write(told, "r", 1) != 1 || clear_finish(w->state, made.id, CERTIFICATE) != CLEAR_OK ||
		write(told, "d", 1) != 1)
		_exit(1);
	_exit(0);
}

/* A plan that was told is there; a certificate is there when told, and never before the read-back. */
static void check_after_kill(struct world *w, size_t told)
{
	struct clear found;
	unsigned done = certificates(w);
	int r = clear_find_unfinished(w->state, MEDIA, &found);

	assert_true(r == CLEAR_OK || r == CLEAR_NONE);
	if (told == 1 || told == 2)
		assert_true(r == CLEAR_OK || (told == 2 && done == 1));
	if (told < 2)
		assert_int_equal(done, 0);
	if (told == 3)
		assert_int_equal(done, 1);
}

static void a_kill_at_any_point_keeps_plan_and_certificate_true(void **state)
{
	struct world *w = *state;
	unsigned at = 1;

	commit_session(w);
	for (bool done = false; !done; at++) {
		int pipe_fds[2], status = 0;
		size_t told = 0;
		char byte;
		pid_t pid;

		assert_int_equal(database_run(state_database(w->state), "DELETE FROM clear"), 0);
		assert_int_equal(pipe(pipe_fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			clear_until(w, at, pipe_fds[1]);
		(void)close(pipe_fds[1]);
		while (read(pipe_fds[0], &byte, 1) == 1)
			told++;
		(void)close(pipe_fds[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		check_after_kill(w, told);
		done = WIFEXITED(status);
	}
	print_message("%u points\n", at - 2);
	assert_in_range(at, 8, 100);
}
#else
static void a_kill_at_any_point_keeps_plan_and_certificate_true(void **state)
{
	print_message("fault points are only in VARIANT=faults\n");
	skip();
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_plan_without_a_proven_offload),
		TEST(a_clear_goes_its_way_once),
		TEST(an_unfinished_clear_is_found_by_its_medium),
		TEST(what_is_tampered_with_gets_no_certificate),
		cmocka_unit_test(words_and_sentences_exist),
		TEST(a_kill_at_any_point_keeps_plan_and_certificate_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
