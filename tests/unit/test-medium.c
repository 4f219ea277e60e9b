/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What lies on a medium: made-up disks of every kind, and how a header can pretend to be encryption. */

#include "device/judge.h"
#include "device/medium.h"

#include "base/number.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define MIB       (1024 * 1024)
#define DISK_SIZE (8 * MIB)
#define PART1     MIB
#define PART2     (4 * MIB)

static uint8_t disk[DISK_SIZE];
static struct medium_source source;
static uint64_t broken_from, broken_to;

static int read_memory(void *data, uint64_t offset, void *buffer, size_t size)
{
	if (offset > DISK_SIZE || size > DISK_SIZE - offset)
		fail_msg("read past the end: %llu + %zu", (unsigned long long)offset, size);
	if (offset < broken_to && offset + size > broken_from)
		return -EIO;
	memcpy(buffer, disk + offset, size);
	return 0;
}

static int begin(void **state)
{
	memset(disk, 0, sizeof(disk));
	broken_from = broken_to = 0;
	source = (struct medium_source){.read = read_memory, .size = DISK_SIZE, .sector = 512};
	return 0;
}

static struct medium judged(void)
{
	struct medium medium = {0};

	assert_int_equal(medium_judge(&source, &medium), 0);
	return medium;
}

static void expect(enum medium_verdict verdict)
{
	assert_string_equal(medium_verdict_name(judged().verdict), medium_verdict_name(verdict));
}

static void store_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void put_mbr(uint32_t id)
{
	store_le32(disk + 440, id);
	disk[446 + 4] = 0x0c;
	disk[510] = 0x55;
	disk[511] = 0xaa;
}

static void partitions(size_t count)
{
	put_mbr(0x6a1b2c3d);
	source.part[0] = (struct medium_part){PART1, 3 * MIB};
	source.part[1] = (struct medium_part){PART2, 4 * MIB};
	source.parts = count;
}

static void put_fat(uint8_t *at, bool fat32)
{
	memcpy(at, "\xeb\x58\x90MSDOS5.0", 11);
	store_le16(at + 11, 512);
	at[13] = 8;
	store_le16(at + 14, 32);
	at[16] = 2;
	store_le16(at + 22, fat32 ? 0 : 200);
	store_le32(at + (fat32 ? 67 : 39), 0x1a2b3c4d);
	memcpy(at + (fat32 ? 82 : 54), fat32 ? "FAT32   " : "FAT16   ", 8);
	at[510] = 0x55;
	at[511] = 0xaa;
}

static void put_exfat(uint8_t *at)
{
	memcpy(at,
		"\xeb\x76\x90"
		"EXFAT   ",
		11);
	store_le32(at + 100, 0xdeadbe01);
	at[510] = 0x55;
	at[511] = 0xaa;
}

static void put_luks1(uint8_t *at, const char *cipher, const char *mode)
{
	memcpy(at, "LUKS\xba\xbe\0\1", 8);
	(void)snprintf((char *)at + 8, 32, "%s", cipher);
	(void)snprintf((char *)at + 40, 32, "%s", mode);
	(void)snprintf((char *)at + 72, 32, "sha256");
	store_be32(at + 104, 4096);
	store_be32(at + 108, 64);
	for (size_t i = 0; i < 8; i++)
		store_be32(at + 208 + 48 * i, 0xdead);
}

#define LUKS2_JSON(segments, config) \
	"{\"keyslots\":{},\"tokens\":{},\"segments\":{" segments "},\"config\":{" config "}}"
#define SEGMENT(cipher)                                                                                  \
	"\"0\":{\"type\":\"crypt\",\"offset\":\"1048576\",\"size\":\"dynamic\",\"encryption\":\"" cipher \
	"\",\"sector_"                                                                                   \
	"size\":512}"

static void put_luks2(uint8_t *at, const char *json)
{
	memcpy(at, "LUKS\xba\xbe\0\2", 8);
	store_be32(at + 12, 16384);
	(void)snprintf((char *)at + 4096, 16384 - 4096, "%s", json);
	memcpy(at + 16384, "SKUL\xba\xbe\0\2", 8);
	store_be32(at + 16384 + 12, 16384);
	store_be32(at + 16384 + 260, 16384);
	(void)snprintf((char *)at + 16384 + 4096, 16384 - 4096, "%s", json);
}

#define FVE_AT (2 * MIB)

static void put_fve_block(uint8_t *volume, uint16_t protection, uint16_t state)
{
	uint8_t *block = volume + FVE_AT, *entry = block + 64 + 48;

	memcpy(block, "-FVE-FS-", 8);
	store_le16(block + 10, 2);
	store_le16(block + 12, state);
	store_le16(block + 14, 4);
	store_le32(block + 64, 48 + 16 + 80);
	store_le32(block + 72, 48);
	store_le16(entry, 16);
	store_le16(entry + 2, 7);
	store_le16(entry + 4, 2);
	entry += 16;
	store_le16(entry, 80);
	store_le16(entry + 2, 2);
	store_le16(entry + 4, 8);
	store_le16(entry + 8 + 26, protection);
}

static void put_bitlocker(uint8_t *at, uint16_t protection, uint16_t state)
{
	memcpy(at, "\xeb\x58\x90-FVE-FS-", 11);
	store_le64(at + 176, FVE_AT);
	put_fve_block(at, protection, state);
}

static void cameras_cards_are_plain_and_named(void **state)
{
	struct medium m;

	partitions(1);
	put_fat(disk + PART1, true);
	m = judged();
	assert_int_equal(m.verdict, MEDIUM_PLAIN);
	assert_string_equal(m.table_id, "6a1b2c3d");
	assert_string_equal(m.serial, "1A2B-3C4D");
	put_fat(disk + PART1, false);
	assert_string_equal(judged().serial, "1A2B-3C4D");
	put_exfat(disk + PART1);
	assert_string_equal(judged().serial, "DEAD-BE01");
}

static void cards_without_partitions_have_no_table_id(void **state)
{
	struct medium m;

	put_fat(disk, true);
	m = judged();
	assert_int_equal(m.verdict, MEDIUM_PLAIN);
	assert_string_equal(m.table_id, "");
	assert_string_equal(m.serial, "1A2B-3C4D");
	put_exfat(disk);
	assert_string_equal(judged().table_id, "");
	assert_string_equal(judged().serial, "DEAD-BE01");
}

static void a_gpt_has_its_own_id(void **state)
{
	partitions(1);
	disk[446 + 4] = 0xee;
	memcpy(disk + 512, "EFI PART", 8);
	for (int i = 0; i < 16; i++)
		disk[512 + 56 + i] = (uint8_t)(0xa0 + i);
	assert_string_equal(judged().table_id, "a3a2a1a0-a5a4-a7a6-a8a9-aaabacadaeaf");
	memset(disk + 512, 0, 8);
	assert_string_equal(judged().table_id, "");
}

static void an_empty_disk_is_plain_and_no_medium_is_unknown(void **state)
{
	expect(MEDIUM_PLAIN);
	source.size = 0;
	expect(MEDIUM_UNKNOWN);
}

static void luks_counts_only_with_a_real_cipher(void **state)
{
	put_luks1(disk, "aes", "xts-plain64");
	expect(MEDIUM_ENCRYPTED);
	put_luks1(disk, "serpent", "cbc-essiv:sha256");
	expect(MEDIUM_ENCRYPTED);
	put_luks1(disk, "cipher_null", "ecb");
	expect(MEDIUM_PLAIN);
	put_luks1(disk, "aes", "ecb");
	expect(MEDIUM_PLAIN);
	put_luks1(disk, "aesthetic", "xts-plain64");
	expect(MEDIUM_PLAIN);
	put_luks1(disk, "", "");
	expect(MEDIUM_PLAIN);
	put_luks1(disk, "aes", "xts-plain64");
	store_be32(disk + 108, 0);
	expect(MEDIUM_PLAIN);
	put_luks1(disk, "aes", "xts-plain64");
	store_be32(disk + 104, DISK_SIZE / 512);
	expect(MEDIUM_PLAIN);
	put_luks1(disk, "aes", "xts-plain64");
	disk[7] = 3;
	expect(MEDIUM_PLAIN);
}

static void luks2_counts_only_when_all_of_it_is_encrypted(void **state)
{
	static const struct {
		const char *json;
		enum medium_verdict verdict;
	} rows[] = {
		{LUKS2_JSON(SEGMENT("aes-xts-plain64"), "\"json_size\":\"12288\""), MEDIUM_ENCRYPTED},
		{LUKS2_JSON(SEGMENT("xchacha12,aes-adiantum-plain64"), ""), MEDIUM_ENCRYPTED},
		{LUKS2_JSON(SEGMENT("aes-xts-plain64"), "\"requirements\":{\"mandatory\":[]}"),
			MEDIUM_ENCRYPTED},
		{LUKS2_JSON(SEGMENT("cipher_null-ecb"), ""), MEDIUM_PLAIN},
		{LUKS2_JSON(SEGMENT("aes-xts-plain64"),
			 "\"requirements\":{\"mandatory\":[\"online-reencrypt\"]}"),
			MEDIUM_PLAIN},
		{LUKS2_JSON(SEGMENT("aes-xts-plain64"), "\"requirements\":[\"x\"]"), MEDIUM_PLAIN},
		{LUKS2_JSON(SEGMENT("aes-xts-plain64") ",\"1\":{\"type\":\"linear\",\"offset\":\"0\","
						       "\"size\":\"dynamic\"}",
			 ""),
			MEDIUM_PLAIN},
		{LUKS2_JSON("", ""), MEDIUM_PLAIN},
		{"{\"segments\":[]}", MEDIUM_PLAIN},
		{"{}", MEDIUM_PLAIN},
		{"", MEDIUM_PLAIN},
		{"{\"segments\":{" SEGMENT("aes-xts-plain64") "}", MEDIUM_PLAIN},
		{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", MEDIUM_PLAIN},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		memset(disk, 0, 64 * 1024);
		put_luks2(disk, rows[i].json);
		if (judged().verdict != rows[i].verdict)
			fail_msg("%s", rows[i].json);
	}
}

static void luks2_copies_must_agree(void **state)
{
	static const char json[] = LUKS2_JSON(SEGMENT("aes-xts-plain64"), "");

	put_luks2(disk, json);
	expect(MEDIUM_ENCRYPTED);
	disk[16384 + 4096 + 20] ^= 1;
	expect(MEDIUM_PLAIN);
	put_luks2(disk, json);
	memset(disk + 16384, 0, 8);
	expect(MEDIUM_PLAIN);
	put_luks2(disk, json);
	memset(disk + 4096, 'x', 12288);
	expect(MEDIUM_PLAIN);
	for (unsigned shift = 0; shift < 32; shift++) {
		memset(disk, 0, 64 * 1024);
		put_luks2(disk, json);
		store_be32(disk + 12, 1U << shift);
		assert_int_equal(judged().verdict == MEDIUM_ENCRYPTED, shift == 14);
	}
	put_luks2(disk, json);
	store_be32(disk + 260, 16384);
	expect(MEDIUM_PLAIN);
}

static void bitlocker_counts_unless_suspended_or_unfinished(void **state)
{
	put_bitlocker(disk, 0x2000, 4);
	expect(MEDIUM_ENCRYPTED);
	put_bitlocker(disk, 0x0000, 4);
	expect(MEDIUM_PLAIN);
	put_bitlocker(disk, 0x0800, 2);
	expect(MEDIUM_PLAIN);
	put_bitlocker(disk, 0x0800, 4);
	store_le16(disk + FVE_AT + 14, 1);
	expect(MEDIUM_PLAIN);
	put_bitlocker(disk, 0x0800, 4);
	store_le64(disk + 176, UINT64_MAX);
	expect(MEDIUM_PLAIN);
	store_le64(disk + 176, DISK_SIZE - 512);
	expect(MEDIUM_PLAIN);
	store_le64(disk + 176, 0);
	expect(MEDIUM_PLAIN);
	put_bitlocker(disk, 0x0800, 4);
	memset(disk + FVE_AT + 64 + 48, 0, 200);
	expect(MEDIUM_PLAIN);
	put_bitlocker(disk, 0x0800, 4);
	store_le16(disk + FVE_AT + 64 + 48, 7);
	expect(MEDIUM_PLAIN);
	store_le16(disk + FVE_AT + 64 + 48, 60000);
	expect(MEDIUM_PLAIN);
	put_bitlocker(disk, 0x0800, 4);
	store_le32(disk + FVE_AT + 64, UINT32_MAX);
	expect(MEDIUM_PLAIN);
}

static void bitlocker_to_go_is_recognised(void **state)
{
	static const uint8_t guid[16] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6,
		0xa3, 0x39, 0xe3, 0xd0, 0x01};

	partitions(1);
	put_fat(disk + PART1, true);
	memcpy(disk + PART1 + 3, "MSWIN4.1", 8);
	memcpy(disk + PART1 + 424, guid, sizeof(guid));
	store_le64(disk + PART1 + 440, FVE_AT);
	put_fve_block(disk + PART1, 0x2000, 4);
	expect(MEDIUM_ENCRYPTED);
	put_fve_block(disk + PART1, 0, 4);
	expect(MEDIUM_PLAIN);
}

static void one_plain_partition_makes_the_disk_plain(void **state)
{
	partitions(2);
	put_luks1(disk + PART1, "aes", "xts-plain64");
	put_fat(disk + PART2, true);
	expect(MEDIUM_PLAIN);
	assert_int_equal(judged().locked, 1);
	memset(disk + PART2, 0, 512);
	expect(MEDIUM_PLAIN);
	put_luks1(disk + PART2, "aes", "xts-plain64");
	expect(MEDIUM_ENCRYPTED);
	source.more_parts = true;
	expect(MEDIUM_PLAIN);
	put_luks1(disk + PART1, "cipher_null", "ecb");
	assert_int_equal(judged().locked, 2);
}

static void a_locked_partition_is_found_by_its_number(void **state)
{
	struct device_facts facts = {.volumes = 3, .volume = {{.number = 0}, {.number = 2}, {.number = 5}}};
	const struct medium medium = {.locked = 2};

	assert_false(judge_partition_is_locked(&facts, &medium, 0));
	assert_false(judge_partition_is_locked(&facts, &medium, 1));
	assert_false(judge_partition_is_locked(&facts, &medium, 2));
	assert_true(judge_partition_is_locked(&facts, &medium, 5));
	assert_false(judge_partition_is_locked(&facts, &medium, 6));
}

static void a_file_system_over_the_whole_disk_makes_it_plain(void **state)
{
	partitions(1);
	put_luks1(disk + PART1, "aes", "xts-plain64");
	expect(MEDIUM_ENCRYPTED);
	put_fat(disk, true);
	expect(MEDIUM_PLAIN);
	memset(disk, 0, 512);
	put_mbr(1);
	expect(MEDIUM_ENCRYPTED);
	memcpy(disk + 65600, "_BHRfS_M", 8);
	expect(MEDIUM_PLAIN);
	memset(disk + 65600, 0, 8);
	memcpy(disk + 32769, "CD001", 5);
	expect(MEDIUM_PLAIN);
	memset(disk + 32769, 0, 5);
	store_le16(disk + 1024 + 56, 0xef53);
	expect(MEDIUM_PLAIN);
	memset(disk + 1024, 0, 512);
	put_luks1(disk, "aes", "xts-plain64");
	expect(MEDIUM_PLAIN);
}

static void a_file_system_hidden_in_a_header_makes_it_plain(void **state)
{
	put_luks2(disk, LUKS2_JSON(SEGMENT("aes-xts-plain64"), ""));
	store_le16(disk + 1024 + 56, 0xef53);
	expect(MEDIUM_PLAIN);
}

static void partitions_outside_the_disk_are_never_read(void **state)
{
	partitions(1);
	put_luks1(disk + PART1, "aes", "xts-plain64");
	source.part[0].size = DISK_SIZE;
	expect(MEDIUM_PLAIN);
	source.part[0] = (struct medium_part){UINT64_MAX - 100, 4096};
	expect(MEDIUM_PLAIN);
	source.part[0] = (struct medium_part){PART1, 0};
	expect(MEDIUM_PLAIN);
	source.part[0] = (struct medium_part){DISK_SIZE - 512, 512};
	expect(MEDIUM_PLAIN);
}

static void what_cannot_be_read_is_never_encrypted(void **state)
{
	struct medium m;

	partitions(2);
	put_luks1(disk + PART1, "aes", "xts-plain64");
	put_luks1(disk + PART2, "aes", "xts-plain64");
	broken_from = PART2;
	broken_to = PART2 + 512;
	expect(MEDIUM_UNKNOWN);
	broken_from = 65536;
	broken_to = 65537;
	expect(MEDIUM_UNKNOWN);
	broken_from = 0;
	assert_int_equal(medium_judge(&source, &m), -EIO);
}

/* The same through the locked-in child, over a file. */
static int image_with(size_t size)
{
	char path[] = "/tmp/outing-medium-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_true(pwrite(fd, disk, size, 0) == (ssize_t)size);
	return fd;
}

static void the_locked_in_child_gives_the_same_answer(void **state)
{
	struct device_facts facts = {.size = DISK_SIZE};
	_cleanup_close_ int plain = -1, encrypted = -1;
	struct medium m;

	put_fat(disk, true);
	plain = image_with(DISK_SIZE);
	assert_int_equal(judge_disk(plain, &facts, 20000, &m), 0);
	assert_int_equal(m.verdict, MEDIUM_PLAIN);
	assert_string_equal(m.serial, "1A2B-3C4D");
	memset(disk, 0, 512);
	put_luks2(disk, LUKS2_JSON(SEGMENT("aes-xts-plain64"), ""));
	encrypted = image_with(DISK_SIZE);
	assert_int_equal(judge_disk(encrypted, &facts, 20000, &m), 0);
	assert_int_equal(m.verdict, MEDIUM_ENCRYPTED);
}

static void a_child_that_cannot_answer_is_an_error(void **state)
{
	struct device_facts facts = {.size = DISK_SIZE};
	_cleanup_close_ int fd = image_with(4096), ends = -1;
	struct medium m = {.verdict = MEDIUM_PLAIN};
	int pipes[2];

	assert_int_equal(ftruncate(fd, 100), 0);
	assert_int_equal(judge_disk(fd, &facts, 20000, &m), -EIO);
	assert_int_equal(pipe(pipes), 0);
	assert_true(judge_disk(pipes[0], &facts, 20000, &m) < 0);
	assert_int_equal(m.verdict, MEDIUM_PLAIN);
	ends = pipes[1];
	assert_int_equal(close(pipes[0]), 0);
	assert_int_equal(judge_disk(fd, &facts, 0, &m), -ETIMEDOUT);
}

#define T(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(cameras_cards_are_plain_and_named),
		T(cards_without_partitions_have_no_table_id),
		T(a_gpt_has_its_own_id),
		T(an_empty_disk_is_plain_and_no_medium_is_unknown),
		T(luks_counts_only_with_a_real_cipher),
		T(luks2_counts_only_when_all_of_it_is_encrypted),
		T(luks2_copies_must_agree),
		T(bitlocker_counts_unless_suspended_or_unfinished),
		T(bitlocker_to_go_is_recognised),
		T(one_plain_partition_makes_the_disk_plain),
		T(a_locked_partition_is_found_by_its_number),
		T(a_file_system_over_the_whole_disk_makes_it_plain),
		T(a_file_system_hidden_in_a_header_makes_it_plain),
		T(partitions_outside_the_disk_are_never_read),
		T(what_cannot_be_read_is_never_encrypted),
		T(the_locked_in_child_gives_the_same_answer),
		T(a_child_that_cannot_answer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
