/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The supervisor's side of a clear against workers that say anything: nothing is recorded as done, and no
 * certificate exists, unless the whole conversation was in order and the whole device was read back.
 */

#include "card-image.h"

#include "state/clear.h"
#include "state/state.h"
#include "wipe/recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

struct bed {
	char folder[64];
	struct state *state;
	struct session session;
	struct image image;
	uint8_t *plan;
	size_t plan_size;
	int ours, theirs; /* supervisor's and worker's end */
	struct wipe_recorder *recorder;
	struct wire_message message;
};

static void make_session(struct bed *bed)
{
	struct session wanted = {.source = "test", .vault_dir = "/vault"};
	struct session_object object = {.path = "a", .stored = "a", .size = 3, .state = OBJECT_STORED};
	struct set_digest set = SET_DIGEST_NULL;
	const char *path = "a";

	(void)snprintf(wanted.key, sizeof wanted.key, "path:test");
	assert_int_equal(session_create(bed->state, &wanted, &bed->session), 0);
	assert_int_equal(session_objects_store(bed->state, bed->session.id, &object, 1), 0);
	assert_int_equal(session_objects_advance(bed->state, bed->session.id, &path, 1, OBJECT_READ_BACK), 0);
	assert_int_equal(session_objects_advance(bed->state, bed->session.id, &path, 1, OBJECT_VERIFIED), 0);
	assert_int_equal(set_digest_add(&set, "a", 1, 3), 0);
	assert_int_equal(session_record_set(bed->state, bed->session.id, &set, 0), 0);
	assert_int_equal(session_set_state(bed->state, bed->session.id, SESSION_COPIED, NULL), 0);
}

static void make_plan(struct bed *bed)
{
	struct source source;
	struct plan *plan;
	struct card card;

	bed->image = image_fat(16, 4200, true);
	image_fill_fat(&bed->image);
	source = image_source(&bed->image);
	assert_int_equal(card_look(&source, false, &card), 0);
	assert_int_equal(card_plan(&source, &card, &plan), 0);
	card_clear(&card);
	assert_int_equal(plan_serialise(plan, &bed->plan, &bed->plan_size), 0);
	(void)plan_free(plan);
}

static int begin(struct bed *bed)
{
	struct wipe_request request = {
		.session = bed->session.id, .method = WIPE_METHOD_CLEAR, .device_bytes = bed->image.size};

	bed->recorder = wipe_recorder_free(bed->recorder);
	return wipe_recorder_new(bed->state, &request, &bed->recorder);
}

static int set_up(void **ret_bed)
{
	struct bed *bed = calloc(1, sizeof *bed);
	char path[96];
	int fds[2];

	(void)snprintf(bed->folder, sizeof bed->folder, "/tmp/test-wipe-recorder.XXXXXX");
	assert_non_null(mkdtemp(bed->folder));
	(void)snprintf(path, sizeof path, "%s/state.db", bed->folder);
	assert_int_equal(state_open(path, &bed->state, NULL), 0);
	make_plan(bed);
	make_session(bed);
	assert_int_equal(wire_pair(fds), 0);
	bed->ours = fds[0];
	bed->theirs = fds[1];
	wire_message_init(&bed->message);
	*ret_bed = bed;
	return 0;
}

static int tear_down(void **data)
{
	struct bed *bed = *data;
	char path[96];

	bed->recorder = wipe_recorder_free(bed->recorder);
	bed->state = state_close(bed->state);
	wire_message_clear(&bed->message);
	image_free(&bed->image);
	free(bed->plan);
	(void)close_fd(bed->ours);
	(void)close_fd(bed->theirs);
	for (const char *const *name =
			(const char *const[]){"state.db", "state.db-wal", "state.db-shm", NULL};
		*name; name++) {
		(void)snprintf(path, sizeof path, "%s/%s", bed->folder, *name);
		(void)unlink(path);
	}
	(void)rmdir(bed->folder);
	free(bed);
	return 0;
}

static void commit(struct bed *bed)
{
	assert_int_equal(session_set_state(bed->state, bed->session.id, SESSION_COMMITTED, NULL), 0);
	assert_int_equal(begin(bed), 0);
}

/* What the worker says, as the supervisor takes it. */
static int say(struct bed *bed, uint32_t type, const void *head, size_t head_size, const void *tail,
	size_t tail_size)
{
	assert_int_equal(wire_send2(bed->theirs, type, head, head_size, tail, tail_size), 0);
	assert_int_equal(wire_receive(bed->ours, &bed->message), 1);
	return wipe_recorder_message(bed->recorder, bed->ours, &bed->message);
}

static int say_plan(struct bed *bed, const uint8_t *plan, size_t size)
{
	int r = WIPE_EVENT_NONE;

	for (size_t at = 0; at < size && r == WIPE_EVENT_NONE; at += 1000) {
		struct wipe_plan_piece piece = {.offset = at, .total = size};

		r = say(bed, WIPE_MESSAGE_PLAN, &piece, sizeof piece, plan + at,
			size - at < 1000 ? size - at : 1000);
	}
	return r;
}

static int say_phase(struct bed *bed, uint32_t phase)
{
	struct wipe_progress p = {.phase = phase, .done = 1, .total = bed->image.size};

	return say(bed, WIPE_MESSAGE_PROGRESS, &p, sizeof p, NULL, 0);
}

static struct wipe_result good_result(const struct bed *bed)
{
	struct wipe_result result = {.outcome = WIPE_DONE,
		.figures = {.bytes_read_back = bed->image.size, .passes = 1, .file_system = 16}};

	memcpy(result.plan_sha512, bed->plan + bed->plan_size - SHA512_SIZE, SHA512_SIZE);
	return result;
}

static int say_result(struct bed *bed, const struct wipe_result *result, const char *detail)
{
	return say(bed, WIPE_MESSAGE_RESULT, result, sizeof *result, detail, strlen(detail));
}

static enum clear_state row_state(struct bed *bed)
{
	struct clear clear;

	return clear_find_unfinished_of_session(bed->state, bed->session.id, &clear) == CLEAR_OK ? clear.state
												 : CLEAR_DONE;
}

static void an_uncommitted_session_is_no_ground(void **data)
{
	assert_int_equal(begin(*data), WIPE_SESSION_NOT_COMMITTED);
}

static void a_whole_conversation_gives_a_certificate(void **data)
{
	struct bed *bed = *data;
	struct wipe_result result = good_result(bed);
	struct certificate_facts facts = {.session = bed->session.id, .device_name = "Blue Room camera"};
	_cleanup_js_ struct js *certificate = NULL;
	_cleanup_free_ char *text = NULL;

	commit(bed);
	assert_int_equal(wipe_recorder_start(bed->recorder, bed->ours, STDIN_FILENO), 0);
	assert_int_equal(wire_receive(bed->theirs, &bed->message), 1);
	assert_int_equal(bed->message.type, WIPE_MESSAGE_START);
	assert_int_equal(bed->message.fd_count, 1);
	assert_int_equal(say_phase(bed, WIPE_PHASE_SCAN), WIPE_EVENT_PROGRESS);
	assert_int_equal(say_plan(bed, bed->plan, bed->plan_size), WIPE_EVENT_RECORDED);
	assert_int_equal(wire_receive(bed->theirs, &bed->message), 1);
	assert_int_equal(bed->message.type, WIPE_MESSAGE_PLAN_RECORDED);
	assert_int_equal(row_state(bed), CLEAR_WRITING);
	assert_int_equal(say_phase(bed, WIPE_PHASE_ZERO), WIPE_EVENT_PROGRESS);
	assert_int_equal(say_phase(bed, WIPE_PHASE_READ_BACK), WIPE_EVENT_PROGRESS);
	assert_int_equal(row_state(bed), CLEAR_READING_BACK);
	assert_null(wipe_recorder_proof(bed->recorder));
	assert_int_equal(say_result(bed, &result, ""), WIPE_EVENT_ENDED);
	assert_non_null(wipe_recorder_proof(bed->recorder));
	assert_int_equal(certificate_make(wipe_recorder_proof(bed->recorder), &facts, &certificate), 0);
	assert_int_equal(wipe_recorder_certified(bed->recorder, certificate), 0);
	assert_int_equal(certificate_text(certificate, &text), 0);
	assert_non_null(strstr(text, "Blue Room camera"));
	assert_non_null(strstr(text, "not Purge"));
	/* What was cleared once is not cleared again on the same ground. */
	assert_int_equal(begin(bed), WIPE_SESSION_STALE);
}

static void there_is_no_certificate_without_a_proof(void **data)
{
	struct certificate_facts facts = {0};
	_cleanup_js_ struct js *certificate = NULL, *other = js_object();
	_cleanup_free_ char *text = NULL;

	assert_int_equal(certificate_make(NULL, &facts, &certificate), -EKEYREJECTED);
	js_set_string(other, "kind", "something else");
	assert_int_equal(certificate_text(other, &text), -EINVAL);
}

static void writing_before_the_plan_is_recorded_is_broken(void **data)
{
	struct bed *bed = *data;
	struct wipe_result result = good_result(bed);

	commit(bed);
	assert_int_equal(say_phase(bed, WIPE_PHASE_ZERO), -EBADMSG);
	assert_int_equal(say_result(bed, &result, ""), -EBADMSG);
	assert_null(wipe_recorder_proof(bed->recorder));
	assert_int_equal(wipe_recorder_worker_gone(bed->recorder), WIPE_EVENT_ENDED);
	assert_int_equal(wipe_recorder_outcome(bed->recorder), WIPE_WORKER_DIED);
}

static void a_broken_plan_is_not_recorded(void **data)
{
	struct bed *bed = *data;
	struct wipe_plan_piece piece = {.offset = 100, .total = bed->plan_size};

	commit(bed);
	bed->plan[40] ^= 1;
	assert_int_equal(say_plan(bed, bed->plan, bed->plan_size), -EBADMSG);
	bed->plan[40] ^= 1;
	assert_int_equal(row_state(bed), CLEAR_DONE);
	assert_int_equal(say(bed, WIPE_MESSAGE_PLAN, &piece, sizeof piece, bed->plan, 10), -EBADMSG);
	piece = (struct wipe_plan_piece){.offset = 0, .total = WIPE_PLAN_BYTES_MAX + 1};
	assert_int_equal(say(bed, WIPE_MESSAGE_PLAN, &piece, sizeof piece, bed->plan, 10), -EBADMSG);
	piece = (struct wipe_plan_piece){.offset = 0, .total = 70};
	assert_int_equal(say(bed, WIPE_MESSAGE_PLAN, &piece, sizeof piece, bed->plan, 71), -EBADMSG);
	assert_int_equal(say(bed, WIPE_MESSAGE_RESUMED, NULL, 0, NULL, 0), -EBADMSG);
	assert_int_equal(say(bed, 77, NULL, 0, NULL, 0), -EBADMSG);
	assert_int_equal(say(bed, WIPE_MESSAGE_PROGRESS, "x", 1, NULL, 0), -EBADMSG);
	assert_int_equal(say(bed, WIPE_MESSAGE_RESULT, "x", 1, NULL, 0), -EBADMSG);
}

static void done_without_a_whole_read_back_is_not_believed(void **data)
{
	struct bed *bed = *data;
	struct wipe_result result = good_result(bed);

	commit(bed);
	assert_int_equal(say_plan(bed, bed->plan, bed->plan_size), WIPE_EVENT_RECORDED);
	assert_int_equal(say_result(bed, &result, ""), -EBADMSG);
	assert_int_equal(say_phase(bed, WIPE_PHASE_READ_BACK), WIPE_EVENT_PROGRESS);
	result.figures.bytes_read_back--;
	assert_int_equal(say_result(bed, &result, ""), -EBADMSG);
	result = good_result(bed);
	result.plan_sha512[0] ^= 1;
	assert_int_equal(say_result(bed, &result, ""), -EBADMSG);
	result = good_result(bed);
	result.outcome = 9999;
	assert_int_equal(say_result(bed, &result, ""), -EBADMSG);
	assert_null(wipe_recorder_proof(bed->recorder));
	assert_int_equal(wipe_recorder_certified(bed->recorder, NULL), -EKEYREJECTED);
}

static void what_the_worker_says_is_cleaned(void **data)
{
	struct bed *bed = *data;
	struct wipe_result result = {.outcome = WIPE_LOOP};

	memset(result.figures.label, 0xFF, sizeof result.figures.label);
	commit(bed);
	assert_int_equal(say_result(bed, &result, "DCIM/\x1b[2J\xff/x\n"), WIPE_EVENT_ENDED);
	assert_int_equal(wipe_recorder_outcome(bed->recorder), WIPE_LOOP);
	assert_string_equal(wipe_recorder_detail(bed->recorder), "DCIM/?[2J\xEF\xBF\xBD/x?");
	assert_string_equal(wipe_recorder_result(bed->recorder)->figures.label, "");
	assert_int_equal(say_result(bed, &result, ""), -EBADMSG);
}

static void a_cut_clear_is_gone_on_with(void **data)
{
	struct bed *bed = *data;
	struct wipe_result cancelled = {.outcome = WIPE_CANCELLED}, result = good_result(bed);

	commit(bed);
	assert_int_equal(say_plan(bed, bed->plan, bed->plan_size), WIPE_EVENT_RECORDED);
	assert_int_equal(say_result(bed, &cancelled, ""), WIPE_EVENT_ENDED);
	assert_int_equal(begin(bed), 0);
	assert_true(wipe_recorder_resumes(bed->recorder));
	while (recv(bed->theirs, &(char){0}, 1, MSG_DONTWAIT) > 0)
		continue;
	assert_int_equal(wipe_recorder_start(bed->recorder, bed->ours, STDIN_FILENO), 0);
	assert_int_equal(wire_receive(bed->theirs, &bed->message), 1);
	assert_int_equal(bed->message.fd_count, 2);
	assert_int_equal(say(bed, WIPE_MESSAGE_RESUMED, NULL, 0, NULL, 0), WIPE_EVENT_RECORDED);
	assert_int_equal(say_phase(bed, WIPE_PHASE_READ_BACK), WIPE_EVENT_PROGRESS);
	assert_int_equal(say_result(bed, &result, ""), WIPE_EVENT_ENDED);
	assert_non_null(wipe_recorder_proof(bed->recorder));
}

static void a_later_offload_does_not_stop_a_cut_clear(void **data)
{
	struct bed *bed = *data;
	struct session first;

	commit(bed);
	assert_int_equal(say_plan(bed, bed->plan, bed->plan_size), WIPE_EVENT_RECORDED);
	assert_int_equal(wipe_recorder_worker_gone(bed->recorder), WIPE_EVENT_ENDED);
	first = bed->session;
	make_session(bed);
	bed->session = first;
	assert_int_equal(begin(bed), 0);
	assert_true(wipe_recorder_resumes(bed->recorder));
}

static void a_later_offload_stops_a_new_clear(void **data)
{
	struct bed *bed = *data;
	struct session first;

	commit(bed);
	first = bed->session;
	make_session(bed);
	bed->session = first;
	assert_int_equal(begin(bed), WIPE_SESSION_STALE);
}

static void a_failed_clear_is_not_gone_on_with(void **data)
{
	struct bed *bed = *data;
	struct wipe_result stuck = {.outcome = WIPE_STUCK};

	commit(bed);
	assert_int_equal(say_plan(bed, bed->plan, bed->plan_size), WIPE_EVENT_RECORDED);
	assert_int_equal(say_result(bed, &stuck, ""), WIPE_EVENT_ENDED);
	assert_int_equal(begin(bed), 0);
	assert_false(wipe_recorder_resumes(bed->recorder));
}

static void beginning_again_closes_the_old_plan(void **data)
{
	struct bed *bed = *data;

	commit(bed);
	assert_int_equal(say_plan(bed, bed->plan, bed->plan_size), WIPE_EVENT_RECORDED);
	assert_int_equal(wipe_recorder_worker_gone(bed->recorder), WIPE_EVENT_ENDED);
	assert_int_equal(begin(bed), 0);
	assert_true(wipe_recorder_resumes(bed->recorder));
	assert_int_equal(say_plan(bed, bed->plan, bed->plan_size), WIPE_EVENT_RECORDED);
	assert_false(wipe_recorder_resumes(bed->recorder));
	assert_int_equal(row_state(bed), CLEAR_WRITING);
}

int main(void)
{
#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_BED(an_uncommitted_session_is_no_ground),
		WITH_BED(a_whole_conversation_gives_a_certificate),
		WITH_BED(there_is_no_certificate_without_a_proof),
		WITH_BED(writing_before_the_plan_is_recorded_is_broken),
		WITH_BED(a_broken_plan_is_not_recorded),
		WITH_BED(done_without_a_whole_read_back_is_not_believed),
		WITH_BED(what_the_worker_says_is_cleaned),
		WITH_BED(a_cut_clear_is_gone_on_with),
		WITH_BED(a_later_offload_does_not_stop_a_cut_clear),
		WITH_BED(a_later_offload_stops_a_new_clear),
		WITH_BED(a_failed_clear_is_not_gone_on_with),
		WITH_BED(beginning_again_closes_the_old_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
