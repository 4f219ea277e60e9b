/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What may go from the simulated camera goes, and nothing else, whatever it does. */

#include "empty-lab.h"

static const struct empty_verdict *look(struct lab *lab)
{
	return empty_with(lab, session, false, true, 0);
}

static void an_offloaded_camera_is_emptied(void **state)
{
	struct lab *lab = *state;
	struct removal_counts counts;

	offload_all(lab);
	is_removed(lab);
	assert_int_equal(lab->camera->deletes, FILES);
	assert_int_equal(removal_counts(lab->state, session, &counts), 0);
	assert_int_equal(counts.intended, FILES);
	assert_int_equal(counts.gone, FILES);
	/* Again: there is nothing to do. */
	is_removed(lab);
	assert_int_equal(lab->camera->deletes, FILES);
}

static void cameras_of_every_kind_are_emptied(void **state)
{
	for (unsigned kind = 0; kind < 8; kind++) {
		struct lab *lab;

		assert_int_equal(teardown_all(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		lab->camera->mtp = kind & 1;
		lab->camera->root_only = kind & 2;
		lab->camera->announce_removal = kind & 4;
		offload_all(lab);
		is_removed(lab);
	}
}

static void nothing_goes(struct lab *lab, const char *code)
{
	const struct empty_verdict *verdict = empty(lab);

	assert_false(verdict->removed);
	assert_string_equal(verdict->code, code);
	assert_int_equal(lab->camera->deletes, 0);
}

static void a_new_picture_stops_it(void **state)
{
	struct lab *lab = *state;

	offload_all(lab);
	(void)camera_add(lab->camera, STORE, 0, "NEW.JPG", 12, 12);
	nothing_goes(lab, "not-recorded");
	assert_int_equal(empty_recorder_verdict(recorder)->kept_count, 1);
	lab->camera->objects[lab->camera->object_count - 1].gone = true;
	is_removed(lab);
}

static void a_missing_picture_stops_it(void **state)
{
	struct lab *lab = *state;

	offload_all(lab);
	camera_find_name(lab->camera, "IMG_0001.JPG")->gone = true;
	nothing_goes(lab, "not-equal");
}

static void a_changed_picture_stops_it(void **state)
{
	struct lab *lab = *state;

	offload_all(lab);
	camera_find_name(lab->camera, "IMG_0001.JPG")->size++;
	nothing_goes(lab, "not-recorded");
}

static void an_object_that_cannot_be_listed_stops_it(void **state)
{
	struct lab *lab = *state;

	offload_all(lab);
	camera_fault(lab->camera,
		(struct camera_fault){
			.kind = CAMERA_ANSWER, .operation = 0x1008, .skip = 4, .times = 1, .number = 0x200f});
	nothing_goes(lab, "cannot-be-listed");
}

static void a_lost_copy_keeps_its_picture(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;
	char path[PATH * 2];

	offload_all(lab);
	(void)snprintf(
		path, sizeof path, "%s/%s/store-00010001/DCIM/100BLUE/IMG_0001.JPG", lab->vault, folder);
	assert_int_equal(unlink(path), 0);
	verdict = empty(lab);
	assert_string_equal(verdict->code, "kept");
	assert_int_equal(verdict->gone, FILES - 1);
	assert_int_equal(verdict->kept_count, 1);
	assert_non_null(camera_find_name(lab->camera, "IMG_0001.JPG"));
}

static void an_unfinished_offload_allows_nothing(void **state)
{
	struct lab *lab = *state;
	struct empty_request request = {.session = session};

	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_ANSWER, .operation = 0x1009, .number = 0x200f});
	(void)snprintf(session, sizeof session, "%s", offload(lab)->session_id);
	assert_int_equal(empty_recorder_new(lab->state, &request, &recorder), SESSION_NOT_COMMITTED);
	lab->camera->fault_count = 0;
	request.session = "00000000-0000-0000-0000-000000000000";
	assert_int_equal(empty_recorder_new(lab->state, &request, &recorder), SESSION_NONE);
}

static void protected_pictures_need_a_word(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;

	camera_find_name(lab->camera, "IMG_0002.JPG")->protection = 1;
	offload_all(lab);
	verdict = empty(lab);
	assert_string_equal(verdict->code, "protected-files");
	assert_int_equal(verdict->kept_count, 1);
	assert_int_equal(verdict->left, 1);
	assert_non_null(strstr(verdict->kept[0].reason, "protected"));
	verdict = empty_with(lab, session, true, false, 0);
	assert_string_equal(verdict->code, "removed");
	assert_int_equal(files_on(lab->camera), 0);
}

static void refusals_have_the_cameras_own_word(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;

	offload_all(lab);
	camera_fault(lab->camera,
		(struct camera_fault){
			.kind = CAMERA_ANSWER, .operation = 0x100b, .times = 1, .number = 0x200e});
	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_LIE, .operation = 0x100b, .skip = 1, .times = 1});
	verdict = empty(lab);
	assert_string_equal(verdict->code, "kept");
	assert_int_equal(verdict->kept_count, 2);
	assert_string_equal(verdict->kept[0].answer, "Store_Read_Only");
	assert_non_null(strstr(verdict->kept[1].reason, "still lists it"));
	is_removed(lab);
}

static void what_goes_wrong_is_gone_on_with(void **state)
{
	static const struct {
		struct camera_fault fault;
		const char *code, *words;
	} cases[] = {
		{{.kind = CAMERA_SILENT, .operation = 0x100b}, "gone", "it stopped answering"},
		{{.kind = CAMERA_STALL, .operation = 0x100b}, "gone", "it broke the transfer off"},
		{{.kind = CAMERA_OLD, .operation = 0x100b}, "gone", "it breaks the protocol"},
		{{.kind = CAMERA_GARBAGE, .operation = 0x100b, .number = 50}, "gone",
			"it breaks the protocol"},
		{{.kind = CAMERA_GONE, .operation = 0x100b}, "gone", "unplugged"},
		{{.kind = CAMERA_LEAVE, .operation = 0x100b}, "gone", "unplugged"},
		{{.kind = CAMERA_LEAVE, .operation = 0x1007, .number = 14}, "gone", "unplugged"},
		{{.kind = CAMERA_DENY, .operation = 0x100b, .number = 0x2012}, "changed", "Partial_Deletion"},
		{{.kind = CAMERA_REUSE, .operation = 0x100b}, "kept", "still lists it"},
		{{.kind = CAMERA_LIE, .operation = 0x100b}, "kept", "still lists it"},
		{{.kind = CAMERA_ADD, .operation = 0x100b}, "changed", "other files on the camera changed"},
		{{.kind = CAMERA_ANSWER, .operation = 0x100b, .number = PTP_DEVICE_BUSY}, "kept",
			"Device_Busy"},
		{{.kind = CAMERA_ANSWER, .operation = 0x100b, .number = PTP_OBJECT_WRITE_PROTECTED}, "kept",
			"Object_WriteProtected"},
		{{.kind = CAMERA_ANSWER, .operation = 0x100b, .number = PTP_STORE_READ_ONLY}, "kept",
			"Store_Read_Only"},
		{{.kind = CAMERA_ANSWER, .operation = 0x100b, .number = PTP_ACCESS_DENIED}, "kept",
			"Access_Denied"},
		{{.kind = CAMERA_STORE_GONE, .operation = 0x100b, .number = STORE}, "gone",
			"Store_Not_Available"},
		{{.kind = CAMERA_CUT, .operation = 0x1007, .number = 14}, "gone", "it breaks the protocol"},
		{{.kind = CAMERA_SHORT, .operation = 0x1007, .number = 14}, "gone", "it breaks the protocol"},
		{{.kind = CAMERA_LONG, .operation = 0x1007, .number = 4}, "gone", "it breaks the protocol"},
		{{.kind = CAMERA_ORDER, .operation = 0x1007}, "gone", "it breaks the protocol"},
		{{.kind = CAMERA_STALL, .operation = 0x1008}, "gone", "it broke the transfer off"},
		{{.kind = CAMERA_GARBAGE, .operation = 0x1008, .number = 900}, "gone",
			"it breaks the protocol"},
		{{.kind = CAMERA_ANSWER, .operation = 0x1007, .number = PTP_GENERAL_ERROR}, "gone",
			"General_Error"},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct camera_fault fault = cases[i].fault;
		const struct empty_verdict *verdict;
		struct camera_object *added;
		struct lab *lab;

		assert_int_equal(teardown_all(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		offload_all(lab);
		/* At the second delete, or at what is asked after the first. */
		fault.skip = fault.operation == 0x100b   ? 1
			     : fault.operation == 0x1007 ? LISTINGS
							 : OBJECTS + 1;
		fault.times = 1;
		camera_fault(lab->camera, fault);
		verdict = empty(lab);
		if (strcmp(verdict->code, cases[i].code) != 0 || !is_said(verdict, cases[i].words))
			print_error("case %zu: %s: %s (%s: %s)\n", i, verdict->code, verdict->sentence,
				verdict->kept_count > 0 ? verdict->kept[0].reason : "",
				verdict->kept_count > 0 ? verdict->kept[0].answer : "");
		assert_string_equal(verdict->code, cases[i].code);
		assert_true(is_said(verdict, cases[i].words));
		assert_true(lab->camera->deletes >= 1 && lab->camera->deletes <= FILES);
		lab->camera->fault_count = 0;
		lab->camera->gone = lab->camera->stores[0].absent = false;
		lab->camera->leaving = 0;
		added = camera_find_name(lab->camera, fault.kind == CAMERA_ADD ? "NEW.JPG" : "REUSED.JPG");
		if (added)
			added->gone = true;
		is_removed(lab);
	}
}

/* An event in the middle: everything is scanned and asked again, then it goes on. */
static void an_event_means_a_new_scan(void **state)
{
	struct lab *lab = *state;

	offload_all(lab);
	camera_fault(lab->camera,
		(struct camera_fault){
			.kind = CAMERA_EVENT, .operation = 0x1008, .skip = 9, .times = 1, .number = 0x4007});
	lab->camera->command_count = 0;
	is_removed(lab);
	assert_true(camera_count(lab->camera, 0x1004) >= 3);
	assert_int_equal(lab->camera->deletes, FILES);
}

static void a_pulled_card_stops_it(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;

	camera_add_store(lab->camera, 0x00020001);
	(void)camera_add(lab->camera, 0x00020001, 0, "SECOND.JPG", 77, 9);
	offload_all(lab);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_STORE_GONE,
					  .operation = 0x100b,
					  .skip = 1,
					  .times = 1,
					  .number = STORE});
	verdict = empty(lab);
	assert_false(verdict->removed);
	assert_non_null(camera_find_name(lab->camera, "SECOND.JPG"));
	assert_int_equal(lab->camera->deletes, 2);
}

static void it_can_be_stopped_and_gone_on_with(void **state)
{
	for (unsigned after = 1; after < 14; after++) {
		struct lab *lab;

		assert_int_equal(teardown_all(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		offload_all(lab);
		(void)empty_with(lab, session, false, false, after);
		is_removed(lab);
	}
}

/* The phone locks itself between the last delete and the last look. */
static void what_shows_no_store_afterwards_is_not_removed(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;

	offload_all(lab);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_STORE_GONE,
					  .operation = 0x1004,
					  .skip = 1,
					  .times = 1,
					  .number = STORE});
	verdict = empty(lab);
	assert_int_equal(files_on(lab->camera), 0);
	assert_true(lab->camera->stores[0].absent);
	assert_false(verdict->removed);
	assert_string_equal(verdict->code, "locked");
}

/* Another picture with the name and size of one that is gone, perhaps after the camera counts anew. */
static void what_comes_again_is_another_picture(void **state)
{
	struct lab *lab = *state;

	offload_all(lab);
	is_removed(lab);
	camera_find_gone(lab->camera, "IMG_0001.JPG")->gone = false;
	lab->camera->deletes = 0;
	nothing_goes(lab, "not-recorded");
}

static void a_picture_of_another_time_is_another_picture(void **state)
{
	struct lab *lab = *state;

	offload_all(lab);
	camera_find_name(lab->camera, "IMG_0001.JPG")->date = "20261120T101113";
	nothing_goes(lab, "not-recorded");
}

static void it_looks_and_deletes_nothing(void **state)
{
	struct lab *lab = *state;
	const struct empty_verdict *verdict;
	struct emptying emptying;

	offload_all(lab);
	verdict = look(lab);
	assert_true(verdict->looked);
	assert_false(verdict->removed);
	assert_true(verdict->found == FILES && verdict->not_safe == 0);
	(void)camera_add(lab->camera, STORE, 0, "NEW.JPG", 12, 12);
	verdict = look(lab);
	assert_true(verdict->looked && verdict->found == FILES + 1 && verdict->not_safe == 1);
	assert_int_equal(lab->camera->deletes, 0);
	assert_int_equal(emptying_find_latest(lab->state, DEVICE_KEY, &emptying), EMPTYING_NONE);
	lab->camera->objects[lab->camera->object_count - 1].gone = true;
	is_removed(lab);
	verdict = look(lab);
	assert_true(verdict->looked && verdict->found == 0);
	/* What shows nothing because it is locked was not looked at. */
	lab->camera->stores[0].absent = true;
	verdict = look(lab);
	assert_false(verdict->looked);
	assert_string_equal(verdict->code, "locked");
}

static int count_record(const char *record, void *data)
{
	assert_non_null(strstr(record, "removed, not wiped"));
	return ++*(unsigned *)data, 0;
}

static void what_was_removed_is_recorded(void **state)
{
	struct empty_record_facts facts = {.device_name = "Blue Room camera", .started = 1, .ended = 2};
	_cleanup_js_ struct js *record = NULL;
	_cleanup_free_ char *text = NULL;
	struct lab *lab = *state;
	struct emptying emptying;
	unsigned records = 0;

	offload_all(lab);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_GONE, .operation = 0x100b, .skip = 1});
	assert_string_equal(empty(lab)->code, "gone");
	assert_true(empty_recorder_cut_off(recorder));
	assert_int_equal(empty_record_make(recorder, &facts, &record), -EKEYREJECTED);
	assert_int_equal(empty_recorder_settle(recorder, NULL, false), 0);
	assert_int_equal(emptying_find_latest(lab->state, DEVICE_KEY, &emptying), EMPTYING_OK);
	assert_int_equal(emptying.state, EMPTYING_REMOVING);
	lab->camera->gone = false;
	lab->camera->fault_count = 0;
	is_removed(lab);
	assert_int_equal(empty_record_make(recorder, &facts, &record), 0);
	assert_int_equal(empty_record_text(record, &text), 0);
	assert_non_null(strstr(text, "not wiped"));
	assert_int_equal(empty_recorder_settle(recorder, record, false), 0);
	assert_int_equal(emptying_find_latest(lab->state, DEVICE_KEY, &emptying), EMPTYING_OK);
	assert_int_equal(emptying.state, EMPTYING_REMOVED);
	assert_int_equal(emptying_each_record(lab->state, DEVICE_KEY, 0, count_record, &records), 0);
	assert_int_equal(records, 1);
	assert_int_equal(emptying_removed(lab->state, emptying.number, "{}"), EMPTYING_WRONG_STATE);
}

static void what_was_not_asked_for_is_not_removed(void **state)
{
	struct lab *lab = *state;
	int64_t number = 0;

	offload_all(lab);
	assert_int_equal(emptying_begin(lab->state, session, &number), EMPTYING_OK);
	assert_int_equal(emptying_removed(lab->state, number, "{}"), EMPTYING_NOT_ALL);
	assert_int_equal(emptying_removed(lab->state, number, "nothing"), EMPTYING_BAD);
	assert_int_equal(emptying_end(lab->state, number, "kept"), EMPTYING_OK);
	assert_int_equal(emptying_end(lab->state, number, "kept"), EMPTYING_WRONG_STATE);
	assert_int_equal(
		emptying_begin(lab->state, "00000000-0000-0000-0000-000000000000", &number), EMPTYING_NONE);
}

static void new_pictures_are_counted(void **state)
{
	char earlier[SESSION_ID_SIZE];
	struct lab *lab = *state;
	uint64_t count = 9;

	offload_all(lab);
	memcpy(earlier, session, sizeof earlier);
	camera_find_name(lab->camera, "IMG_0002.JPG")->gone = true;
	offload_all(lab);
	assert_int_equal(emptying_count_new(lab->state, session, earlier, &count), 0);
	assert_true(count == 0);
	camera_find_name(lab->camera, "IMG_0001.JPG")->seed = 77;
	(void)camera_add(lab->camera, STORE, 0, "NEW.JPG", 12, 12);
	offload_all(lab);
	assert_int_equal(emptying_count_new(lab->state, session, earlier, &count), 0);
	assert_true(count == 2);
}

/* A real worker, without a device of its own. */
static const struct empty_verdict *start_with(struct lab *lab, int usbfs_fd, bool cancel, int *ret_status)
{
	const struct empty_request request = {.session = session};
	int fds[2];
	pid_t pid;

	recorder = empty_recorder_free(recorder);
	assert_int_equal(empty_recorder_new(lab->state, &request, &recorder), SESSION_OK);
	assert_int_equal(wire_pair(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(fds[0]);
		_exit(empty_worker_run(fds[1], NULL, NULL));
	}
	(void)close(fds[1]);
	if (cancel)
		assert_int_equal(empty_recorder_cancel(recorder, fds[0]), 0);
	else
		assert_int_equal(empty_recorder_start(recorder, fds[0], usbfs_fd), 0);
	(void)converse(fds[0], 0);
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, ret_status, 0), pid);
	empty_recorder_close(recorder);
	return empty_recorder_verdict(recorder);
}

static void what_cannot_be_handed_over_is_not_emptied(void **state)
{
	static const struct {
		int fd;
		const char *code, *words;
	} cases[] = {{-ENODEV, "gone", "unplugged"}, {-EACCES, "refused", "Permission denied"},
		{-ETIMEDOUT, "refused", "timed out"}};
	const struct empty_verdict *verdict;
	struct lab *lab = *state;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), status;

	offload_all(lab);
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		verdict = start_with(lab, cases[i].fd, false, &status);
		assert_string_equal(verdict->code, cases[i].code);
		assert_non_null(strstr(verdict->sentence, cases[i].words));
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	/* Told to begin with neither a descriptor nor a reason. */
	verdict = start_with(lab, PTP_USB_NONE, false, &status);
	assert_string_equal(verdict->code, "worker-died");
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	/* What is no camera. */
	verdict = start_with(lab, null, false, &status);
	assert_string_equal(verdict->code, "refused");
	/* Stopped before it was handed anything. */
	verdict = start_with(lab, null, true, &status);
	assert_string_equal(verdict->code, "cancelled");
	assert_int_equal(files_on(lab->camera), FILES);
	(void)close(null);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown_all)
	const struct CMUnitTest tests[] = {
		T(an_offloaded_camera_is_emptied),
		T(cameras_of_every_kind_are_emptied),
		T(a_new_picture_stops_it),
		T(a_missing_picture_stops_it),
		T(a_changed_picture_stops_it),
		T(an_object_that_cannot_be_listed_stops_it),
		T(a_lost_copy_keeps_its_picture),
		T(an_unfinished_offload_allows_nothing),
		T(protected_pictures_need_a_word),
		T(refusals_have_the_cameras_own_word),
		T(what_goes_wrong_is_gone_on_with),
		T(an_event_means_a_new_scan),
		T(a_pulled_card_stops_it),
		T(it_can_be_stopped_and_gone_on_with),
		T(what_shows_no_store_afterwards_is_not_removed),
		T(what_comes_again_is_another_picture),
		T(a_picture_of_another_time_is_another_picture),
		T(it_looks_and_deletes_nothing),
		T(what_was_removed_is_recorded),
		T(what_was_not_asked_for_is_not_removed),
		T(new_pictures_are_counted),
		T(what_cannot_be_handed_over_is_not_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
