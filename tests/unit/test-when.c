/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Times as people type them: what is exact is taken, what is not is asked back. */

#include "check/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Thursday 26 November 2026, 10:00 in London, where winter time is UTC. */
#define NOW 1795687200

static int64_t at(const char *text, int64_t now)
{
	int64_t seconds = -1;

	assert_int_equal(when_parse(text, now, &seconds), WHEN_OK);
	return seconds;
}

static void a_time_is_today(void **state)
{
	assert_int_equal(at("15:30", NOW), NOW + 19800);
	assert_int_equal(at("today 15:30", NOW), NOW + 19800);
	assert_int_equal(at("TODAY 15:30", NOW), NOW + 19800);
	assert_int_equal(at("23:59", NOW), NOW + 50340);
}

static void other_days_are_named(void **state)
{
	assert_int_equal(at("tomorrow 09:00", NOW), NOW + 82800);
	assert_int_equal(at("tomorrow 9:00", NOW), NOW + 82800);
	assert_int_equal(at("2026-11-27 15:30", NOW), NOW + 86400 + 19800);
	assert_int_equal(at("2026-12-01 10:00", NOW), NOW + 5 * 86400);
}

static void tomorrow_may_be_in_another_year_and_have_another_length(void **state)
{
	/* 31 December 2026, 12:00 */
	assert_int_equal(at("tomorrow 12:00", 1798718400), 1798718400 + 86400);
	/* 24 October 2026, 12:00 British summer time; the clocks are put back in the night */
	assert_int_equal(at("tomorrow 12:00", 1792839600), 1792839600 + 90000);
}

static void rfc_3339_carries_its_zone(void **state)
{
	assert_int_equal(at("2026-11-26T15:30:00Z", NOW), NOW + 19800);
	assert_int_equal(at("2026-11-26T16:30:00.25+01:00", NOW), NOW + 19800);
	assert_int_equal(at("2026-11-26T10:00:00-05:30", NOW), NOW + 19800);
}

static void what_is_not_exact_is_not_taken(void **state)
{
	static const char *const texts[] = {"", " ", "3", "15", "15:3", "15.30", "3pm", "3:30 pm", "24:00",
		"12:60", "15:30 ", " 15:30", "15:30:00", "-1:30", "tomorrow", "tomorrow  09:00",
		"tomorrow09:00", "friday 15:30", "2026-11-27", "2026-11-27T15:30", "2026-11-27T15:30:00",
		"2026-11-27 15:30:00Z", "27.11.2026 15:30", "2026-13-01 10:00", "2026-00-01 10:00",
		"2026-11-31 10:00", "2027-02-29 10:00", "2026-11-27 25:00", "2026-11-27T15:30:00+25:00",
		"2026-11-27T15:30:00Zx", "2026-11-27T15:30:00.Z", "2026-11-31T15:30:00Z",
		"99999999999999999999:30", "2026-11-27 15:30\n"};

	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		int64_t seconds = 7;

		if (when_parse(texts[i], NOW, &seconds) != WHEN_NOT_UNDERSTOOD)
			fail_msg("taken: \"%s\"", texts[i]);
		assert_int_equal(seconds, 7);
	}
}

static void times_that_are_over_or_too_far_are_said_to_be_so(void **state)
{
	int64_t seconds;

	assert_int_equal(when_parse("09:59", NOW, &seconds), WHEN_PAST);
	assert_int_equal(when_parse("10:00", NOW, &seconds), WHEN_PAST);
	assert_int_equal(when_parse("2026-11-25 15:30", NOW, &seconds), WHEN_PAST);
	assert_int_equal(when_parse("1999-01-01T00:00:00Z", NOW, &seconds), WHEN_PAST);
	assert_int_equal(when_parse("2027-11-28 10:00", NOW, &seconds), WHEN_TOO_FAR);
	assert_int_equal(when_parse("2027-11-27 10:00", NOW, &seconds), WHEN_OK);
}

static void a_night_with_another_clock_is_asked_back(void **state)
{
	int64_t seconds;

	assert_int_equal(when_parse("2027-03-28 01:30", NOW, &seconds), WHEN_SKIPPED);
	assert_int_equal(when_parse("2027-03-28 02:00", NOW, &seconds), WHEN_OK);
	assert_int_equal(when_parse("2027-10-31 01:30", NOW, &seconds), WHEN_TWICE);
	assert_int_equal(when_parse("2027-10-31T01:30:00+01:00", NOW, &seconds), WHEN_OK);
}

static void every_outcome_but_ok_has_a_sentence_with_examples(void **state)
{
	for (enum when_outcome o = WHEN_NOT_UNDERSTOOD; o <= WHEN_TWICE; o++)
		assert_non_null(strstr(when_problem(o), "\"tomorrow 09:00\""));
	assert_string_equal(when_problem(WHEN_OK), "");
}

static void times_are_shown_as_people_say_them(void **state)
{
	char text[WHEN_TEXT];

	assert_string_equal(when_show(NOW, text), "Thursday 26 November 2026, 10:00");
	assert_string_equal(when_show(INT64_MAX, text), "unknown");
}

static int in_london(void **state)
{
	if (setenv("TZ", "GMT0BST,M3.5.0/1,M10.5.0/2", 1) < 0)
		return -1;
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_today),
		cmocka_unit_test(other_days_are_named),
		cmocka_unit_test(tomorrow_may_be_in_another_year_and_have_another_length),
		cmocka_unit_test(rfc_3339_carries_its_zone),
		cmocka_unit_test(what_is_not_exact_is_not_taken),
		cmocka_unit_test(times_that_are_over_or_too_far_are_said_to_be_so),
		cmocka_unit_test(a_night_with_another_clock_is_asked_back),
		cmocka_unit_test(every_outcome_but_ok_has_a_sentence_with_examples),
		cmocka_unit_test(times_are_shown_as_people_say_them),
	};

	return cmocka_run_group_tests(tests, in_london, NULL);
}
