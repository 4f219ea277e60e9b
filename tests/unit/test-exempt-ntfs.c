/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The files of an NTFS that is not mounted: what is found, what is passed over, and what is not understood.
 */

#include "encryption/exempt-ntfs.h"
#include "ntfs-image.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ntfs_image image;
static struct exempt found;

static int read_image(void *data, uint64_t offset, void *buffer, size_t size)
{
	if (offset > sizeof image.bytes || size > sizeof image.bytes - offset)
		return -EIO;
	memcpy(buffer, image.bytes + offset, size);
	return 0;
}

static int scan(void)
{
	found = (struct exempt){0};
	return exempt_scan_ntfs(read_image, NULL, sizeof image.bytes, &found);
}

static void windows_recovery(void **state)
{
	ntfs_make_recovery(&image);
	assert_int_equal(scan(), 0);
	assert_true(exempt_holds(&found));
	assert_int_equal(found.files, 2);
}

static void nothing_at_all(void **state)
{
	ntfs_make(&image);
	assert_int_equal(scan(), 0);
	assert_false(exempt_holds(&found));
	assert_int_equal(found.files, 0);
}

static void a_photo(void **state)
{
	uint8_t *record;

	ntfs_make_recovery(&image);
	record = ntfs_make_record(&image, 28, 1);
	ntfs_add_name(record, 5, "photo.jpg", 1);
	ntfs_add_large(record, NTFS_DATA / 512 + 8, 4, 2048, false);
	memcpy(image.bytes + NTFS_DATA + 8 * 512, "\xff\xd8\xff\xe0", 4);
	assert_int_equal(scan(), 0);
	assert_string_equal(found.offender, "photo.jpg");
	assert_true(found.boot_files > 0);
}

static void a_deleted_photo_is_passed_over(void **state)
{
	ntfs_make_recovery(&image);
	ntfs_add_name(ntfs_make_record(&image, 28, 0), 5, "photo.jpg", 1);
	assert_int_equal(scan(), 0);
	assert_true(exempt_holds(&found));
}

static void the_folder_counts(void **state)
{
	ntfs_make_recovery(&image);
	ntfs_folder(&image, 25, 24, "Elsewhere");
	assert_int_equal(scan(), 0);
	assert_string_equal(found.offender, "Winre.wim");
}

static void a_file_in_a_folder_that_is_not_there(void **state)
{
	ntfs_make_recovery(&image);
	ntfs_add_name(ntfs_make_record(&image, 28, 1), 30, "lost.xml", 1);
	assert_int_equal(scan(), 0);
	assert_string_equal(found.offender, "lost.xml");
	ntfs_folder(&image, 24, 25, "Recovery");
	assert_int_equal(scan(), 0);
	assert_false(exempt_holds(&found));
}

static void a_second_stream(void **state)
{
	ntfs_make_recovery(&image);
	ntfs_add_small(ntfs_record(&image, 27), "zone", 4, true);
	assert_int_equal(scan(), 0);
	assert_true(exempt_holds(&found));
	ntfs_add_large(ntfs_record(&image, 27), NTFS_DATA / 512, 20, 10000, true);
	assert_int_equal(scan(), 0);
	assert_string_equal(found.offender, "ReAgent.xml");
}

static void data_that_a_second_record_holds(void **state)
{
	uint8_t *record;

	ntfs_make_recovery(&image);
	record = ntfs_make_record(&image, 26, 1);
	ntfs_add_name(record, 25, "Winre.wim", 1);
	record = ntfs_make_record(&image, 29, 1);
	store_le32(record + 32, 26);
	ntfs_add_large(record, NTFS_DATA / 512, 4, 2048, false);
	assert_int_equal(scan(), 0);
	assert_true(exempt_holds(&found));
}

static void what_is_not_understood(void **state)
{
	ntfs_make_recovery(&image);
	ntfs_record(&image, 26)[510] ^= 1; /* a torn record */
	assert_int_equal(scan(), -EBADMSG);
	ntfs_make_recovery(&image);
	store_le32(
		ntfs_record(&image, 26) + 56 + 4, 100000); /* an attribute that goes on beyond its record */
	assert_int_equal(scan(), -EBADMSG);
	ntfs_make_recovery(&image);
	ntfs_record(&image, 0)[56 + 64] = 0x9f; /* a run of no shape */
	assert_int_equal(scan(), -EBADMSG);
	ntfs_make_recovery(&image);
	store_le16(ntfs_record(&image, 0) + 56 + 66, 0x7000); /* the table beyond the volume */
	assert_int_equal(scan(), -EBADMSG);
	ntfs_make_recovery(&image);
	image.bytes[13] = 3;
	assert_int_equal(scan(), -EBADMSG);
	ntfs_make_recovery(&image);
	store_le32(ntfs_record(&image, 0) + 56 + 48, 0x7fffffff);
	assert_int_equal(scan(), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_recovery),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(a_photo),
		cmocka_unit_test(a_deleted_photo_is_passed_over),
		cmocka_unit_test(the_folder_counts),
		cmocka_unit_test(a_file_in_a_folder_that_is_not_there),
		cmocka_unit_test(a_second_stream),
		cmocka_unit_test(data_that_a_second_record_holds),
		cmocka_unit_test(what_is_not_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
