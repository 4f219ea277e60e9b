/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Having the simulated camera format its memory at the end of an emptying: on an order only, never before
 * everything on it is proven and gone, and what it does not do is said.
 */

#include "empty-lab.h"

#define FORMAT 0x100f

static const struct empty_verdict *format(struct lab *lab, bool protected_too)
{
	const struct empty_request request = {
		.session = session, .protected_too = protected_too, .format = true};

	return empty_request(lab, &request, 0);
}

static void offload_all_of_one_that_formats(struct lab *lab)
{
	lab->camera->formats = true;
	offload_all(lab);
}

/* What a camera shows that was not formatted: its folders. */
static void is_not_formatted(struct lab *lab, const struct empty_verdict *verdict, const char *code)
{
	if (strcmp(verdict->code, code) != 0)
		print_error("%s: %s\n", verdict->code, verdict->sentence);
	assert_string_equal(verdict->code, code);
	assert_false(verdict->formatted);
	assert_false(verdict->done);
	assert_non_null(camera_find_name(lab->camera, "DCIM"));
}

static void nothing_is_formatted(struct lab *lab, const struct empty_verdict *verdict, const char *code)
{
	is_not_formatted(lab, verdict, code);
	assert_int_equal(camera_count(lab->camera, FORMAT), 0);
}

static void is_formatted(struct lab *lab, const struct empty_verdict *verdict)
{
	if (!verdict->formatted)
		print_error("%s: %s\n", verdict->code, verdict->sentence);
	assert_string_equal(verdict->code, "formatted");
	assert_true(verdict->removed && verdict->done);
	assert_non_null(strstr(verdict->sentence, "Formatted is not wiped"));
	assert_null(camera_find_name(lab->camera, "DCIM"));
	assert_int_equal(files_on(lab->camera), 0);
}

static void record_says(const char *method, bool limit)
{
	const struct empty_record_facts facts = {.started = 1, .ended = 2};
	_cleanup_js_ struct js *record = NULL;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(empty_record_make(recorder, &facts, &record), 0);
	assert_string_equal(js_get_string(record, "method"), method);
	assert_string_equal(js_get_string(record, "result"), "removed, not wiped");
	assert_int_equal(empty_record_text(record, &text), 0);
	assert_non_null(strstr(text, method));
	assert_int_equal(strstr(text, "own answer") != NULL, limit);
}

static void a_manager_may_have_it_formatted_in_the_end(void **state)
{
	struct lab *lab = *state;

	offload_all_of_one_that_formats(lab);
	is_formatted(lab, format(lab, false));
	assert_int_equal(lab->camera->deletes, FILES);
	assert_int_equal(camera_count(lab->camera, FORMAT), 1);
	record_says("deleted file by file, then formatted by the camera", true);
}

static void nobody_else_has_it_formatted(void **state)
{
	struct lab *lab = *state;

	offload_all_of_one_that_formats(lab);
	is_removed(lab);
	assert_int_equal(camera_count(lab->camera, FORMAT), 0);
	record_says("deleted file by file", false);
	/* What was emptied before, as well. */
	is_formatted(lab, format(lab, false));
}

static void every_card_is_formatted(void **state)
{
	struct lab *lab = *state;

	camera_add_store(lab->camera, 0x00020001);
	(void)camera_add(lab->camera, 0x00020001, 0, "SECOND.JPG", 77, 9);
	offload_all_of_one_that_formats(lab);
	is_formatted(lab, format(lab, false));
	assert_int_equal(camera_count(lab->camera, FORMAT), 2);
}

static void what_is_not_proven_is_not_formatted(void **state)
{
	struct lab *lab = *state;
	char path[PATH * 2];

	offload_all_of_one_that_formats(lab);
	(void)camera_add(lab->camera, STORE, 0, "NEW.JPG", 12, 12);
	nothing_is_formatted(lab, format(lab, false), "not-recorded");
	assert_int_equal(lab->camera->deletes, 0);
	lab->camera->objects[lab->camera->object_count - 1].gone = true;
	(void)snprintf(
		path, sizeof path, "%s/%s/store-00010001/DCIM/100BLUE/IMG_0001.JPG", lab->vault, folder);
	assert_int_equal(unlink(path), 0);
	nothing_is_formatted(lab, format(lab, false), "kept");
	assert_non_null(camera_find_name(lab->camera, "IMG_0001.JPG"));
}

static void a_protected_picture_keeps_it_from_being_formatted(void **state)
{
	struct lab *lab = *state;

	camera_find_name(lab->camera, "IMG_0002.JPG")->protection = 1;
	offload_all_of_one_that_formats(lab);
	nothing_is_formatted(lab, format(lab, false), "protected-files");
	assert_non_null(camera_find_name(lab->camera, "IMG_0002.JPG"));
	is_formatted(lab, format(lab, true));
}

static void a_delete_that_fails_keeps_it_from_being_formatted(void **state)
{
	struct lab *lab = *state;

	offload_all_of_one_that_formats(lab);
	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_LIE, .operation = 0x100b, .skip = 1, .times = 1});
	nothing_is_formatted(lab, format(lab, false), "kept");
	is_formatted(lab, format(lab, false));
}

static void what_is_not_listed_keeps_it_from_being_formatted(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;

	lab->camera->unlisted = 3000000;
	offload_all_of_one_that_formats(lab);
	verdict = format(lab, false);
	nothing_is_formatted(lab, verdict, "not-formatted");
	assert_true(verdict->removed);
	assert_non_null(strstr(verdict->sentence, "never copied"));
	record_says("deleted file by file", false);
}

/* A picture that is taken before the last look, and one between that and the format. */
static void a_picture_in_the_middle_keeps_it_from_being_formatted(void **state)
{
	for (unsigned listing = 1; listing < 4; listing++) {
		const struct empty_verdict *verdict;
		struct lab *lab;

		assert_int_equal(teardown_all(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		offload_all_of_one_that_formats(lab);
		/* The stores are asked for once in each scan: before the deletes, the last look, the format's
		 * own. */
		camera_fault(lab->camera,
			(struct camera_fault){
				.kind = CAMERA_ADD, .operation = 0x1004, .skip = listing, .times = 1});
		verdict = format(lab, false);
		assert_non_null(camera_find_name(lab->camera, "NEW.JPG"));
		nothing_is_formatted(lab, verdict, "changed");
		assert_false(verdict->removed);
	}
}

static void what_a_camera_does_not_do_is_said(void **state)
{
	static const struct {
		struct camera_fault fault;
		const char *code, *words;
	} cases[] = {
		{{.kind = CAMERA_LIE}, "not-formatted", "lists the same folders as before"},
		{{.kind = CAMERA_ANSWER, .number = PTP_STORE_READ_ONLY}, "not-formatted",
			"it refused: Store_Read_Only"},
		{{.kind = CAMERA_ANSWER, .number = PTP_DEVICE_BUSY}, "not-formatted", "Device_Busy"},
		{{.kind = CAMERA_STORE_GONE, .number = STORE}, "locked", "no memory"},
		{{.kind = CAMERA_GONE}, "gone", "unplugged"},
		{{.kind = CAMERA_SILENT}, "gone", "it stopped answering"},
		{{.kind = CAMERA_STALL}, "gone", "it broke the transfer off"},
		{{.kind = CAMERA_GARBAGE, .number = 30}, "gone", "it breaks the protocol"},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct camera_fault fault = cases[i].fault;
		const struct empty_verdict *verdict;
		struct lab *lab;

		assert_int_equal(teardown_all(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		offload_all_of_one_that_formats(lab);
		fault.operation = FORMAT;
		camera_fault(lab->camera, fault);
		verdict = format(lab, false);
		if (!is_said(verdict, cases[i].words))
			print_error("case %zu: %s: %s\n", i, verdict->code, verdict->sentence);
		is_not_formatted(lab, verdict, cases[i].code);
		assert_true(is_said(verdict, cases[i].words));
		assert_int_equal(camera_count(lab->camera, FORMAT), 1);
		assert_int_equal(verdict->removed, strcmp(verdict->code, "not-formatted") == 0);
		/* It goes on when that is over. */
		lab->camera->fault_count = 0;
		lab->camera->gone = lab->camera->stores[0].absent = false;
		is_formatted(lab, format(lab, false));
	}
}

static void one_that_cannot_format_is_emptied(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;

	offload_all(lab);
	verdict = format(lab, false);
	nothing_is_formatted(lab, verdict, "not-formatted");
	assert_true(verdict->removed);
	assert_true(is_said(verdict, "it cannot be told to"));
	assert_int_equal(files_on(lab->camera), 0);
}

/* A file that is there after the camera has said that it formatted. */
static void what_is_there_afterwards_is_not_removed(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;

	offload_all_of_one_that_formats(lab);
	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_ADD, .operation = 0x1004, .skip = 4, .times = 1});
	verdict = format(lab, false);
	assert_int_equal(camera_count(lab->camera, FORMAT), 1);
	assert_non_null(camera_find_name(lab->camera, "NEW.JPG"));
	assert_string_equal(verdict->code, "changed");
	assert_false(verdict->removed || verdict->done || verdict->formatted);
}

static int say(int fd, enum empty_message type, const void *payload, size_t size)
{
	static struct wire_message message;

	wire_message_init(&message);
	message.type = type;
	message.size = (uint32_t)size;
	memcpy(message.payload, payload, size);
	return empty_recorder_message(recorder, fd, &message);
}

/* The recorder does not take the worker's word for an order that nobody gave, nor for a second yes. */
static void a_worker_that_asks_unbidden_has_lied(void **state)
{
	static const struct empty_listed nothing;
	static const struct empty_format ask = {.storage = STORE};
	struct lab *lab = *state;

	offload_all(lab);
	is_removed(lab);
	for (unsigned ordered = 0; ordered < 2; ordered++) {
		const struct empty_request request = {.session = session, .format = ordered == 1};
		int fds[2];

		recorder = empty_recorder_free(recorder);
		assert_int_equal(empty_recorder_new(lab->state, &request, &recorder), SESSION_OK);
		assert_int_equal(wire_pair(fds), 0);
		assert_int_equal(say(fds[0], EMPTY_SCAN, &nothing, 0), EMPTY_EVENT_NONE);
		assert_int_equal(say(fds[0], EMPTY_LISTED, &nothing, sizeof nothing), EMPTY_EVENT_NONE);
		if (ordered)
			assert_int_equal(say(fds[0], EMPTY_MAY_FORMAT, &ask, sizeof ask), EMPTY_EVENT_NONE);
		assert_int_equal(say(fds[0], EMPTY_MAY_FORMAT, &ask, sizeof ask), -EBADMSG);
		empty_recorder_close(recorder);
		assert_string_equal(empty_recorder_verdict(recorder)->code, "worker-broke-protocol");
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown_all)
	const struct CMUnitTest tests[] = {
		T(a_manager_may_have_it_formatted_in_the_end),
		T(nobody_else_has_it_formatted),
		T(every_card_is_formatted),
		T(what_is_not_proven_is_not_formatted),
		T(a_protected_picture_keeps_it_from_being_formatted),
		T(a_delete_that_fails_keeps_it_from_being_formatted),
		T(what_is_not_listed_keeps_it_from_being_formatted),
		T(a_picture_in_the_middle_keeps_it_from_being_formatted),
		T(what_a_camera_does_not_do_is_said),
		T(one_that_cannot_format_is_emptied),
		T(what_is_there_afterwards_is_not_removed),
		T(a_worker_that_asks_unbidden_has_lied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
