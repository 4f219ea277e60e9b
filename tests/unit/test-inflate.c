/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Streams that are whole, too long, broken off and falsified: what comes out, and how much of the input was
 * theirs. Those that are packed more tightly than documents take another way inside and must not differ.
 */

#include "base/inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ZEROS 100000

static const char text[] = "The quick brown fox jumps over the lazy dog. The quick brown fox sleeps.";

/* That text in a zlib wrapper. */
static const uint8_t wrapped[] = {0x78, 0xda, 0x0b, 0xc9, 0x48, 0x55, 0x28, 0x2c, 0xcd, 0x4c, 0xce, 0x56,
	0x48, 0x2a, 0xca, 0x2f, 0xcf, 0x53, 0x48, 0xcb, 0xaf, 0x50, 0xc8, 0x2a, 0xcd, 0x2d, 0x28, 0x56, 0xc8,
	0x2f, 0x4b, 0x2d, 0x52, 0x28, 0x01, 0x4a, 0xe7, 0x24, 0x56, 0x55, 0x2a, 0xa4, 0xe4, 0xa7, 0xeb, 0x29,
	0x84, 0x60, 0x51, 0x5c, 0x9c, 0x93, 0x9a, 0x5a, 0x50, 0xac, 0x07, 0x00, 0xba, 0xb3, 0x1a, 0x15};

/* ZEROS zero bytes, bare. */
static const uint8_t tight[] = {0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d,
	0x0f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x57, 0x03};

static void whole_streams_come_out_as_they_were(void **state)
{
	const size_t size = sizeof text - 1;
	struct inflated out;

	assert_int_equal(inflate_bytes(wrapped, sizeof wrapped, false, size, &out), INFLATE_OK);
	assert_int_equal(out.size, size);
	assert_string_equal((const char *)out.bytes, text);
	assert_int_equal(out.consumed, sizeof wrapped);
	inflated_clear(&out);

	assert_int_equal(inflate_bytes(wrapped + 2, sizeof wrapped - 2, true, 4 * size, &out), INFLATE_OK);
	assert_int_equal(out.size, size);
	assert_int_equal(out.consumed, sizeof wrapped - 2 - 4);
	inflated_clear(&out);
}

static void tight_streams_come_out_too(void **state)
{
	struct inflated out;

	for (size_t max = ZEROS; max <= 64U * ZEROS; max *= 64) {
		assert_int_equal(inflate_bytes(tight, sizeof tight, true, max, &out), INFLATE_OK);
		assert_int_equal(out.size, ZEROS);
		assert_int_equal(out.consumed, sizeof tight);
		for (size_t i = 0; i <= out.size; i++)
			assert_int_equal(out.bytes[i], 0);
		inflated_clear(&out);
	}
}

static void more_than_may_come_out_is_too_large(void **state)
{
	struct inflated out;

	assert_int_equal(inflate_bytes(tight, sizeof tight, true, ZEROS - 1, &out), INFLATE_TOO_LARGE);
	assert_null(out.bytes);
	assert_int_equal(
		inflate_bytes(wrapped, sizeof wrapped, false, sizeof text - 2, &out), INFLATE_TOO_LARGE);
	assert_null(out.bytes);
}

static void damaged_streams_go_as_far_as_they_go(void **state)
{
	uint8_t broken[sizeof wrapped];
	struct inflated out;

	memcpy(broken, wrapped, sizeof broken);
	assert_int_equal(inflate_bytes(broken, sizeof broken / 2, false, ZEROS, &out), INFLATE_DAMAGED);
	assert_true(out.size > 4 && out.size < sizeof text - 1);
	assert_memory_equal(out.bytes, text, out.size);
	inflated_clear(&out);

	broken[sizeof broken - 1] ^= 1;
	assert_int_equal(inflate_bytes(broken, sizeof broken, false, ZEROS, &out), INFLATE_DAMAGED);
	assert_int_equal(out.size, sizeof text - 1);
	inflated_clear(&out);

	assert_int_equal(inflate_bytes("none", 4, false, ZEROS, &out), INFLATE_DAMAGED);
	assert_int_equal(out.size, 0);
	inflated_clear(&out);
}

static void checksums_are_those_of_zip_files(void **state)
{
	assert_int_equal(inflate_crc32("123456789", 9), 0xcbf43926);
	assert_int_equal(inflate_crc32("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_streams_come_out_as_they_were),
		cmocka_unit_test(tight_streams_come_out_too),
		cmocka_unit_test(more_than_may_come_out_is_too_large),
		cmocka_unit_test(damaged_streams_go_as_far_as_they_go),
		cmocka_unit_test(checksums_are_those_of_zip_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
