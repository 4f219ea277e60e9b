/* SPDX-License-Identifier: GPL-3.0-or-later */

/* FAT volumes: what is read from a whole one, and by which name each kind of damage is refused. */

#include "card-looks.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_path(struct image *i, enum wipe_outcome expected, const char *path)
{
	struct card card;
	int r = image_look(i, &card);

	assert_int_equal(r, expected);
	assert_string_equal(card.tree.path, path);
	card_clear(&card);
}

static struct image filled(unsigned bits)
{
	struct image i = image_fat(bits, bits == 16 ? 4200 : 300, true);

	image_fill_fat(&i);
	return i;
}

static void a_whole_card_is_read(void **state)
{
	static const unsigned kinds[] = {12, 16, 32};

	for (size_t n = 0; n < ELEMENTS(kinds) * 2; n++) {
		_cleanup_image_ struct image i =
			image_fat(kinds[n / 2], kinds[n / 2] == 16 ? 4200 : 300, n % 2);
		struct set_digest set = image_fat_set();
		char label[64];
		struct card card;

		image_fill_fat(&i);
		assert_int_equal(image_look(&i, &card), 0);
		assert_int_equal(card.file_system, kinds[n / 2]);
		assert_int_equal(card.layout.partitioned, n % 2);
		assert_true(set_digest_equal(&card.tree.set, &set));
		assert_int_equal(card.tree.folders, 2);
		assert_int_equal(card.tree.protected_files, 0);
		assert_int_equal(card.tree.kept_count, 1);
		assert_int_equal(card_serial(&card), 0x20261122);
		card_label(&card, label, sizeof label);
		assert_string_equal(label, "BLUE ROOM");
		card_clear(&card);
	}
}

static void assert_one_file(struct image *i, const char *path, uint64_t size)
{
	struct set_digest set = SET_DIGEST_NULL;
	struct card card;

	assert_int_equal(image_look(i, &card), 0);
	assert_int_equal(set_digest_add(&set, path, strlen(path), size), 0);
	if (!set_digest_equal(&card.tree.set, &set))
		fail_msg("not the one file %s", path);
	card_clear(&card);
}

static void short_names_are_what_linux_shows(void **state)
{
	static const struct {
		const char *raw;
		uint8_t flags;
		const char *shown;
	} names[] = {
		{"IMG_0001JPG", 0x00, "IMG_0001.JPG"},
		{"IMG_0001JPG", 0x18, "img_0001.jpg"},
		{"IMG_0001JPG", 0x08, "img_0001.JPG"},
		{"IMG_0001JPG", 0x10, "IMG_0001.jpg"},
		{"README     ", 0x00, "README"},
		{"A B     C D", 0x00, "A B.C D"},
		{"\x80"
		 "A      \x9A  ",
			0x00,
			"\xC3\x87"
			"A.\xC3\x9C"},
		{"\x05"
		 "X         ",
			0x00,
			"\xCF\x83"
			"X"},
		{"img_0001jpg", 0x00, "img_0001.jpg"},
	};

	for (size_t n = 0; n < ELEMENTS(names); n++) {
		_cleanup_image_ struct image i = image_fat(12, 100, false);

		fat_file(&i, names[n].raw, 10)[12] = names[n].flags;
		assert_one_file(&i, names[n].shown, 10);
	}
}

static void long_names_are_what_linux_shows(void **state)
{
	static const uint16_t bee[] = {0xD83D, 0xDC1D, ' ', 0xFC, '.', 'j', 'p', 'g'};
	static const char *const names[] = {"IMG 0001 (copy).jpeg", "thirteen_char", "a.b.c.d",
		"ends in dots..", "a name that takes three slots, really.jpg"};

	for (size_t n = 0; n < ELEMENTS(names); n++) {
		_cleanup_image_ struct image i = image_fat(16, 4200, true);

		fat_long_ascii(&i, names[n], "IMG000~1JPG");
		fat_file(&i, "IMG000~1JPG", 10);
		assert_one_file(&i, names[n], 10);
	}
	{
		_cleanup_image_ struct image i = image_fat(32, 100, false);

		fat_long(&i, bee, ELEMENTS(bee), "BEE~1   JPG");
		fat_file(&i, "BEE~1   JPG", 10);
		assert_one_file(&i, "\xF0\x9F\x90\x9D \xC3\xBC.jpg", 10);
	}
}

static void slots_left_behind_by_cameras_are_skipped(void **state)
{
	_cleanup_image_ struct image i = image_fat(12, 100, false);
	uint8_t *deleted;

	fat_long_ascii(&i, "a deleted long name.jpg", "ADELET~1JPG");
	deleted = fat_file(&i, "ADELET~1JPG", 0);
	deleted[0] = 0xE5;
	fat_long_ascii(&i, "its place taken by a camera.jpg", "ITSPLA~1JPG");
	fat_file(&i, "IMG_0001JPG", 10);
	assert_one_file(&i, "IMG_0001.JPG", 10);
}

static void a_slot_out_of_order_gives_the_short_name(void **state)
{
	_cleanup_image_ struct image i = image_fat(12, 100, false);

	fat_long_ascii(&i, "two slots make this name", "TWOSLO~1   ");
	i.bytes[i.root + 32] = 0x07;
	fat_file(&i, "TWOSLO~1   ", 10);
	assert_one_file(&i, "TWOSLO~1", 10);
}

static void protected_files_are_counted(void **state)
{
	_cleanup_image_ struct image i = filled(12);
	struct card card;

	fat_file(&i, "KEPT    JPG", 5)[11] = 0x21;
	assert_int_equal(image_look(&i, &card), 0);
	assert_int_equal(card.tree.protected_files, 1);
	card_clear(&card);
}

static void names_in_doubt_are_refused(void **state)
{
	static const uint16_t lone[] = {'a', 0xD83D, 'b'}, low[] = {0xDC1D}, control[] = {'a', 7},
			      slash[] = {'a', '/', 'b'};

#define REFUSED(units)                                                      \
	do {                                                                \
		_cleanup_image_ struct image i = image_fat(12, 100, false); \
		fat_long(&i, units, ELEMENTS(units), "X~1        ");        \
		fat_file(&i, "X~1        ", 1);                             \
		image_is(&i, WIPE_BAD_NAME);                                \
	} while (0)
	REFUSED(lone);
	REFUSED(low);
	REFUSED(control);
	REFUSED(slash);
#undef REFUSED
	{
		_cleanup_image_ struct image i = image_fat(12, 100, false);

		fat_long_ascii(&i, "...", "_~1        ");
		fat_file(&i, "_~1        ", 1);
		image_is(&i, WIPE_BAD_NAME);
	}
	{
		_cleanup_image_ struct image i = image_fat(12, 100, false);

		fat_long_ascii(&i, "Note..", "NOTE~1     ");
		fat_file(&i, "NOTE~1     ", 1);
		fat_file(&i, "NOTE       ", 1);
		image_is(&i, WIPE_BAD_NAME);
	}
	{
		_cleanup_image_ struct image i = image_fat(12, 100, false);

		fat_file(&i, "A/B        ", 1);
		image_is(&i, WIPE_BAD_NAME);
	}
}

static void two_of_a_name_are_refused(void **state)
{
	_cleanup_image_ struct image same = filled(12), alias = filled(12);

	fat_long_ascii(&same, "note.txt", "NOTE~1  TXT");
	fat_file(&same, "NOTE~1  TXT", 1);
	assert_path(&same, WIPE_BAD_NAME, "note.txt");
	fat_long_ascii(&alias, "another.txt", "NOTE    TXT");
	fat_file(&alias, "NOTE    TXT", 1);
	image_is(&alias, WIPE_BAD_NAME);
}

static void a_dirty_volume_is_refused(void **state)
{
	_cleanup_image_ struct image boot16 = filled(16), boot32 = filled(32), fat16 = filled(16),
				     fat32 = filled(32), error32 = filled(32);

	boot16.bytes[boot16.start + 0x25] = 1;
	image_is(&boot16, WIPE_DIRTY);
	boot32.bytes[boot32.start + 0x41] = 1;
	image_is(&boot32, WIPE_DIRTY);
	fat_put(&fat16, 1, 0x7FFF);
	image_is(&fat16, WIPE_DIRTY);
	fat_put(&fat32, 1, 0x07FFFFFF);
	image_is(&fat32, WIPE_DIRTY);
	fat_put(&error32, 1, 0x0BFFFFFF);
	image_is(&error32, WIPE_DIRTY);
}

static void damage_of_the_table_is_refused(void **state)
{
	static const unsigned kinds[] = {12, 16, 32};

	for (size_t n = 0; n < ELEMENTS(kinds); n++) {
		_cleanup_image_ struct image differ = filled(kinds[n]), bad = filled(kinds[n]),
					     nonsense = filled(kinds[n]), lost = filled(kinds[n]);

		differ.bytes[differ.fat2 + 9] ^= 0x10;
		image_is(&differ, WIPE_FATS_DIFFER);
		fat_put(&bad, 90, fat_eoc(&bad) - 8);
		image_is(&bad, WIPE_BAD_BLOCKS);
		fat_put(&nonsense, 90, nonsense.clusters + 2);
		image_is(&nonsense, WIPE_BAD_FAT);
		fat_chain(&lost, 3, 0xCD);
		image_is(&lost, WIPE_LOST_CLUSTERS);
	}
}

static void chains_that_go_wrong_are_refused(void **state)
{
	_cleanup_image_ struct image loop = filled(32), cross = filled(32), range = filled(16),
				     freed = filled(16);
	uint32_t c;

	c = fat_chain(&loop, 4, 1);
	fat_put(&loop, c + 3, c + 1);
	fat_entry(&loop, "LOOP    JPG", 0x20, c, 9 * 512);
	assert_path(&loop, WIPE_LOOP, "LOOP.JPG");
	c = fat_chain(&cross, 2, 1);
	fat_entry(&cross, "ONE     JPG", 0x20, c, 1024);
	fat_entry(&cross, "TWO     JPG", 0x20, c, 1024);
	assert_path(&cross, WIPE_CROSS_LINKED, "TWO.JPG");
	fat_entry(&range, "FAR     JPG", 0x20, 60000, 512);
	image_is(&range, WIPE_OUT_OF_RANGE);
	fat_entry(&freed, "FREE    JPG", 0x20, 4000, 512);
	image_is(&freed, WIPE_BAD_FAT);
}

static void lengths_must_fit(void **state)
{
	_cleanup_image_ struct image longer = filled(12), shorter = filled(12), empty = filled(12);

	fat_entry(&longer, "A       JPG", 0x20, fat_chain(&longer, 3, 1), 1024);
	image_is(&longer, WIPE_BAD_SIZE);
	fat_entry(&shorter, "A       JPG", 0x20, fat_chain(&shorter, 1, 1), 1024);
	image_is(&shorter, WIPE_BAD_SIZE);
	fat_entry(&empty, "A       JPG", 0x20, fat_chain(&empty, 1, 1), 0);
	assert_path(&empty, WIPE_BAD_SIZE, "A.JPG");
}

static void folders_must_be_whole(void **state)
{
	_cleanup_image_ struct image dots = filled(16), parent = filled(16), zero = filled(16),
				     behind = filled(16), circle = filled(16), strange = filled(16);
	uint32_t c;

	c = fat_folder(&dots, "SUB        ", 0);
	fat_at(&dots, c)[0] = 'X';
	assert_path(&dots, WIPE_BAD_DIRECTORY, "SUB");
	fat_folder(&parent, "SUB        ", 77);
	image_is(&parent, WIPE_BAD_DIRECTORY);
	fat_entry(&zero, "SUB        ", 0x10, 0, 0);
	image_is(&zero, WIPE_OUT_OF_RANGE);
	behind.folder_at += 32;
	fat_file(&behind, "BEHIND  JPG", 1);
	image_is(&behind, WIPE_BAD_DIRECTORY);
	c = fat_folder(&circle, "SUB        ", 0);
	fat_entry(&circle, "AGAIN      ", 0x10, c, 0);
	assert_path(&circle, WIPE_CROSS_LINKED, "SUB/AGAIN");
	fat_file(&strange, "A       JPG", 1)[11] = 0x60;
	image_is(&strange, WIPE_UNUSUAL);
}

static void folder_bombs_end(void **state)
{
	_cleanup_image_ struct image i = image_fat(32, 300, false);
	uint32_t parent = 0;

	for (unsigned depth = 0; depth < TREE_DEPTH_MAX; depth++)
		parent = fat_folder(&i, "D          ", parent);
	{
		struct card card;

		assert_int_equal(image_look(&i, &card), 0);
		assert_int_equal(card.tree.folders, TREE_DEPTH_MAX);
		card_clear(&card);
	}
	fat_folder(&i, "D          ", parent);
	image_is(&i, WIPE_TOO_DEEP);
}

static void boot_sectors_are_checked(void **state)
{
	_cleanup_image_ struct image sector = filled(16), total = filled(16), cluster = filled(32),
				     backup = filled(32), version = filled(32), mirror = filled(32),
				     other = filled(16), small = filled(16), info = filled(32);

	store_le16(sector.bytes + sector.start + 11, 513);
	image_is(&sector, WIPE_BAD_BOOT_SECTOR);
	store_le32(total.bytes + total.start + 32, 1 << 20);
	image_is(&total, WIPE_BAD_BOOT_SECTOR);
	store_le32(cluster.bytes + cluster.start + 44, 1);
	image_is(&cluster, WIPE_BAD_BOOT_SECTOR);
	backup.bytes[backup.start + 6 * 512 + 13] = 2;
	image_is(&backup, WIPE_BAD_BACKUP_BOOT);
	store_le16(version.bytes + version.start + 42, 1);
	image_is(&version, WIPE_UNUSUAL);
	store_le16(mirror.bytes + mirror.start + 40, 0x80);
	image_is(&mirror, WIPE_UNUSUAL);
	memset(other.bytes + other.start, 0, 512);
	image_is(&other, WIPE_OTHER_FILE_SYSTEM);
	store_le16(small.bytes + small.start + 22, 1);
	image_is(&small, WIPE_BAD_BOOT_SECTOR);
	store_le16(info.bytes + info.start + 48, 40);
	image_is(&info, WIPE_BAD_BOOT_SECTOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_card_is_read),
		cmocka_unit_test(short_names_are_what_linux_shows),
		cmocka_unit_test(long_names_are_what_linux_shows),
		cmocka_unit_test(slots_left_behind_by_cameras_are_skipped),
		cmocka_unit_test(a_slot_out_of_order_gives_the_short_name),
		cmocka_unit_test(protected_files_are_counted),
		cmocka_unit_test(names_in_doubt_are_refused),
		cmocka_unit_test(two_of_a_name_are_refused),
		cmocka_unit_test(a_dirty_volume_is_refused),
		cmocka_unit_test(damage_of_the_table_is_refused),
		cmocka_unit_test(chains_that_go_wrong_are_refused),
		cmocka_unit_test(lengths_must_fit),
		cmocka_unit_test(folders_must_be_whole),
		cmocka_unit_test(folder_bombs_end),
		cmocka_unit_test(boot_sectors_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
