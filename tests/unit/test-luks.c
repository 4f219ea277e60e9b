/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The container's header on a file: made, opened with its key only. Mappings need device-mapper (in the
 * guest). */

#include "base/fd.h"
#include "encryption/luks.h"
#include "folder.h"
#include "vault/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void path_in(const struct folder *folder, const char *name, char *ret_path, size_t size)
{
	assert_true((size_t)snprintf(ret_path, size, "%s/%s", folder->path, name) < size);
}

static void make_file(const struct folder *folder, const char *name, off_t size)
{
	_cleanup_close_ int fd = openat(folder->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
}

static void only_its_key_opens_it(void **state)
{
	_cleanup_(secret_freep) struct secret *key = NULL, *other = NULL;
	char path[128];

	assert_int_equal(secret_random(CONTAINER_KEY_SIZE, &key), 0);
	assert_int_equal(secret_random(CONTAINER_KEY_SIZE, &other), 0);
	make_file(*state, "container", CONTAINER_SIZE_MIN);
	path_in(*state, "container", path, sizeof path);
	assert_int_equal(luks_format(path, key, NULL), 0);
	assert_int_equal(luks_try(path, key), LUKS_OK);
	assert_int_equal(luks_try(path, other), LUKS_WRONG_KEY);
}

static void other_files_are_not_containers(void **state)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	char path[128];

	assert_int_equal(secret_random(CONTAINER_KEY_SIZE, &key), 0);
	make_file(*state, "zeros", CONTAINER_SIZE_MIN);
	path_in(*state, "zeros", path, sizeof path);
	assert_int_equal(luks_try(path, key), LUKS_NOT_LUKS2);
	path_in(*state, "none", path, sizeof path);
	assert_int_equal(luks_try(path, key), -ENOENT);
}

static void trying_a_key_changes_nothing(void **state)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	_cleanup_free_ char *before = NULL, *after = NULL;
	char path[128], damage[64] = {0};
	size_t size, again;

	assert_int_equal(secret_random(CONTAINER_KEY_SIZE, &key), 0);
	make_file(*state, "container", CONTAINER_SIZE_MIN);
	path_in(*state, "container", path, sizeof path);
	assert_int_equal(luks_format(path, key, NULL), 0);
	/* A damaged second header, which loading would repair. */
	{
		_cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
		assert_int_equal(fd_pwrite_full(fd, damage, sizeof damage, 0x4000), 0);
	}
	assert_int_equal(fd_read_file_at(AT_FDCWD, path, 1 << 27, &before, &size), 0);
	assert_int_equal(luks_try(path, key), LUKS_OK);
	assert_int_equal(fd_read_file_at(AT_FDCWD, path, 1 << 27, &after, &again), 0);
	assert_int_equal(size, again);
	assert_memory_equal(before, after, size);
}

static enum container_outcome create(struct folder *folder, uint64_t size)
{
	char path[128], mountpoint[128], credential[128];
	const struct container container = {path, mountpoint, credential, "outing-test-none"};
	enum container_sealing sealing;

	path_in(folder, "vault.luks", path, sizeof path);
	path_in(folder, "vault", mountpoint, sizeof mountpoint);
	path_in(folder, "key.cred", credential, sizeof credential);
	return (enum container_outcome)container_create(&container, size, NULL, &sealing);
}

static void refusals_come_before_anything_is_written(void **state)
{
	struct folder *folder = *state;
	struct stat st;

	assert_int_equal(create(folder, 1 << 20), CONTAINER_TOO_SMALL);
	assert_int_equal(create(folder, 1ULL << 60), CONTAINER_NO_SPACE);
	assert_int_equal(fstatat(folder->fd, "vault.luks.new", &st, 0), -1);
	make_file(folder, "vault.luks", 7);
	assert_int_equal(create(folder, CONTAINER_SIZE_MIN), CONTAINER_EXISTS);
	assert_int_equal(fstatat(folder->fd, "vault.luks", &st, 0), 0);
	assert_int_equal(st.st_size, 7);
}

static void every_outcome_has_words(void **state)
{
	for (int i = CONTAINER_EXISTS; i <= CONTAINER_FAILED; i++)
		assert_true(strlen(container_sentence((enum container_outcome)i)) > 10);
	assert_non_null(strstr(container_sealing_sentence(CONTAINER_SEALED_HOST), "takes the disk out"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(only_its_key_opens_it),
		WITH_FOLDER(other_files_are_not_containers),
		WITH_FOLDER(trying_a_key_changes_nothing),
		WITH_FOLDER(refusals_come_before_anything_is_written),
		cmocka_unit_test(every_outcome_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
