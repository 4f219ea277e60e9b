/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The audit log over months: files that follow each other, what expires and what must not, and a kill at any
 * moment of it. */

#include "audit-world.h"

#include "audit/chain.h"
#include "audit/files.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* A log as it looks after months: the files of the past and a present one whose first line is of an old
 * month. */
static void make_history(struct world *w, unsigned months)
{
	char prev[129] = "", hash[129];
	int64_t now = clock_now();
	uint64_t seq = 0;

	for (unsigned m = 0; m <= months; m++) {
		int64_t time = now - (int64_t)(months + 1 - m) * 31 * 86400;
		_cleanup_close_ int fd = -1;
		char name[AUDIT_NAME_SIZE], path[256];

		assert_int_equal(audit_files_old_name("audit.jsonl", time, 0, name), 0);
		(void)snprintf(path, sizeof path, "%s/%s", w->directory, m == months ? "audit.jsonl" : name);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		for (unsigned i = 0; i < 3; i++) {
			const char *event = i > 0 ? "device-found" : m == 0 ? "log-started" : "log-rotated";
			_cleanup_free_ char *line = NULL;
			size_t size = 0;

			assert_int_equal(
				chain_format(++seq, time + i, event, NULL, prev, &line, &size, hash), 0);
			assert_int_equal(fd_write_full(fd, line, size), 0);
			(void)strcpy(prev, hash);
		}
	}
	assert_int_equal(anchor_store(w->anchor, seq, prev), 0);
}

static unsigned count_old(const struct world *w)
{
	_cleanup_files_ struct audit_files files = {0};
	_cleanup_close_ int fd = open(w->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(audit_files_list(fd, "audit.jsonl", &files), 0);
	return (unsigned)files.count;
}

static void the_chain_goes_on_across_files(void **state)
{
	struct world *w = *state;
	_cleanup_(audit_closep) struct audit *audit = NULL;

	make_history(w, 2);
	assert_verdict(w, AUDIT_WHOLE);
	w->options.retention_days = 0;
	assert_int_equal(audit_open(&w->options, &audit, NULL), 0);
	assert_int_equal(audit_rotate(audit), 0);
	assert_int_equal(audit_append(audit, AUDIT_DEVICE_FOUND, NULL), 0);
	assert_int_equal(count_old(w), 3);
	assert_verdict(w, AUDIT_WHOLE);
	assert_true(verify(w).entries == 11 && verify(w).files == 4);
	/* Nothing is due any more. */
	assert_int_equal(audit_rotate(audit), 0);
	assert_true(verify(w).entries == 11);
}

static void only_what_is_old_expires(void **state)
{
	struct world *w = *state;
	_cleanup_(audit_closep) struct audit *audit = NULL;

	make_history(w, 8);
	w->options.retention_days = 1; /* counts as 31 */
	assert_int_equal(audit_open(&w->options, &audit, NULL), 0);
	assert_int_equal(audit_rotate(audit), 0);
	/* Eight old and the one just closed; three are kept whatever their age. */
	assert_int_equal(count_old(w), 3);
	assert_verdict(w, AUDIT_WHOLE);
	assert_true(verify(w).first_seq == 19);
}

static void a_removed_file_is_missing(void **state)
{
	struct world *w = *state;

	for (unsigned gone = 0; gone < 4; gone++) {
		_cleanup_files_ struct audit_files files = {0};
		_cleanup_close_ int fd = open(w->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		make_history(w, 3);
		assert_int_equal(audit_files_list(fd, "audit.jsonl", &files), 0);
		assert_int_equal(files.count, 3);
		assert_int_equal(unlinkat(fd, gone < 3 ? files.list[gone].name : "audit.jsonl", 0), 0);
		assert_verdict(w, AUDIT_MISSING);
		assert_int_equal(folder_empty(w->directory), 0);
	}
}

static void retention_counts_in_days_not_files(void **state)
{
	struct world *w = *state;
	_cleanup_(audit_closep) struct audit *audit = NULL;

	make_history(w, 8);
	w->options.retention_days = 365;
	assert_int_equal(audit_open(&w->options, &audit, NULL), 0);
	assert_int_equal(audit_rotate(audit), 0);
	assert_int_equal(count_old(w), 9);
	assert_verdict(w, AUDIT_WHOLE);
}

#ifdef OUTING_FAULTS
static void run_until(struct world *w, unsigned at)
{
	_cleanup_(audit_closep) struct audit *audit = NULL;
	char text[16];

	(void)snprintf(text, sizeof text, "%u", at);
	(void)setenv("OUTING_FAULT_AT", text, 1);
	fault_init("test");
	if (audit_open(&w->options, &audit, NULL) < 0 || audit_rotate(audit) < 0 ||
		audit_append(audit, AUDIT_DEVICE_FOUND, NULL) < 0)
		_exit(1);
	_exit(0);
}

/* Kills at the n-th point; true if the run got to its end instead. */
static bool survives(struct world *w, unsigned at)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0)
		run_until(w, at);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		return true;
	}
	assert_int_equal(WTERMSIG(status), SIGKILL);
	return false;
}

static void a_kill_at_any_point_leaves_a_log_that_verifies(void **state)
{
	struct world *w = *state;
	unsigned at = 1;

	for (;; at++) {
		uint64_t entries;
		bool done;

		make_history(w, 6);
		done = survives(w, at);
		assert_verdict(w, AUDIT_WHOLE);
		entries = verify(w).last_seq;
		assert_true(entries >= w->anchor->seq);
		assert_int_equal(append_count(w, 1), 0);
		assert_verdict(w, AUDIT_WHOLE);
		assert_int_equal(folder_empty(w->directory), 0);
		if (done)
			break;
	}
	print_message("%u points\n", at - 1);
	assert_in_range(at, 20, 1000);
}
#else
static void a_kill_at_any_point_leaves_a_log_that_verifies(void **state)
{
	print_message("fault points are only in VARIANT=faults\n");
	skip();
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_chain_goes_on_across_files),
		TEST(only_what_is_old_expires),
		TEST(a_removed_file_is_missing),
		TEST(retention_counts_in_days_not_files),
		TEST(a_kill_at_any_point_leaves_a_log_that_verifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
