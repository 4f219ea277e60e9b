/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Formatting a store of the simulated camera: on a manager's order only, and never while a file is on it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../ptp/camera.h"
#include "ptp/format.h"

#include <string.h>

#define STORE 0x00010001
#define OTHER 0x00020001

struct lab {
	struct camera *camera;
	struct ptp_transport transport;
	struct ptp *ptp;
	unsigned response;
};

/* Two cards: only folders on the first, a picture on the second. */
static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof *lab);

	assert_non_null(lab);
	lab->camera = camera_new();
	lab->camera->formats = true;
	camera_add_store(lab->camera, OTHER);
	(void)camera_add_folder(
		lab->camera, STORE, camera_add_folder(lab->camera, STORE, 0, "DCIM")->handle, "100BLUE");
	(void)camera_add(lab->camera, OTHER, 0, "IMG_0001.JPG", 1000, 1);
	lab->transport = camera_transport(lab->camera);
	assert_int_equal(ptp_new(&lab->transport, &lab->ptp), 0);
	assert_int_equal(ptp_open(lab->ptp), 0);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	for (size_t i = 0; i < lab->camera->command_count; i++)
		if (lab->camera->commands[i].operation == PTP_FORMAT_STORE) {
			assert_int_equal(lab->camera->commands[i].count, 2);
			assert_int_equal(lab->camera->commands[i].params[0], STORE);
			assert_int_equal(lab->camera->commands[i].params[1], 0);
		}
	lab->ptp = ptp_free(lab->ptp);
	lab->camera = camera_free(lab->camera);
	free(lab);
	return 0;
}

static int format(struct lab *lab, uint32_t storage, bool by_manager)
{
	const struct ptp_format_order order = {storage, by_manager};

	return ptp_format_store(lab->ptp, &order, &lab->response);
}

static void nothing_is_sent(struct lab *lab, uint32_t storage, enum ptp_format expected)
{
	assert_int_equal(format(lab, storage, true), expected);
	assert_int_equal(camera_count(lab->camera, PTP_FORMAT_STORE), 0);
}

static void the_picture_is_there(struct lab *lab)
{
	assert_non_null(camera_find_name(lab->camera, "IMG_0001.JPG"));
}

static void an_empty_store_is_formatted(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(format(lab, STORE, true), PTP_FORMATTED);
	assert_null(camera_find_name(lab->camera, "DCIM"));
	assert_int_equal(camera_count(lab->camera, PTP_FORMAT_STORE), 1);
	the_picture_is_there(lab);
}

static void nobody_else_orders_it(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(format(lab, STORE, false), PTP_FORMAT_NOT_ORDERED);
	assert_int_equal(camera_count(lab->camera, PTP_FORMAT_STORE), 0);
}

static void a_store_with_a_file_is_not_formatted(void **state)
{
	struct lab *lab = *state;
	struct camera_object *lost;

	nothing_is_sent(lab, OTHER, PTP_FORMAT_NOT_EMPTY);
	camera_find_name(lab->camera, "IMG_0001.JPG")->size = 0;
	nothing_is_sent(lab, OTHER, PTP_FORMAT_NOT_EMPTY);
	/* One that the camera does not describe may lie anywhere. */
	lost = camera_add(lab->camera, OTHER, 0x999, "LOST.JPG", 5, 5);
	nothing_is_sent(lab, STORE, PTP_FORMAT_NOT_EMPTY);
	lost->gone = true;
	assert_int_equal(format(lab, STORE, true), PTP_FORMATTED);
}

/* Films are not listed by every camera. */
static void a_store_that_is_fuller_than_it_lists_is_not_formatted(void **state)
{
	struct lab *lab = *state;

	lab->camera->unlisted = PTP_FORMAT_TABLES * PTP_FORMAT_SLACK + 1;
	nothing_is_sent(lab, STORE, PTP_FORMAT_HOLDS_MORE);
	lab->camera->counts_nothing = true;
	nothing_is_sent(lab, STORE, PTP_FORMAT_HOLDS_MORE);
	lab->camera->counts_nothing = false;
	lab->camera->unlisted--;
	assert_int_equal(format(lab, STORE, true), PTP_FORMATTED);
}

static void an_ok_that_changes_nothing_is_not_believed(void **state)
{
	struct lab *lab = *state;

	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_LIE, .operation = PTP_FORMAT_STORE, .times = 1});
	assert_int_equal(format(lab, STORE, true), PTP_FORMAT_UNSEEN);
	assert_non_null(camera_find_name(lab->camera, "100BLUE"));
	assert_int_equal(format(lab, STORE, true), PTP_FORMATTED);
	/* Nothing was there that could look different. */
	assert_int_equal(format(lab, STORE, true), PTP_FORMATTED);
}

static void what_is_no_store_is_not_formatted(void **state)
{
	struct lab *lab = *state;

	nothing_is_sent(lab, 0, PTP_FORMAT_UNKNOWN);
	nothing_is_sent(lab, 0xffffffff, PTP_FORMAT_UNKNOWN);
	nothing_is_sent(lab, 0x00030001, PTP_FORMAT_UNKNOWN);
	lab->camera->formats = false;
	assert_int_equal(ptp_open(lab->ptp), 0);
	nothing_is_sent(lab, STORE, PTP_FORMAT_UNKNOWN);
}

static void an_event_behind_the_scan_stops_it(void **state)
{
	struct lab *lab = *state;
	unsigned asked;

	assert_int_equal(format(lab, OTHER, true), PTP_FORMAT_NOT_EMPTY);
	asked = (unsigned)lab->camera->command_count;
	/* With the last command of a scan. */
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_ADD, .skip = asked - 3, .times = 1});
	assert_int_equal(format(lab, STORE, true), PTP_FORMAT_NOT_EMPTY);
	assert_int_equal(camera_count(lab->camera, PTP_FORMAT_STORE), 0);
	assert_non_null(camera_find_name(lab->camera, "NEW.JPG"));
}

static void what_the_camera_says_is_looked_after(void **state)
{
	static const struct {
		struct camera_fault fault;
		int expected;
		unsigned response;
	} cases[] = {
		{{.kind = CAMERA_ANSWER, .number = PTP_STORE_READ_ONLY}, PTP_FORMAT_REFUSED,
			PTP_STORE_READ_ONLY},
		{{.kind = CAMERA_ANSWER, .number = PTP_DEVICE_BUSY}, PTP_FORMAT_REFUSED, PTP_DEVICE_BUSY},
		{{.kind = CAMERA_STORE_GONE, .number = STORE}, PTP_FORMAT_REFUSED, PTP_INVALID_STORAGE_ID},
		{{.kind = CAMERA_ADD}, PTP_FORMATTED, 0},
		{{.kind = CAMERA_SILENT}, -ETIMEDOUT, 0},
		{{.kind = CAMERA_STALL}, -EPIPE, 0},
		{{.kind = CAMERA_OLD}, -EBADMSG, 0},
		{{.kind = CAMERA_GARBAGE, .number = 30}, -EBADMSG, 0},
		{{.kind = CAMERA_GONE}, -ENODEV, 0},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct camera_fault fault = cases[i].fault;
		struct lab *lab;

		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		fault.operation = PTP_FORMAT_STORE;
		camera_fault(lab->camera, fault);
		assert_int_equal(format(lab, STORE, true), cases[i].expected);
		assert_int_equal(lab->response, cases[i].response);
		/* Never said twice by itself. */
		assert_int_equal(camera_count(lab->camera, PTP_FORMAT_STORE), 1);
		the_picture_is_there(lab);
	}
}

static void other_cards_are_looked_at(void **state)
{
	struct lab *lab = *state;

	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_TAKE_OTHER,
					  .operation = PTP_FORMAT_STORE,
					  .more = camera_find_name(lab->camera, "IMG_0001.JPG")->handle});
	assert_int_equal(format(lab, STORE, true), PTP_FORMAT_OTHERS);
	assert_string_equal(ptp_format_name(PTP_FORMAT_OTHERS), "others-changed");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(an_empty_store_is_formatted),
		T(nobody_else_orders_it),
		T(a_store_with_a_file_is_not_formatted),
		T(a_store_that_is_fuller_than_it_lists_is_not_formatted),
		T(an_ok_that_changes_nothing_is_not_believed),
		T(what_is_no_store_is_not_formatted),
		T(an_event_behind_the_scan_stops_it),
		T(what_the_camera_says_is_looked_after),
		T(other_cards_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
