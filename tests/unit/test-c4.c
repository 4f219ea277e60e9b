/* SPDX-License-Identifier: GPL-3.0-or-later */

/* C4 identifiers: known values, both directions, and what is not one. */

#include "vault/c4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void is_c4(const char *message, const char *expected)
{
	uint8_t digest[SHA512_SIZE], back[SHA512_SIZE];
	char text[C4_TEXT];

	assert_int_equal(sha512_of(message, strlen(message), digest), 0);
	assert_string_equal(c4_format(digest, text), expected);
	assert_int_equal(c4_parse(text, strlen(text), back), 0);
	assert_memory_equal(digest, back, sizeof back);
}

/* Values of an independent implementation over big integers. */
static void known_values(void **state)
{
	is_c4("",
		"c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT");
	is_c4("Sunny Lane Nursery",
		"c44767Pbm8sEX2bL2BuHyq9wGzrwzYYkSmzTMFhTx28NyKMYVgfQhc9xgUX3MWJ1QVq88mLWeGGT4ub7svmUJcC9Ej");
}

static void the_ends_of_the_range(void **state)
{
	uint8_t digest[SHA512_SIZE] = {0};
	char text[C4_TEXT], largest[C4_TEXT];

	(void)c4_format(digest, text);
	assert_int_equal(strspn(text + 2, "1"), C4_LENGTH - 2);
	memset(digest, 0xff, sizeof digest);
	(void)c4_format(digest, largest);
	assert_int_equal(c4_parse(largest, C4_LENGTH, digest), 0);
	assert_true(strcmp(text, largest) < 0);
	/* The number after the largest: 2^512. */
	largest[C4_LENGTH - 1]++;
	assert_int_equal(c4_parse(largest, C4_LENGTH, digest), -EINVAL);
	memset(largest + 2, 'z', C4_LENGTH - 2);
	assert_int_equal(c4_parse(largest, C4_LENGTH, digest), -EINVAL);
}

static void other_text_is_refused(void **state)
{
	uint8_t digest[SHA512_SIZE] = {0};
	char text[C4_TEXT];

	(void)c4_format(digest, text);
	assert_int_equal(c4_parse(text, C4_LENGTH - 1, digest), -EINVAL);
	text[50] = '0';
	assert_int_equal(c4_parse(text, C4_LENGTH, digest), -EINVAL);
	text[50] = 0;
	assert_int_equal(c4_parse(text, C4_LENGTH, digest), -EINVAL);
	text[50] = '1';
	text[1] = '5';
	assert_int_equal(c4_parse(text, C4_LENGTH, digest), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(the_ends_of_the_range),
		cmocka_unit_test(other_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
