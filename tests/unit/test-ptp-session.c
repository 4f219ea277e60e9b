/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sessions, listings and reading against the simulated camera: well-behaved ones of several kinds, and one
 * that breaks the protocol in every way it knows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../ptp/camera.h"
#include "ptp/tree.h"

#include <string.h>

#define BIG   3000001
#define STORE 0x00010001

#define ON_GET .operation = PTP_GET_OBJECT, .times = 1

struct lab {
	struct camera *camera;
	struct ptp_transport transport;
	struct ptp *ptp;
	struct ptp_tree *tree;
};

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof *lab);
	struct camera_object *dcim, *folder;

	assert_non_null(lab);
	lab->camera = camera_new();
	dcim = camera_add_folder(lab->camera, STORE, 0, "DCIM");
	folder = camera_add_folder(lab->camera, STORE, dcim->handle, "100BLUE");
	(void)camera_add(lab->camera, STORE, folder->handle, "IMG_0001.JPG", 1000, 1);
	(void)camera_add(lab->camera, STORE, folder->handle, "IMG_0002.JPG", BIG, 2);
	(void)camera_add(lab->camera, STORE, folder->handle, "EMPTY.DAT", 0, 3);
	(void)camera_add(lab->camera, STORE, folder->handle, "FULL.DAT", 512 * 9 - 12, 4);
	lab->transport = camera_transport(lab->camera);
	assert_int_equal(ptp_new(&lab->transport, &lab->ptp), 0);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	lab->tree = ptp_tree_free(lab->tree);
	lab->ptp = ptp_free(lab->ptp);
	lab->camera = camera_free(lab->camera);
	free(lab);
	return 0;
}

static uint32_t handle_of(struct lab *lab, const char *name)
{
	return camera_find_name(lab->camera, name)->handle;
}

/* Reads one object and compares each byte. 0, or what went wrong. */
static int read_object(struct lab *lab, const char *name, uint64_t expected)
{
	const struct camera_object *object = camera_find_name(lab->camera, name);
	static uint8_t buffer[70000];
	uint64_t at = 0;
	ssize_t n;
	int r = ptp_read_begin(lab->ptp, object->handle, expected);

	if (r != 0)
		return r;
	while ((n = ptp_read(lab->ptp, buffer, sizeof buffer)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(buffer[i], camera_byte(object->seed, at + (uint64_t)i));
		at += (uint64_t)n;
	}
	if (n < 0)
		return (int)n;
	r = ptp_read_end(lab->ptp);
	if (r == 0)
		assert_int_equal(at, object->size);
	return r;
}

static void read_all(struct lab *lab)
{
	static const char *const names[] = {"IMG_0001.JPG", "IMG_0002.JPG", "EMPTY.DAT", "FULL.DAT"};

	for (size_t i = 0; i < ELEMENTS(names); i++)
		assert_int_equal(
			read_object(lab, names[i], camera_find_name(lab->camera, names[i])->size), 0);
}

static void a_session_is_opened_and_closed(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_string_equal(ptp_info(lab->ptp)->model, "Blue Room Camera");
	assert_string_equal(ptp_info(lab->ptp)->serial, "BR0001");
	assert_true(ptp_can(lab->ptp, PTP_GET_OBJECT));
	assert_false(ptp_can(lab->ptp, PTP_GET_OBJECT_PROP_LIST));
	assert_int_equal(ptp_close(lab->ptp), 0);
	assert_false(lab->camera->session);
	assert_int_equal(lab->camera->resets, 0);
}

static void a_session_left_open_is_taken_over(void **state)
{
	struct lab *lab = *state;

	lab->camera->session = true;
	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_true(lab->camera->session);
}

static void a_device_may_describe_itself_within_a_session_only(void **state)
{
	struct lab *lab = *state;

	lab->camera->shy = true;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ptp_open(lab->ptp), 0);
		assert_string_equal(ptp_info(lab->ptp)->serial, "BR0001");
		assert_int_equal(read_object(lab, "IMG_0001.JPG", 1000), 0);
	}
	assert_int_equal(lab->camera->resets, 0);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_ANSWER,
					  .operation = PTP_GET_DEVICE_INFO,
					  .number = PTP_SESSION_NOT_OPEN});
	assert_int_equal(ptp_open(lab->ptp), PTP_SESSION_NOT_OPEN);
	assert_true(ptp_is_broken(lab->ptp));
}

static void a_stuck_device_is_reset(void **state)
{
	struct lab *lab = *state;

	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_SILENT, .times = 1});
	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(lab->camera->resets, 1);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_SILENT});
	assert_int_equal(ptp_open(lab->ptp), -ETIMEDOUT);
}

static void a_pulled_cable_is_no_device(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ptp_open(lab->ptp), 0);
	lab->camera->gone = true;
	assert_int_equal(read_object(lab, "IMG_0001.JPG", 1000), -ENODEV);
	assert_int_equal(ptp_open(lab->ptp), -ENODEV);
}

static void everything_is_read(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ptp_open(lab->ptp), 0);
	read_all(lab);
	lab->camera->without_empty = true;
	read_all(lab);
	lab->camera->split = true;
	read_all(lab);
	lab->camera->without_empty = false;
	read_all(lab);
}

static void pieces_are_read(void **state)
{
	struct lab *lab = *state;
	uint8_t buffer[100];
	unsigned response = 0;

	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(
		ptp_read_piece(lab->ptp, handle_of(lab, "IMG_0001.JPG"), 950, buffer, 100, &response), 50);
	assert_int_equal(buffer[0], camera_byte(1, 950));
	assert_int_equal(camera_count(lab->camera, PTP_GET_PARTIAL_OBJECT_64), 1);
	assert_int_equal(ptp_read_piece(lab->ptp, 0x999, 0, buffer, 100, &response), -EREMOTEIO);
	assert_int_equal(response, PTP_INVALID_OBJECT_HANDLE);
	lab->camera->without_partial_64 = true;
	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(
		ptp_read_piece(lab->ptp, handle_of(lab, "IMG_0002.JPG"), 70000, buffer, 100, &response), 100);
	assert_int_equal(buffer[99], camera_byte(2, 70099));
	assert_int_equal(ptp_read_piece(lab->ptp, handle_of(lab, "IMG_0002.JPG"), UINT64_C(1) << 32, buffer,
				 100, &response),
		-ERANGE);
}

static void huge_objects_have_their_size(void **state)
{
	struct lab *lab = *state;
	struct camera_object *huge = camera_add(lab->camera, STORE, 0, "HUGE.MP4", UINT64_C(5) << 30, 0);
	struct ptp_object_info info;
	uint8_t buffer[4096];
	uint64_t size;

	lab->camera->mtp = true;
	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(ptp_object_info(lab->ptp, huge->handle, &info), 0);
	assert_int_equal(info.size_32, PTP_SIZE_32_MAX);
	assert_int_equal(ptp_object_size(lab->ptp, huge->handle, &info, &size), 0);
	assert_int_equal(size, huge->size);
	assert_int_equal(ptp_read_begin(lab->ptp, huge->handle, size), 0);
	assert_int_equal(ptp_read(lab->ptp, buffer, sizeof buffer), sizeof buffer);
	assert_int_equal(ptp_read_cancel(lab->ptp), 0);
	assert_int_equal(lab->camera->cancels, 1);
	assert_int_equal(read_object(lab, "IMG_0001.JPG", 1000), 0);
	lab->camera->without_size = true;
	assert_int_equal(ptp_object_size(lab->ptp, huge->handle, &info, &size), 0);
	assert_true(size == PTP_SIZE_UNKNOWN);
}

/* Its length does not fit into the head: it ends where the device ends the transfer. */
static void an_object_beyond_4_gib_is_read_whole(void **state)
{
	struct lab *lab = *state;
	struct camera_object *huge =
		camera_add(lab->camera, STORE, 0, "HUGE.MP4", (UINT64_C(1) << 32) + 70000, 0);
	static uint8_t buffer[1U << 20];
	uint64_t total = 0;
	ssize_t n;

	lab->camera->mtp = true;
	for (unsigned full = 0; full < 2; full++) {
		huge->size += full * (CAMERA_PACKET - (huge->size + 12) % CAMERA_PACKET);
		total = 0;
		assert_int_equal(ptp_open(lab->ptp), 0);
		assert_int_equal(ptp_read_begin(lab->ptp, huge->handle, huge->size), 0);
		while ((n = ptp_read(lab->ptp, buffer, sizeof buffer)) > 0)
			total += (uint64_t)n;
		assert_int_equal(n, 0);
		assert_int_equal(ptp_read_end(lab->ptp), 0);
		assert_true(total == huge->size);
	}
	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_SHORT, ON_GET, .number = UINT64_C(1) << 32});
	assert_int_equal(ptp_read_begin(lab->ptp, huge->handle, huge->size), 0);
	while ((n = ptp_read(lab->ptp, buffer, sizeof buffer)) > 0)
		;
	assert_int_equal(n < 0 ? n : ptp_read_end(lab->ptp), -EBADMSG);
}

static void another_size_is_not_accepted(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(read_object(lab, "IMG_0001.JPG", 999), -EMSGSIZE);
	assert_int_equal(read_object(lab, "IMG_0001.JPG", 1001), -EMSGSIZE);
	assert_int_equal(read_object(lab, "EMPTY.DAT", 1), -EMSGSIZE);
	assert_int_equal(read_object(lab, "IMG_0001.JPG", 1000), 0);
}

static void a_busy_device_is_waited_for(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ptp_open(lab->ptp), 0);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_ANSWER,
					  .operation = PTP_GET_OBJECT,
					  .number = PTP_DEVICE_BUSY,
					  .times = 3});
	assert_int_equal(read_object(lab, "IMG_0001.JPG", 1000), 0);
	assert_int_equal(camera_count(lab->camera, PTP_GET_OBJECT), 4);
	camera_fault(lab->camera,
		(struct camera_fault){
			.kind = CAMERA_ANSWER, .operation = PTP_GET_OBJECT, .number = PTP_DEVICE_BUSY});
	assert_int_equal(read_object(lab, "IMG_0001.JPG", 1000), PTP_DEVICE_BUSY);
}

struct wrong {
	struct camera_fault fault;
	int expected;
	bool breaks;
};

static const struct wrong wrongs[] = {
	{{.kind = CAMERA_CUT, ON_GET, .number = 500}, -EBADMSG, true},
	{{.kind = CAMERA_CUT, ON_GET, .number = 0}, -EBADMSG, true},
	{{.kind = CAMERA_CUT, ON_GET, .number = 7}, -EBADMSG, true},
	{{.kind = CAMERA_CUT, ON_GET, .number = 12}, -ETIMEDOUT, true},
	{{.kind = CAMERA_CUT, ON_GET, .number = 512}, -EBADMSG, true},
	{{.kind = CAMERA_CUT, ON_GET, .number = 1012}, -ETIMEDOUT, true},
	{{.kind = CAMERA_SHORT, ON_GET, .number = 1011}, -EBADMSG, true},
	{{.kind = CAMERA_SHORT, ON_GET, .number = 12}, -EBADMSG, true},
	{{.kind = CAMERA_LONG, ON_GET, .number = 1}, -EMSGSIZE, true},
	{{.kind = CAMERA_ANNOUNCE, ON_GET, .number = 1}, -EMSGSIZE, true},
	{{.kind = CAMERA_STALL, ON_GET}, -EPIPE, true},
	{{.kind = CAMERA_SILENT, ON_GET}, -ETIMEDOUT, true},
	{{.kind = CAMERA_OLD, ON_GET}, -EBADMSG, true},
	{{.kind = CAMERA_ORDER, ON_GET}, -EBADMSG, true},
	{{.kind = CAMERA_GARBAGE, ON_GET, .number = 1}, -EBADMSG, true},
	{{.kind = CAMERA_GARBAGE, ON_GET, .number = 12}, -EBADMSG, true},
	{{.kind = CAMERA_GARBAGE, ON_GET, .number = 5000}, -EBADMSG, true},
	{{.kind = CAMERA_LIE, ON_GET}, -EBADMSG, true},
	{{.kind = CAMERA_DENY, ON_GET, .number = PTP_INCOMPLETE_TRANSFER}, PTP_INCOMPLETE_TRANSFER, false},
	{{.kind = CAMERA_ANSWER, ON_GET, .number = PTP_ACCESS_DENIED}, PTP_ACCESS_DENIED, false},
};

static void every_break_is_noticed(void **state)
{
	struct lab *lab = *state;

	for (size_t i = 0; i < ELEMENTS(wrongs); i++) {
		const struct wrong *wrong = &wrongs[i];
		int r;

		assert_int_equal(ptp_open(lab->ptp), 0);
		camera_fault(lab->camera, wrong->fault);
		r = read_object(lab, "IMG_0001.JPG", 1000);
		/* A wrong announcement may be seen as such, or by what follows it. */
		if (wrong->expected == -EMSGSIZE && r == -EBADMSG)
			r = -EMSGSIZE;
		if (r != wrong->expected)
			print_error("fault %zu: %d\n", i, r);
		assert_int_equal(r, wrong->expected);
		assert_int_equal(ptp_is_broken(lab->ptp), wrong->breaks);
		if (wrong->breaks)
			assert_true(read_object(lab, "IMG_0001.JPG", 1000) < 0);
		lab->camera->fault_count = 0;
		assert_int_equal(ptp_open(lab->ptp), 0);
		assert_int_equal(read_object(lab, "IMG_0001.JPG", 1000), 0);
	}
}

static void broken_listings_are_noticed(void **state)
{
	struct lab *lab = *state;

	for (size_t i = 0; i < ELEMENTS(wrongs); i++) {
		struct ptp_u32s handles = {0};
		struct camera_fault fault = wrongs[i].fault;
		int r;

		assert_int_equal(ptp_open(lab->ptp), 0);
		fault.operation = PTP_GET_OBJECT_HANDLES;
		fault.number = fault.number == 1011 || fault.number == 1012 || fault.number >= 500
				       ? 20
				       : fault.number;
		if (wrongs[i].fault.number > 0x2000)
			fault.number = wrongs[i].fault.number;
		camera_fault(lab->camera, fault);
		r = ptp_object_handles(lab->ptp, STORE, 0, &handles);
		if (r == 0)
			print_error("fault %zu was not noticed\n", i);
		assert_int_not_equal(r, 0);
		assert_null(handles.values);
		lab->camera->fault_count = 0;
	}
}

/* --- scans --- */

static int scan(struct lab *lab)
{
	lab->tree = ptp_tree_free(lab->tree);
	if (ptp_is_broken(lab->ptp))
		assert_int_equal(ptp_open(lab->ptp), 0);
	return ptp_tree_read(lab->ptp, NULL, NULL, &lab->tree);
}

static const struct ptp_object *found(struct lab *lab, const char *path)
{
	char own[PTP_PATH_MAX + 1];

	for (size_t i = 0; i < lab->tree->count; i++)
		if (ptp_tree_path(lab->tree, &lab->tree->objects[i], own) > 0 && strcmp(own, path) == 0)
			return &lab->tree->objects[i];
	return NULL;
}

static unsigned problems(const struct ptp_tree *tree)
{
	unsigned count = 0;

	for (size_t i = 0; i < tree->count; i++)
		count += tree->objects[i].problem != PTP_PROBLEM_NONE;
	return count;
}

static void is_whole(struct lab *lab)
{
	const struct ptp_object *object;

	assert_int_equal(scan(lab), 0);
	assert_int_equal(lab->tree->count, 6);
	assert_int_equal(problems(lab->tree), 0);
	object = found(lab, "store-00010001/DCIM/100BLUE/IMG_0002.JPG");
	assert_non_null(object);
	assert_int_equal(object->size, BIG);
	assert_int_equal(object->modified, 1795169472);
	assert_non_null(found(lab, "store-00010001/DCIM/100BLUE/EMPTY.DAT"));
}

static void devices_of_every_kind_are_scanned(void **state)
{
	struct lab *lab = *state;

	is_whole(lab);
	lab->camera->root_only = true;
	is_whole(lab);
	lab->camera->root_only = false;
	lab->camera->blind = true;
	is_whole(lab);
	lab->camera->blind = false;
	lab->camera->mtp = true;
	assert_int_equal(ptp_open(lab->ptp), 0);
	lab->camera->command_count = 0;
	is_whole(lab);
	assert_int_equal(camera_count(lab->camera, PTP_GET_OBJECT_INFO), 0);
	lab->camera->without_size = true;
	is_whole(lab);
	assert_int_equal(camera_count(lab->camera, PTP_GET_OBJECT_INFO), 6);
}

static void many_objects_are_listed_by_their_properties(void **state)
{
	struct lab *lab = *state;
	char name[32];

	for (unsigned i = 0; i < 2000; i++) {
		(void)snprintf(name, sizeof name, "IMG_%u.JPG", i);
		(void)camera_add(lab->camera, STORE, 0, name, i, i);
	}
	lab->camera->mtp = true;
	assert_int_equal(scan(lab), 0);
	assert_int_equal(lab->tree->count, 2006);
	assert_int_equal(problems(lab->tree), 0);
	assert_int_equal(camera_count(lab->camera, PTP_GET_OBJECT_PROP_LIST), 1);
	assert_int_equal(camera_count(lab->camera, PTP_GET_OBJECT_INFO), 0);
	assert_true(lab->camera->command_count < 20);
}

static void a_listing_that_is_not_known_is_done_without(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ptp_open(lab->ptp), 0);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_ANSWER,
					  .operation = PTP_GET_OBJECT_HANDLES,
					  .skip = 1,
					  .times = 1,
					  .number = PTP_PARAMETER_NOT_SUPPORTED});
	is_whole(lab);
	lab->camera->fault_count = 0;
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_ANSWER,
					  .operation = PTP_GET_OBJECT_HANDLES,
					  .number = PTP_PARAMETER_NOT_SUPPORTED});
	assert_int_equal(scan(lab), PTP_PARAMETER_NOT_SUPPORTED);
}

static void bad_objects_stay_with_their_problem(void **state)
{
	struct lab *lab = *state;
	struct camera *camera = lab->camera;

	(void)camera_add(camera, STORE, 0, "", 1, 1);
	(void)camera_add(camera, STORE, 0, "..", 1, 1);
	(void)camera_add(camera, STORE, 0, "a/b", 1, 1);
	(void)camera_add(camera, STORE, 0, "TWIN", 1, 1);
	(void)camera_add(camera, STORE, 0, "TWIN", 1, 2);
	(void)camera_add(camera, STORE, 0x777, "LOST", 1, 1);
	(void)camera_add(camera, STORE, 0, "HUGE", UINT64_C(5) << 30, 0);
	assert_int_equal(scan(lab), 0);
	assert_int_equal(lab->tree->count, 13);
	assert_int_equal(problems(lab->tree), 7);
	assert_int_equal(found(lab, "store-00010001/LOST")->problem, PTP_PROBLEM_PLACE);
	assert_int_equal(found(lab, "store-00010001/HUGE")->problem, PTP_PROBLEM_SIZE);
	assert_int_equal(found(lab, "store-00010001/TWIN")->problem, PTP_PROBLEM_TWICE);
	camera->mtp = true;
	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(scan(lab), 0);
	assert_int_equal(problems(lab->tree), 6);
}

static void what_is_not_described_is_named(void **state)
{
	struct lab *lab = *state;
	unsigned named = 0;

	assert_int_equal(ptp_open(lab->ptp), 0);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_ANSWER,
					  .operation = PTP_GET_OBJECT_INFO,
					  .skip = 2,
					  .times = 1,
					  .number = PTP_ACCESS_DENIED});
	assert_int_equal(scan(lab), 0);
	assert_int_equal(lab->tree->count, 6);
	for (size_t i = 0; i < lab->tree->count; i++)
		named += lab->tree->objects[i].problem == PTP_PROBLEM_INFO &&
			 lab->tree->objects[i].response == PTP_ACCESS_DENIED;
	assert_int_equal(named, 1);
}

static void a_loop_of_folders_ends(void **state)
{
	struct lab *lab = *state;
	struct camera_object *one = camera_add_folder(lab->camera, STORE, 0, "ONE");
	struct camera_object *two = camera_add_folder(lab->camera, STORE, one->handle, "TWO");

	one->parent = two->handle;
	assert_int_equal(scan(lab), 0);
	assert_int_equal(problems(lab->tree), 2);
}

static void two_stores_are_seen(void **state)
{
	struct lab *lab = *state;

	camera_add_store(lab->camera, 0x00020001);
	camera_add_store(lab->camera, 0x00030000); /* without a medium */
	(void)camera_add(lab->camera, 0x00020001, 0, "IMG_0001.JPG", 5, 9);
	assert_int_equal(scan(lab), 0);
	assert_int_equal(lab->tree->store_count, 2);
	assert_int_equal(lab->tree->count, 7);
	assert_int_equal(problems(lab->tree), 0);
	assert_non_null(found(lab, "store-00020001/IMG_0001.JPG"));
	lab->camera->stores[1].absent = true;
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_STORE_GONE,
					  .operation = PTP_GET_OBJECT_INFO,
					  .skip = 2,
					  .times = 1,
					  .number = STORE});
	/* Without any store nothing is known of what lies on it: that is not "empty". */
	assert_int_equal(scan(lab), -ENOMEDIUM);
}

static void a_device_that_changes_is_scanned_again(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ptp_open(lab->ptp), 0);
	camera_fault(lab->camera,
		(struct camera_fault){
			.kind = CAMERA_ADD, .operation = PTP_GET_OBJECT_INFO, .skip = 3, .times = 1});
	assert_int_equal(scan(lab), 0);
	assert_int_equal(lab->tree->count, 7);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_EVENT,
					  .operation = PTP_GET_STORAGE_INFO,
					  .number = PTP_EVENT_OBJECT_INFO_CHANGED});
	assert_int_equal(scan(lab), -EAGAIN);
}

static bool at_once(void *data)
{
	return true;
}

static void a_scan_can_be_stopped(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(ptp_tree_read(lab->ptp, at_once, NULL, &lab->tree), -ECANCELED);
	assert_null(lab->tree);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_session_is_opened_and_closed),
		T(a_session_left_open_is_taken_over),
		T(a_device_may_describe_itself_within_a_session_only),
		T(a_stuck_device_is_reset),
		T(a_pulled_cable_is_no_device),
		T(everything_is_read),
		T(pieces_are_read),
		T(huge_objects_have_their_size),
		T(an_object_beyond_4_gib_is_read_whole),
		T(another_size_is_not_accepted),
		T(a_busy_device_is_waited_for),
		T(every_break_is_noticed),
		T(broken_listings_are_noticed),
		T(devices_of_every_kind_are_scanned),
		T(many_objects_are_listed_by_their_properties),
		T(a_listing_that_is_not_known_is_done_without),
		T(bad_objects_stay_with_their_problem),
		T(what_is_not_described_is_named),
		T(a_loop_of_folders_ends),
		T(two_stores_are_seen),
		T(a_device_that_changes_is_scanned_again),
		T(a_scan_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
