/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Every disk of a computer judged from below, by what uses it: one recorded computer per situation. The same
 * stackings with real devices are in the guest's matrix.
 */

#include "leaf-world.h"

/* --- plain and encrypted --- */

static void a_plain_partition(void **state)
{
	const struct leaf_report *report;

	disk_with_partition();
	(void)busy(holds("8:2", "ext4"));
	mounted("1", "8:2", "/", "ext4", "rw");
	report = is(SDA2, LEAF_NOT_ENCRYPTED, "sda2");
	used_for(report, "/");
	assert_int_equal(list.count, 1);
	assert_string_equal(report->chain[0], "ext4 on /");
	assert_string_equal(report->chain[1], "sda2: partition");
	assert_string_equal(report->chain[2], "sda: disk, Invented Disk");
	assert_false(report->external);
	assert_int_equal(report->bytes, 2048 * 512);
}

static void luks_on_a_partition(void **state)
{
	const struct leaf_report *report;

	luks_sda2();
	mounted("1", "254:0", "/", "ext4", "rw");
	report = is(SDA2, LEAF_ENCRYPTED, "aes-xts-plain64");
	used_for(report, "/");
	assert_string_equal(report->chain[1], "sda2_crypt: crypt, aes-xts-plain64, key of 512 bits");
}

static void lvm_on_luks(void **state)
{
	const struct leaf_report *report;

	luks_sda2();
	mapped("254:1", "dm-1", "vg-root", "0 1024 linear 254:0 2048");
	mapped("254:2", "dm-2", "vg-swap", "0 1024 linear 254:0 9000");
	mounted("1", "254:1", "/", "ext4", "rw");
	put("Filename Type Size Used Priority\n/dev/dm-2 partition 1 0 -2", "/proc/swaps");
	report = is(SDA2, LEAF_ENCRYPTED, "");
	used_for(report, "/");
	used_for(report, "swap");
}

static void luks_on_lvm_beside_a_plain_volume(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "vg-a", "0 1024 linear 8:2 2048");
	mapped("254:1", "dm-1", "vg-b", "0 1024 linear 8:2 3072");
	mapped("254:2", "dm-2", "a_crypt", LUKS("254:0"));
	mounted("1", "254:2", "/", "ext4", "rw");
	(void)busy(holds("8:2", "LVM2_member"));
	(void)busy(has_luks("254:0", STORAGE_ENCRYPTED, "LUKS2."));
	(void)holds("254:1", "ext4");
	is(SDA2, LEAF_NOT_ENCRYPTED, "vg-b");
	assert_non_null(strstr(leaf(SDA2)->reason, "It lies on sda2."));
}

static void luks_on_lvm_alone(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "vg-a", "0 1024 linear 8:2 2048");
	mapped("254:2", "dm-2", "a_crypt", LUKS("254:0"));
	(void)busy(holds("8:2", "LVM2_member"));
	(void)busy(has_luks("254:0", STORAGE_ENCRYPTED, "LUKS2."));
	is(SDA2, LEAF_ENCRYPTED, "vg-a");
}

static void readable_remains_outside_the_volumes(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "vg-a", "0 1024 linear 8:2 2048");
	mapped("254:2", "dm-2", "a_crypt", LUKS("254:0"));
	busy(holds("8:2", "LVM2_member"))->rest = CONTENT_DATA;
	(void)busy(has_luks("254:0", STORAGE_ENCRYPTED, "LUKS2."));
	is(SDA2, LEAF_NOT_ENCRYPTED, "only partly encrypted");
}

static void a_volume_over_an_encrypted_and_a_plain_disk(void **state)
{
	luks_sda2();
	plain_sdb();
	(void)busy(holds("8:16", "LVM2_member"));
	(void)holds("254:1", "ext4");
	mapped("254:1", "dm-1", "vg-span", "0 1024 linear 254:0 2048\n1024 1024 linear 8:16 0");
	mounted("1", "254:1", "/home", "ext4", "rw");
	is(SDA2, LEAF_ENCRYPTED, "");
	used_for(is("/dev/sdb", LEAF_NOT_ENCRYPTED, "vg-span"), "/home");
}

/* --- what does not encrypt --- */

static void names_are_not_evidence(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "luks-really", "0 2048 linear 8:2 0");
	put("CRYPT-LUKS2-00000000000000000000000000000000-luks", "/sys/devices/virtual/block/dm-0/dm/uuid");
	(void)busy(holds("8:2", "ext4"));
	(void)busy(holds("254:0", "ext4"));
	mounted("1", "254:0", "/", "ext4", "rw");
	is(SDA2, LEAF_NOT_ENCRYPTED, "luks-really");
}

static void a_cipher_that_does_nothing(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "null", "0 2048 crypt cipher_null-ecb - 0 8:2 32768");
	(void)busy(has_luks("8:2", STORAGE_NOT_ENCRYPTED, "Null."));
	is(SDA2, LEAF_NOT_ENCRYPTED, "cipher_null-ecb");
}

static void a_weak_cipher(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "old", "0 2048 crypt aes-ecb 00112233445566778899aabbccddeeff 0 8:2 0");
	(void)busy(looks("8:2", CONTENT_RANDOM));
	is(SDA2, LEAF_WEAK, "ECB");
}

static void an_unknown_cipher(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "odd", "0 2048 crypt rot13-xts-plain64 :64:logon:k 0 8:2 0");
	(void)busy(looks("8:2", CONTENT_RANDOM));
	is(SDA2, LEAF_UNKNOWN, "rot13");
}

static void a_mapping_without_a_header(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "veracrypt1", "0 1536 crypt aes-xts-plain64 :64:logon:k 256 8:2 256");
	(void)busy(looks("8:2", CONTENT_RANDOM));
	is(SDA2, LEAF_ENCRYPTED, "only while it is open");
}

static void half_encrypted(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "half",
		"0 1024 crypt aes-xts-plain64 :64:logon:k 0 8:2 512\n1024 512 linear 8:2 1536");
	(void)busy(has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2."));
	(void)busy(holds("254:0", "ext4"));
	mounted("1", "254:0", "/", "ext4", "rw");
	is(SDA2, LEAF_NOT_ENCRYPTED, "half");
}

static void a_header_that_says_otherwise(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "sda2_crypt", LUKS("8:2"));
	(void)busy(has_luks("8:2", STORAGE_NOT_ENCRYPTED, "Encryption has not finished."));
	assert_string_equal(is(SDA2, LEAF_NOT_ENCRYPTED, "not finished")->command, "repair /dev/sda2 now");
}

static void a_closed_volume_goes_by_its_header(void **state)
{
	disk_with_partition();
	(void)has_luks("8:2", STORAGE_WEAK, "A weak key function.");
	is(SDA2, LEAF_WEAK, "weak key function");
}

static void keys_beside_the_lock(void **state)
{
	struct content *content;

	luks_sda2();
	content = &contents[0].content;
	content->has_keys = true;
	content->keys = (struct header_verdict){
		.verdict = STORAGE_NOT_ENCRYPTED, .reason = "Its key lies beside it.", .fix = "Remove it."};
	is(SDA2, LEAF_NOT_ENCRYPTED, "beside it");
}

static void integrity_and_verity(void **state)
{
	disk_with_partition();
	plain_sdb();
	mapped("254:0", "dm-0", "checked", "0 2048 integrity 8:2 0 28 J 0");
	mapped("254:1", "dm-1", "verified", "0 8 verity 1 8:16 8:16 4096 4096 1 1 sha256 aa bb");
	(void)busy(holds("8:2", "DM_integrity"));
	(void)busy(holds("254:0", "ext4"));
	(void)busy(holds("8:16", "ext4"));
	(void)holds("254:1", "ext4");
	mounted("1", "254:0", "/", "ext4", "rw");
	is(SDA2, LEAF_NOT_ENCRYPTED, "checked");
	is("/dev/sdb", LEAF_NOT_ENCRYPTED, "verified");
}

static void crypt_over_integrity(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "x_dif", "0 2048 integrity 8:2 0 28 J 0");
	mapped("254:1", "dm-1", "x",
		"0 2048 crypt capi:authenc(hmac(sha256),xts(aes))-random :96:logon:k 0 254:0 0 1 "
		"integrity:28:aead");
	(void)busy(has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2."));
	(void)busy(looks("254:0", CONTENT_RANDOM));
	is(SDA2, LEAF_ENCRYPTED, "");
}

/* --- several devices as one --- */

static void a_mirror_with_one_plain_leg(void **state)
{
	luks_sda2();
	plain_sdb();
	md("9:0", "md0");
	held("virtual/block/dm-0", "md0");
	held("pci0/block/sdb", "md0");
	(void)busy(holds("8:16", "linux_raid_member"));
	(void)busy(holds("9:0", "ext4"));
	mounted("1", "9:0", "/srv", "ext4", "rw");
	is(SDA2, LEAF_ENCRYPTED, "");
	used_for(is("/dev/sdb", LEAF_NOT_ENCRYPTED, "md0"), "/srv");
}

static void luks_over_a_mixed_mirror(void **state)
{
	luks_sda2();
	plain_sdb();
	md("9:0", "md0");
	held("virtual/block/dm-0", "md0");
	held("pci0/block/sdb", "md0");
	mapped("254:1", "dm-1", "md0_crypt", LUKS("9:0"));
	held("virtual/block/md0", "dm-1");
	(void)busy(holds("8:16", "linux_raid_member"));
	(void)busy(has_luks("9:0", STORAGE_ENCRYPTED, "LUKS2."));
	mounted("1", "254:1", "/srv", "ext4", "rw");
	is(SDA2, LEAF_ENCRYPTED, "");
	is("/dev/sdb", LEAF_ENCRYPTED, "md0");
}

static void a_partition_of_a_mirror(void **state)
{
	plain_sdb();
	md("9:0", "md0");
	held("pci0/block/sdb", "md0");
	partition("259:0", "virtual/block/md0/md0p1");
	(void)busy(holds("8:16", "isw_raid_member"));
	(void)looks("9:0", CONTENT_DATA);
	(void)holds("259:0", "ntfs");
	is("/dev/sdb", LEAF_NOT_ENCRYPTED, "md0p1");
}

static void a_plain_cache(void **state)
{
	luks_sda2();
	plain_sdb();
	mapped("254:1", "dm-1", "fast", "0 2048 linear 8:16 0");
	mapped("254:2", "dm-2", "vg-cached", "0 2048 cache 254:1 254:1 254:0 128 1 writeback smq 0");
	(void)busy(holds("8:16", "LVM2_member"));
	(void)busy(looks("254:1", CONTENT_DATA));
	(void)busy(holds("254:2", "ext4"));
	mounted("1", "254:2", "/srv", "ext4", "rw");
	is(SDA2, LEAF_ENCRYPTED, "");
	is("/dev/sdb", LEAF_NOT_ENCRYPTED, "vg-cached");
}

static void a_plain_store_of_a_snapshot(void **state)
{
	luks_sda2();
	plain_sdb();
	mapped("254:1", "dm-1", "vg-home-real", "0 2048 linear 254:0 0");
	mapped("254:2", "dm-2", "vg-home", "0 2048 snapshot-origin 254:1");
	mapped("254:3", "dm-3", "vg-snap", "0 2048 snapshot 254:1 8:16 P 8");
	mapped("254:4", "dm-4", "over", LUKS("254:3"));
	mounted("1", "254:2", "/home", "ext4", "rw");
	(void)busy(looks("8:16", CONTENT_DATA));
	(void)busy(has_luks("254:3", STORAGE_ENCRYPTED, "LUKS2."));
	(void)busy(holds("254:2", "ext4"));
	/* The store gets what was in /home before, although all that uses the snapshot is encrypted. */
	is("/dev/sdb", LEAF_NOT_ENCRYPTED, "vg-home");
}

static void thin_volumes(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "vg-pool_tdata", "0 1024 linear 8:2 0");
	mapped("254:1", "dm-1", "vg-pool_tmeta", "0 8 linear 8:2 1024");
	mapped("254:2", "dm-2", "vg-pool-tpool", "0 1024 thin-pool 254:1 254:0 128 0 0");
	mapped("254:3", "dm-3", "vg-pool", "0 1024 linear 254:2 0");
	mapped("254:4", "dm-4", "vg-thin", "0 512 thin 254:2 1");
	mapped("254:5", "dm-5", "thin_crypt", "0 512 crypt aes-xts-plain64 :64:logon:k 0 254:4 0");
	(void)busy(holds("8:2", "LVM2_member"));
	(void)busy(looks("254:0", CONTENT_DATA));
	(void)busy(looks("254:1", CONTENT_DATA));
	(void)busy(looks("254:2", CONTENT_DATA));
	(void)looks("254:3", CONTENT_DATA);
	(void)busy(has_luks("254:4", STORAGE_ENCRYPTED, "LUKS2."));
	is(SDA2, LEAF_ENCRYPTED, "");
}

static void a_cached_disk(void **state)
{
	luks_sda2();
	plain_sdb();
	device("252:0", "virtual/block/bcache0");
	put("", "/sys/devices/virtual/block/bcache0/bcache/state");
	held("pci0/block/sdb", "bcache0");
	held("virtual/block/dm-0", "bcache0");
	(void)busy(holds("8:16", "bcache"));
	(void)busy(holds("252:0", "ext4"));
	mounted("1", "252:0", "/srv", "ext4", "rw");
	is("/dev/sdb", LEAF_NOT_ENCRYPTED, "bcache0");
}

static void btrfs_over_luks_and_plain(void **state)
{
	luks_sda2();
	plain_sdb();
	put("", "/sys/fs/btrfs/0a0a/devices/dm-0");
	put("", "/sys/fs/btrfs/0a0a/devices/sdb");
	put("1 1 0:30 /@ / rw - btrfs /dev/mapper/sda2_crypt rw", "/proc/self/mountinfo");
	(void)busy(holds("8:16", "btrfs"));
	used_for(is(SDA2, LEAF_ENCRYPTED, ""), "/");
	used_for(is("/dev/sdb", LEAF_NOT_ENCRYPTED, "sdb"), "/");
}

static void a_btrfs_that_nobody_sees_mounted(void **state)
{
	plain_sdb();
	put("", "/sys/fs/btrfs/0a0a/devices/sdb");
	(void)busy(holds("8:16", "btrfs"));
	used_for(is("/dev/sdb", LEAF_NOT_ENCRYPTED, "sdb"), "in use");
}

/* --- beside the mounts --- */

static void an_external_journal(void **state)
{
	luks_sda2();
	plain_sdb();
	put("", "/proc/fs/jbd2/sdb/info");
	put("", "/proc/fs/jbd2/dm-0-8/info");
	(void)busy(holds("8:16", "jbd"));
	used_for(is("/dev/sdb", LEAF_NOT_ENCRYPTED, "journal"), "journal");
	is(SDA2, LEAF_ENCRYPTED, "");
}

static void a_log_of_xfs(void **state)
{
	luks_sda2();
	plain_sdb();
	mounted("1", "254:0", "/srv", "xfs", "rw,logdev=/dev/sdb,noquota");
	(void)busy(looks("8:16", CONTENT_BLANK));
	is("/dev/sdb", LEAF_NOT_ENCRYPTED, "xfs");
}

static void in_use_by_something_without_a_name(void **state)
{
	plain_sdb();
	(void)busy(looks("8:16", CONTENT_BLANK));
	used_for(is("/dev/sdb", LEAF_NOT_ENCRYPTED, "could not be named"), "in use");
}

static void a_plain_swap(void **state)
{
	disk_with_partition();
	(void)busy(holds("8:2", "swap"));
	put("Filename\t\t\t\tType\t\tSize\n/dev/sda2                               partition\t8\t0\t-2",
		"/proc/swaps");
	used_for(is(SDA2, LEAF_NOT_ENCRYPTED, "swap"), "swap");
	assert_string_equal(leaf(SDA2)->command, "swapoff /dev/sda2");
}

static void a_swap_file_with_a_space(void **state)
{
	luks_sda2();
	mounted("7", "254:0", "/", "ext4", "rw");
	place_paths[0] = "/swap file";
	places[0] = (struct sysroot_place){.mount_id = 7};
	place_count = 1;
	put("Filename Type Size\n/swap\\040file\\040(deleted) file 8 0 -2", "/proc/swaps");
	used_for(is(SDA2, LEAF_ENCRYPTED, ""), "swap");
}

static void a_swap_file_on_btrfs(void **state)
{
	luks_sda2();
	put("", "/sys/fs/btrfs/0a0a/devices/dm-0");
	put("7 1 0:30 /@swap /swap rw - btrfs /dev/mapper/sda2_crypt rw", "/proc/self/mountinfo");
	place_paths[0] = "/swap/file";
	places[0] = (struct sysroot_place){.mount_id = 7, .btrfs_fsid = "0a0a"};
	place_count = 1;
	put("Filename Type Size\n/swap/file file 8 0 -2", "/proc/swaps");
	used_for(is(SDA2, LEAF_ENCRYPTED, ""), "swap");
}

static void a_hibernation_image(void **state)
{
	disk_with_partition();
	(void)holds("8:2", "swsuspend");
	used_for(is(SDA2, LEAF_NOT_ENCRYPTED, "put to sleep"), "hibernation image");
}

static void overflow_of_compressed_memory(void **state)
{
	plain_sdb();
	device("253:0", "virtual/block/zram0");
	put("/dev/sdb", "/sys/devices/virtual/block/zram0/backing_dev");
	(void)busy(looks("8:16", CONTENT_DATA));
	is("/dev/sdb", LEAF_NOT_ENCRYPTED, "zram0");
}

static void compressed_memory_alone_is_no_leaf(void **state)
{
	luks_sda2();
	device("253:0", "virtual/block/zram0");
	put("none", "/sys/devices/virtual/block/zram0/backing_dev");
	is(SDA2, LEAF_ENCRYPTED, "");
	assert_int_equal(list.count, 1);
}

static void a_mount_in_another_namespace(void **state)
{
	disk_with_partition();
	(void)busy(holds("8:2", "ext4"));
	put("9 1 8:2 / /hidden rw - ext4 /dev/sda2 rw", "/proc/77/mountinfo");
	used_for(is(SDA2, LEAF_NOT_ENCRYPTED, "/hidden"), "/hidden");
}

static void names_do_not_act_on_a_terminal(void **state)
{
	const struct leaf_report *report;

	disk_with_partition();
	(void)busy(holds("8:2", "ext4"));
	mounted("1", "8:2", "/mnt/a\033[31m\\012b", "ext4", "rw");
	report = is(SDA2, LEAF_NOT_ENCRYPTED, "/mnt/a?[31m?b");
	used_for(report, "/mnt/a?[31m?b");
	assert_null(strchr(report->chain[0], 27));
}

static void a_loop_over_a_device(void **state)
{
	disk_with_partition();
	device("7:0", "virtual/block/loop0");
	put("/dev/sda2", "/sys/devices/virtual/block/loop0/loop/backing_file");
	mapped("254:0", "dm-0", "inside", LUKS("7:0"));
	(void)has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2.");
	(void)busy(has_luks("7:0", STORAGE_ENCRYPTED, "LUKS2."));
	is(SDA2, LEAF_ENCRYPTED, "");
	contents[0].content.busy = true;
	leaf_list_clear(&list);
	assert_int_equal(unlinkat(((struct folder *)*state)->fd, "facts.json", 0), 0);
	is(SDA2, LEAF_NOT_ENCRYPTED, "could not be named");
}

/* --- what cannot be read --- */

static void a_size_that_cannot_be_read(void **state)
{
	const struct leaf_options options = {0};

	luks_sda2();
	plain_sdb();
	(void)holds("8:16", "ext4");
	assert_int_equal(unlinkat(((struct folder *)*state)->fd, "sys/devices/pci0/block/sdb/size", 0), 0);
	put("", "/sys/devices/pci0/block/sdb/size/none");
	assert_int_equal(judge_with(&options), -EISDIR);
}

static void a_number_that_cannot_be_read(void **state)
{
	const struct leaf_options options = {0};

	luks_sda2();
	plain_sdb();
	assert_int_equal(unlinkat(((struct folder *)*state)->fd, "sys/devices/pci0/block/sdb/dev", 0), 0);
	put("", "/sys/devices/pci0/block/sdb/dev/none");
	assert_int_equal(judge_with(&options), -EISDIR);
}

/* The hidden half of a shared NVMe disk has none either. */
static void a_disk_that_goes_while_it_is_looked_at(void **state)
{
	luks_sda2();
	plain_sdb();
	assert_int_equal(unlinkat(((struct folder *)*state)->fd, "sys/devices/pci0/block/sdb/dev", 0), 0);
	is(SDA2, LEAF_ENCRYPTED, "");
	assert_int_equal(list.count, 1);
}

static void holders_that_cannot_be_read(void **state)
{
	luks_sda2();
	assert_int_equal(
		unlinkat(((struct folder *)*state)->fd, "sys/devices/pci0/block/sda/sda2/holders/dm-0", 0),
		0);
	assert_int_equal(unlinkat(((struct folder *)*state)->fd, "sys/devices/pci0/block/sda/sda2/holders",
				 AT_REMOVEDIR),
		0);
	put("", "/sys/devices/pci0/block/sda/sda2/holders");
	is(SDA2, LEAF_UNKNOWN, "could not be read");
}

/* A thin volume that is switched off lies in the pool all the same. */
static void thin_volumes_that_are_switched_off(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "vg-pool_tdata", "0 1024 linear 8:2 0");
	mapped("254:2", "dm-2", "vg-pool-tpool", "0 1024 thin-pool 254:1 254:0 128 0 0");
	mapped("254:3", "dm-3", "vg-pool", "0 1024 linear 254:2 0");
	(void)busy(holds("8:2", "LVM2_member"));
	(void)busy(looks("254:0", CONTENT_DATA));
	(void)busy(looks("254:2", CONTENT_DATA));
	(void)looks("254:3", CONTENT_DATA);
	is(SDA2, LEAF_UNKNOWN, "switched off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SITUATION(a_plain_partition),
		SITUATION(luks_on_a_partition),
		SITUATION(lvm_on_luks),
		SITUATION(luks_on_lvm_beside_a_plain_volume),
		SITUATION(luks_on_lvm_alone),
		SITUATION(readable_remains_outside_the_volumes),
		SITUATION(a_volume_over_an_encrypted_and_a_plain_disk),
		SITUATION(names_are_not_evidence),
		SITUATION(a_cipher_that_does_nothing),
		SITUATION(a_weak_cipher),
		SITUATION(an_unknown_cipher),
		SITUATION(a_mapping_without_a_header),
		SITUATION(half_encrypted),
		SITUATION(a_header_that_says_otherwise),
		SITUATION(a_closed_volume_goes_by_its_header),
		SITUATION(keys_beside_the_lock),
		SITUATION(integrity_and_verity),
		SITUATION(crypt_over_integrity),
		SITUATION(a_mirror_with_one_plain_leg),
		SITUATION(luks_over_a_mixed_mirror),
		SITUATION(a_partition_of_a_mirror),
		SITUATION(a_plain_cache),
		SITUATION(a_plain_store_of_a_snapshot),
		SITUATION(thin_volumes),
		SITUATION(a_cached_disk),
		SITUATION(btrfs_over_luks_and_plain),
		SITUATION(a_btrfs_that_nobody_sees_mounted),
		SITUATION(an_external_journal),
		SITUATION(a_log_of_xfs),
		SITUATION(in_use_by_something_without_a_name),
		SITUATION(a_plain_swap),
		SITUATION(a_swap_file_with_a_space),
		SITUATION(a_swap_file_on_btrfs),
		SITUATION(a_hibernation_image),
		SITUATION(overflow_of_compressed_memory),
		SITUATION(compressed_memory_alone_is_no_leaf),
		SITUATION(a_mount_in_another_namespace),
		SITUATION(names_do_not_act_on_a_terminal),
		SITUATION(a_loop_over_a_device),
		SITUATION(a_size_that_cannot_be_read),
		SITUATION(a_number_that_cannot_be_read),
		SITUATION(a_disk_that_goes_while_it_is_looked_at),
		SITUATION(holders_that_cannot_be_read),
		SITUATION(thin_volumes_that_are_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
