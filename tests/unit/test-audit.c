/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The audit log: what is appended verifies, every kind of tampering is found, and a torn line or a full disk
 * is repaired and said. */

#include "audit-world.h"

#include "audit/chain.h"
#include "audit/walk.h"
#include "base/fd.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

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

static void managers_may_read_it_and_only_read_it(void **state)
{
	struct world *w = *state;
	const struct group *group = getgrnam("daemon");
	struct stat st;

	assert_non_null(group);
	w->options.group = "daemon";
	assert_int_equal(append_count(w, 1), 0);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (geteuid() == 0)
		assert_int_equal(st.st_gid, group->gr_gid);
	/* A machine without the group is no reason not to record. */
	assert_int_equal(unlink(w->path), 0);
	memset(w->anchor, 0, sizeof *w->anchor);
	w->options.group = "there-is-no-such-group";
	assert_int_equal(append_count(w, 1), 0);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
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
		TEST(managers_may_read_it_and_only_read_it),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
