/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Deleting from the simulated camera: only what is proven, one object at a time, and never a word too much
 * whatever the camera does. After every test, nothing is gone that was not to go. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../ptp/camera.h"
#include "ptp/removal.h"

#include <string.h>

#define STORE 0x00010001
#define ONE   "store-00010001/DCIM/IMG_0001.JPG"
#define TWO   "store-00010001/DCIM/IMG_0002.JPG"

struct lab {
	struct camera *camera;
	struct ptp_transport transport;
	struct ptp *ptp;
	struct ptp_tree *tree;
	unsigned response;
};

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof *lab);
	struct camera_object *dcim;

	assert_non_null(lab);
	lab->camera = camera_new();
	dcim = camera_add_folder(lab->camera, STORE, 0, "DCIM");
	(void)camera_add(lab->camera, STORE, dcim->handle, "IMG_0001.JPG", 1000, 1);
	(void)camera_add(lab->camera, STORE, dcim->handle, "IMG_0002.JPG", 2000, 2);
	(void)camera_add(lab->camera, STORE, 0, "ROOT.DAT", 30, 3);
	lab->transport = camera_transport(lab->camera);
	assert_int_equal(ptp_new(&lab->transport, &lab->ptp), 0);
	*state = lab;
	return 0;
}

/* No test may have sent a delete for "all". */
static int teardown(void **state)
{
	struct lab *lab = *state;

	for (size_t i = 0; i < lab->camera->command_count; i++)
		if (lab->camera->commands[i].operation == PTP_DELETE_OBJECT) {
			assert_int_equal(lab->camera->commands[i].count, 2);
			assert_int_equal(lab->camera->commands[i].params[1], 0);
			assert_int_not_equal(lab->camera->commands[i].params[0], 0);
			assert_int_not_equal(lab->camera->commands[i].params[0], 0xffffffff);
		}
	lab->tree = ptp_tree_free(lab->tree);
	lab->ptp = ptp_free(lab->ptp);
	lab->camera = camera_free(lab->camera);
	free(lab);
	return 0;
}

static void scan(struct lab *lab)
{
	lab->tree = ptp_tree_free(lab->tree);
	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(ptp_tree_read(lab->ptp, NULL, NULL, &lab->tree), 0);
}

static struct ptp_object *object_of(struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->tree->count; i++)
		if (strcmp(lab->tree->objects[i].name, name) == 0)
			return &lab->tree->objects[i];
	fail();
	return NULL;
}

static int prove(struct lab *lab, const char *name, const char *path, uint64_t size, struct ptp_proof **proof)
{
	const struct ptp_recorded recorded = {.path = path, .size = size};

	return ptp_prove(lab->tree, object_of(lab, name), &recorded, proof, &lab->response);
}

/* Proves and removes IMG_0001.JPG. */
static int remove_one(struct lab *lab)
{
	struct ptp_proof *proof = NULL;

	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVED);
	return ptp_remove(&proof, &lab->response);
}

static bool is_there(struct lab *lab, const char *name)
{
	return camera_find_name(lab->camera, name) != NULL;
}

static void others_are_there(struct lab *lab)
{
	assert_true(is_there(lab, "DCIM"));
	assert_true(is_there(lab, "IMG_0002.JPG"));
	assert_true(is_there(lab, "ROOT.DAT"));
}

static void nothing_is_gone(struct lab *lab)
{
	others_are_there(lab);
	assert_true(is_there(lab, "IMG_0001.JPG"));
}

static void a_proven_object_is_removed(void **state)
{
	struct lab *lab = *state;
	struct ptp_proof *proof = NULL;

	scan(lab);
	assert_int_equal(remove_one(lab), PTP_REMOVED);
	assert_false(is_there(lab, "IMG_0001.JPG"));
	others_are_there(lab);
	assert_int_equal(prove(lab, "IMG_0002.JPG", TWO, 2000, &proof), PTP_REMOVED);
	assert_int_equal(ptp_remove(&proof, &lab->response), PTP_REMOVED);
	assert_null(proof);
	assert_int_equal(prove(lab, "ROOT.DAT", "store-00010001/ROOT.DAT", 30, &proof), PTP_REMOVED);
	assert_int_equal(ptp_remove(&proof, &lab->response), PTP_REMOVED);
	assert_true(is_there(lab, "DCIM"));
	assert_int_equal(lab->camera->deletes, 3);
}

static void every_kind_of_device_is_emptied(void **state)
{
	for (unsigned kind = 0; kind < 8; kind++) {
		struct lab *lab = *state;

		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		lab->camera->root_only = kind & 1;
		lab->camera->mtp = kind & 2;
		lab->camera->blind = (kind & 4) && !(kind & 1);
		lab->camera->announce_removal = true;
		a_proven_object_is_removed(state);
	}
}

static void what_the_journal_does_not_have_stays(void **state)
{
	struct lab *lab = *state;
	struct ptp_proof *proof = NULL;

	scan(lab);
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 999, &proof), PTP_REMOVAL_DIFFERS);
	assert_int_equal(prove(lab, "IMG_0001.JPG", TWO, 1000, &proof), PTP_REMOVAL_DIFFERS);
	assert_int_equal(prove(lab, "IMG_0001.JPG", "store-00020001/DCIM/IMG_0001.JPG", 1000, &proof),
		PTP_REMOVAL_DIFFERS);
	assert_int_equal(
		prove(lab, "IMG_0001.JPG", "store-00010001/IMG_0001.JPG", 1000, &proof), PTP_REMOVAL_DIFFERS);
	assert_int_equal(prove(lab, "DCIM", "store-00010001/DCIM", 0, &proof), PTP_REMOVAL_FOLDER);
	assert_null(proof);
	assert_int_equal(lab->camera->deletes, 0);
}

static void what_changed_since_the_scan_stays(void **state)
{
	struct lab *lab = *state;
	struct ptp_proof *proof = NULL;
	struct camera_object *object = camera_find_name(lab->camera, "IMG_0001.JPG");

	scan(lab);
	object->size = 1001;
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVAL_DIFFERS);
	object->size = 1000;
	object->parent = 0;
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVAL_DIFFERS);
	scan(lab);
	object->format = PTP_FORMAT_ASSOCIATION;
	assert_int_equal(
		prove(lab, "IMG_0001.JPG", "store-00010001/IMG_0001.JPG", 1000, &proof), PTP_REMOVAL_DIFFERS);
	object->format = 0x3801;
	(void)snprintf(object->name, sizeof object->name, "IMG_0003.JPG");
	assert_int_equal(
		prove(lab, "IMG_0001.JPG", "store-00010001/IMG_0001.JPG", 1000, &proof), PTP_REMOVAL_DIFFERS);
	object->gone = true;
	assert_int_equal(prove(lab, "IMG_0001.JPG", "store-00010001/IMG_0001.JPG", 1000, &proof),
		PTP_REMOVAL_UNREADABLE);
	assert_int_equal(lab->response, PTP_INVALID_OBJECT_HANDLE);
	assert_int_equal(lab->camera->deletes, 0);
}

static void an_unknown_size_is_no_size(void **state)
{
	struct lab *lab = *state;
	struct ptp_proof *proof = NULL;

	camera_find_name(lab->camera, "IMG_0001.JPG")->size = UINT64_C(5) << 30;
	scan(lab);
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, PTP_SIZE_UNKNOWN, &proof), PTP_REMOVAL_DIFFERS);
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, UINT64_C(5) << 30, &proof), PTP_REMOVAL_DIFFERS);
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 0xffffffff, &proof), PTP_REMOVAL_DIFFERS);
	lab->camera->mtp = true;
	scan(lab);
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, UINT64_C(5) << 30, &proof), PTP_REMOVED);
	assert_int_equal(ptp_remove(&proof, &lab->response), PTP_REMOVED);
	others_are_there(lab);
}

static void twins_stay(void **state)
{
	struct lab *lab = *state;
	struct ptp_proof *proof = NULL;

	(void)camera_add(lab->camera, STORE, 0, "ROOT.DAT", 30, 4);
	scan(lab);
	assert_int_equal(prove(lab, "ROOT.DAT", "store-00010001/ROOT.DAT", 30, &proof), PTP_REMOVAL_DIFFERS);
	nothing_is_gone(lab);
}

/* Any event about objects or stores between proof and delete, of whatever kind. */
static void an_event_makes_a_proof_worthless(void **state)
{
	static const uint16_t codes[] = {PTP_EVENT_OBJECT_ADDED, PTP_EVENT_OBJECT_REMOVED,
		PTP_EVENT_STORE_ADDED, PTP_EVENT_STORE_REMOVED, PTP_EVENT_OBJECT_INFO_CHANGED,
		PTP_EVENT_DEVICE_RESET, PTP_EVENT_STORAGE_INFO_CHANGED, PTP_EVENT_UNREPORTED_STATUS, 0xc101};
	struct lab *lab = *state;

	for (size_t i = 0; i < ELEMENTS(codes); i++) {
		struct ptp_proof *proof = NULL;

		scan(lab);
		assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVED);
		camera_event(lab->camera, codes[i], STORE);
		assert_int_equal(ptp_remove(&proof, &lab->response), PTP_REMOVAL_STALE);
		assert_null(proof);
		assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVAL_STALE);
		assert_int_equal(ptp_last_event(lab->ptp).code, codes[i]);
	}
	assert_int_equal(lab->camera->deletes, 0);
	scan(lab);
	camera_event(lab->camera, PTP_EVENT_DEVICE_PROP_CHANGED, 0x5001);
	assert_int_equal(remove_one(lab), PTP_REMOVED);
}

static void a_proof_is_of_its_session(void **state)
{
	struct lab *lab = *state;
	struct ptp_proof *proof = NULL;

	scan(lab);
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVED);
	assert_int_equal(ptp_open(lab->ptp), 0);
	assert_int_equal(ptp_remove(&proof, &lab->response), PTP_REMOVAL_STALE);
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVAL_STALE);
	nothing_is_gone(lab);
}

static void a_pulled_card_stops_everything(void **state)
{
	struct lab *lab = *state;
	struct ptp_proof *proof = NULL;

	scan(lab);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_STORE_GONE,
					  .operation = PTP_GET_OBJECT_INFO,
					  .times = 1,
					  .number = STORE});
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVAL_UNREADABLE);
	assert_int_equal(lab->response, PTP_STORE_NOT_AVAILABLE);
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVAL_STALE);
	assert_int_equal(lab->camera->deletes, 0);
}

static void a_delete_that_does_nothing_is_noticed(void **state)
{
	struct lab *lab = *state;

	scan(lab);
	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_LIE, .operation = PTP_DELETE_OBJECT, .times = 1});
	assert_int_equal(remove_one(lab), PTP_REMOVAL_IGNORED);
	nothing_is_gone(lab);
}

static void a_delete_that_fails_has_its_name(void **state)
{
	static const unsigned answers[] = {PTP_OBJECT_WRITE_PROTECTED, PTP_STORE_READ_ONLY, PTP_DEVICE_BUSY,
		PTP_ACCESS_DENIED, PTP_PARTIAL_DELETION, PTP_STORE_NOT_AVAILABLE};
	struct lab *lab = *state;

	for (size_t i = 0; i < ELEMENTS(answers); i++) {
		scan(lab);
		camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_ANSWER,
						  .operation = PTP_DELETE_OBJECT,
						  .number = answers[i],
						  .times = 1});
		assert_int_equal(remove_one(lab), PTP_REMOVAL_REFUSED);
		assert_int_equal(lab->response, answers[i]);
		nothing_is_gone(lab);
	}
	/* Never tried again by itself. */
	assert_int_equal(camera_count(lab->camera, PTP_DELETE_OBJECT), ELEMENTS(answers));
}

static void a_delete_denied_but_done_is_doubtful(void **state)
{
	struct lab *lab = *state;

	scan(lab);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_DENY,
					  .operation = PTP_DELETE_OBJECT,
					  .number = PTP_PARTIAL_DELETION,
					  .times = 1});
	assert_int_equal(remove_one(lab), PTP_REMOVAL_UNSURE);
	others_are_there(lab);
}

static void a_delete_that_takes_others_along_is_the_last(void **state)
{
	struct lab *lab = *state;

	scan(lab);
	camera_fault(lab->camera, (struct camera_fault){.kind = CAMERA_TAKE_OTHER,
					  .operation = PTP_DELETE_OBJECT,
					  .times = 1,
					  .more = camera_find_name(lab->camera, "ROOT.DAT")->handle});
	assert_int_equal(remove_one(lab), PTP_REMOVAL_OTHERS);
	assert_true(is_there(lab, "IMG_0002.JPG"));
}

static void a_new_object_is_noticed(void **state)
{
	struct lab *lab = *state;
	struct ptp_proof *proof = NULL;

	scan(lab);
	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_ADD, .operation = PTP_DELETE_OBJECT, .times = 1});
	assert_int_equal(remove_one(lab), PTP_REMOVAL_OTHERS);
	others_are_there(lab);
	assert_int_equal(prove(lab, "IMG_0002.JPG", TWO, 2000, &proof), PTP_REMOVAL_STALE);
}

static void a_handle_used_again_is_not_gone(void **state)
{
	struct lab *lab = *state;

	scan(lab);
	camera_fault(lab->camera,
		(struct camera_fault){.kind = CAMERA_REUSE, .operation = PTP_DELETE_OBJECT, .times = 1});
	assert_int_equal(remove_one(lab), PTP_REMOVAL_IGNORED);
	others_are_there(lab);
}

static void handles_that_moved_are_noticed(void **state)
{
	struct lab *lab = *state;
	struct camera_object *one = camera_find_name(lab->camera, "IMG_0001.JPG");
	struct camera_object *two = camera_find_name(lab->camera, "IMG_0002.JPG");
	struct ptp_proof *proof = NULL;
	uint32_t handle = one->handle;

	scan(lab);
	one->handle = two->handle;
	two->handle = handle;
	assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVAL_DIFFERS);
	assert_int_equal(lab->camera->deletes, 0);
}

static void protected_objects_need_a_word(void **state)
{
	struct lab *lab = *state;
	struct ptp_recorded recorded = {.path = ONE, .size = 1000};
	struct ptp_proof *proof = NULL;
	struct ptp_object *object;

	camera_find_name(lab->camera, "IMG_0001.JPG")->protection = 1;
	scan(lab);
	object = object_of(lab, "IMG_0001.JPG");
	assert_int_equal(
		ptp_prove(lab->tree, object, &recorded, &proof, &lab->response), PTP_REMOVAL_PROTECTED);
	recorded.protected_too = true;
	assert_int_equal(ptp_prove(lab->tree, object, &recorded, &proof, &lab->response), PTP_REMOVED);
	assert_int_equal(ptp_remove(&proof, &lab->response), PTP_REMOVAL_REFUSED);
	assert_int_equal(lab->response, PTP_OBJECT_WRITE_PROTECTED);
	assert_int_equal(ptp_prove(lab->tree, object, &recorded, &proof, &lab->response), PTP_REMOVED);
	assert_int_equal(ptp_unprotect(&proof), 0);
	assert_null(proof);
	assert_int_equal(ptp_prove(lab->tree, object, &recorded, &proof, &lab->response), PTP_REMOVED);
	assert_int_equal(ptp_remove(&proof, &lab->response), PTP_REMOVED);
	others_are_there(lab);
}

static const struct camera_fault breaks[] = {
	{.kind = CAMERA_SILENT},
	{.kind = CAMERA_STALL},
	{.kind = CAMERA_GARBAGE, .number = 30},
	{.kind = CAMERA_GONE},
	{.kind = CAMERA_OLD},
};

/* Whatever breaks, at whatever command from the delete on: no outcome says "removed", and no more is sent. */
static void a_broken_answer_is_never_a_removal(void **state)
{
	static const uint16_t operations[] = {PTP_DELETE_OBJECT, PTP_GET_OBJECT_HANDLES, PTP_GET_OBJECT_INFO};

	for (size_t i = 0; i < ELEMENTS(breaks) * ELEMENTS(operations); i++) {
		struct camera_fault fault = breaks[i / ELEMENTS(operations)];
		struct ptp_proof *proof = NULL;
		struct lab *lab;

		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		lab = *state;
		scan(lab);
		assert_int_equal(prove(lab, "IMG_0001.JPG", ONE, 1000, &proof), PTP_REMOVED);
		fault.operation = operations[i % ELEMENTS(operations)];
		camera_fault(lab->camera, fault);
		assert_true(ptp_remove(&proof, &lab->response) < 0);
		assert_int_equal(camera_count(lab->camera, PTP_DELETE_OBJECT), 1);
		others_are_there(lab);
		assert_int_equal(prove(lab, "IMG_0002.JPG", TWO, 2000, &proof), PTP_REMOVAL_STALE);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_proven_object_is_removed),
		T(every_kind_of_device_is_emptied),
		T(what_the_journal_does_not_have_stays),
		T(what_changed_since_the_scan_stays),
		T(an_unknown_size_is_no_size),
		T(twins_stay),
		T(an_event_makes_a_proof_worthless),
		T(a_proof_is_of_its_session),
		T(a_pulled_card_stops_everything),
		T(a_delete_that_does_nothing_is_noticed),
		T(a_delete_that_fails_has_its_name),
		T(a_delete_denied_but_done_is_doubtful),
		T(a_delete_that_takes_others_along_is_the_last),
		T(a_new_object_is_noticed),
		T(a_handle_used_again_is_not_gone),
		T(handles_that_moved_are_noticed),
		T(protected_objects_need_a_word),
		T(a_broken_answer_is_never_a_removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
