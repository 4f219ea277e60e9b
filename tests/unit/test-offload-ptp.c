/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Whole offloads of the simulated camera: a real worker in its sandbox, a real recorder and database, and at
 * the other end a camera of each kind, with each of its faults. What is said to be safe is compared byte by
 * byte with what the camera holds.
 */

#include "camera-lab.h"

/* The stored file has the size and every byte of the camera's object. */
static void is_stored(struct lab *lab, const struct recorder_result *result, const char *path)
{
	const struct camera_object *object = camera_find_name(lab->camera, strrchr(path, '/') + 1);
	char full[PATH * 2];
	char *bytes;
	size_t size;

	assert_non_null(object);
	(void)snprintf(full, sizeof full, "%s/%s/%s", lab->vault, result->session, path);
	assert_int_equal(fd_read_file_at(AT_FDCWD, full, BIG + 1, &bytes, &size), 0);
	assert_int_equal(size, object->size);
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)bytes[i] != camera_byte(object->seed, i))
			fail_msg("byte %zu of %s", i, path);
	free(bytes);
}

static void is_committed(struct lab *lab, uint64_t files)
{
	const struct recorder_result *result = offload(lab);
	struct session session;

	if (!result->committed)
		print_error("%s: %s\n", result->code, result->sentence);
	assert_string_equal(result->code, "committed");
	assert_int_equal(result->files, files);
	is_stored(lab, result, "store-00010001/DCIM/100BLUE/IMG_0001.JPG");
	is_stored(lab, result, "store-00010001/DCIM/100BLUE/IMG_0002.JPG");
	is_stored(lab, result, "store-00010001/DCIM/EMPTY.DAT");
	assert_int_equal(session_load(lab->state, result->session_id, &session), SESSION_OK);
	assert_int_equal(session.state, SESSION_COMMITTED);
	assert_int_equal(session.set.files, files);
}

static void is_not_committed(struct lab *lab, const char *code)
{
	const struct recorder_result *result = offload(lab);

	assert_string_equal(result->code, code);
	assert_false(result->committed);
	assert_true(strlen(result->sentence) > 20);
}

static void a_camera_is_offloaded(void **state)
{
	is_committed(*state, 3);
}

static void cameras_of_every_kind_are_offloaded(void **state)
{
	struct lab *lab = *state;

	for (unsigned kind = 1; kind < 32; kind++) {
		lab->camera->mtp = kind & 1;
		lab->camera->root_only = kind & 2;
		lab->camera->split = kind & 4;
		lab->camera->without_empty = kind & 8;
		lab->camera->blind = (kind & 16) && !(kind & 2);
		is_committed(lab, 3);
	}
}

static void two_cards_are_offloaded(void **state)
{
	struct lab *lab = *state;

	camera_add_store(lab->camera, 0x00020001);
	camera_add(lab->camera, 0x00020001, 0, "SECOND.JPG", 77, 9)->protection = 1;
	is_committed(lab, 4);
}

static void an_empty_camera_is_empty(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	for (size_t i = 0; i < lab->camera->object_count; i++)
		lab->camera->objects[i].gone = true;
	result = offload(lab);
	assert_true(result->committed);
	assert_int_equal(result->files, 0);
}

/* Once only: the file gets its second chance in a new session. */
static void what_goes_wrong_once_is_made_good(void **state)
{
	static const struct camera_fault faults[] = {
		{.kind = CAMERA_CUT, .number = 700},
		{.kind = CAMERA_SHORT, .number = 700},
		{.kind = CAMERA_STALL},
		{.kind = CAMERA_SILENT},
		{.kind = CAMERA_GARBAGE, .number = 600},
		{.kind = CAMERA_OLD},
		{.kind = CAMERA_ORDER},
		{.kind = CAMERA_ANNOUNCE, .number = 5},
		{.kind = CAMERA_FLIP, .number = 0},
		{.kind = CAMERA_FLIP, .number = 999},
		{.kind = CAMERA_ANSWER, .number = 0x2002},
		{.kind = CAMERA_DENY, .number = 0x2007},
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < ELEMENTS(faults) * 4; i++) {
		struct camera_fault fault = faults[i / 4];

		fault.operation = 0x1009;
		fault.skip = (unsigned)i % 4;
		fault.times = 1;
		camera_fault(lab->camera, fault);
		is_committed(lab, 3);
		lab->camera->fault_count = 0;
	}
}

static bool is_said(const struct recorder_result *result, const char *words)
{
	bool said = strstr(result->sentence, words) != NULL;

	for (size_t i = 0; i < result->failure_count; i++)
		said |= strstr(result->failures[i].reason, words) != NULL;
	return said;
}

/* Each fault, for as long as it lasts: what it is called, by us and by the standard. */
static void every_fault_is_named(void **state)
{
	static const struct {
		struct camera_fault fault;
		const char *code, *words;
	} cases[] = {
		{{.kind = CAMERA_CUT, .operation = 0x1009, .number = 0}, "incomplete",
			"it breaks the protocol"},
		{{.kind = CAMERA_CUT, .operation = 0x1009, .number = 700}, "incomplete",
			"it breaks the protocol"},
		{{.kind = CAMERA_CUT, .operation = 0x1007, .number = 14}, "source-gone",
			"it breaks the protocol"},
		{{.kind = CAMERA_SHORT, .operation = 0x1009, .number = 700}, "incomplete",
			"it breaks the protocol"},
		{{.kind = CAMERA_LONG, .operation = 0x1009, .number = 5}, "incomplete",
			"it breaks the protocol"},
		{{.kind = CAMERA_ANNOUNCE, .operation = 0x1009, .number = 5}, "incomplete",
			"it breaks the protocol"},
		{{.kind = CAMERA_ANNOUNCE, .operation = 0x1007, .number = 5}, "source-gone",
			"it breaks the protocol"},
		{{.kind = CAMERA_STALL, .operation = 0x1009}, "incomplete", "it broke the transfer off"},
		{{.kind = CAMERA_STALL, .operation = 0x1007}, "source-gone", "it broke the transfer off"},
		{{.kind = CAMERA_STALL}, "source-refused", "it broke the transfer off"},
		{{.kind = CAMERA_SILENT, .operation = 0x1009}, "incomplete", "it stopped answering"},
		{{.kind = CAMERA_SILENT}, "source-refused", "it stopped answering"},
		{{.kind = CAMERA_ANSWER, .operation = 0x1009, .number = PTP_DEVICE_BUSY}, "incomplete",
			"Device_Busy"},
		{{.kind = CAMERA_ANSWER, .operation = 0x1007, .number = PTP_DEVICE_BUSY}, "source-gone",
			"Device_Busy"},
		{{.kind = CAMERA_ANSWER, .operation = 0x1004, .number = PTP_DEVICE_BUSY}, "source-refused",
			"it is busy (Device_Busy)"},
		{{.kind = CAMERA_ANSWER, .operation = 0x1009, .number = PTP_ACCESS_DENIED}, "incomplete",
			"Access_Denied"},
		{{.kind = CAMERA_ANSWER, .operation = 0x1008, .number = PTP_ACCESS_DENIED}, "incomplete",
			"Access_Denied"},
		{{.kind = CAMERA_ANSWER, .operation = 0x1009, .number = 0xa123}, "incomplete",
			"response 0xa123"},
		{{.kind = CAMERA_DENY, .operation = 0x1009, .number = PTP_INCOMPLETE_TRANSFER}, "incomplete",
			"Incomplete_Transfer"},
		{{.kind = CAMERA_LIE, .operation = 0x1009}, "incomplete", "it breaks the protocol"},
		{{.kind = CAMERA_OLD, .operation = 0x1009}, "incomplete", "it breaks the protocol"},
		{{.kind = CAMERA_ORDER, .operation = 0x1009}, "incomplete", "it breaks the protocol"},
		{{.kind = CAMERA_ORDER, .operation = 0x1007}, "source-gone", "it breaks the protocol"},
		{{.kind = CAMERA_GARBAGE, .operation = 0x1009, .number = 3}, "incomplete",
			"it breaks the protocol"},
		{{.kind = CAMERA_GARBAGE, .operation = 0x1008, .number = 900}, "source-gone",
			"it breaks the protocol"},
		{{.kind = CAMERA_GARBAGE, .number = 900}, "source-refused", "it breaks the protocol"},
		{{.kind = CAMERA_GONE, .operation = 0x1009}, "source-gone", "unplugged"},
		{{.kind = CAMERA_LEAVE, .operation = 0x1009, .number = 700}, "source-gone", "unplugged"},
		{{.kind = CAMERA_STORE_GONE, .operation = 0x1009, .number = STORE}, "source-gone",
			"it shows no memory any more"},
		{{.kind = CAMERA_ADD, .operation = 0x1009}, "source-changed", "changed during the offload"},
		{{.kind = CAMERA_EVENT, .operation = 0x1007, .number = PTP_EVENT_OBJECT_INFO_CHANGED},
			"source-gone", "its content keeps changing"},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		const struct recorder_result *result;
		struct lab *lab;

		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		camera_fault(lab->camera, cases[i].fault);
		result = offload(lab);
		if (strcmp(result->code, cases[i].code) != 0 || !is_said(result, cases[i].words))
			print_error("case %zu: %s: %s (%s)\n", i, result->code, result->sentence,
				result->failure_count > 0 ? result->failures[0].reason : "");
		assert_string_equal(result->code, cases[i].code);
		assert_true(is_said(result, cases[i].words));
		assert_false(result->committed);
		/* Nothing is lost: the same camera, when it is well again. */
		lab->camera->fault_count = 0;
		lab->camera->gone = lab->camera->stores[0].absent = false;
		lab->camera->leaving = 0;
		for (size_t k = 0; k < lab->camera->object_count; k++)
			lab->camera->objects[k].gone |= strcmp(lab->camera->objects[k].name, "NEW.JPG") == 0;
		is_committed(lab, 3);
	}
}

static void what_is_never_right_is_not_committed(void **state)
{
	static const struct {
		struct camera_fault fault;
		const char *code;
	} cases[] = {
		{{.kind = CAMERA_CUT, .number = 700}, "incomplete"},
		{{.kind = CAMERA_STALL}, "incomplete"},
		{{.kind = CAMERA_ANSWER, .number = 0x200f}, "incomplete"},
		{{.kind = CAMERA_ANSWER, .number = 0x2013}, "incomplete"},
		{{.kind = CAMERA_GONE}, "source-gone"},
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct camera_fault fault = cases[i].fault;

		fault.operation = 0x1009;
		camera_fault(lab->camera, fault);
		is_not_committed(lab, cases[i].code);
		lab->camera->fault_count = 0;
		lab->camera->gone = false;
	}
	is_committed(lab, 3);
}

static void the_second_read_must_be_equal(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	/* The second read of each of both rounds. */
	lab->camera->objects[2].gone = true;
	lab->camera->objects[4].gone = true;
	for (unsigned skip = 1; skip < 4; skip += 2)
		camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_FLIP,
						  .operation = 0x1009,
						  .skip = skip,
						  .times = 1,
						  .number = BIG - 1});
	result = offload(lab);
	assert_false(result->committed);
	assert_string_equal(result->code, "incomplete");
	assert_int_equal(result->failed, 1);
	assert_string_equal(result->failures[0].path, "store-00010001/DCIM/100BLUE/IMG_0002.JPG");
}

static void what_changes_meanwhile_is_noticed(void **state)
{
	struct lab *lab = *state;

	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_ADD, .operation = 0x1009, .skip = 4, .times = 1});
	is_not_committed(lab, "source-changed");
	lab->camera->fault_count = 0;
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_STORE_GONE,
					  .operation = 0x1009,
					  .skip = 2,
					  .times = 1,
					  .number = STORE});
	is_not_committed(lab, "source-gone");
}

static void what_cannot_be_fetched_is_named(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	(void)camera_add(lab->camera, STORE, 0, "TWIN.JPG", 5, 5);
	(void)camera_add(lab->camera, STORE, 0, "TWIN.JPG", 5, 6);
	(void)camera_add(lab->camera, STORE, 0, "HUGE.MP4", UINT64_C(5) << 30, 0);
	(void)camera_add(lab->camera, STORE, 0x999, "LOST.JPG", 5, 7);
	result = offload(lab);
	assert_string_equal(result->code, "incomplete");
	assert_int_equal(result->failed, 4);
	assert_int_equal(result->files, 3);
	for (size_t i = 0; i < result->failure_count; i++)
		assert_non_null(strstr(result->failures[i].reason, "camera"));
}

static void what_is_not_a_camera_is_refused(void **state)
{
	struct lab *lab = *state;

	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_GARBAGE, .number = 100});
	is_not_committed(lab, "source-refused");
	lab->camera->fault_count = 0;
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_SILENT});
	is_not_committed(lab, "source-refused");
	lab->camera->gone = true;
	is_not_committed(lab, "source-gone");
}

/* What to tap is said. */
static void is_locked(struct lab *lab)
{
	const struct recorder_result *result = offload(lab);

	assert_string_equal(result->code, "source-locked");
	assert_false(result->committed);
	assert_non_null(strstr(result->sentence, "Unlock it"));
	assert_non_null(strstr(result->sentence, "Trust this computer"));
}

static void what_shows_no_store_is_not_empty(void **state)
{
	static const struct camera_fault faults[] = {
		{.kind = CAMERA_ANSWER, .operation = 0x1004, .number = PTP_ACCESS_DENIED},
		{.kind = CAMERA_ANSWER, .operation = 0x1005, .number = PTP_ACCESS_DENIED},
		{.kind = CAMERA_ANSWER, .operation = 0x1005, .number = PTP_STORE_NOT_AVAILABLE},
		{.kind = CAMERA_ANSWER, .operation = 0x1002, .number = PTP_ACCESS_DENIED},
	};
	struct lab *lab = *state;

	lab->camera->stores[0].absent = true;
	is_locked(lab);
	lab->camera->stores[0].absent = false;
	for (size_t i = 0; i < ELEMENTS(faults); i++) {
		camera_fault(lab->camera, faults[i]);
		is_locked(lab);
		lab->camera->fault_count = 0;
	}
	is_committed(lab, 3);
}

/* An empty store is believed only as long as it is there. */
static void a_store_that_goes_is_not_empty(void **state)
{
	struct lab *lab = *state;

	for (size_t i = 0; i < lab->camera->object_count; i++)
		lab->camera->objects[i].gone = true;
	for (unsigned skip = 0; skip < 4; skip++) {
		camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_STORE_GONE,
						  .operation = 0x1007,
						  .skip = skip,
						  .times = 1,
						  .number = STORE});
		is_not_committed(lab, "source-gone");
		lab->camera->fault_count = 0;
		lab->camera->stores[0].absent = false;
	}
}

static void names_that_are_no_utf8_are_kept(void **state)
{
	struct lab *lab = *state;

	(void)camera_add(lab->camera, STORE, 0, "\xc3\xa4 \xf0\x9f\x98\x80 %41.JPG", 5, 5);
	(void)camera_add(lab->camera, STORE, 0, "half \xed\xa0\xbd.JPG", 5, 5);
	is_committed(lab, 5);
}

static void what_cannot_be_handed_over_is_not_offloaded(void **state)
{
	static const struct {
		int fd;
		const char *code, *words;
	} cases[] = {{-ENODEV, "source-gone", ""}, {-EACCES, "source-refused", "Permission denied"}};
	struct lab *lab = *state;

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		const struct recorder_result *result = offload_with(lab, cases[i].fd);

		assert_false(result->committed);
		assert_string_equal(result->code, cases[i].code);
		assert_non_null(strstr(result->sentence, cases[i].words));
	}
	/* The real one takes nothing but what it is handed. */
	lab->io.open = io_system.open;
	is_not_committed(lab, "source-refused");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_camera_is_offloaded),
		T(cameras_of_every_kind_are_offloaded),
		T(two_cards_are_offloaded),
		T(an_empty_camera_is_empty),
		T(what_goes_wrong_once_is_made_good),
		T(every_fault_is_named),
		T(what_is_never_right_is_not_committed),
		T(the_second_read_must_be_equal),
		T(what_changes_meanwhile_is_noticed),
		T(what_cannot_be_fetched_is_named),
		T(what_is_not_a_camera_is_refused),
		T(what_shows_no_store_is_not_empty),
		T(a_store_that_goes_is_not_empty),
		T(names_that_are_no_utf8_are_kept),
		T(what_cannot_be_handed_over_is_not_offloaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
