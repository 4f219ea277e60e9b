/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the walk makes of folders that a worker without rights cannot look into. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "offload/walk.h"

#include "folder.h"

#include <string.h>
#include <sys/stat.h>

#define NOBODY 65534

struct seen {
	unsigned files, folders, findings, failures;
	enum offload_reason reason;
	int error;
	char folder[64], failed[64];
};

static int saw_file(void *data, const struct walk_entry *entry)
{
	(void)entry;
	((struct seen *)data)->files++;
	return 0;
}

static int saw_folder(void *data, const struct walk_entry *entry)
{
	struct seen *seen = data;

	seen->folders++;
	(void)snprintf(seen->folder, sizeof seen->folder, "%.*s", (int)entry->path_size, entry->path);
	return 0;
}

static int saw_finding(void *data, enum offload_finding kind, const char *path, size_t size)
{
	(void)kind;
	(void)path;
	(void)size;
	((struct seen *)data)->findings++;
	return 0;
}

static int saw_failure(void *data, enum offload_reason reason, int error, const char *path, size_t size)
{
	struct seen *seen = data;

	seen->failures++;
	seen->reason = reason;
	seen->error = error;
	(void)snprintf(seen->failed, sizeof seen->failed, "%.*s", (int)size, path);
	return 0;
}

static void make_file(int dirfd, const char *path)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
}

static struct seen look(const struct source *source)
{
	const atomic_bool stop = false;
	struct seen seen = {0};
	struct walk_sink sink = {.data = &seen,
		.file = saw_file,
		.folder = saw_folder,
		.finding = saw_finding,
		.failed = saw_failure};

	assert_int_equal(walk_source(source, &io_system, &sink, &stop), WALK_DONE);
	return seen;
}

/* Walks the folder twice, as an offload does, without rights to its folder NAME, which is opened before. */
static struct seen look_without_rights(const struct folder *folder, const char *name)
{
	_cleanup_(source_freep) struct source *source = NULL;
	char detail[SOURCE_DETAIL];
	bool root = geteuid() == 0;
	struct seen once, twice;

	assert_int_equal(fchmod(folder->fd, 0755), 0);
	assert_int_equal(source_open(folder->path, -1, &source, detail), SOURCE_OPENED);
	assert_int_equal(fchmodat(folder->fd, name, 0, 0), 0);
	if (root)
		assert_int_equal(seteuid(NOBODY), 0);
	once = look(source);
	twice = look(source);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(fchmodat(folder->fd, name, 0700, 0), 0);
	assert_memory_equal(&once, &twice, sizeof once);
	return once;
}

static void empty_lost_and_found_is_an_empty_folder(void **state)
{
	const struct folder *folder = *state;
	struct seen seen;

	make_file(folder->fd, "photo.jpg");
	assert_int_equal(mkdirat(folder->fd, "lost+found", 0700), 0);
	seen = look_without_rights(folder, "lost+found");
	assert_int_equal(seen.files, 1);
	assert_int_equal(seen.folders, 1);
	assert_string_equal(seen.folder, "lost+found");
	assert_int_equal(seen.failures, 0);
}

static void what_lies_in_lost_and_found_is_named(void **state)
{
	const struct folder *folder = *state;
	struct seen seen;

	assert_int_equal(mkdirat(folder->fd, "lost+found", 0700), 0);
	make_file(folder->fd, "lost+found/#12");
	seen = look_without_rights(folder, "lost+found");
	assert_int_equal(seen.files, 0);
	assert_int_equal(seen.failures, 1);
	assert_int_equal(seen.reason, OFFLOAD_REASON_READ);
	assert_int_equal(seen.error, EACCES);
	assert_string_equal(seen.failed, "lost+found/#12");
}

static void any_other_closed_folder_is_a_failure(void **state)
{
	const struct folder *folder = *state;
	struct seen seen;

	assert_int_equal(mkdirat(folder->fd, "private", 0700), 0);
	seen = look_without_rights(folder, "private");
	assert_int_equal(seen.failures, 1);
	assert_int_equal(seen.error, EACCES);
	assert_string_equal(seen.failed, "private");
}

static void lost_and_found_deeper_down_is_a_folder_like_others(void **state)
{
	const struct folder *folder = *state;
	struct seen seen;

	assert_int_equal(mkdirat(folder->fd, "lost+found", 0755), 0);
	assert_int_equal(mkdirat(folder->fd, "old", 0755), 0);
	assert_int_equal(mkdirat(folder->fd, "old/lost+found", 0700), 0);
	seen = look_without_rights(folder, "old/lost+found");
	assert_int_equal(seen.folders, 2);
	assert_int_equal(seen.failures, 1);
	assert_string_equal(seen.failed, "old/lost+found");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(empty_lost_and_found_is_an_empty_folder),
		WITH_FOLDER(what_lies_in_lost_and_found_is_named),
		WITH_FOLDER(any_other_closed_folder_is_a_failure),
		WITH_FOLDER(lost_and_found_deeper_down_is_a_folder_like_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
