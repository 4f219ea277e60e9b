/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The register: names people use, keys devices are known by, and that neither is ever given twice. */

#include "folder.h"

#include "state/register.h"

#include "state/name.h"
#include "state/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

struct world {
	char directory[32];
	char path[64];
	struct state *state;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	(void)strcpy(w->directory, "/tmp/register-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)snprintf(w->path, sizeof w->path, "%s/state.db", w->directory);
	assert_int_equal(state_open(w->path, &w->state, NULL), STATE_OK);
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

/* A camera with this name whose key and id end in this letter. */
static struct registered_device camera(const char *name, char letter)
{
	struct registered_device device = {.role = ROLE_CAMERA,
		.room = "Blue Room",
		.vendor = "Sunny",
		.product = "Snap 5",
		.kind = "disk",
		.added_by = "manager"};

	(void)snprintf(device.name, sizeof device.name, "%s", name);
	(void)snprintf(device.id, sizeof device.id, "disk-000000000%c", letter);
	(void)snprintf(device.key, sizeof device.key, "usb:04a9:3110:SERIAL%c", letter);
	(void)strcpy(device.device_key, device.key);
	return device;
}

static int add(struct world *w, const char *name, char letter)
{
	struct registered_device device = camera(name, letter);

	return register_add(w->state, &device, NULL);
}

static void a_device_is_found_by_name_key_and_id(void **state)
{
	struct world *w = *state;
	struct registered_device device = camera("Blue Room camera", 'a'), found;
	int64_t number = 0;

	assert_int_equal(register_add(w->state, &device, &number), REGISTER_OK);
	assert_true(number > 0);
	assert_int_equal(register_find_by_name(w->state, "blue ROOM Camera", &found), REGISTER_OK);
	assert_true(found.number == number && found.added_at > 0);
	assert_string_equal(found.name, "Blue Room camera");
	assert_string_equal(found.room, "Blue Room");
	assert_int_equal(found.role, ROLE_CAMERA);
	assert_int_equal(register_find_by_key(w->state, device.key, &found), REGISTER_OK);
	assert_int_equal(register_find_by_id(w->state, device.id, &found), REGISTER_OK);
	assert_int_equal(register_find_by_name(w->state, "Red Room camera", &found), REGISTER_NONE);
	assert_int_equal(register_find_by_name(w->state, "\xff", &found), REGISTER_NONE);
	assert_int_equal(register_find_by_key(w->state, "", &found), REGISTER_NONE);
}

static void names_and_keys_are_given_once(void **state)
{
	struct world *w = *state;

	assert_int_equal(add(w, "K\303\244ferzimmer", 'a'), REGISTER_OK);
	assert_int_equal(add(w, "K\303\204FERZIMMER", 'b'), REGISTER_NAME_TAKEN);
	assert_int_equal(add(w, "Other", 'a'), REGISTER_KEY_TAKEN);
	assert_int_equal(add(w, "Other", 'b'), REGISTER_OK);
	assert_int_equal(register_rename(w->state, "other", "k\303\244ferzimmer"), REGISTER_NAME_TAKEN);
	assert_int_equal(register_rename(w->state, "other", "OTHER"), REGISTER_OK);
	assert_int_equal(register_rename(w->state, "nobody", "x"), REGISTER_NONE);
	assert_int_equal(register_rename(w->state, "other", "a/b"), REGISTER_NAME_BAD);
}

static void a_removed_device_may_come_back(void **state)
{
	struct world *w = *state;
	struct registered_device found;

	assert_int_equal(add(w, "Blue Room camera", 'a'), REGISTER_OK);
	assert_int_equal(register_remove(w->state, "BLUE room camera", "manager"), REGISTER_OK);
	assert_int_equal(register_remove(w->state, "Blue Room camera", "manager"), REGISTER_NONE);
	assert_int_equal(register_find_by_name(w->state, "Blue Room camera", &found), REGISTER_NONE);
	assert_int_equal(register_find_by_key(w->state, "usb:04a9:3110:SERIALa", &found), REGISTER_NONE);
	assert_int_equal(register_find_by_id(w->state, "disk-000000000a", &found), REGISTER_NONE);
	assert_int_equal(add(w, "Blue Room camera", 'a'), REGISTER_OK);
	assert_int_equal(register_find_by_name(w->state, "Blue Room camera", &found), REGISTER_OK);
	assert_true(found.number == 2);
}

static void a_device_is_assigned(void **state)
{
	struct world *w = *state;
	struct registered_device found;

	assert_int_equal(add(w, "Blue Room camera", 'a'), REGISTER_OK);
	assert_int_equal(register_assign(w->state, "blue room camera", NULL, "Ms Example"), REGISTER_OK);
	assert_int_equal(register_find_by_name(w->state, "Blue Room camera", &found), REGISTER_OK);
	assert_string_equal(found.room, "Blue Room");
	assert_string_equal(found.person, "Ms Example");
	assert_int_equal(register_assign(w->state, "blue room camera", "", NULL), REGISTER_OK);
	assert_int_equal(register_find_by_name(w->state, "Blue Room camera", &found), REGISTER_OK);
	assert_string_equal(found.room, "");
	assert_string_equal(found.person, "Ms Example");
	assert_int_equal(register_assign(w->state, "blue room camera", "a\nb", NULL), REGISTER_TEXT_BAD);
	assert_int_equal(register_assign(w->state, "nobody", "x", NULL), REGISTER_NONE);
}

static void bad_names_are_refused_with_a_sentence(void **state)
{
	static const char *const bad[] = {"", ".hidden", "-rf", " x", "x ", "x.", "a/b", "..", "tab\there",
		"bad\xff", "zero\342\200\213width", "turned\342\200\256round",
		"0123456789012345678901234567890123456789012345678901234567890123x"};
	static const char *const good[] = {"Blue Room camera", "K\303\244fer", "\xf0\x9f\x90\x9d", "a",
		"St. Anne's 2", "0123456789012345678901234567890123456789012345678901234567890123"};

	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		const char *sentence = NULL;

		assert_int_equal(register_name_check(bad[i], &sentence), REGISTER_NAME_BAD);
		assert_non_null(sentence);
	}
	for (size_t i = 0; i < ELEMENTS(good); i++)
		assert_int_equal(register_name_check(good[i], NULL), REGISTER_OK);
}

static void a_key_must_be_one_of_the_two(void **state)
{
	struct world *w = *state;
	struct registered_device device = camera("x", 'a');

	(void)strcpy(device.key, "usb:other");
	assert_int_equal(register_add(w->state, &device, NULL), REGISTER_TEXT_BAD);
	(void)strcpy(device.media_key, "usb:other");
	assert_int_equal(register_add(w->state, &device, NULL), REGISTER_OK);
	device = camera("y", 'b');
	device.role = ROLE_NONE;
	assert_int_equal(register_add(w->state, &device, NULL), REGISTER_TEXT_BAD);
	device = camera("y", 'b');
	device.id[0] = 0;
	assert_int_equal(register_add(w->state, &device, NULL), REGISTER_TEXT_BAD);
}

static void what_a_device_says_of_itself_is_cleaned(void **state)
{
	struct world *w = *state;
	struct registered_device device = camera("x", 'a'), found;

	(void)strcpy(device.vendor, "Evil\x1b[2J\n");
	(void)strcpy(device.serial, "a\xff");
	assert_int_equal(register_add(w->state, &device, NULL), REGISTER_OK);
	assert_int_equal(register_find_by_name(w->state, "x", &found), REGISTER_OK);
	assert_string_equal(found.vendor, "Evil?[2J?");
	assert_string_equal(found.serial, "a\xef\xbf\xbd");
}

static int list_names(const struct registered_device *device, void *data)
{
	(void)strcat(strcat(data, device->name), ";");
	return strcmp(device->name, "Zoo") == 0 ? 7 : 0;
}

static void the_list_is_by_name_and_can_be_stopped(void **state)
{
	struct world *w = *state;
	char text[64] = "";

	assert_int_equal(add(w, "zebra", 'a'), REGISTER_OK);
	assert_int_equal(add(w, "Apple", 'b'), REGISTER_OK);
	assert_int_equal(add(w, "moon", 'c'), REGISTER_OK);
	assert_int_equal(register_each(w->state, list_names, text), 0);
	assert_string_equal(text, "Apple;moon;zebra;");
	assert_int_equal(add(w, "Zoo", 'd'), REGISTER_OK);
	assert_int_equal(add(w, "zzz", 'e'), REGISTER_OK);
	text[0] = 0;
	assert_int_equal(register_each(w->state, list_names, text), 7);
	assert_string_equal(text, "Apple;moon;zebra;Zoo;");
}

static void race(const struct world *w, int gate)
{
	struct registered_device device = camera("Blue Room camera", 'a');
	struct state *mine = NULL;
	char byte;

	if (state_open(w->path, &mine, NULL) != STATE_OK || read(gate, &byte, 1) < 0)
		_exit(99);
	_exit(register_add(mine, &device, NULL));
}

static void of_two_who_add_the_same_one_succeeds(void **state)
{
	struct world *w = *state;
	int gate[2], succeeded = 0, refused = 0;

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			(void)close(gate[1]);
			race(w, gate[0]);
		}
	}
	(void)close(gate[0]);
	(void)close(gate[1]);
	for (int i = 0; i < 4; i++) {
		int status = 0;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		succeeded += WEXITSTATUS(status) == REGISTER_OK;
		refused += WEXITSTATUS(status) == REGISTER_NAME_TAKEN;
	}
	assert_int_equal(succeeded, 1);
	assert_int_equal(refused, 3);
}

static void texts_are_cut_between_characters(void **state)
{
	_cleanup_free_ char *cut = name_clean("ab\xe2\x82\xac", 5), *whole = name_clean("ab\xe2\x82\xac", 6);

	assert_string_equal(cut, "ab");
	assert_string_equal(whole, "ab\xe2\x82\xac");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void what_a_usb_device_says_of_itself_is_kept(void **state)
{
	struct world *w = *state;
	struct registered_device device = camera("Blue Room camera", 'a'), found;
	int64_t number;

	(void)snprintf(device.key, sizeof device.key, "usb:1209:b10e:SN1");
	(void)snprintf(device.device_key, sizeof device.device_key, "%s", device.key);
	(void)snprintf(device.descriptors, sizeof device.descriptors, "480:ab:08");
	assert_int_equal(register_add(w->state, &device, &number), REGISTER_OK);
	assert_int_equal(register_find_usb(w->state, "usb:1209:b10e:SN1", &found), REGISTER_OK);
	assert_string_equal(found.descriptors, "480:ab:08");
	assert_string_equal(found.port, "");
	assert_int_equal(register_find_usb(w->state, "usb:1209:b10e:SN", &found), REGISTER_NONE);
	assert_int_equal(register_find_usb(w->state, "usb:1209:b10e:SN11", &found), REGISTER_NONE);
	assert_int_equal(register_find_usb(w->state, "", &found), REGISTER_NONE);
	assert_int_equal(register_redescribe(w->state, number, "480:cd:03+08", "socket"), REGISTER_OK);
	assert_int_equal(register_find_usb(w->state, device.key, &found), REGISTER_OK);
	assert_string_equal(found.descriptors, "480:cd:03+08");
	assert_string_equal(found.port, "socket");
	assert_int_equal(register_redescribe(w->state, number, "a\nb", ""), REGISTER_TEXT_BAD);
	assert_int_equal(register_redescribe(w->state, number + 1, "", ""), REGISTER_NONE);
	assert_int_equal(register_remove(w->state, device.name, "uid 0"), REGISTER_OK);
	assert_int_equal(register_redescribe(w->state, number, "", ""), REGISTER_NONE);
	assert_int_equal(register_find_usb(w->state, device.key, &found), REGISTER_NONE);
}

/* A second unit of a device (its other slot) is the same USB device; signs of SQL patterns are only signs. */
static void further_units_are_the_same_usb_device(void **state)
{
	struct world *w = *state;
	struct registered_device device = camera("Second slot", 'b'), found;

	(void)snprintf(device.key, sizeof device.key, "usb:1209:b10e:SN%%_1:1");
	(void)snprintf(device.device_key, sizeof device.device_key, "%s", device.key);
	assert_int_equal(register_add(w->state, &device, NULL), REGISTER_OK);
	assert_int_equal(register_find_usb(w->state, "usb:1209:b10e:SN%_1", &found), REGISTER_OK);
	assert_string_equal(found.name, "Second slot");
	assert_int_equal(register_find_usb(w->state, "usb:1209:b10e:SN%__", &found), REGISTER_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_names_are_refused_with_a_sentence),
		cmocka_unit_test(texts_are_cut_between_characters),
		TEST(a_device_is_found_by_name_key_and_id),
		TEST(names_and_keys_are_given_once),
		TEST(a_removed_device_may_come_back),
		TEST(a_device_is_assigned),
		TEST(a_key_must_be_one_of_the_two),
		TEST(what_a_device_says_of_itself_is_cleaned),
		TEST(the_list_is_by_name_and_can_be_stopped),
		TEST(of_two_who_add_the_same_one_succeeds),
		TEST(what_a_usb_device_says_of_itself_is_kept),
		TEST(further_units_are_the_same_usb_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
