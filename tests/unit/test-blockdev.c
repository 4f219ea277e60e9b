/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Block device calls, as far as they can be tried without one: images, and what is refused. */

#include "device/blockdev.h"

#include "base/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static int image(uint64_t bytes, char *path)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	return fd;
}

static void an_image_is_told_from_a_device(void **state)
{
	char path[] = "/tmp/outing-blockdev-XXXXXX";
	_cleanup_close_ _unused_ int made = image(8192, path);
	_cleanup_close_ int fd = -1;
	bool is_image = false;
	uint64_t bytes = 0;

	fd = blockdev_open(path, &is_image);
	assert_true(fd >= 0);
	assert_true(is_image);
	assert_int_equal(blockdev_size(fd, &bytes), 0);
	assert_true(bytes == 8192);
	assert_int_equal(blockdev_open(path, NULL), -ENOTBLK);
	assert_int_equal(blockdev_open("/dev/null", &is_image), -ENOTBLK);
	assert_int_equal(blockdev_open("/nowhere/at/all", &is_image), -ENOENT);
	assert_true(blockdev_open_exclusive(path) < 0);
	assert_int_equal(unlink(path), 0);
}

static void an_image_has_no_insertion(void **state)
{
	char path[] = "/tmp/outing-blockdev-XXXXXX", text[BLOCKDEV_INSERTION_SIZE] = "unchanged";
	_cleanup_close_ int fd = image(4096, path);
	bool read_only = false;

	assert_int_equal(unlink(path), 0);
	assert_true(blockdev_insertion(fd, text) < 0);
	assert_string_equal(text, "unchanged");
	assert_true(blockdev_get_read_only(fd, &read_only) < 0);
	assert_true(blockdev_set_read_only(fd, true) < 0);
	assert_int_equal(blockdev_read_table(fd), -ENOTTY);
}

static void insertions_name_boot_and_plug_in(void **state)
{
	char a[BLOCKDEV_INSERTION_SIZE], b[BLOCKDEV_INSERTION_SIZE];

	assert_int_equal(blockdev_insertion_text(17, a), 0);
	assert_int_equal(blockdev_insertion_text(18, b), 0);
	assert_int_equal(strlen(a), 36 + 1 + 2);
	assert_string_equal(a + 36, "/17");
	assert_memory_equal(a, b, 36);
	assert_string_not_equal(a, b);
	assert_int_equal(blockdev_insertion_text(UINT64_MAX, a), 0);
	assert_string_equal(a + 36, "/18446744073709551615");
	assert_int_equal(blockdev_insertion_text(0, a), -ENOTTY);
}

static void alive_means_readable_and_of_the_same_size(void **state)
{
	char path[] = "/tmp/outing-blockdev-XXXXXX";
	_cleanup_close_ int fd = image(1000448, path);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(blockdev_alive(fd, 1000448, 0), 0);
	assert_int_equal(blockdev_alive(fd, 1000449, 0), -ESTALE);
	assert_true(blockdev_alive(fd, 1000448, 7) < 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_DIRECT, 0);
	assert_int_equal(ftruncate(fd, 512), 0);
	assert_int_equal(blockdev_alive(fd, 512, 0), 0);
	assert_int_equal(blockdev_alive(fd, 1000448, 0), -ESTALE);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(blockdev_alive(fd, 0, 0), -ENODEV);
}

static void a_number_that_is_no_device_has_no_disk(void **state)
{
	dev_t disk = 7;

	assert_int_equal(blockdev_whole_disk(0, &disk), -ENODEV);
	assert_true(disk == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_told_from_a_device),
		cmocka_unit_test(an_image_has_no_insertion),
		cmocka_unit_test(insertions_name_boot_and_plug_in),
		cmocka_unit_test(alive_means_readable_and_of_the_same_size),
		cmocka_unit_test(a_number_that_is_no_device_has_no_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
