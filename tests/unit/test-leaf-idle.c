/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Disks that nothing uses, that could not be looked at, that are only for starting the computer; and which
 * devices are looked at at all.
 */

#include "leaf-world.h"

/* --- nothing uses it --- */

static void at_rest(void **state)
{
	static const char *const types[] = {"ext4", "ntfs", "LVM2_member", "linux_raid_member", "zfs_member",
		"bcache", "btrfs", "swap", "DM_integrity", "hfsplus"};

	disk_with_partition();
	for (size_t i = 0; i < ELEMENTS(types); i++) {
		content_count = 0;
		(void)holds("8:2", types[i]);
		is(SDA2, LEAF_NOT_ENCRYPTED, "sda2");
		leaf_list_clear(&list);
		assert_int_equal(unlinkat(((struct folder *)*state)->fd, "facts.json", 0), 0);
	}
}

static void samples(void **state)
{
	device("8:16", "pci0/block/sdb");
	device("8:32", "pci0/block/sdc");
	device("8:48", "pci0/block/sdd");
	device("8:64", "pci0/block/sde");
	(void)looks("8:16", CONTENT_BLANK);
	(void)looks("8:32", CONTENT_RANDOM);
	(void)looks("8:48", CONTENT_DATA);
	(void)looks("8:64", CONTENT_NOT_SAMPLED);
	used_for(is("/dev/sdb", LEAF_EXEMPT, "blank"), "not mounted");
	is("/dev/sdc", LEAF_UNKNOWN, "closed encrypted disk or a wiped one");
	is("/dev/sdd", LEAF_NOT_ENCRYPTED, "readable");
	is("/dev/sde", LEAF_UNKNOWN, "could not be found out");
}

static void two_marks(void **state)
{
	plain_sdb();
	holds("8:16", "")->probe = CONTENT_SEVERAL;
	is("/dev/sdb", LEAF_UNKNOWN, "several kinds");
}

static void a_luks_mark_without_a_header(void **state)
{
	plain_sdb();
	(void)holds("8:16", "crypto_LUKS");
	is("/dev/sdb", LEAF_UNKNOWN, "header could not be read");
}

static void a_drive_that_says_it_locks_itself(void **state)
{
	plain_sdb();
	device("8:32", "pci0/block/sdc");
	holds("8:16", "ext4")->drive_locks = true;
	has_luks("8:32", STORAGE_ENCRYPTED, "LUKS2.")->drive_locks = true;
	is("/dev/sdb", LEAF_UNKNOWN, "locks itself");
	is("/dev/sdc", LEAF_ENCRYPTED, "LUKS2");
}

/* --- could not look --- */

static void errors_are_unknown(void **state)
{
	static const int errors[] = {-EACCES, -ENODEV, -EIO, -ETIMEDOUT, -ENOMEDIUM, -EBADMSG};

	plain_sdb();
	for (size_t i = 0; i < ELEMENTS(errors); i++) {
		content_count = 0;
		holds("8:16", "")->error = errors[i];
		is("/dev/sdb", LEAF_UNKNOWN, strerror(-errors[i]));
		leaf_list_clear(&list);
		assert_int_equal(unlinkat(((struct folder *)*state)->fd, "facts.json", 0), 0);
	}
}

static void an_error_below_encryption_is_unknown(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "sda2_crypt", LUKS("8:2"));
	holds("8:2", "")->error = -EACCES;
	is(SDA2, LEAF_UNKNOWN, "could not be looked at");
}

static void what_was_not_recorded_is_unknown(void **state)
{
	plain_sdb();
	is("/dev/sdb", LEAF_UNKNOWN, "could not be looked at");
}

static void a_table_that_cannot_be_read(void **state)
{
	disk_with_partition();
	device("254:0", "virtual/block/dm-0");
	put("secret", "/sys/devices/virtual/block/dm-0/dm/name");
	held("pci0/block/sda/sda2", "dm-0");
	(void)busy(has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2."));
	used_for(is(SDA2, LEAF_UNKNOWN, "could not be read"), "in use");
}

static void a_holder_that_is_not_there(void **state)
{
	disk_with_partition();
	held("pci0/block/sda/sda2", "dm-9");
	(void)busy(has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2."));
	is(SDA2, LEAF_UNKNOWN, "dm-9");
}

static void a_circle(void **state)
{
	plain_sdb();
	mapped("254:0", "dm-0", "a", "0 2048 linear 8:16 0\n2048 8 linear 254:1 0");
	mapped("254:1", "dm-1", "b", "0 2048 linear 254:0 0");
	(void)busy(looks("8:16", CONTENT_DATA));
	(void)busy(looks("254:0", CONTENT_DATA));
	(void)busy(looks("254:1", CONTENT_DATA));
	is("/dev/sdb", LEAF_UNKNOWN, "stands on itself");
}

static void no_mount_table(void **state)
{
	const struct leaf_options options = {0};
	_cleanup_(recorded_freep) struct recorded *recorded = NULL;

	plain_sdb();
	write_facts();
	assert_int_equal(recorded_open(prefix, &recorded), 0);
	assert_int_equal(leaf_judge_all(recorded_root(recorded), &options, &list), -ENOENT);
}

static void no_disk_at_all(void **state)
{
	const struct leaf_options options = {0};

	device("7:0", "virtual/block/loop0");
	assert_int_equal(judge_with(&options), -ENODEV);
}

/* --- only for starting the computer --- */

#define ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

static void a_boot_file_system(void **state)
{
	disk_with_partition();
	(void)boot(busy(part(holds("8:2", "vfat"), ESP)), 3, "");
	mounted("1", "8:2", "/boot/efi", "vfat", "rw");
	used_for(is(SDA2, LEAF_EXEMPT, "needs to start"), "/boot/efi");
}

static void a_photo_among_boot_files(void **state)
{
	disk_with_partition();
	(void)boot(busy(part(holds("8:2", "vfat"), ESP)), 3, "photo.jpg");
	mounted("1", "8:2", "/boot/efi", "vfat", "rw");
	is(SDA2, LEAF_NOT_ENCRYPTED, "a file");
	assert_non_null(strstr(leaf(SDA2)->fix, "delete it there"));
}

static void a_boot_partition_without_boot_files(void **state)
{
	disk_with_partition();
	(void)boot(part(holds("8:2", "vfat"), ESP), 0, "");
	is(SDA2, LEAF_NOT_ENCRYPTED, "sda2");
}

static void a_boot_partition_that_could_not_be_walked(void **state)
{
	struct content *content;

	disk_with_partition();
	content = part(holds("8:2", "ntfs"), "de94bba4-06d1-4d40-a16a-bfd50179d6ac");
	content->scan = CONTENT_SCAN_FAILED;
	content->scan_error = -ENODEV;
	is(SDA2, LEAF_UNKNOWN, "recovery");
}

/* A whole system has kernels too, and nobody thinks that it is there only to start the computer. */
static void a_system_is_no_boot_file_system(void **state)
{
	struct content *root;

	disk_with_partition();
	root = boot(holds("8:2", "ext4"), 3, "photo.jpg");
	mounted("1", "8:2", "/", "ext4", "rw");
	assert_null(strstr(is(SDA2, LEAF_NOT_ENCRYPTED, "the system")->reason, "photo.jpg"));
	assert_null(strstr(leaf(SDA2)->fix, "photo.jpg"));
	root->scan = CONTENT_SCAN_FAILED;
	root->scan_error = -EACCES;
	leaf_list_clear(&list);
	assert_int_equal(unlinkat(((struct folder *)*state)->fd, "facts.json", 0), 0);
	assert_null(strstr(is(SDA2, LEAF_NOT_ENCRYPTED, "the system")->reason, "found out"));
}

static void a_large_disk_is_no_boot_file_system(void **state)
{
	struct content *content;

	disk_with_partition();
	size_of("pci0/block/sda/sda2", "12582912");
	content = holds("8:2", "ext4");
	content->scan = CONTENT_SCAN_FAILED;
	content->scan_error = -EACCES;
	assert_null(strstr(is(SDA2, LEAF_NOT_ENCRYPTED, "ext4")->reason, "found out"));
}

static void swap_on_a_boot_file_system_is_no_exemption(void **state)
{
	disk_with_partition();
	(void)boot(busy(holds("8:2", "ext4")), 3, "");
	contents[0].content.scan = CONTENT_NOT_SCANNED;
	mounted("7", "8:2", "/boot", "ext4", "rw");
	is(SDA2, LEAF_NOT_ENCRYPTED, "/boot");
}

/* Where a kernel shows the chip of the firmware as a disk. */
static void the_firmwares_chip(void **state)
{
	luks_sda2();
	device("31:0", "pci0/spi0/mtd/mtd0/mtdblock0");
	size_of("pci0/spi0/mtd/mtd0/mtdblock0", "32768");
	(void)looks("31:0", CONTENT_DATA);
	is("/dev/mtdblock0", LEAF_EXEMPT, "firmware");
}

static void a_file_system_on_a_flash_chip(void **state)
{
	luks_sda2();
	device("31:0", "pci0/spi0/mtd/mtd0/mtdblock0");
	(void)holds("31:0", "squashfs");
	is("/dev/mtdblock0", LEAF_NOT_ENCRYPTED, "squashfs");
}

static void small_boot_areas(void **state)
{
	disk_with_partition();
	partition("8:3", "pci0/block/sda/sda3");
	partition("8:4", "pci0/block/sda/sda4");
	size_of("pci0/block/sda/sda4", "524288");
	device("179:8", "mmc0/block/mmcblk0boot0");
	device("179:16", "mmc0/block/mmcblk0rpmb");
	(void)part(looks("8:2", CONTENT_DATA), "21686148-6449-6e6f-744e-656564454649");
	(void)part(holds("8:3", "ext4"), "21686148-6449-6e6f-744e-656564454649");
	(void)part(looks("8:4", CONTENT_DATA), "e3c9e316-0b5c-4db8-817d-f92df00215ae");
	(void)looks("179:8", CONTENT_DATA);
	holds("179:16", "")->error = -EIO;
	is(SDA2, LEAF_EXEMPT, "BIOS boot");
	is("/dev/sda3", LEAF_NOT_ENCRYPTED, "ext4");
	is("/dev/sda4", LEAF_NOT_ENCRYPTED, "readable");
	is("/dev/mmcblk0boot0", LEAF_EXEMPT, "boot area");
	is("/dev/mmcblk0rpmb", LEAF_EXEMPT, "protected memory");
}

static void the_shell_of_logical_partitions(void **state)
{
	disk_with_partition();
	size_of("pci0/block/sda/sda2", "2");
	(void)holds("8:2", "");
	is(SDA2, LEAF_EXEMPT, "too small");
}

/* --- which devices are leaves --- */

static void a_stick(void **state)
{
	luks_sda2();
	device("8:16", "pci0/usb1/block/sdb");
	hangs("pci0/usb1", "usb");
	(void)holds("8:16", "exfat");
	assert_true(is("/dev/sdb", LEAF_NOT_ENCRYPTED, "exfat")->external);
	assert_non_null(strstr(leaf("/dev/sdb")->fix, "Take it out"));
	assert_false(is(SDA2, LEAF_ENCRYPTED, "")->external);
}

static void shared_nvme_disks_are_hardware(void **state)
{
	device("259:0", "virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	device("259:1", "pci0/nvme/nvme0/nvme0c0n1");
	put("1", "/sys/devices/pci0/nvme/nvme0/nvme0c0n1/hidden");
	(void)holds("259:0", "ext4");
	is("/dev/nvme0n1", LEAF_NOT_ENCRYPTED, "nvme0n1");
	assert_int_equal(list.count, 1);
}

static void a_shared_nvme_disk_in_a_case_outside(void **state)
{
	device("259:0", "virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	device("259:1", "pci0/outside/nvme0/nvme0c0n1");
	hangs("pci0/outside", "pci");
	put("removable", "/sys/devices/pci0/outside/removable");
	put("1", "/sys/devices/pci0/outside/nvme0/nvme0c0n1/hidden");
	(void)holds("259:0", "ext4");
	assert_true(is("/dev/nvme0n1", LEAF_NOT_ENCRYPTED, "")->external);
}

static void drives_without_a_medium(void **state)
{
	luks_sda2();
	device("11:0", "pci0/block/sr0");
	size_of("pci0/block/sr0", "0");
	is(SDA2, LEAF_ENCRYPTED, "");
	assert_int_equal(list.count, 1);
}

/* A drive for discs has a size even when there is none in it. */
static void a_drive_without_a_disc(void **state)
{
	luks_sda2();
	device("11:0", "pci0/block/sr0");
	size_of("pci0/block/sr0", "2097151");
	holds("11:0", "")->empty = true;
	is(SDA2, LEAF_ENCRYPTED, "");
	assert_int_equal(list.count, 1);
}

static void nothing_but_a_drive_without_a_disc(void **state)
{
	const struct leaf_options options = {0};

	device("11:0", "pci0/block/sr0");
	holds("11:0", "")->empty = true;
	assert_int_equal(judge_with(&options), -ENODEV);
}

static void a_whole_disk_that_is_used_beside_its_partitions(void **state)
{
	disk_with_partition();
	md("9:126", "md126");
	held("pci0/block/sda", "md126");
	(void)busy(holds("8:0", "isw_raid_member"));
	(void)holds("8:2", "ntfs");
	(void)busy(holds("9:126", "ext4"));
	is("/dev/sda", LEAF_NOT_ENCRYPTED, "md126");
	is(SDA2, LEAF_NOT_ENCRYPTED, "NTFS");
}

static void a_partition_below_a_raid_of_the_firmware(void **state)
{
	disk_with_partition();
	md("9:126", "md126");
	held("pci0/block/sda", "md126");
	partition("259:0", "virtual/block/md126/md126p1");
	mapped("254:0", "dm-0", "crypt", LUKS("259:0"));
	(void)busy(holds("8:0", "isw_raid_member"));
	(void)busy(has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2."));
	(void)busy(looks("9:126", CONTENT_DATA));
	(void)busy(has_luks("259:0", STORAGE_ENCRYPTED, "LUKS2."));
	is("/dev/sda", LEAF_ENCRYPTED, "md126p1");
	/* The kernel refuses it only because the whole disk is taken. */
	is(SDA2, LEAF_ENCRYPTED, "LUKS2");
}

static void a_disc(void **state)
{
	device("11:0", "pci0/block/sr0");
	(void)holds("11:0", "iso9660");
	assert_true(is("/dev/sr0", LEAF_NOT_ENCRYPTED, "iso9660")->external);
}

static void only_the_devices_that_were_named(void **state)
{
	static const char *const names[] = {"/dev/loop0"}, *const wrong[] = {"/dev/loop7"};
	const struct leaf_options options = {.devices = names, .device_count = 1};
	const struct leaf_options nothing = {.devices = wrong, .device_count = 1};

	disk_with_partition();
	device("7:0", "virtual/block/loop0");
	put("/a file", "/sys/devices/virtual/block/loop0/loop/backing_file");
	(void)holds("7:0", "ext4");
	assert_int_equal(judge_with(&options), 0);
	is("/dev/loop0", LEAF_NOT_ENCRYPTED, "ext4");
	assert_int_equal(list.count, 1);
	leaf_list_clear(&list);
	assert_int_equal(unlinkat(((struct folder *)*state)->fd, "facts.json", 0), 0);
	assert_int_equal(judge_with(&nothing), -ENOENT);
}

static void the_answer_as_json(void **state)
{
	_cleanup_js_ struct js *json = NULL;
	const struct js *one;

	disk_with_partition();
	(void)holds("8:2", "ext4");
	judge();
	json = leaf_list_json(&list);
	assert_int_equal(js_length(json), 1);
	one = js_at(json, 0);
	assert_string_equal(js_get_string(one, "device"), SDA2);
	assert_string_equal(js_get_string(one, "verdict"), "not-encrypted");
	assert_string_equal(js_string(js_at(js_get(one, "used_for"), 0)), "not mounted");
	assert_true(js_length(js_get(one, "chain")) > 1);
	assert_null(js_get_string(one, "command"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SITUATION(at_rest),
		SITUATION(samples),
		SITUATION(two_marks),
		SITUATION(a_luks_mark_without_a_header),
		SITUATION(a_drive_that_says_it_locks_itself),
		SITUATION(errors_are_unknown),
		SITUATION(an_error_below_encryption_is_unknown),
		SITUATION(what_was_not_recorded_is_unknown),
		SITUATION(a_table_that_cannot_be_read),
		SITUATION(a_holder_that_is_not_there),
		SITUATION(a_circle),
		SITUATION(no_mount_table),
		SITUATION(no_disk_at_all),
		SITUATION(a_boot_file_system),
		SITUATION(a_photo_among_boot_files),
		SITUATION(a_boot_partition_without_boot_files),
		SITUATION(a_boot_partition_that_could_not_be_walked),
		SITUATION(a_system_is_no_boot_file_system),
		SITUATION(a_large_disk_is_no_boot_file_system),
		SITUATION(swap_on_a_boot_file_system_is_no_exemption),
		SITUATION(the_firmwares_chip),
		SITUATION(a_file_system_on_a_flash_chip),
		SITUATION(small_boot_areas),
		SITUATION(the_shell_of_logical_partitions),
		SITUATION(a_stick),
		SITUATION(shared_nvme_disks_are_hardware),
		SITUATION(a_shared_nvme_disk_in_a_case_outside),
		SITUATION(drives_without_a_medium),
		SITUATION(a_drive_without_a_disc),
		SITUATION(nothing_but_a_drive_without_a_disc),
		SITUATION(a_whole_disk_that_is_used_beside_its_partitions),
		SITUATION(a_partition_below_a_raid_of_the_firmware),
		SITUATION(a_disc),
		SITUATION(only_the_devices_that_were_named),
		SITUATION(the_answer_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
