/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Kinds by content, the rule for icons, early refusal, and the words of answers. */

#include "inspect/kind.h"
#include "inspect/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A PNG of one row of zero bytes; only its outline is looked at. */
static size_t make_png(uint8_t *b, uint8_t width, uint8_t height)
{
	static const uint8_t head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\0\x08\2\0\0\0crc.";
	static const uint8_t rest[] = "\0\0\0\4IDATdatacrc.\0\0\0\0IEND\xae\x42\x60\x82";

	memcpy(b, head, sizeof head - 1);
	b[19] = width;
	b[23] = height;
	memcpy(b + sizeof head - 1, rest, sizeof rest - 1);
	return sizeof head + sizeof rest - 2;
}

static void signatures_count_and_names_do_not(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		enum kind_family family;
	} cases[] = {
		{"\xff\xd8\xff\xe1", 4, KIND_IMAGE},
		{"\0\0\0\x18"
		 "ftypheic\0\0\0\0",
			16, KIND_IMAGE},
		{"\0\0\0\x18"
		 "ftypcrx \0\0\0\0",
			16, KIND_IMAGE},
		{"\0\0\0\x18"
		 "ftypisom\0\0\0\0",
			16, KIND_FILM},
		{"\0\0\0\x18"
		 "ftypM4A \0\0\0\0",
			16, KIND_AUDIO},
		{"RIFF\0\0\0\0WEBP", 12, KIND_IMAGE},
		{"RIFF\0\0\0\0AVI ", 12, KIND_FILM},
		{"RIFF\0\0\0\0WAVE", 12, KIND_AUDIO},
		{"PK\3\4", 4, KIND_ZIP},
		{"%PDF-1.7", 8, KIND_PDF},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, KIND_OLDOFFICE},
		{"P6 640 480 255\n", 15, KIND_IMAGE},
		{"P1 is where we park", 19, KIND_UNKNOWN},
		{"BMW is a maker of cars, and of motor cycles", 43, KIND_UNKNOWN},
		{"Gifts for parents", 17, KIND_UNKNOWN},
		{"The free places are for siblings", 32, KIND_UNKNOWN},
		{"\0\0\0\x08"
		 "wide\0\x01\x02\x03mdat",
			16, KIND_FILM},
		{"\x11\x22\x33\x44"
		 "mdat\0\x01\x02\x03",
			12, KIND_FILM},
		{"", 0, KIND_UNKNOWN},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++)
		assert_int_equal(kind_of(cases[i].bytes, cases[i].size).family, cases[i].family);
}

static bool has(const struct kind *others, size_t count, enum kind_family family)
{
	for (size_t i = 0; i < count; i++)
		if (others[i].family == family)
			return true;
	return false;
}

static void every_other_reading_is_seen(void **state)
{
	static const char end[] = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct kind others[KIND_OTHERS_MAX];
	char bytes[2048] = "GIF89a, and then a little later %PDF-1.4 and more";
	size_t count;

	memcpy(bytes + 1000, end, sizeof end);
	count = kind_others(bytes, 1000 + sizeof end, others);
	assert_true(has(others, count, KIND_PDF));
	assert_true(has(others, count, KIND_ZIP));
	assert_false(has(others, count, KIND_ICON_FORMAT));
	memcpy(bytes + 200, "7z\xbc\xaf\x27\x1c", 7);
	count = kind_others(bytes, sizeof bytes, others);
	assert_true(has(others, count, KIND_ARCHIVE));
}

static void small_pictures_are_icons_only_if_they_are_nothing_else(void **state)
{
	struct picture picture;
	uint8_t bytes[512];
	size_t size = make_png(bytes, 100, 90);

	assert_int_equal(picture_size(bytes, size, &picture), 0);
	assert_int_equal(picture.width, 100);
	assert_int_equal(picture.height, 90);
	assert_true(picture_whole(bytes, size));
	assert_false(picture_whole(bytes, size - 1));
	bytes[size] = 'P';
	assert_false(picture_whole(bytes, size + 1));
}

static void a_bmp_from_the_top_has_a_size(void **state)
{
	uint8_t bmp[54 + 16] = "BM";
	struct picture picture;

	bmp[10] = 54;
	bmp[14] = 40;
	bmp[18] = 2;
	memset(bmp + 22, 0xff, 4);
	bmp[22] = 0xfe;
	bmp[28] = 24;
	assert_int_equal(picture_size(bmp, sizeof bmp, &picture), 0);
	assert_int_equal(picture.height, 2);
	assert_true(picture_whole(bmp, sizeof bmp));
	bmp[18] = 200;
	assert_false(picture_whole(bmp, sizeof bmp));
}

static void photos_and_films_are_refused_from_their_beginning(void **state)
{
	struct inspect_answer answer;
	uint8_t bytes[512];

	assert_int_equal(kind_early("\xff\xd8\xff\xe0", 4, &answer), 1);
	assert_int_equal(answer.verdict, INSPECT_REFUSE);
	assert_int_equal(answer.cause, INSPECT_IMAGE);
	assert_true(inspect_answer_valid(&answer));
	assert_int_equal(kind_early("\x1a\x45\xdf\xa3", 4, &answer), 1);
	assert_int_equal(answer.cause, INSPECT_FILM);
	assert_int_equal(kind_early("PK\3\4", 4, &answer), 0);
	assert_int_equal(answer.verdict, INSPECT_PASS);
	assert_int_equal(kind_early("", 0, &answer), 0);
	assert_int_equal(kind_early("P1 10 12 cars may park here", 27, &answer), 0);
	/* An icon may yet turn out to be one; a large picture cannot. */
	assert_int_equal(kind_early(bytes, make_png(bytes, 128, 128), &answer), 0);
	assert_int_equal(kind_early(bytes, make_png(bytes, 129, 128), &answer), 1);
	assert_int_equal(kind_early(bytes, 20, &answer), 0);
}

static void the_rule_for_icons_can_be_moved(void **state)
{
	struct inspect_limits limits = INSPECT_LIMITS_DEFAULT;
	struct inspect_answer answer;
	uint8_t bytes[512];
	size_t size = make_png(bytes, 20, 20);

	limits.icon_side = 16;
	assert_int_equal(kind_early_limits(bytes, size, &limits, &answer), 1);
	limits.icon_side = 0;
	assert_int_equal(kind_early_limits(bytes, size, &limits, &answer), 1);
	limits.icon_side = 20;
	assert_int_equal(kind_early_limits(bytes, size, &limits, &answer), 0);
}

static void the_worst_answer_wins(void **state)
{
	struct inspect_answer answer = {0};

	inspect_answer_worsen(&answer, INSPECT_ASK, INSPECT_NAMES, "Perhaps.");
	inspect_answer_worsen(&answer, INSPECT_REFUSE, INSPECT_FILM, "It is a film.");
	inspect_answer_worsen(&answer, INSPECT_REFUSE, INSPECT_NAMES, "Too late.");
	inspect_answer_worsen(&answer, INSPECT_PASS, INSPECT_CLEAN, "");
	assert_int_equal(answer.cause, INSPECT_FILM);
	assert_string_equal(answer.sentence, "It is a film.");
}

static void nonsense_is_no_answer(void **state)
{
	struct inspect_answer answer = {0};

	assert_true(inspect_answer_valid(&answer));
	answer.cause = INSPECT_IMAGE;
	assert_false(inspect_answer_valid(&answer));
	answer = (struct inspect_answer){INSPECT_REFUSE, INSPECT_IMAGE, ""};
	assert_false(inspect_answer_valid(&answer));
	answer = (struct inspect_answer){INSPECT_REFUSE, INSPECT_IMAGE, "two\nlines"};
	assert_false(inspect_answer_valid(&answer));
	answer = (struct inspect_answer){(enum inspect_verdict)7, INSPECT_IMAGE, "A film."};
	assert_false(inspect_answer_valid(&answer));
	answer = (struct inspect_answer){INSPECT_REFUSE, INSPECT_IMAGE, "A film."};
	assert_true(inspect_answer_valid(&answer));
	memset(answer.sentence, 'a', sizeof answer.sentence);
	assert_false(inspect_answer_valid(&answer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_count_and_names_do_not),
		cmocka_unit_test(every_other_reading_is_seen),
		cmocka_unit_test(small_pictures_are_icons_only_if_they_are_nothing_else),
		cmocka_unit_test(a_bmp_from_the_top_has_a_size),
		cmocka_unit_test(photos_and_films_are_refused_from_their_beginning),
		cmocka_unit_test(the_rule_for_icons_can_be_moved),
		cmocka_unit_test(the_worst_answer_wins),
		cmocka_unit_test(nonsense_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
