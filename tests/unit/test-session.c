/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Offload sessions: their states, their objects, and that nothing is committed on anybody's word. */

#include "folder.h"

#include "state/session.h"

#include "state/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define KEY "usb:04a9:3110:BLUEROOM01"

struct world {
	char directory[32];
	char path[64];
	struct state *state;
	struct session session;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct session wanted = {.device_name = "Blue Room camera",
		.key = KEY,
		.device_key = KEY,
		.media_key = "card:1234:ABCD-0001:BLUE:1024",
		.insertion = "boot-1/7",
		.source = "vfat on /dev/sdz1",
		.vault_dir = "/vault/Blue Room camera/2026-11-22T093000Z"};

	assert_non_null(w);
	(void)strcpy(w->directory, "/tmp/session-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)snprintf(w->path, sizeof w->path, "%s/state.db", w->directory);
	assert_int_equal(state_open(w->path, &w->state, NULL), STATE_OK);
	assert_int_equal(session_create(w->state, &wanted, &w->session), SESSION_OK);
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

static struct session_object object(const char *path, uint64_t size, enum object_state state)
{
	struct session_object o = {.path = path,
		.stored = state == OBJECT_FAILED ? NULL : "DCIM/stored.jpg",
		.size = size,
		.mtime = 1700000000,
		.state = state,
		.reason = state == OBJECT_FAILED ? "the card gave two different answers" : NULL};

	memset(o.sha512, (int)size & 0xff, sizeof o.sha512);
	memset(o.xxh128, (int)size & 0xff, sizeof o.xxh128);
	return o;
}

static void store(struct world *w, struct session_object o)
{
	assert_int_equal(session_objects_store(w->state, w->session.id, &o, 1), SESSION_OK);
}

static struct set_digest set_of(const char *const *paths, const uint64_t *sizes, size_t count)
{
	struct set_digest set = SET_DIGEST_NULL;

	for (size_t i = 0; i < count; i++)
		assert_int_equal(set_digest_add(&set, paths[i], strlen(paths[i]), sizes[i]), 0);
	return set;
}

static void commit(struct world *w)
{
	struct set_digest set = set_of((const char *const[]){"a.jpg"}, (const uint64_t[]){10}, 1);

	store(w, object("a.jpg", 10, OBJECT_VERIFIED));
	assert_int_equal(session_record_set(w->state, w->session.id, &set, 0), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COPIED, NULL), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COMMITTED, NULL), SESSION_OK);
}

static void what_is_created_is_loaded(void **state)
{
	struct world *w = *state;
	struct session loaded;

	assert_int_equal(strlen(w->session.id), 36);
	w->state = state_close(w->state);
	assert_int_equal(state_open(w->path, &w->state, NULL), STATE_OK);
	assert_int_equal(session_load(w->state, w->session.id, &loaded), SESSION_OK);
	assert_memory_equal(&loaded, &w->session, sizeof loaded);
	assert_string_equal(loaded.insertion, "boot-1/7");
	assert_int_equal(loaded.state, SESSION_OPEN);
	assert_false(loaded.set_recorded);
	assert_int_equal(session_load(w->state, "nobody", &loaded), SESSION_NONE);
}

static void bad_arguments_are_refused(void **state)
{
	struct world *w = *state;
	struct session wanted = w->session, made;
	struct session_object o = object("x", 1, OBJECT_STORED);

	wanted.key[0] = 0;
	assert_int_equal(session_create(w->state, &wanted, &made), SESSION_BAD);
	wanted = w->session;
	(void)strcpy(wanted.device_name, "bad\nname");
	assert_int_equal(session_create(w->state, &wanted, &made), SESSION_BAD);
	o.path = "";
	assert_int_equal(session_objects_store(w->state, w->session.id, &o, 1), SESSION_BAD);
	o = object("x", 1, OBJECT_STORED);
	o.stored = "bad\xff";
	assert_int_equal(session_objects_store(w->state, w->session.id, &o, 1), SESSION_BAD);
	o = object("x", 1, OBJECT_FAILED);
	o.reason = NULL;
	assert_int_equal(session_objects_store(w->state, w->session.id, &o, 1), SESSION_BAD);
	o = object("x", UINT64_MAX, OBJECT_STORED);
	assert_int_equal(session_objects_store(w->state, w->session.id, &o, 1), -EOVERFLOW);
}

static void a_bad_object_takes_its_batch_with_it(void **state)
{
	struct world *w = *state;
	struct session_object batch[2] = {object("good", 1, OBJECT_STORED), object("", 2, OBJECT_STORED)};
	struct session_totals totals;

	assert_int_equal(session_objects_store(w->state, w->session.id, batch, 2), SESSION_BAD);
	assert_int_equal(session_totals(w->state, w->session.id, &totals), SESSION_OK);
	assert_true(totals.objects == 0);
}

static void only_the_proven_is_committed(void **state)
{
	struct world *w = *state;
	const char *paths[] = {"DCIM/1.jpg", "DCIM/2.jpg"};
	const uint64_t sizes[] = {100, 200};
	struct set_digest both = set_of(paths, sizes, 2), one = set_of(paths, sizes, 1);
	const char *id = w->session.id;

	assert_int_equal(session_set_state(w->state, id, SESSION_COMMITTED, NULL), SESSION_WRONG_STATE);
	assert_int_equal(session_set_state(w->state, id, SESSION_COPIED, NULL), SESSION_INCOMPLETE);
	store(w, object(paths[0], 100, OBJECT_VERIFIED));
	store(w, object(paths[1], 200, OBJECT_READ_BACK));
	assert_int_equal(session_record_set(w->state, id, &both, 0), SESSION_OK);
	assert_int_equal(session_set_state(w->state, id, SESSION_COPIED, NULL), SESSION_INCOMPLETE);
	/* Verified objects that are not the whole set, and a whole set with one unverified, are both not
	 * enough. */
	assert_int_equal(session_record_set(w->state, id, &one, 0), SESSION_OK);
	assert_int_equal(session_set_state(w->state, id, SESSION_COPIED, NULL), SESSION_INCOMPLETE);
	assert_int_equal(session_record_set(w->state, id, &both, 0), SESSION_OK);
	store(w, object(paths[1], 201, OBJECT_VERIFIED));
	assert_int_equal(session_set_state(w->state, id, SESSION_COPIED, NULL), SESSION_INCOMPLETE);
	store(w, object(paths[1], 200, OBJECT_VERIFIED));
	store(w, object("DCIM/3.jpg", 5, OBJECT_FAILED));
	assert_int_equal(session_set_state(w->state, id, SESSION_COPIED, NULL), SESSION_INCOMPLETE);
}

static void an_empty_card_is_committed_too(void **state)
{
	struct world *w = *state;
	struct set_digest none = SET_DIGEST_NULL;

	assert_int_equal(
		session_set_state(w->state, w->session.id, SESSION_COPIED, NULL), SESSION_INCOMPLETE);
	assert_int_equal(session_record_set(w->state, w->session.id, &none, 0), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COPIED, NULL), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COMMITTED, NULL), SESSION_OK);
	assert_int_equal(session_may_clear(w->state, w->session.id, "boot-1/7"), SESSION_OK);
}

static void a_committed_session_never_changes(void **state)
{
	struct world *w = *state;
	struct session_object o = object("late.jpg", 3, OBJECT_VERIFIED);
	struct set_digest none = SET_DIGEST_NULL;
	const char *id = w->session.id;

	commit(w);
	assert_int_equal(session_objects_store(w->state, id, &o, 1), SESSION_WRONG_STATE);
	assert_int_equal(session_record_set(w->state, id, &none, 0), SESSION_WRONG_STATE);
	assert_int_equal(session_set_vault_dir(w->state, id, "/elsewhere"), SESSION_WRONG_STATE);
	assert_int_equal(session_resume(w->state, id, "boot-1/8"), SESSION_WRONG_STATE);
	assert_int_equal(session_set_state(w->state, id, SESSION_FAILED, "no"), SESSION_WRONG_STATE);
	assert_int_equal(session_set_state(w->state, id, SESSION_COMMITTED, NULL), SESSION_OK);
	assert_int_equal(session_find_resumable(w->state, KEY, &w->session), SESSION_NONE);
}

static void storing_reopens_a_copied_session(void **state)
{
	struct world *w = *state;
	struct set_digest none = SET_DIGEST_NULL;
	struct session loaded;

	assert_int_equal(session_record_set(w->state, w->session.id, &none, 0), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COPIED, NULL), SESSION_OK);
	store(w, object("new.jpg", 9, OBJECT_VERIFIED));
	assert_int_equal(session_load(w->state, w->session.id, &loaded), SESSION_OK);
	assert_int_equal(loaded.state, SESSION_OPEN);
	assert_int_equal(
		session_set_state(w->state, w->session.id, SESSION_COMMITTED, NULL), SESSION_WRONG_STATE);
}

static int copy_object(const struct session_object *object, void *data)
{
	*(struct session_object *)data = *object;
	return 0;
}

static void objects_advance_one_step_at_a_time(void **state)
{
	struct world *w = *state;
	const char *paths[] = {"a", "b"};
	struct session_object found;
	const char *id = w->session.id;

	store(w, object("a", 1, OBJECT_STORED));
	assert_int_equal(
		session_objects_advance(w->state, id, paths, 1, OBJECT_VERIFIED), SESSION_WRONG_STATE);
	assert_int_equal(session_objects_advance(w->state, id, paths, 1, OBJECT_STORED), SESSION_WRONG_STATE);
	/* One of two is unknown: neither moves. */
	assert_int_equal(
		session_objects_advance(w->state, id, paths, 2, OBJECT_READ_BACK), SESSION_WRONG_STATE);
	assert_int_equal(session_object_find(w->state, id, "a", copy_object, &found), 0);
	assert_int_equal(found.state, OBJECT_STORED);
	assert_int_equal(session_objects_advance(w->state, id, paths, 1, OBJECT_READ_BACK), SESSION_OK);
	assert_int_equal(session_objects_advance(w->state, id, paths, 1, OBJECT_VERIFIED), SESSION_OK);
	assert_int_equal(session_object_find(w->state, id, "a", copy_object, &found), 0);
	assert_int_equal(found.state, OBJECT_VERIFIED);
	assert_int_equal(session_object_find(w->state, id, "c", copy_object, &found), SESSION_NONE);
}

static void a_resumed_session_counts_only_what_is_seen_again(void **state)
{
	struct world *w = *state;
	struct set_digest set = set_of((const char *const[]){"kept.jpg"}, (const uint64_t[]){7}, 1);
	struct session_totals totals;
	struct session_object found;
	struct session resumed;
	const char *id = w->session.id;

	store(w, object("kept.jpg", 7, OBJECT_VERIFIED));
	store(w, object("deleted-by-the-teacher.jpg", 8, OBJECT_VERIFIED));
	assert_int_equal(session_set_state(w->state, id, SESSION_FAILED, "the cable was pulled"), SESSION_OK);
	assert_int_equal(session_find_resumable(w->state, KEY, &resumed), SESSION_OK);
	assert_string_equal(resumed.id, id);
	assert_string_equal(resumed.reason, "the cable was pulled");
	assert_true(resumed.finished_at > 0);
	assert_int_equal(session_resume(w->state, id, "boot-1/8"), SESSION_OK);
	assert_int_equal(session_load(w->state, id, &resumed), SESSION_OK);
	assert_int_equal(resumed.state, SESSION_OPEN);
	assert_string_equal(resumed.insertion, "boot-1/8");
	assert_int_equal(session_object_find(w->state, id, "kept.jpg", copy_object, &found), 0);
	assert_false(found.this_walk);
	assert_int_equal(session_record_set(w->state, id, &set, 0), SESSION_OK);
	assert_int_equal(session_set_state(w->state, id, SESSION_COPIED, NULL), SESSION_INCOMPLETE);
	store(w, object("kept.jpg", 7, OBJECT_VERIFIED));
	assert_int_equal(session_totals(w->state, id, &totals), SESSION_OK);
	assert_true(totals.objects == 1 && totals.earlier == 1 && totals.verified.bytes == 7);
	assert_int_equal(session_set_state(w->state, id, SESSION_COPIED, NULL), SESSION_OK);
}

static int collect(const struct session_object *object, void *data)
{
	char *text = data;

	(void)strcat(text, object->path);
	(void)strcat(text, object->state == OBJECT_FAILED ? "!" : ";");
	return 0;
}

static void paths_are_bytes_in_order(void **state)
{
	struct world *w = *state;
	char text[64] = "", failures[64] = "";

	store(w, object("b\xff\xfe", 1, OBJECT_STORED));
	store(w, object("a/\x01", 2, OBJECT_VERIFIED));
	store(w, object("B", 3, OBJECT_FAILED));
	assert_int_equal(session_each_object(w->state, w->session.id, collect, text), 0);
	assert_string_equal(text, "B!a/\x01;b\xff\xfe;");
	assert_int_equal(session_each_failure(w->state, w->session.id, collect, failures), 0);
	assert_string_equal(failures, "B!");
}

static int count_content(const char *vault_dir, const char *stored, void *data)
{
	assert_string_equal(vault_dir, "/vault/Blue Room camera/2026-11-22T093000Z");
	assert_string_equal(stored, "DCIM/stored.jpg");
	*(int *)data += 1;
	return 0;
}

static void content_is_found_by_its_hash(void **state)
{
	struct world *w = *state;
	struct session_object o = object("one.jpg", 17, OBJECT_VERIFIED);
	struct session_object same = object("two.jpg", 17, OBJECT_STORED);
	int count = 0;

	store(w, o);
	store(w, same); /* stored, but nobody has read it back: not offered */
	assert_int_equal(session_each_content(w->state, o.sha512, 17, 10, count_content, &count), 0);
	assert_int_equal(count, 1);
	count = 0;
	assert_int_equal(session_each_content(w->state, o.sha512, 18, 10, count_content, &count), 0);
	assert_int_equal(count, 0);
}

static void clearing_needs_the_last_session_of_this_insertion(void **state)
{
	struct world *w = *state;
	struct session later, wanted = w->session;
	const char *id = w->session.id;

	assert_int_equal(session_may_clear(w->state, id, "boot-1/7"), SESSION_NOT_COMMITTED);
	commit(w);
	assert_int_equal(session_may_clear(w->state, id, "boot-1/7"), SESSION_OK);
	assert_int_equal(session_may_clear(w->state, id, NULL), SESSION_OK);
	assert_int_equal(session_may_clear(w->state, id, "boot-1/8"), SESSION_OTHER_INSERTION);
	assert_int_equal(session_may_clear(w->state, "nobody", NULL), SESSION_NONE);
	/* Another key in the same plug-in is the same device under another name. */
	(void)strcpy(wanted.key, "card:x");
	assert_int_equal(session_create(w->state, &wanted, &later), SESSION_OK);
	assert_int_equal(session_may_clear(w->state, id, "boot-1/7"), SESSION_SUPERSEDED);
	assert_string_not_equal(session_outcome_sentence(SESSION_SUPERSEDED), "");
}

static void links_on_the_card_forbid_clearing(void **state)
{
	struct world *w = *state;
	struct set_digest none = SET_DIGEST_NULL;

	assert_int_equal(session_record_set(w->state, w->session.id, &none, 1), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COPIED, NULL), SESSION_OK);
	assert_int_equal(session_set_state(w->state, w->session.id, SESSION_COMMITTED, NULL), SESSION_OK);
	assert_int_equal(session_may_clear(w->state, w->session.id, "boot-1/7"), SESSION_NOT_FILES);
}

static int count_sessions(const struct session *session, void *data)
{
	*(int *)data += 1;
	return 0;
}

static void latest_is_by_row_not_by_clock(void **state)
{
	struct world *w = *state;
	struct session second, found, wanted = w->session;
	int count = 0;

	(void)strcpy(wanted.insertion, "boot-2/1");
	assert_int_equal(session_create(w->state, &wanted, &second), SESSION_OK);
	assert_int_equal(session_find_latest(w->state, KEY, NULL, &found), SESSION_OK);
	assert_string_equal(found.id, second.id);
	assert_int_equal(session_find_latest(w->state, KEY, "boot-1/7", &found), SESSION_OK);
	assert_string_equal(found.id, w->session.id);
	assert_int_equal(session_find_latest(w->state, "usb:other", NULL, &found), SESSION_NONE);
	assert_int_equal(session_each(w->state, KEY, 0, count_sessions, &count), 0);
	assert_int_equal(count, 2);
	count = 0;
	assert_int_equal(session_each(w->state, NULL, 1, count_sessions, &count), 0);
	assert_int_equal(count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_created_is_loaded),
		TEST(bad_arguments_are_refused),
		TEST(a_bad_object_takes_its_batch_with_it),
		TEST(only_the_proven_is_committed),
		TEST(an_empty_card_is_committed_too),
		TEST(a_committed_session_never_changes),
		TEST(storing_reopens_a_copied_session),
		TEST(objects_advance_one_step_at_a_time),
		TEST(a_resumed_session_counts_only_what_is_seen_again),
		TEST(paths_are_bytes_in_order),
		TEST(content_is_found_by_its_hash),
		TEST(clearing_needs_the_last_session_of_this_insertion),
		TEST(links_on_the_card_forbid_clearing),
		TEST(latest_is_by_row_not_by_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
