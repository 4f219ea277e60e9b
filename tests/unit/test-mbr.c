/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Partition tables: one partition or none, and a name for everything else. */

#include "card-image.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_outcome(struct image *i, enum wipe_outcome expected)
{
	struct source source = image_source(i);
	struct mbr_layout layout;
	int r = mbr_parse(&source, &layout);

	if (r != (int)expected)
		fail_msg("%s instead of %s", wipe_outcome_name((enum wipe_outcome)r),
			wipe_outcome_name(expected));
}

static struct image blank(void)
{
	return (struct image){.bytes = calloc(1, 64 * 512), .size = 64 * 512};
}

static void one_partition_is_found(void **state)
{
	_cleanup_image_ struct image i = blank();
	struct source source = image_source(&i);
	struct mbr_layout layout;

	image_table(&i, 2, 0x0C, 8, 50);
	i.bytes[446 + 2 * 16] = 0x80;
	assert_int_equal(mbr_parse(&source, &layout), 0);
	assert_true(layout.partitioned);
	assert_int_equal(layout.start, 8 * 512);
	assert_int_equal(layout.size, 50 * 512);
	assert_int_equal(layout.disk_id, 0x0B1E0002);
	assert_int_equal(layout.type, 0x0C);
}

static void no_table_is_found(void **state)
{
	_cleanup_image_ struct image fat = image_fat(16, 4200, false), exfat = image_exfat(50, false);
	struct source source = image_source(&fat);
	struct mbr_layout layout;

	assert_int_equal(mbr_parse(&source, &layout), 0);
	assert_false(layout.partitioned);
	assert_int_equal(layout.start, 0);
	assert_int_equal(layout.size, fat.size);
	/* A partition for show that starts at the volume itself. */
	image_table(&fat, 0, 0x06, 0, 100);
	assert_int_equal(mbr_parse(&source, &layout), 0);
	assert_false(layout.partitioned);
	source = image_source(&exfat);
	assert_int_equal(mbr_parse(&source, &layout), 0);
	assert_false(layout.partitioned);
}

static void everything_else_has_a_name(void **state)
{
	_cleanup_image_ struct image empty = blank(), none = blank(), gpt = blank(), stale = blank(),
				     two = blank(), extended = blank(), linux_partition = blank(),
				     outside = blank(), nothing = blank(), hidden = blank(),
				     both = image_fat(16, 4200, false);

	assert_outcome(&empty, WIPE_NO_TABLE);
	none.bytes[510] = 0x55;
	none.bytes[511] = 0xAA;
	assert_outcome(&none, WIPE_NO_TABLE);
	image_table(&gpt, 0, 0xEE, 1, 63);
	assert_outcome(&gpt, WIPE_GPT);
	image_table(&stale, 0, 0x0C, 8, 50);
	memcpy(stale.bytes + 512, "EFI PART", 8);
	assert_outcome(&stale, WIPE_GPT);
	image_table(&two, 0, 0x0C, 8, 10);
	image_table(&two, 1, 0x83, 20, 10);
	assert_outcome(&two, WIPE_MANY_PARTITIONS);
	image_table(&extended, 0, 0x0C, 8, 10);
	image_table(&extended, 3, 0x05, 20, 10);
	assert_outcome(&extended, WIPE_EXTENDED_PARTITION);
	image_table(&linux_partition, 0, 0x83, 8, 10);
	assert_outcome(&linux_partition, WIPE_OTHER_FILE_SYSTEM);
	image_table(&outside, 0, 0x0C, 8, 57);
	assert_outcome(&outside, WIPE_BAD_PARTITION);
	image_table(&nothing, 0, 0x0C, 8, 0);
	assert_outcome(&nothing, WIPE_BAD_PARTITION);
	image_table(&hidden, 0, 0x00, 8, 10);
	assert_outcome(&hidden, WIPE_BAD_PARTITION);
	image_table(&both, 0, 0x06, 8, 100);
	assert_outcome(&both, WIPE_BAD_PARTITION);
}

static void every_outcome_has_words(void **state)
{
	for (unsigned n = 0; n < _WIPE_OUTCOME_MAX; n++) {
		enum wipe_outcome outcome, other;

		assert_true(wipe_outcome_from_number(n, &outcome));
		assert_non_null(wipe_outcome_name(outcome));
		assert_non_null(wipe_outcome_sentence(outcome));
		assert_int_equal(
			wipe_outcome_sentence(outcome)[strlen(wipe_outcome_sentence(outcome)) - 1], '.');
		assert_int_equal(wipe_outcome_condemns_card(outcome),
			strstr(wipe_outcome_sentence(outcome), "Do not use this card any more: ") != NULL);
		for (unsigned m = 0; m < n; m++) {
			assert_true(wipe_outcome_from_number(m, &other));
			assert_string_not_equal(wipe_outcome_name(outcome), wipe_outcome_name(other));
		}
	}
	assert_false(wipe_outcome_from_number(_WIPE_OUTCOME_MAX, &(enum wipe_outcome){0}));
	assert_int_equal(wipe_outcome_kind(WIPE_OFFLOAD_FIRST), WIPE_KIND_REFUSED);
	assert_int_equal(wipe_outcome_kind(WIPE_STUCK), WIPE_KIND_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_partition_is_found),
		cmocka_unit_test(no_table_is_found),
		cmocka_unit_test(everything_else_has_a_name),
		cmocka_unit_test(every_outcome_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
