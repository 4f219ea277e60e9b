/* SPDX-License-Identifier: GPL-3.0-or-later */

/* exFAT volumes: what is read from a whole one, and by which name each kind of damage is refused. */

#include "card-looks.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct image filled(void)
{
	struct image i = image_exfat(100, true);

	image_fill_exfat(&i);
	return i;
}

static uint8_t *root_entry(struct image *i, unsigned index)
{
	return i->bytes + i->root + (size_t)index * 32;
}

static void a_whole_card_is_read(void **state)
{
	for (unsigned partitioned = 0; partitioned < 2; partitioned++) {
		_cleanup_image_ struct image i = image_exfat(100, partitioned);
		struct set_digest set = image_exfat_set();
		char label[64];
		struct card card;

		image_fill_exfat(&i);
		assert_int_equal(image_look(&i, &card), 0);
		assert_int_equal(card.file_system, WIPE_FS_EXFAT);
		assert_true(set_digest_equal(&card.tree.set, &set));
		assert_int_equal(card.tree.kept_count, 1);
		assert_int_equal(card_serial(&card), 0x20261122);
		card_label(&card, label, sizeof label);
		assert_string_equal(label, "Blue");
		card_clear(&card);
	}
}

static void deleted_entries_do_not_count(void **state)
{
	_cleanup_image_ struct image i = filled();
	struct set_digest set = image_exfat_set();
	uint8_t *e = ex_file(&i, "gone.jpg", 0, false);
	struct card card;

	e[0] &= 0x7F;
	e[32] &= 0x7F;
	e[64] &= 0x7F;
	assert_int_equal(image_look(&i, &card), 0);
	assert_true(set_digest_equal(&card.tree.set, &set));
	card_clear(&card);
}

static void protected_files_are_counted(void **state)
{
	_cleanup_image_ struct image i = filled();
	uint8_t *e = ex_file(&i, "kept.jpg", 9, true);
	struct card card;

	e[4] = 0x21;
	ex_reseal(e);
	assert_int_equal(image_look(&i, &card), 0);
	assert_int_equal(card.tree.protected_files, 1);
	card_clear(&card);
}

static void boot_regions_are_checked(void **state)
{
	_cleanup_image_ struct image sum = filled(), spare = filled(), dirty = filled(), failing = filled(),
				     second = filled(), geometry = filled(), zero = filled(),
				     percent = filled();
	struct card card;

	sum.bytes[sum.start + 3 * 512] = 1;
	image_is(&sum, WIPE_BAD_CHECKSUM);
	spare.bytes[spare.start + 12 * 512 + 200] = 1;
	image_is(&spare, WIPE_BAD_BACKUP_BOOT);
	dirty.bytes[dirty.start + 106] = 2;
	image_is(&dirty, WIPE_DIRTY);
	failing.bytes[failing.start + 106] = 4;
	image_is(&failing, WIPE_BAD_BLOCKS);
	second.bytes[second.start + 110] = 2;
	ex_seal(&second);
	image_is(&second, WIPE_UNUSUAL);
	store_le32(geometry.bytes + geometry.start + 92, 1000);
	ex_seal(&geometry);
	image_is(&geometry, WIPE_BAD_BOOT_SECTOR);
	zero.bytes[zero.start + 20] = 1;
	image_is(&zero, WIPE_BAD_BOOT_SECTOR);
	percent.bytes[percent.start + 112] = 0xFF;
	assert_int_equal(image_look(&percent, &card), 0);
	card_clear(&card);
}

static void system_files_are_checked(void **state)
{
	_cleanup_image_ struct image upcase = filled(), none = filled(), twice = filled(), unknown = filled(),
				     bitmap = filled(), bad = filled();

	ex_at(&upcase, 3)[6] ^= 1;
	image_is(&upcase, WIPE_BAD_CHECKSUM);
	root_entry(&none, 2)[0] = 0x02;
	image_is(&none, WIPE_BAD_UPCASE);
	memcpy(ex_system(&twice, 0x81), root_entry(&twice, 1), 32);
	image_is(&twice, WIPE_UNUSUAL);
	ex_system(&unknown, 0xA1);
	image_is(&unknown, WIPE_UNUSUAL);
	store_le64(root_entry(&bitmap, 1) + 24, 4);
	image_is(&bitmap, WIPE_BAD_FAT);
	ex_put(&bad, 90, 0xFFFFFFF7);
	image_is(&bad, WIPE_BAD_BLOCKS);
}

static void clusters_belong_to_one_file(void **state)
{
	_cleanup_image_ struct image lost = filled(), cross = filled(), loop = filled(), unmarked = filled(),
				     range = filled(), system = filled();
	uint32_t c;

	(void)ex_chain(&lost, 2, 1, true);
	image_is(&lost, WIPE_LOST_CLUSTERS);
	c = ex_chain(&cross, 2, 1, true);
	(void)ex_ascii(&cross, "one.jpg", 0x20, c, 2 * EX_CLUSTER, true);
	(void)ex_ascii(&cross, "two.jpg", 0x20, c + 1, EX_CLUSTER, true);
	image_is(&cross, WIPE_CROSS_LINKED);
	c = ex_chain(&loop, 3, 1, false);
	ex_put(&loop, c + 2, c);
	(void)ex_ascii(&loop, "loop.jpg", 0x20, c, 5 * EX_CLUSTER, false);
	image_is(&loop, WIPE_LOOP);
	(void)ex_ascii(&unmarked, "free.jpg", 0x20, 90, EX_CLUSTER, true);
	image_is(&unmarked, WIPE_BAD_FAT);
	c = ex_chain(&range, 1, 1, true);
	(void)ex_ascii(&range, "far.jpg", 0x20, 101, 4 * EX_CLUSTER, true);
	assert_true(c > 0);
	image_is(&range, WIPE_BAD_FAT);
	(void)ex_ascii(&system, "system.jpg", 0x20, 3, EX_CLUSTER, true);
	image_is(&system, WIPE_CROSS_LINKED);
}

static void lengths_must_fit(void **state)
{
	_cleanup_image_ struct image valid = filled(), shorter = filled(), longer = filled(),
				     empty = filled();
	uint8_t *e;

	e = ex_file(&valid, "half.mov", 2 * EX_CLUSTER, true);
	store_le64(e + 40, EX_CLUSTER);
	ex_reseal(e);
	image_is(&valid, WIPE_BAD_SIZE);
	(void)ex_ascii(&shorter, "a.jpg", 0x20, ex_chain(&shorter, 2, 1, false), 3 * EX_CLUSTER, false);
	image_is(&shorter, WIPE_BAD_SIZE);
	(void)ex_ascii(&longer, "a.jpg", 0x20, ex_chain(&longer, 3, 1, false), 2 * EX_CLUSTER, false);
	image_is(&longer, WIPE_BAD_SIZE);
	(void)ex_ascii(&empty, "a.jpg", 0x20, ex_chain(&empty, 1, 1, false), 0, false);
	image_is(&empty, WIPE_BAD_SIZE);
}

static void entry_sets_are_checked(void **state)
{
	_cleanup_image_ struct image sum = filled(), hash = filled(), torn = filled(), alone = filled(),
				     behind = filled(), tail = filled(), extra = filled();
	uint8_t *e;

	ex_file(&sum, "a.jpg", 9, true)[20] ^= 1;
	image_is(&sum, WIPE_BAD_CHECKSUM);
	e = ex_file(&hash, "a.jpg", 9, true);
	e[36] ^= 1;
	ex_reseal(e);
	image_is(&hash, WIPE_BAD_CHECKSUM);
	ex_file(&torn, "a.jpg", 9, true)[64] = 0;
	image_is(&torn, WIPE_BAD_DIRECTORY);
	ex_file(&alone, "a.jpg", 9, true)[0] &= 0x7F;
	image_is(&alone, WIPE_BAD_DIRECTORY);
	behind.folder_at += 32;
	(void)ex_file(&behind, "a.jpg", 9, true);
	image_is(&behind, WIPE_BAD_DIRECTORY);
	e = ex_file(&tail, "a.jpg", 9, true);
	e[64 + 2 + 2 * 9] = 'x';
	ex_reseal(e);
	image_is(&tail, WIPE_BAD_NAME);
	e = ex_file(&extra, "a.jpg", 9, true);
	e[1] = 3;
	e[96] = 0xE0;
	ex_reseal(e);
	image_is(&extra, WIPE_UNUSUAL);
}

static void names_in_doubt_are_refused(void **state)
{
	static const uint16_t lone[] = {'a', 0xD83D}, colon[] = {'a', ':', 'b'}, dot[] = {'a', '.'};
	_cleanup_image_ struct image one = filled(), two = filled(), three = filled(), same = filled();

	(void)ex_set(&one, lone, ELEMENTS(lone), 0x20, 0, 0, false);
	image_is(&one, WIPE_BAD_NAME);
	(void)ex_set(&two, colon, ELEMENTS(colon), 0x20, 0, 0, false);
	image_is(&two, WIPE_BAD_NAME);
	(void)ex_set(&three, dot, ELEMENTS(dot), 0x20, 0, 0, false);
	image_is(&three, WIPE_BAD_NAME);
	(void)ex_file(&same, "note.txt", 0, false);
	image_is(&same, WIPE_BAD_NAME);
}

static void folders_are_checked(void **state)
{
	_cleanup_image_ struct image size = filled(), system = filled(), deep = image_exfat(200, false);

	(void)ex_ascii(&size, "SUB", 0x10, ex_chain(&size, 1, 0, false), 100, false);
	image_is(&size, WIPE_BAD_DIRECTORY);
	(void)ex_folder(&system, "SUB");
	ex_system(&system, 0x83);
	image_is(&system, WIPE_BAD_DIRECTORY);
	for (unsigned depth = 0; depth <= TREE_DEPTH_MAX; depth++)
		(void)ex_folder(&deep, "D");
	image_is(&deep, WIPE_TOO_DEEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_card_is_read),
		cmocka_unit_test(deleted_entries_do_not_count),
		cmocka_unit_test(protected_files_are_counted),
		cmocka_unit_test(boot_regions_are_checked),
		cmocka_unit_test(system_files_are_checked),
		cmocka_unit_test(clusters_belong_to_one_file),
		cmocka_unit_test(lengths_must_fit),
		cmocka_unit_test(entry_sets_are_checked),
		cmocka_unit_test(names_in_doubt_are_refused),
		cmocka_unit_test(folders_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
