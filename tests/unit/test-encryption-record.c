/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is remembered of a stick that is being encrypted, and a device that gets another identity by it. */

#include "folder.h"
#include "state/encryption.h"
#include "state/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define KEY     "usb:0951:1666:WHITE01"
#define SESSION "11111111-2222-4333-8444-555555555555"

static struct state *open_state(void **state)
{
	const struct folder *folder = *state;
	struct state *opened;
	char path[96];

	(void)snprintf(path, sizeof path, "%s/state.db", folder->path);
	assert_int_equal(state_open(path, &opened, NULL), STATE_OK);
	return opened;
}

static int64_t add_stick(struct state *state, const char *name, const char *id, const char *key)
{
	struct registered_device stick = {.role = ROLE_STICK, .kind = "disk", .added_by = "manager"};
	int64_t number;

	(void)snprintf(stick.name, sizeof stick.name, "%s", name);
	(void)snprintf(stick.id, sizeof stick.id, "%s", id);
	(void)snprintf(stick.key, sizeof stick.key, "%s", key);
	(void)snprintf(stick.media_key, sizeof stick.media_key, "%s", key);
	assert_int_equal(register_add(state, &stick, &number), REGISTER_OK);
	return number;
}

static struct encryption wanted(int64_t device, const char *session)
{
	struct encryption e = {.device = device, .bytes = 64 << 20, .uuid = "aaaa-bbbb", .label = "SCHOOL"};

	(void)snprintf(e.session, sizeof e.session, "%s", session);
	return e;
}

static void one_unfinished_a_device(void **state)
{
	_cleanup_(state_closep) struct state *s = open_state(state);
	int64_t device = add_stick(s, "White stick", "disk-0000000001", "card:1:2:A:64");
	struct encryption first = wanted(device, SESSION), next = wanted(device, ""), found;

	assert_int_equal(encryption_find_unfinished(s, device, &found), ENCRYPTION_NONE);
	assert_int_equal(encryption_begin(s, &first, false, &first), ENCRYPTION_OK);
	assert_int_equal(encryption_begin(s, &next, true, &next), ENCRYPTION_OK);
	assert_string_equal(next.session, SESSION);
	assert_int_equal(encryption_find_unfinished(s, device, &found), ENCRYPTION_OK);
	assert_true(found.number == next.number && found.state == ENCRYPTION_WRITING);
	assert_string_equal(found.label, "SCHOOL");
	/* Discarded means that nothing of an earlier run goes back. */
	next = wanted(device, "");
	assert_int_equal(encryption_begin(s, &next, false, &next), ENCRYPTION_OK);
	assert_string_equal(next.session, "");
	next = wanted(0, "");
	assert_int_equal(encryption_begin(s, &next, false, &next), ENCRYPTION_BAD);
}

static void states_only_go_forward(void **state)
{
	_cleanup_(state_closep) struct state *s = open_state(state);
	int64_t device = add_stick(s, "White stick", "disk-0000000001", "card:1:2:A:64");
	struct encryption e = wanted(device, SESSION);

	assert_int_equal(encryption_begin(s, &e, false, &e), ENCRYPTION_OK);
	assert_int_equal(encryption_set_state(s, e.number, ENCRYPTION_FINISHED), ENCRYPTION_WRONG_STATE);
	assert_int_equal(encryption_set_state(s, e.number, ENCRYPTION_PUTTING_BACK), ENCRYPTION_OK);
	assert_int_equal(encryption_set_state(s, e.number, ENCRYPTION_PUTTING_BACK), ENCRYPTION_OK);
	assert_int_equal(encryption_set_state(s, e.number, ENCRYPTION_WRITING), ENCRYPTION_WRONG_STATE);
	assert_int_equal(encryption_set_state(s, e.number, ENCRYPTION_FINISHED), ENCRYPTION_OK);
	assert_int_equal(encryption_find_unfinished(s, device, &e), ENCRYPTION_NONE);
	assert_int_equal(encryption_set_state(s, e.number + 1, ENCRYPTION_FINISHED), ENCRYPTION_NONE);
}

static void a_device_keeps_its_row_under_another_key(void **state)
{
	_cleanup_(state_closep) struct state *s = open_state(state);
	int64_t number = add_stick(s, "White stick", "disk-0000000001", "card:1:2:A:64");
	struct registered_device found;

	(void)add_stick(s, "Red stick", "disk-0000000002", "card:9:9:B:64");
	assert_int_equal(register_rekey(s, number, "disk-0000000003", "card::uuid::64", "card::uuid::64"),
		REGISTER_OK);
	assert_int_equal(register_find_by_key(s, "card:1:2:A:64", &found), REGISTER_NONE);
	assert_int_equal(register_find_by_key(s, "card::uuid::64", &found), REGISTER_OK);
	assert_true(found.number == number);
	assert_string_equal(found.name, "White stick");
	assert_int_equal(
		register_rekey(s, number, "disk-0000000003", "card:9:9:B:64", ""), REGISTER_KEY_TAKEN);
	assert_int_equal(
		register_rekey(s, number, "disk-0000000002", "card::uuid::64", ""), REGISTER_KEY_TAKEN);
	assert_int_equal(register_rekey(s, number + 7, "disk-0000000004", "k", "k"), REGISTER_NONE);
	assert_int_equal(register_rekey(s, number, "", "k", "k"), REGISTER_TEXT_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(one_unfinished_a_device),
		WITH_FOLDER(states_only_go_forward),
		WITH_FOLDER(a_device_keeps_its_row_under_another_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
