/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What no partition and no mapping covers: which ranges are asked for, and what is said about them.
 */

#include "leaf-world.h"

#include "encryption/leaf-walk.h"

static struct content_wish wishes[8];
static size_t wish_count;

static int keep(const struct sysroot *root, const struct content_wish *asked, size_t count,
	struct content *ret_contents)
{
	assert_true(count <= 8);
	memcpy(wishes, asked, count * sizeof *asked);
	wish_count = count;
	memset(ret_contents, 0, count * sizeof *ret_contents);
	return 0;
}

static void ask(void)
{
	_cleanup_(recorded_freep) struct recorded *recorded = NULL;
	const struct leaf_options options = {0};
	struct sysroot root;

	write_facts();
	put("", "/proc/self/mountinfo");
	assert_int_equal(recorded_open(prefix, &recorded), 0);
	root = *recorded_root(recorded);
	root.content = keep;
	assert_int_equal(leaf_judge_all(&root, &options, &list), 0);
}

static const struct content_wish *wish(unsigned major_number, unsigned minor_number)
{
	for (size_t i = 0; i < wish_count; i++)
		if (wishes[i].number.major == major_number && wishes[i].number.minor == minor_number)
			return &wishes[i];
	fail_msg("%u:%u was not looked at", major_number, minor_number);
	return NULL;
}

static void asks_for(const struct content_wish *asked, size_t range, uint64_t start, uint64_t end)
{
	assert_true(range < asked->range_count);
	assert_int_equal(asked->ranges[range].start, start << 20);
	assert_int_equal(asked->ranges[range].start + asked->ranges[range].size, end << 20);
}

static void sized(const char *where, const char *sectors, const char *start)
{
	size_of(where, sectors);
	if (start)
		put(start, "/sys/devices/%s/start", where);
}

/* 256 MiB, of which two partitions take 1 to 17 and 65 to 129. */
static void a_disk_with_room(void)
{
	device("8:0", "pci0/block/sda");
	sized("pci0/block/sda", "524288", NULL);
	partition("8:1", "pci0/block/sda/sda1");
	sized("pci0/block/sda/sda1", "32768", "2048");
	partition("8:2", "pci0/block/sda/sda2");
	sized("pci0/block/sda/sda2", "131072", "133120");
}

static void room_between_and_behind_partitions(void **state)
{
	const struct content_wish *asked;

	a_disk_with_room();
	ask();
	asked = wish(8, 0);
	assert_true(asked->rest_only);
	assert_int_equal(asked->range_count, 2);
	asks_for(asked, 0, 17, 65);
	/* The table's copy lies at the very end. */
	asks_for(asked, 1, 129, 255);
	assert_false(wish(8, 2)->rest_only);
}

static void no_room(void **state)
{
	device("8:0", "pci0/block/sda");
	sized("pci0/block/sda", "524288", NULL);
	partition("8:1", "pci0/block/sda/sda1");
	sized("pci0/block/sda/sda1", "520192", "2048");
	ask();
	assert_int_equal(wish_count, 1);
	assert_int_equal(wish(8, 1)->number.minor, 1);
}

static void what_a_deleted_partition_held(void **state)
{
	a_disk_with_room();
	(void)has_luks("8:1", STORAGE_ENCRYPTED, "LUKS2.");
	(void)has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2.");
	looks("8:0", CONTENT_NOT_SAMPLED)->rest = CONTENT_DATA;
	used_for(is("/dev/sda", LEAF_NOT_ENCRYPTED, "outside its partitions"), "outside the partitions");
	is("/dev/sda1", LEAF_ENCRYPTED, "");
	is(SDA2, LEAF_ENCRYPTED, "");
}

static void room_that_is_wiped(void **state)
{
	a_disk_with_room();
	(void)has_luks("8:1", STORAGE_ENCRYPTED, "LUKS2.");
	(void)has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2.");
	looks("8:0", CONTENT_NOT_SAMPLED)->rest = CONTENT_RANDOM;
	is("/dev/sda", LEAF_EXEMPT, "outside the partitions");
}

static void room_that_could_not_be_looked_at(void **state)
{
	a_disk_with_room();
	(void)has_luks("8:1", STORAGE_ENCRYPTED, "LUKS2.");
	(void)has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2.");
	looks("8:0", CONTENT_NOT_SAMPLED)->error = -EIO;
	is("/dev/sda", LEAF_UNKNOWN, "could not be looked at");
}

static void what_lies_before_an_encrypted_part(void **state)
{
	disk_with_partition();
	size_of("pci0/block/sda/sda2", "524288");
	mapped("254:0", "dm-0", "late", "0 131072 crypt aes-xts-plain64 :64:logon:k 0 8:2 262144");
	ask();
	assert_int_equal(wish(8, 2)->head, 128ULL << 20);
	assert_int_equal(wish(8, 2)->range_count, 1);
	asks_for(wish(8, 2), 0, 192, 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SITUATION(room_between_and_behind_partitions),
		SITUATION(no_room),
		SITUATION(what_a_deleted_partition_held),
		SITUATION(room_that_is_wiped),
		SITUATION(room_that_could_not_be_looked_at),
		SITUATION(what_lies_before_an_encrypted_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
