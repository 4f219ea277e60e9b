/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The supervisor's parsers take what is in order and nothing else; and a recorder that is lied to never
 * commits. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fd.h"
#include "offload/recorder.h"
#include "offload/verdict.h"
#include "state/session.h"
#include "state/state.h"
#include "vault/layout.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

static void paths_stay_below(void **state)
{
	static const char *const good[] = {
		"a", "DCIM/100BLUE/IMG 1.JPG", "...", "a/..b", ".hidden", "\xff\xfe/x"};
	static const char *const bad[] = {
		"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a/../b"};
	char longest[OFFLOAD_PATH_MAX + 1];

	for (size_t i = 0; i < ELEMENTS(good); i++)
		assert_true(offload_path_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_false(offload_path_valid(bad[i], strlen(bad[i])));
	assert_false(offload_path_valid("a\0b", 3));
	memset(longest, 'x', sizeof longest);
	assert_true(offload_path_valid(longest, OFFLOAD_PATH_MAX));
	assert_false(offload_path_valid(longest, OFFLOAD_PATH_MAX + 1));
}

static struct wire_message message;

static void fill(uint32_t type, const void *head, size_t size, const char *tail)
{
	wire_message_init(&message);
	message.type = type;
	memcpy(message.payload, head, size);
	memcpy(message.payload + size, tail, strlen(tail));
	message.size = (uint32_t)(size + strlen(tail));
	message.payload[message.size] = 0;
}

static void objects_are_checked(void **state)
{
	struct offload_object object = {.size = 5, .path_size = 3, .stored_size = 5}, parsed;
	struct offload_bytes path, stored;

	fill(OFFLOAD_OBJECT, &object, sizeof object, "a/ba%FFb");
	assert_int_equal(offload_parse_object(&message, &parsed, &path, &stored), 0);
	assert_int_equal(path.size, 3);
	assert_memory_equal(stored.bytes, "a%FFb", 5);
	fill(OFFLOAD_OBJECT, &object, sizeof object, "a/ba%FFbx");
	assert_int_equal(offload_parse_object(&message, &parsed, &path, &stored), -EBADMSG);
	fill(OFFLOAD_OBJECT, &object, sizeof object, "a/ba%FF");
	assert_int_equal(offload_parse_object(&message, &parsed, &path, &stored), -EBADMSG);
	fill(OFFLOAD_OBJECT, &object, sizeof object, "../a%FFb");
	assert_int_equal(offload_parse_object(&message, &parsed, &path, &stored), -EBADMSG);
	object.state = OFFLOAD_STATE_COUNT;
	fill(OFFLOAD_OBJECT, &object, sizeof object, "a/ba%FFb");
	assert_int_equal(offload_parse_object(&message, &parsed, &path, &stored), -EBADMSG);
	object = (struct offload_object){.path_size = UINT16_MAX, .stored_size = UINT16_MAX};
	fill(OFFLOAD_OBJECT, &object, sizeof object, "a");
	assert_int_equal(offload_parse_object(&message, &parsed, &path, &stored), -EBADMSG);
	object = (struct offload_object){.size = UINT64_MAX, .path_size = 1, .stored_size = 1};
	fill(OFFLOAD_OBJECT, &object, sizeof object, "ab");
	assert_int_equal(offload_parse_object(&message, &parsed, &path, &stored), -EBADMSG);
}

static void short_messages_are_refused(void **state)
{
	struct offload_progress progress = {.files_done = 1, .files_total = 2};
	struct offload_result result = {.outcome = OFFLOAD_COMPLETE};
	struct offload_bytes text;

	fill(OFFLOAD_PROGRESS, &progress, sizeof progress, "");
	assert_int_equal(offload_parse_progress(&message, &progress), 0);
	message.size--;
	assert_int_equal(offload_parse_progress(&message, &progress), -EBADMSG);
	progress.files_done = 3;
	fill(OFFLOAD_PROGRESS, &progress, sizeof progress, "");
	assert_int_equal(offload_parse_progress(&message, &progress), -EBADMSG);
	fill(OFFLOAD_RESULT, &result, sizeof result, "some text");
	assert_int_equal(offload_parse_result(&message, &result, &text), 0);
	assert_int_equal(text.size, 9);
	result.outcome = OFFLOAD_OUTCOME_COUNT;
	fill(OFFLOAD_RESULT, &result, sizeof result, "");
	assert_int_equal(offload_parse_result(&message, &result, &text), -EBADMSG);
	fill(OFFLOAD_PROGRESS, &result, sizeof result, "");
	assert_int_equal(offload_parse_result(&message, &result, &text), -EBADMSG);
}

static void questions_and_answers(void **state)
{
	struct offload_query query = {.kind = OFFLOAD_QUERY_CONTENT, .size = 1};
	struct offload_answer answer = {.found = 1};
	struct offload_bytes path;

	fill(OFFLOAD_QUERY, &query, sizeof query, "");
	assert_int_equal(offload_parse_query(&message, &query, &path), 0);
	fill(OFFLOAD_QUERY, &query, sizeof query, "a");
	assert_int_equal(offload_parse_query(&message, &query, &path), -EBADMSG);
	query.kind = OFFLOAD_QUERY_PATH;
	fill(OFFLOAD_QUERY, &query, sizeof query, "");
	assert_int_equal(offload_parse_query(&message, &query, &path), -EBADMSG);
	fill(OFFLOAD_ANSWER, &answer, sizeof answer, "Blue Room camera/x");
	assert_int_equal(offload_parse_answer(&message, &answer, &path), 0);
	fill(OFFLOAD_ANSWER, &answer, sizeof answer, "");
	assert_int_equal(offload_parse_answer(&message, &answer, &path), -EBADMSG);
}

static void every_end_has_words(void **state)
{
	struct verdict_facts facts = {.device_name = "Blue Room camera", .detail = "", .error = ENOSPC};
	char text[VERDICT_SENTENCE];

	for (enum verdict v = VERDICT_COMMITTED; v <= VERDICT_OTHER; v++)
		for (enum offload_outcome o = 0; o < OFFLOAD_OUTCOME_COUNT; o++) {
			facts.outcome = o;
			verdict_sentence(v, &facts, text);
			assert_non_null(strstr(text, "Blue Room camera"));
			assert_true(strlen(verdict_code(v, o)) > 0);
		}
	facts = (struct verdict_facts){
		.device_name = "Blue Room camera", .detail = "", .files = 1, .bytes = 7};
	verdict_sentence(VERDICT_COMMITTED, &facts, text);
	assert_non_null(strstr(text, "The 1 file (7 bytes) from Blue Room camera is in the vault"));
	facts.files = 2;
	facts.findings = 1;
	verdict_sentence(VERDICT_COMMITTED, &facts, text);
	assert_non_null(strstr(text, "All 2 files"));
	assert_non_null(strstr(text, "must not be cleared"));
	assert_true(verdict_resumable(VERDICT_OTHER, OFFLOAD_VAULT_FULL));
	assert_false(verdict_resumable(VERDICT_OTHER, OFFLOAD_SOURCE_UNKNOWN));
	assert_false(verdict_resumable(VERDICT_COMMITTED, OFFLOAD_COMPLETE));
}

/* --- a worker that lies --- */

struct lies {
	char root[64];
	int vault_fd, ours, worker;
	struct state *state;
	struct recorder *recorder;
	char session[VAULT_SESSION];
};

static int setup(void **state)
{
	struct lies *lies = calloc(1, sizeof *lies);
	struct recorder_options options = {
		.device_name = "Blue Room camera", .device_key = "path:/test/card", .source = "/test/card"};
	char path[128], id[VAULT_ID];
	int fds[2], folder;

	assert_non_null(lies);
	(void)snprintf(lies->root, sizeof lies->root, "/var/tmp/test-lies-XXXXXX");
	assert_non_null(mkdtemp(lies->root));
	(void)snprintf(path, sizeof path, "%s/vault", lies->root);
	assert_int_equal(mkdir(path, 0700), 0);
	lies->vault_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(vault_init(lies->vault_fd, id), 0);
	assert_int_equal(
		vault_session_create(lies->vault_fd, "Blue Room camera", 1700000000, lies->session, &folder),
		0);
	(void)close(folder);
	(void)snprintf(path, sizeof path, "%s/state/state.db", lies->root);
	assert_int_equal(state_open(path, &lies->state, NULL), STATE_OK);
	options.state = lies->state;
	options.vault_fd = lies->vault_fd;
	assert_int_equal(recorder_new(&options, &lies->recorder), 0);
	assert_int_equal(wire_pair(fds), 0);
	lies->ours = fds[0];
	lies->worker = fds[1];
	assert_int_equal(fd_set_nonblocking(lies->ours, true), 0);
	assert_int_equal(recorder_start(lies->recorder, lies->ours, PTP_USB_NONE), 0);
	*state = lies;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static int teardown(void **state)
{
	struct lies *lies = *state;

	(void)recorder_free(lies->recorder);
	(void)state_close(lies->state);
	(void)close_fd(lies->ours);
	(void)close_fd(lies->worker);
	(void)close_fd(lies->vault_fd);
	(void)nftw(lies->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(lies);
	return 0;
}

static int say(struct lies *lies, uint32_t type, const void *head, size_t size, const char *tail)
{
	assert_int_equal(wire_send2(lies->worker, type, head, size, tail, strlen(tail)), 0);
	return recorder_receive(lies->recorder, lies->ours);
}

static void begin(struct lies *lies)
{
	struct offload_totals totals = {.files = 1, .bytes = 5};

	assert_int_equal(say(lies, OFFLOAD_TOTALS, &totals, sizeof totals, ""), RECORDER_MORE);
	assert_int_equal(say(lies, OFFLOAD_SESSION, "", 0, lies->session), RECORDER_MORE);
}

static int say_object(struct lies *lies, enum offload_object_state state, uint64_t size)
{
	struct offload_object object = {.size = size, .path_size = 1, .stored_size = 1, .state = state};

	return say(lies, OFFLOAD_OBJECT, &object, sizeof object, "aa");
}

static const struct recorder_result *end(struct lies *lies)
{
	lies->worker = close_fd(lies->worker);
	(void)recorder_close(lies->recorder, 1);
	return recorder_result(lies->recorder);
}

static struct offload_result complete(uint64_t objects, const char *path, uint64_t size)
{
	struct offload_result result = {.outcome = OFFLOAD_COMPLETE, .objects = objects, .manifest = 1};

	assert_int_equal(set_digest_add(&result.set, path, strlen(path), size), 0);
	return result;
}

static void is_refused(struct lies *lies, const char *code)
{
	const struct recorder_result *result = end(lies);
	struct session session;

	assert_false(result->committed);
	assert_string_equal(result->code, code);
	if (*result->session_id) {
		assert_int_equal(session_load(lies->state, result->session_id, &session), SESSION_OK);
		assert_int_equal(session.state, SESSION_FAILED);
	}
}

static void the_truth_is_believed(void **state)
{
	struct offload_result result = complete(1, "a", 5);
	struct lies *lies = *state;

	begin(lies);
	assert_int_equal(say_object(lies, OFFLOAD_VERIFIED, 5), RECORDER_MORE);
	assert_int_equal(say(lies, OFFLOAD_RESULT, &result, sizeof result, ""), RECORDER_FINISHED);
	assert_true(end(lies)->committed);
}

static void complete_without_objects(void **state)
{
	struct offload_result result = complete(0, "a", 5);
	struct lies *lies = *state;

	begin(lies);
	assert_int_equal(say(lies, OFFLOAD_RESULT, &result, sizeof result, ""), RECORDER_FINISHED);
	is_refused(lies, "not-equal");
}

static void complete_with_another_set(void **state)
{
	struct offload_result result = complete(1, "a", 6);
	struct lies *lies = *state;

	begin(lies);
	assert_int_equal(say_object(lies, OFFLOAD_VERIFIED, 5), RECORDER_MORE);
	assert_int_equal(say(lies, OFFLOAD_RESULT, &result, sizeof result, ""), RECORDER_FINISHED);
	is_refused(lies, "not-equal");
}

static void complete_with_an_unproven_object(void **state)
{
	struct offload_result result = complete(1, "a", 5);
	struct lies *lies = *state;

	begin(lies);
	assert_int_equal(say_object(lies, OFFLOAD_STORED, 5), RECORDER_MORE);
	assert_int_equal(say(lies, OFFLOAD_RESULT, &result, sizeof result, ""), RECORDER_FINISHED);
	is_refused(lies, "not-equal");
}

static void complete_after_a_failure(void **state)
{
	struct offload_failed failed = {.reason = OFFLOAD_REASON_READ, .is_file = 1};
	struct offload_result result = complete(1, "a", 5);
	struct lies *lies = *state;

	begin(lies);
	assert_int_equal(say_object(lies, OFFLOAD_VERIFIED, 5), RECORDER_MORE);
	assert_int_equal(say(lies, OFFLOAD_FAILED, &failed, sizeof failed, "b"), RECORDER_MORE);
	assert_int_equal(say(lies, OFFLOAD_RESULT, &result, sizeof result, ""), RECORDER_FINISHED);
	is_refused(lies, "worker-broke-protocol");
}

static void complete_without_a_session(void **state)
{
	struct offload_result result = {.outcome = OFFLOAD_COMPLETE, .manifest = 1};
	struct lies *lies = *state;

	assert_int_equal(say(lies, OFFLOAD_RESULT, &result, sizeof result, ""), RECORDER_FINISHED);
	is_refused(lies, "worker-broke-protocol");
}

static void another_sessions_folder(void **state)
{
	struct offload_totals totals = {.files = 1};
	struct lies *lies = *state;

	assert_int_equal(say(lies, OFFLOAD_TOTALS, &totals, sizeof totals, ""), RECORDER_MORE);
	assert_int_equal(say(lies, OFFLOAD_SESSION, "", 0, "../../etc"), -EBADMSG);
	is_refused(lies, "worker-broke-protocol");
}

static void objects_before_the_session(void **state)
{
	struct lies *lies = *state;

	assert_int_equal(say_object(lies, OFFLOAD_VERIFIED, 5), -EBADMSG);
	is_refused(lies, "worker-broke-protocol");
}

static void a_descriptor_nobody_asked_for(void **state)
{
	struct lies *lies = *state;

	begin(lies);
	assert_int_equal(wire_send_fds(lies->worker, OFFLOAD_SYNC, "", 0, &lies->vault_fd, 1), 0);
	assert_int_equal(recorder_receive(lies->recorder, lies->ours), -EBADMSG);
	is_refused(lies, "worker-broke-protocol");
}

static void a_worker_that_reads_no_answers(void **state)
{
	struct lies *lies = *state;
	int r = RECORDER_MORE;

	begin(lies);
	for (int i = 0; i < 100000 && r == RECORDER_MORE; i++)
		r = say(lies, OFFLOAD_SYNC, "", 0, "");
	assert_int_equal(r, -EBADMSG);
	is_refused(lies, "worker-broke-protocol");
}

static void a_worker_that_just_dies(void **state)
{
	struct lies *lies = *state;

	begin(lies);
	assert_int_equal(say_object(lies, OFFLOAD_VERIFIED, 5), RECORDER_MORE);
	lies->worker = close_fd(lies->worker);
	assert_int_equal(recorder_receive(lies->recorder, lies->ours), -EPIPE);
	is_refused(lies, "worker-died");
}

int main(void)
{
#define LIE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_stay_below),
		cmocka_unit_test(objects_are_checked),
		cmocka_unit_test(short_messages_are_refused),
		cmocka_unit_test(questions_and_answers),
		cmocka_unit_test(every_end_has_words),
		LIE(the_truth_is_believed),
		LIE(complete_without_objects),
		LIE(complete_with_another_set),
		LIE(complete_with_an_unproven_object),
		LIE(complete_after_a_failure),
		LIE(complete_without_a_session),
		LIE(another_sessions_folder),
		LIE(objects_before_the_session),
		LIE(a_descriptor_nobody_asked_for),
		LIE(a_worker_that_reads_no_answers),
		LIE(a_worker_that_just_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
