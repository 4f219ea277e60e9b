/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The audit log: what is appended verifies, every kind of tampering is found, and whatever a crash or a full
 * disk leaves is repaired and said.
 */

#include "audit/audit.h"

#include "audit/chain.h"
#include "audit/files.h"
#include "audit/walk.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

struct anchor {
	uint64_t seq;
	char hash[129];
};

struct world {
	char directory[32];
	char path[64];
	struct anchor *anchor; /* shared with children that are killed */
	struct audit_anchor_store store;
	struct audit_options options;
};

static int anchor_load(void *data, uint64_t *ret_seq, char ret_hash[static 129])
{
	const struct anchor *anchor = data;

	*ret_seq = anchor->seq;
	memcpy(ret_hash, anchor->hash, sizeof anchor->hash);
	return 0;
}

static int anchor_store(void *data, uint64_t seq, const char *hash)
{
	struct anchor *anchor = data;

	anchor->seq = seq;
	(void)strcpy(anchor->hash, hash);
	return 0;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	(void)strcpy(w->directory, "/tmp/audit-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)snprintf(w->path, sizeof w->path, "%s/audit.jsonl", w->directory);
	w->anchor = mmap(NULL, sizeof *w->anchor, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(w->anchor, MAP_FAILED);
	w->store = (struct audit_anchor_store){anchor_load, anchor_store, w->anchor};
	w->options = (struct audit_options){.path = w->path, .anchor = &w->store, .retention_days = 31};
	*state = w;
	return 0;
}

static void remove_files(const char *directory)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	(void)closedir(d);
}

static int tear_down(void **state)
{
	struct world *w = *state;

	remove_files(w->directory);
	assert_int_equal(rmdir(w->directory), 0);
	(void)munmap(w->anchor, sizeof *w->anchor);
	free(w);
	return 0;
}

static int append_count(const struct world *w, unsigned count)
{
	_cleanup_(audit_closep) struct audit *audit = NULL;
	int r = audit_open(&w->options, &audit, NULL);

	for (unsigned i = 0; r >= 0 && i < count; i++) {
		struct js *fields = js_object();

		js_set_string(fields, "device", "Blue Room camera");
		js_set_u64(fields, "files", i);
		r = audit_append(audit, AUDIT_OFFLOAD_DONE, fields);
	}
	return r;
}

static struct audit_report verify(const struct world *w)
{
	struct audit_report report;

	assert_int_equal(audit_verify(w->path, &w->store, &report), 0);
	assert_true(report.sentence[0] != 0);
	return report;
}

static void assert_verdict(const struct world *w, enum audit_verdict verdict)
{
	assert_string_equal(audit_verdict_name(verify(w).verdict), audit_verdict_name(verdict));
}

static char *content(const struct world *w, size_t *ret_size)
{
	char *data = NULL;

	assert_int_equal(fd_read_file_at(AT_FDCWD, w->path, 1 << 24, &data, ret_size), 0);
	return data;
}

static void replace(const struct world *w, const char *data, size_t size)
{
	int fd = open(w->path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, data, size), 0);
	(void)close(fd);
}

/* Start of line n (from 0); n may be the number of lines. */
static char *line_at(char *data, unsigned n)
{
	while (n-- > 0)
		data = strchr(data, '\n') + 1;
	return data;
}

static void what_is_appended_verifies(void **state)
{
	struct world *w = *state;
	struct audit_report report;
	struct stat st;

	assert_verdict(w, AUDIT_EMPTY);
	assert_int_equal(append_count(w, 10), 0);
	assert_int_equal(append_count(w, 10), 0);
	report = verify(w);
	assert_int_equal(report.verdict, AUDIT_WHOLE);
	assert_true(report.entries == 21 && report.first_seq == 1 && report.last_seq == 21);
	assert_true(w->anchor->seq == 21);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static int count_entry(const struct js *entry, void *data)
{
	assert_string_equal(js_get_string(js_get(entry, "fields"), "device"), "Blue Room camera");
	*(unsigned *)data += 1;
	return 0;
}

static void entries_are_read_by_event(void **state)
{
	struct world *w = *state;
	unsigned count = 0;

	assert_int_equal(audit_each(w->path, NULL, count_entry, &count), 0);
	assert_int_equal(append_count(w, 5), 0);
	assert_int_equal(audit_each(w->path, "offload-done", count_entry, &count), 0);
	assert_int_equal(count, 5);
	assert_int_equal(audit_each(w->path, "clear-done", count_entry, &count), 0);
	assert_int_equal(count, 5);
}

/* Feeds all lines of data through the pure check. */
static enum audit_verdict check_bytes(const struct world *w, const char *data, size_t size, bool stop)
{
	struct audit_walk walk = {.anchor_seq = w->anchor->seq};
	bool first = true;

	memcpy(walk.anchor_hash, w->anchor->hash, sizeof walk.anchor_hash);
	while (size > 0) {
		const char *newline = memchr(data, '\n', size);
		size_t length = newline ? (size_t)(newline - data) : size;

		if (!newline)
			break;
		assert_true(audit_walk_line(&walk, data, length, first) >= 0);
		if (stop && walk.verdict != AUDIT_WHOLE)
			return walk.verdict;
		first = false;
		data += length + 1;
		size -= length + 1;
	}
	audit_walk_end(&walk, size > 0, true);
	return walk.verdict;
}

static void every_flipped_byte_is_found(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *data = NULL;
	size_t size = 0;

	assert_int_equal(append_count(w, 49), 0);
	data = content(w, &size);
	assert_int_equal(check_bytes(w, data, size, false), AUDIT_WHOLE);
	for (size_t i = 0; i < size; i++) {
		char old = data[i];

		data[i] = (char)(old ^ (1 << i % 8));
		if (check_bytes(w, data, size, true) == AUDIT_WHOLE)
			fail_msg("a flip of bit %zu in byte %zu was not found", i % 8, i);
		if (i % 997 == 0) {
			replace(w, data, size);
			assert_int_not_equal(verify(w).verdict, AUDIT_WHOLE);
		}
		data[i] = old;
	}
	replace(w, data, size);
	assert_verdict(w, AUDIT_WHOLE);
}

static void a_changed_line_is_named(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *data = NULL;
	struct audit_report report;
	size_t size = 0;

	assert_int_equal(append_count(w, 9), 0);
	data = content(w, &size);
	*(strstr(line_at(data, 4), "Blue")) = 'G';
	replace(w, data, size);
	report = verify(w);
	assert_int_equal(report.verdict, AUDIT_CHANGED);
	assert_int_equal(report.line, 5);
	assert_string_equal(report.file, "audit.jsonl");
	assert_non_null(strstr(report.sentence, "line 5"));
}

static void a_removed_line_is_found_wherever_it_was(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *data = NULL;
	size_t size = 0;

	assert_int_equal(append_count(w, 9), 0);
	data = content(w, &size);
	for (unsigned n = 0; n < 10; n++) {
		_cleanup_free_ char *copy = malloc(size);
		char *start = line_at(data, n), *end = line_at(data, n + 1);
		size_t before = (size_t)(start - data), after = size - (size_t)(end - data);
		struct audit_report report;

		assert_non_null(copy);
		memcpy(copy, data, before);
		memcpy(copy + before, end, after);
		replace(w, copy, before + after);
		report = verify(w);
		assert_int_equal(report.verdict, n == 0   ? AUDIT_MISSING
						 : n == 9 ? AUDIT_TRUNCATED
							  : AUDIT_REMOVED);
		if (n > 0 && n < 9)
			assert_int_equal(report.line, n + 1);
	}
}

static void swapped_and_doubled_lines_are_found(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *data = NULL, *copy = NULL;
	char *a, *b, *c, *end;
	size_t size = 0;

	assert_int_equal(append_count(w, 9), 0);
	data = content(w, &size);
	copy = calloc(1, 2 * size);
	assert_non_null(copy);
	a = line_at(data, 3), b = line_at(data, 4), c = line_at(data, 5), end = data + size;
	end = mempcpy(mempcpy(mempcpy(mempcpy(copy, data, (size_t)(a - data)), b, (size_t)(c - b)), a,
			      (size_t)(b - a)),
		c, (size_t)(end - c));
	replace(w, copy, (size_t)(end - copy));
	assert_verdict(w, AUDIT_REORDERED);
	end = data + size;
	end = mempcpy(mempcpy(copy, data, (size_t)(b - data)), a, (size_t)(end - a));
	replace(w, copy, (size_t)(end - copy));
	assert_verdict(w, AUDIT_REORDERED);
}

static void a_rewritten_tail_is_found_by_the_anchor(void **state)
{
	struct world *w = *state;
	struct anchor real;

	assert_int_equal(append_count(w, 5), 0);
	real = *w->anchor;
	assert_int_equal(truncate(w->path, 0), 0);
	memset(w->anchor, 0, sizeof *w->anchor);
	assert_int_equal(append_count(w, 4), 0);
	*w->anchor = real;
	assert_verdict(w, AUDIT_TRUNCATED);
	memset(w->anchor, 0, sizeof *w->anchor);
	assert_int_equal(append_count(w, 3), 0);
	assert_verdict(w, AUDIT_WHOLE);
	*w->anchor = real;
	assert_verdict(w, AUDIT_CHANGED);
}

static void a_lost_log_is_missing(void **state)
{
	struct world *w = *state;

	assert_int_equal(append_count(w, 5), 0);
	assert_int_equal(truncate(w->path, 0), 0);
	assert_verdict(w, AUDIT_MISSING);
	assert_int_equal(unlink(w->path), 0);
	assert_verdict(w, AUDIT_MISSING);
	/* Recording goes on, and says so; the hole stays visible. */
	assert_int_equal(append_count(w, 1), 0);
	assert_verdict(w, AUDIT_MISSING);
}

static void truncation_is_recorded_when_the_log_is_opened(void **state)
{
	struct world *w = *state;
	_cleanup_(audit_closep) struct audit *audit = NULL;
	_cleanup_free_ char *data = NULL, *after = NULL;
	struct audit_report report;
	size_t size = 0;

	assert_int_equal(append_count(w, 9), 0);
	data = content(w, &size);
	assert_int_equal(truncate(w->path, line_at(data, 7) - data), 0);
	assert_int_equal(audit_open(&w->options, &audit, &report), 0);
	assert_int_equal(report.verdict, AUDIT_TRUNCATED);
	after = content(w, &size);
	assert_non_null(strstr(after, "log-damaged"));
	assert_non_null(strstr(after, "\"verdict\":\"truncated\""));
	assert_verdict(w, AUDIT_REMOVED);
}

static void a_torn_line_is_cut_and_said(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *data = NULL, *after = NULL;
	size_t size = 0;

	assert_int_equal(append_count(w, 4), 0);
	data = content(w, &size);
	for (size_t cut = 1; cut < 300; cut += 37) {
		_cleanup_free_ char *torn = malloc(size + cut);
		struct anchor before = *w->anchor;

		assert_non_null(torn);
		memcpy(mempcpy(torn, data, size), line_at(data, 4), cut);
		replace(w, torn, size + cut);
		assert_verdict(w, AUDIT_TORN);
		assert_int_equal(append_count(w, 0), 0);
		assert_verdict(w, AUDIT_WHOLE);
		free(after);
		after = content(w, &(size_t){0});
		assert_non_null(strstr(after, "log-repaired"));
		replace(w, data, size);
		*w->anchor = before;
	}
	/* Even if not one whole line is there yet. */
	replace(w, data, 20);
	memset(w->anchor, 0, sizeof *w->anchor);
	assert_int_equal(append_count(w, 1), 0);
	assert_verdict(w, AUDIT_WHOLE);
}

static void a_lost_anchor_is_said(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *after = NULL;
	size_t size = 0;

	assert_int_equal(append_count(w, 20), 0);
	memset(w->anchor, 0, sizeof *w->anchor);
	assert_int_equal(append_count(w, 0), 0);
	after = content(w, &size);
	assert_non_null(strstr(after, "\"verdict\":\"anchor-behind\""));
	assert_verdict(w, AUDIT_WHOLE);
	assert_true(w->anchor->seq == verify(w).last_seq);
}

static void an_anchor_that_is_one_behind_is_normal(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *after = NULL;
	struct anchor before;
	size_t size = 0;

	assert_int_equal(append_count(w, 20), 0);
	before = *w->anchor;
	assert_int_equal(append_count(w, 1), 0);
	*w->anchor = before;
	assert_verdict(w, AUDIT_WHOLE);
	assert_int_equal(append_count(w, 1), 0);
	after = content(w, &size);
	assert_null(strstr(after, "log-damaged"));
	assert_verdict(w, AUDIT_WHOLE);
}

static void what_others_may_write_is_not_appended_to(void **state)
{
	struct world *w = *state;

	assert_int_equal(append_count(w, 1), 0);
	assert_int_equal(chmod(w->path, 0660), 0);
	assert_int_equal(append_count(w, 1), -EPERM);
	assert_int_equal(chmod(w->path, 0640), 0);
	assert_int_equal(append_count(w, 1), 0);
	assert_int_equal(chmod(w->directory, 0777), 0);
	assert_int_equal(append_count(w, 1), -EPERM);
	assert_int_equal(chmod(w->directory, 0700), 0);
	assert_int_equal(verify(w).entries, 3);
}

static void two_writers_share_one_chain(void **state)
{
	struct world *w = *state;
	_cleanup_(audit_closep) struct audit *a = NULL, *b = NULL;

	assert_int_equal(audit_open(&w->options, &a, NULL), 0);
	assert_int_equal(audit_open(&w->options, &b, NULL), 0);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(audit_append(i % 2 ? a : b, AUDIT_DEVICE_FOUND, NULL), 0);
	assert_int_equal(verify(w).entries, 7);
	assert_verdict(w, AUDIT_WHOLE);
	assert_true(audit_last_seq(a) == 7);
}

static void a_full_disk_is_an_error_and_leaves_no_half_line(void **state)
{
	struct world *w = *state;
	_cleanup_(audit_closep) struct audit *audit = NULL;
	struct rlimit limit, small;
	struct stat st;

	assert_int_equal(audit_open(&w->options, &audit, NULL), 0);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	small = (struct rlimit){(rlim_t)st.st_size + 100, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(audit_append(audit, AUDIT_DEVICE_FOUND, NULL), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(verify(w).entries, 1);
	assert_verdict(w, AUDIT_WHOLE);
	assert_int_equal(audit_append(audit, AUDIT_DEVICE_FOUND, NULL), 0);
	assert_int_equal(verify(w).entries, 2);
}

static void too_long_a_line_is_refused(void **state)
{
	struct world *w = *state;
	_cleanup_(audit_closep) struct audit *audit = NULL;
	_cleanup_free_ char *text = calloc(1, CHAIN_LINE_MAX + 1);
	struct js *fields = js_object();

	assert_non_null(text);
	memset(text, 'x', CHAIN_LINE_MAX);
	js_set_string(fields, "reason", text);
	assert_int_equal(audit_open(&w->options, &audit, NULL), 0);
	assert_int_equal(audit_append(audit, AUDIT_OFFLOAD_FAILED, fields), -EFBIG);
	assert_verdict(w, AUDIT_WHOLE);
}

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
		remove_files(w->directory);
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
		remove_files(w->directory);
		if (done)
			break;
	}
	assert_in_range(at, 20, 1000);
}
#else
static void a_kill_at_any_point_leaves_a_log_that_verifies(void **state)
{
	print_message("fault points are only in VARIANT=faults\n");
	skip();
}
#endif

static void the_table_of_events_is_sound(void **state)
{
	_cleanup_free_ char *catalog = NULL;

	assert_int_equal(
		fd_read_file_at(AT_FDCWD, "packaging/outing-guard.catalog", 1 << 20, &catalog, NULL), 0);
	for (int i = 1; i < AUDIT_EVENT_END; i++) {
		const struct audit_event_info *info = audit_event_info((enum audit_event)i);
		char entry[48];

		assert_non_null(info);
		assert_int_equal(strlen(info->message_id), 32);
		assert_int_equal(strspn(info->message_id, "0123456789abcdef"), 32);
		assert_ptr_equal(audit_event_by_name(info->name), info);
		assert_true(info->priority >= 2 && info->priority <= 6);
		for (int j = 1; j < i; j++)
			assert_string_not_equal(
				info->message_id, audit_event_info((enum audit_event)j)->message_id);
		(void)snprintf(entry, sizeof entry, "\n-- %s\nSubject: ", info->message_id);
		if (!strstr(catalog, entry))
			fail_msg("%s has no text in the catalog", info->name);
	}
	assert_null(audit_event_by_name("nothing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_events_is_sound),
		TEST(what_is_appended_verifies),
		TEST(entries_are_read_by_event),
		TEST(every_flipped_byte_is_found),
		TEST(a_changed_line_is_named),
		TEST(a_removed_line_is_found_wherever_it_was),
		TEST(swapped_and_doubled_lines_are_found),
		TEST(a_rewritten_tail_is_found_by_the_anchor),
		TEST(a_lost_log_is_missing),
		TEST(truncation_is_recorded_when_the_log_is_opened),
		TEST(a_torn_line_is_cut_and_said),
		TEST(a_lost_anchor_is_said),
		TEST(an_anchor_that_is_one_behind_is_normal),
		TEST(what_others_may_write_is_not_appended_to),
		TEST(two_writers_share_one_chain),
		TEST(a_full_disk_is_an_error_and_leaves_no_half_line),
		TEST(too_long_a_line_is_refused),
		TEST(the_chain_goes_on_across_files),
		TEST(only_what_is_old_expires),
		TEST(a_removed_file_is_missing),
		TEST(retention_counts_in_days_not_files),
		TEST(a_kill_at_any_point_leaves_a_log_that_verifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
