/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What rests encrypted: one prepared /sys and /proc per situation, and the answer for a file system in it.
 *
 * Real tables are tested in the guest (tests/vm/scenarios/test_vault.py); here every stacking that a computer
 * may have is decided without devices.
 */

#include "encryption/mount.h"
#include "encryption/walk.h"
#include "machine.h"

/* --- the fake root's device-mapper and places --- */

static int fake_table(const struct sysroot *root, struct sysroot_device number, struct dmtable *ret_table)
{
	char path[128], line[512];
	FILE *file;
	struct dmtable table = {0};

	(void)snprintf(path, sizeof path, "%s/dm/%u:%u", root->prefix, number.major, number.minor);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof line, file)) {
		unsigned long long start, size;
		char type[32];
		struct dmtable_target target;
		int used = 0;

		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "%llu %llu %31s %n", &start, &size, type, &used) < 3)
			continue;
		dmtable_parse(start, size, type, line + used, &target);
		assert_int_equal(dmtable_add(&table, &target), 0);
	}
	(void)fclose(file);
	*ret_table = table;
	return 0;
}

/* Backing files lie on mount 1 unless their name says otherwise. */
static int fake_place(
	const struct sysroot *root, const char *path, const char *loop, struct sysroot_place *ret_place)
{
	assert_non_null(loop);
	if (strstr(path, "(deleted)"))
		return -ENOENT;
	*ret_place = (struct sysroot_place){.mount_id = strstr(path, "/data/") ? 2 : 1};
	return 0;
}

static struct storage_report report;

static void judge(uint64_t mount_id, const char *fsid)
{
	const struct sysroot root = {.prefix = prefix, .table = fake_table, .place = fake_place};
	struct sysroot_place place = {.mount_id = mount_id};

	(void)snprintf(place.btrfs_fsid, sizeof place.btrfs_fsid, "%s", fsid);
	walk_place(&root, &place, &report);
}

static void is(enum storage_verdict verdict, const char *in_reason)
{
	judge(1, "");
	if (report.verdict != verdict || !strstr(report.reason, in_reason))
		print_error("%s: %s\n", storage_verdict_name(report.verdict), report.reason);
	assert_int_equal(report.verdict, verdict);
	assert_non_null(strstr(report.reason, in_reason));
	assert_int_equal(verdict == STORAGE_ENCRYPTED, report.fix[0] == 0);
	assert_true(report.chain_count > 0);
}

#define LUKS(device) "0 2048 crypt aes-xts-plain64 :64:logon:k 0 " device " 32768"

/* --- situations --- */

static void a_plain_partition(void **state)
{
	disk_with_partition();
	mounted("1", "8:2", "/", "xfs", "rw");
	is(STORAGE_NOT_ENCRYPTED, "sda2");
	assert_string_equal(report.chain[0], "xfs on /");
	assert_string_equal(report.chain[2], "sda: disk, Invented Disk");
}

static void luks_on_a_partition(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "sda2_crypt", LUKS("8:2"));
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_ENCRYPTED, "");
	assert_string_equal(report.chain[1], "sda2_crypt: crypt, aes-xts-plain64, key of 512 bits");
}

static void lvm_on_luks(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "sda2_crypt", LUKS("8:2"));
	mapped("254:1", "dm-1", "vg-home", "0 1024 linear 254:0 2048\n1024 1024 linear 254:0 9000");
	mounted("1", "254:1", "/home", "xfs", "rw");
	is(STORAGE_ENCRYPTED, "");
}

static void a_volume_that_spans_a_plain_disk(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "sda2_crypt", LUKS("8:2"));
	device("8:16", "pci0/block/sdb");
	mapped("254:1", "dm-1", "vg-home", "0 1024 linear 254:0 2048\n1024 1024 linear 8:16 0");
	mounted("1", "254:1", "/home", "xfs", "rw");
	is(STORAGE_NOT_ENCRYPTED, "sdb");
}

static void names_are_not_evidence(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "luks-really", "0 2048 linear 8:2 0");
	put("CRYPT-LUKS2-00000000000000000000000000000000-luks", "/sys/devices/virtual/block/dm-0/dm/uuid");
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_NOT_ENCRYPTED, "sda2");
}

static void a_cipher_that_does_nothing(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "sda2_crypt", "0 2048 crypt cipher_null-ecb - 0 8:2 32768");
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_NOT_ENCRYPTED, "cipher_null-ecb");
}

static void a_weak_cipher(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "old", "0 2048 crypt aes-ecb 00112233445566778899aabbccddeeff 0 8:2 0");
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_WEAK, "ECB");
}

static void encryption_that_is_not_finished(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "half",
		"0 1024 crypt aes-xts-plain64 :64:logon:k 0 8:2 32768\n1024 1024 linear 8:2 40000");
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_NOT_ENCRYPTED, "sda2");
}

static void a_table_with_a_hole(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "hole", "0 1024 crypt aes-xts-plain64 :64:logon:k 0 8:2 32768");
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_UNKNOWN, "does not match its size");
}

static void a_table_that_cannot_be_read(void **state)
{
	disk_with_partition();
	device("254:0", "virtual/block/dm-0");
	put("secret", "/sys/devices/virtual/block/dm-0/dm/name");
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_UNKNOWN, "secret");
}

static void integrity_and_verity_do_not_encrypt(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "checked", "0 2048 integrity 8:2 0 28 J 0");
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_NOT_ENCRYPTED, "sda2");
}

static void crypt_over_integrity(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "x_dif", "0 2048 integrity 8:2 0 28 J 0");
	mapped("254:1", "dm-1", "x",
		"0 2048 crypt capi:authenc(hmac(sha256),xts(aes))-random :96:logon:k 0 254:0 0 1 "
		"integrity:28:aead");
	mounted("1", "254:1", "/", "xfs", "rw");
	is(STORAGE_ENCRYPTED, "");
}

static void a_mirror_needs_both_legs(void **state)
{
	disk_with_partition();
	device("8:16", "pci0/block/sdb");
	mapped("254:0", "dm-0", "leg", LUKS("8:2"));
	several("9:0", "md0", "254:0", "8:16");
	mounted("1", "9:0", "/", "xfs", "rw");
	is(STORAGE_NOT_ENCRYPTED, "sdb");
}

static void a_mirror_of_two_luks_disks(void **state)
{
	disk_with_partition();
	device("8:16", "pci0/block/sdb");
	mapped("254:0", "dm-0", "leg0", LUKS("8:2"));
	mapped("254:1", "dm-1", "leg1", LUKS("8:16"));
	several("9:0", "md0", "254:0", "254:1");
	mounted("1", "9:0", "/", "xfs", "rw");
	is(STORAGE_ENCRYPTED, "");
}

static void luks_over_a_plain_mirror(void **state)
{
	disk_with_partition();
	device("8:16", "pci0/block/sdb");
	several("9:0", "md0", "8:2", "8:16");
	mapped("254:0", "dm-0", "md0_crypt", LUKS("9:0"));
	mounted("1", "254:0", "/", "xfs", "rw");
	is(STORAGE_ENCRYPTED, "");
}

static void the_container_on_a_plain_disk(void **state)
{
	disk_with_partition();
	device("7:0", "virtual/block/loop0");
	put("/var/lib/outing-guard/vault.luks", "/sys/devices/virtual/block/loop0/loop/backing_file");
	mapped("254:0", "dm-0", "outing-vault", LUKS("7:0"));
	mounted("1", "254:0", "/var/lib/outing-guard/vault", "xfs", "rw");
	is(STORAGE_ENCRYPTED, "");
}

static void a_plain_loop_is_as_good_as_its_file(void **state)
{
	disk_with_partition();
	device("7:0", "virtual/block/loop0");
	put("/data/image", "/sys/devices/virtual/block/loop0/loop/backing_file");
	mapped("254:0", "dm-0", "sda2_crypt", LUKS("8:2"));
	mounted("2", "254:0", "/data", "xfs", "rw");
	mounted("1", "7:0", "/mnt", "xfs", "rw");
	is(STORAGE_ENCRYPTED, "");
}

static void a_loop_on_a_plain_disk(void **state)
{
	disk_with_partition();
	device("7:0", "virtual/block/loop0");
	put("/data/image", "/sys/devices/virtual/block/loop0/loop/backing_file");
	mounted("2", "8:2", "/data", "xfs", "rw");
	mounted("1", "7:0", "/mnt", "xfs", "rw");
	is(STORAGE_NOT_ENCRYPTED, "sda2");
}

static void a_loop_whose_file_is_gone(void **state)
{
	device("7:0", "virtual/block/loop0");
	put("/data/image (deleted)", "/sys/devices/virtual/block/loop0/loop/backing_file");
	mounted("1", "7:0", "/mnt", "xfs", "rw");
	is(STORAGE_UNKNOWN, "loop0");
}

static void a_loop_that_holds_itself(void **state)
{
	device("7:0", "virtual/block/loop0");
	put("/here/image", "/sys/devices/virtual/block/loop0/loop/backing_file");
	mounted("1", "7:0", "/here", "xfs", "rw");
	is(STORAGE_UNKNOWN, "too many layers");
}

static void a_partition_of_a_mapped_loop(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "sda2_crypt", LUKS("8:2"));
	mounted("2", "254:0", "/data", "xfs", "rw");
	device("7:0", "virtual/block/loop0");
	put("/data/image", "/sys/devices/virtual/block/loop0/loop/backing_file");
	device("259:0", "virtual/block/loop0/loop0p1");
	put("1", "/sys/devices/virtual/block/loop0/loop0p1/partition");
	mounted("1", "259:0", "/mnt", "xfs", "rw");
	is(STORAGE_ENCRYPTED, "");
}

static void btrfs_over_luks_and_plain(void **state)
{
	disk_with_partition();
	device("8:16", "pci0/block/sdb");
	mapped("254:0", "dm-0", "half", LUKS("8:2"));
	put("254:0", "/sys/fs/btrfs/0a0a/devices/dm-0/dev");
	put("8:16", "/sys/fs/btrfs/0a0a/devices/sdb/dev");
	mounted("1", "0:30", "/", "btrfs", "rw");
	judge(1, "0a0a");
	assert_int_equal(report.verdict, STORAGE_NOT_ENCRYPTED);
	judge(1, "0b0b");
	assert_int_equal(report.verdict, STORAGE_UNKNOWN);
	judge(1, "");
	assert_int_equal(report.verdict, STORAGE_UNKNOWN);
}

static void btrfs_over_luks(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "all", LUKS("8:2"));
	put("254:0", "/sys/fs/btrfs/0a0a/devices/dm-0/dev");
	mounted("1", "0:30", "/", "btrfs", "rw");
	judge(1, "0a0a");
	assert_int_equal(report.verdict, STORAGE_ENCRYPTED);
}

static void luks_ext4(void)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "all", LUKS("8:2"));
	mounted("1", "254:0", "/", "ext4", "rw");
}

static void ext4_with_its_journal_inside(void **state)
{
	luks_ext4();
	put("7", "/sys/fs/ext4/dm-0/journal_task");
	put("", "/proc/fs/jbd2/dm-0-8/info");
	is(STORAGE_ENCRYPTED, "");
}

static void ext4_without_a_journal(void **state)
{
	luks_ext4();
	put("<none>", "/sys/fs/ext4/dm-0/journal_task");
	is(STORAGE_ENCRYPTED, "");
}

static void ext4_with_its_journal_on_a_plain_disk(void **state)
{
	luks_ext4();
	device("8:16", "pci0/block/sdb");
	put("7", "/sys/fs/ext4/dm-0/journal_task");
	put("", "/proc/fs/jbd2/sdb/info");
	is(STORAGE_NOT_ENCRYPTED, "sdb");
}

static void ext4_with_its_journal_on_another_luks(void **state)
{
	luks_ext4();
	device("8:16", "pci0/block/sdb");
	mapped("254:1", "dm-1", "journal", LUKS("8:16"));
	put("7", "/sys/fs/ext4/dm-0/journal_task");
	put("", "/proc/fs/jbd2/dm-1/info");
	is(STORAGE_ENCRYPTED, "");
}

static void ext4_whose_journal_is_nowhere(void **state)
{
	luks_ext4();
	put("7", "/sys/fs/ext4/dm-0/journal_task");
	put("", "/proc/fs/jbd2/dm-00-8/info");
	is(STORAGE_UNKNOWN, "journal");
}

static void xfs_with_a_log_elsewhere(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "all", LUKS("8:2"));
	mounted("1", "254:0", "/", "xfs", "rw,logdev=/dev/sdb1,noquota");
	is(STORAGE_UNKNOWN, "second device");
}

static void what_is_not_understood_is_unknown(void **state)
{
	static const char *const types[] = {"overlay", "tmpfs", "nfs4", "fuse.sshfs", "zfs"};

	for (size_t i = 0; i < ELEMENTS(types); i++) {
		char path[128];

		mounted("1", "0:40", "/mnt", types[i], "rw");
		is(STORAGE_UNKNOWN, types[i]);
		(void)snprintf(path, sizeof path, "%s/proc/self/mountinfo", prefix);
		assert_int_equal(unlink(path), 0);
	}
}

static void a_file_system_that_hides_devices(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "all", LUKS("8:2"));
	mounted("1", "254:0", "/", "f2fs", "rw");
	is(STORAGE_UNKNOWN, "f2fs");
}

static void virtual_disks_are_not_guessed(void **state)
{
	device("43:0", "virtual/block/nbd0");
	mounted("1", "43:0", "/", "xfs", "rw");
	is(STORAGE_UNKNOWN, "nbd0");
}

static void memory_is_no_storage(void **state)
{
	device("253:0", "virtual/block/zram0");
	mounted("1", "253:0", "/", "xfs", "rw");
	is(STORAGE_UNKNOWN, "zram0");
}

static void a_volume_with_a_snapshot(void **state)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "pv", LUKS("8:2"));
	mapped("254:1", "dm-1", "vg-home", "0 2048 snapshot-origin 254:0");
	mounted("1", "254:1", "/", "xfs", "rw");
	is(STORAGE_UNKNOWN, "snapshot-origin");
	assert_non_null(strstr(report.fix, "lvremove"));
}

static void a_mount_that_is_not_listed(void **state)
{
	mounted("2", "8:2", "/", "xfs", "rw");
	judge(1, "");
	assert_int_equal(report.verdict, STORAGE_UNKNOWN);
}

static void no_mount_table_at_all(void **state)
{
	judge(1, "");
	assert_int_equal(report.verdict, STORAGE_UNKNOWN);
}

/* --- the mount table --- */

static void mount_lines_are_parsed(void **state)
{
	static const char text[] = "36 35 98:0 /mnt1 /mnt\\040two rw,noatime master:1 shared:2 - ext3 "
				   "/dev/root\\134x rw,errors=continue\n"
				   "37 35 0:30 / /x rw - btrfs /dev/mapper/b rw,logdev=/dev/sdb\n"
				   "38 bad\n";
	struct mount mount;

	assert_int_equal(mount_find(text, 36, &mount), 0);
	assert_int_equal(mount.device.major, 98);
	assert_string_equal(mount.point, "/mnt two");
	assert_string_equal(mount.type, "ext3");
	assert_string_equal(mount.source, "/dev/root\\x");
	assert_true(mount_has_option(&mount, "errors"));
	assert_false(mount_has_option(&mount, "error"));
	assert_int_equal(mount_find(text, 37, &mount), 0);
	assert_true(mount_has_option(&mount, "logdev"));
	assert_int_equal(mount_find(text, 38, &mount), -EBADMSG);
	assert_int_equal(mount_find(text, 3, &mount), -ENOENT);
}

static void the_running_machine_gives_an_answer(void **state)
{
	struct storage_report live;

	assert_int_equal(storage_of_path("/proc", &live), 0);
	assert_int_equal(live.verdict, STORAGE_UNKNOWN);
	assert_int_equal(storage_of_path("/does/not/exist", &live), 0);
	assert_int_equal(live.verdict, STORAGE_UNKNOWN);
	assert_non_null(strstr(live.reason, "/does/not/exist"));
}

#define SITUATION(test) cmocka_unit_test_setup_teardown(test, up, folder_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SITUATION(a_plain_partition),
		SITUATION(luks_on_a_partition),
		SITUATION(lvm_on_luks),
		SITUATION(a_volume_that_spans_a_plain_disk),
		SITUATION(names_are_not_evidence),
		SITUATION(a_cipher_that_does_nothing),
		SITUATION(a_weak_cipher),
		SITUATION(encryption_that_is_not_finished),
		SITUATION(a_table_with_a_hole),
		SITUATION(a_table_that_cannot_be_read),
		SITUATION(integrity_and_verity_do_not_encrypt),
		SITUATION(crypt_over_integrity),
		SITUATION(a_mirror_needs_both_legs),
		SITUATION(a_mirror_of_two_luks_disks),
		SITUATION(luks_over_a_plain_mirror),
		SITUATION(the_container_on_a_plain_disk),
		SITUATION(a_plain_loop_is_as_good_as_its_file),
		SITUATION(a_loop_on_a_plain_disk),
		SITUATION(a_loop_whose_file_is_gone),
		SITUATION(a_loop_that_holds_itself),
		SITUATION(a_partition_of_a_mapped_loop),
		SITUATION(btrfs_over_luks_and_plain),
		SITUATION(btrfs_over_luks),
		SITUATION(ext4_with_its_journal_inside),
		SITUATION(ext4_without_a_journal),
		SITUATION(ext4_with_its_journal_on_a_plain_disk),
		SITUATION(ext4_with_its_journal_on_another_luks),
		SITUATION(ext4_whose_journal_is_nowhere),
		SITUATION(xfs_with_a_log_elsewhere),
		SITUATION(what_is_not_understood_is_unknown),
		SITUATION(a_file_system_that_hides_devices),
		SITUATION(virtual_disks_are_not_guessed),
		SITUATION(memory_is_no_storage),
		SITUATION(a_volume_with_a_snapshot),
		SITUATION(a_mount_that_is_not_listed),
		SITUATION(no_mount_table_at_all),
		cmocka_unit_test(mount_lines_are_parsed),
		cmocka_unit_test(the_running_machine_gives_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
