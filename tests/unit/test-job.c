/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Jobs as values: who may start when, what is kept, what never changes any more. */

#include "job/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000000ULL

static struct job_table *table;

static int set_up(void **state)
{
	return job_table_new(&table);
}

static int tear_down(void **state)
{
	table = job_table_free(table);
	return 0;
}

static struct job *add(enum job_kind kind, const char *device)
{
	struct job_request request = {
		.kind = kind, .device = device, .name = device ? "Blue Room camera" : NULL};
	struct job *job = NULL;

	assert_int_equal(job_add(table, &request, 1000, &job), JOB_OK);
	return job;
}

static void a_device_has_one_unfinished_job(void **state)
{
	struct job *first = add(JOB_OFFLOAD, "disk-1"), *second = NULL;
	struct job_request again = {.kind = JOB_WIPE, .device = "disk-1"};

	assert_int_equal(job_add(table, &again, 1000, &second), JOB_DEVICE_BUSY);
	assert_ptr_equal(second, first);
	job_begin(first, 1001);
	assert_int_equal(job_add(table, &again, 1002, &second), JOB_DEVICE_BUSY);
	job_end(table, first, JOB_DONE, "committed", "All is safe.", 1003);
	assert_int_equal(job_add(table, &again, 1004, &second), JOB_OK);
	assert_ptr_not_equal(second, first);
	assert_null(job_of_device(table, "disk-2"));
	assert_ptr_equal(job_of_device(table, "disk-1"), second);
}

static void the_queue_is_bounded(void **state)
{
	struct job *job = NULL;
	char name[32];

	for (int i = 0; i < JOB_QUEUE_MAX; i++) {
		(void)snprintf(name, sizeof name, "disk-%d", i);
		(void)add(JOB_OFFLOAD, name);
	}
	assert_int_equal(
		job_add(table, &(struct job_request){.kind = JOB_OFFLOAD, .device = "disk-x"}, 1, &job),
		JOB_TOO_MANY);
}

static void only_so_many_run_at_once(void **state)
{
	char name[32];

	for (int i = 0; i <= JOB_RUNNING_MAX; i++) {
		(void)snprintf(name, sizeof name, "disk-%d", i);
		(void)add(JOB_OFFLOAD, name);
	}
	for (int i = 0; i < JOB_RUNNING_MAX; i++)
		job_begin(job_next(table), 1);
	assert_null(job_next(table));
	job_end(table, job_find(table, 2), JOB_FAILED, "gone", "It was unplugged.", 2);
	assert_int_equal(job_next(table)->id, JOB_RUNNING_MAX + 1);
}

static void making_the_vault_excludes_everything(void **state)
{
	struct job *offload = add(JOB_OFFLOAD, "disk-1"), *create;

	job_begin(job_next(table), 1);
	create = add(JOB_VAULT_CREATE, NULL);
	(void)add(JOB_OFFLOAD, "disk-2");
	assert_null(job_next(table));
	job_end(table, offload, JOB_DONE, "committed", "", 2);
	assert_ptr_equal(job_next(table), create);
	job_begin(create, 3);
	assert_null(job_next(table));
	job_end(table, create, JOB_DONE, "done", "", 4);
	assert_string_equal(job_next(table)->device, "disk-2");
}

static void the_vault_has_one_job(void **state)
{
	struct job *verify = add(JOB_VAULT_VERIFY, NULL), *other = NULL;
	struct job_request create = {.kind = JOB_VAULT_CREATE};

	assert_int_equal(job_add(table, &create, 1, &other), JOB_DEVICE_BUSY);
	assert_ptr_equal(other, verify);
}

static void an_ended_job_never_changes(void **state)
{
	struct job *job = add(JOB_WIPE, "disk-1");
	struct job_progress progress = {.phase = "overwriting", .bytes_done = 5};

	job_begin(job, 1);
	job_end(table, job, JOB_DONE, "done", "Cleared.", 2);
	job_end(table, job, JOB_FAILED, "internal", "No.", 3);
	job_set_progress(job, &progress, SECOND);
	job_set_phase(job, "late");
	job_set_session(job, "late");
	job_add_finding(job, "late");
	job_begin(job, 4);
	assert_int_equal(job->state, JOB_DONE);
	assert_string_equal(job->outcome, "done");
	assert_int_equal(job->ended_at, 2);
	assert_string_equal(job->progress.phase, "waiting");
	assert_string_equal(job->session, "");
	assert_int_equal(job->finding_count, 0);
}

static void history_is_bounded_and_keeps_the_newest(void **state)
{
	struct job *old = add(JOB_OFFLOAD, "disk-old");

	job_begin(old, 1);
	for (int i = 0; i < JOB_HISTORY + 5; i++) {
		struct job *job = add(JOB_OFFLOAD, "disk-1");

		job_begin(job, 1);
		job_end(table, job, JOB_DONE, "committed", "", 10 + i);
	}
	/* The one that began first ends last and is the newest in the history. */
	job_end(table, old, JOB_DONE, "committed", "", 1000);
	assert_ptr_equal(job_find(table, 1), old);
	assert_null(job_find(table, 2));
	assert_int_equal(job_count(table, JOB_DONE), JOB_HISTORY);
}

static void findings_are_bounded(void **state)
{
	struct job *job = add(JOB_VAULT_VERIFY, NULL);

	for (int i = 0; i < JOB_FINDINGS_MAX + 20; i++)
		job_add_finding(job, "missing: DCIM/1.JPG");
	assert_int_equal(job->finding_count, JOB_FINDINGS_MAX);
}

static void time_left_is_worked_out(void **state)
{
	struct job *job = add(JOB_WIPE, "disk-1");
	struct job_progress progress = {
		.phase = "overwriting", .bytes_total = 1000, .seconds_left = JOB_UNKNOWN};

	job_begin(job, 1);
	job_set_progress(job, &progress, 10 * SECOND);
	assert_true(job->progress.seconds_left == JOB_UNKNOWN);
	progress.bytes_done = 400;
	job_set_progress(job, &progress, 14 * SECOND);
	assert_int_equal(job->progress.rate, 100);
	assert_int_equal(job->progress.seconds_left, 6);
	/* A new phase begins anew. */
	progress.bytes_done = 10;
	job_set_progress(job, &progress, 15 * SECOND);
	assert_int_equal(job->progress.rate, 0);
	assert_true(job->progress.seconds_left == JOB_UNKNOWN);
}

static void json_says_what_is_not_known(void **state)
{
	struct job *job = add(JOB_OFFLOAD, "disk-1");
	_cleanup_js_ struct js *json = job_json(job, false), *full = NULL;
	uint64_t number;

	assert_string_equal(js_get_string(json, "state"), "queued");
	assert_string_equal(js_get_string(json, "kind"), "offload");
	assert_null(js_get(json, "findings"));
	assert_null(js_get_string(json, "outcome"));
	assert_int_equal(js_get_u64(json, "seconds_left", &number), -ENOENT);
	job_add_finding(job, "IMG_0001.JPG: two reads differ");
	full = job_json(job, true);
	assert_int_equal(js_length(js_get(full, "findings")), 1);
	assert_int_equal(js_get_u64(full, "id", &number), 0);
	assert_int_equal(number, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_device_has_one_unfinished_job),
		TEST(the_queue_is_bounded),
		TEST(only_so_many_run_at_once),
		TEST(making_the_vault_excludes_everything),
		TEST(the_vault_has_one_job),
		TEST(an_ended_job_never_changes),
		TEST(history_is_bounded_and_keeps_the_newest),
		TEST(findings_are_bounded),
		TEST(time_left_is_worked_out),
		TEST(json_says_what_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
