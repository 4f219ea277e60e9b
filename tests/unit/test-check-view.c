/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The verdict on a screen: it fits, it is safe, and its last line is the verdict. */

#include "check-answer.h"
#include "check/back.h"
#include "check/view.h"
#include "check/when.h"
#include "control/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct terminal plain = {.utf8 = true, .columns = 80};
static const struct terminal colourful = {.utf8 = true, .colour = true, .interactive = true, .columns = 80};

/* What a person sees of that answer; owned by the caller. */
static char *view(
	const char *answer_text, const struct result_wanted *wanted, const struct terminal *screen, bool all)
{
	_cleanup_js_ struct js *answer = answer_parse(answer_text);
	_cleanup_result_ struct result result = {0};
	const char *problem = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (result_read(answer, wanted, &result, &problem) != 0)
		fail_msg("not believed: it %s", problem);
	assert_int_equal(view_print(out, screen, &result, all), 0);
	view_verdict(out, screen, result.ready);
	assert_int_equal(fclose(out), 0);
	return text;
}

static const struct result_wanted everything;

static void each_line_fits(const char *text, size_t columns)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		if (text_width(line) > columns)
			fail_msg("too wide: %s", line);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static void what_is_ready_is_said_in_a_few_lines(void **state)
{
	_cleanup_free_ char *text = view(ANSWER_READY, &everything, &plain, false);

	assert_string_equal(text,
		"10 things are in order. To see all: outing-check --all\n"
		"Switched off by the manager and not looked at: Protection against malware.\n"
		"Checked: this computer and Blue Room camera. Nothing else may go along.\n"
		"Switch this computer off before it leaves: while it only sleeps, its disks stay\n"
		"unlocked.\n"
		"\n"
		"READY\n");
}

static void what_a_check_saw_is_shown_on_request(void **state)
{
	_cleanup_free_ char *all = view(ANSWER_READY, &everything, &plain, true);
	_cleanup_free_ char *short_one = view(ANSWER_MIXED, &everything, &plain, false);

	assert_non_null(strstr(all, "\nPasswords: looked at two accounts\n"));
	assert_true(ends_with(all, "\nREADY\n"));
	assert_null(strstr(short_one, "looked at two accounts"));
}

static void what_stands_in_the_way_comes_first_and_the_verdict_last(void **state)
{
	_cleanup_free_ char *text = view(ANSWER_MIXED, &everything, &plain, false);
	const char *disk = strstr(text, "not encrypted"), *camera = strstr(text, "Blue Room camera");
	const char *steps = strstr(text, "What to do:");

	each_line_fits(text, 80);
	assert_true(disk && camera && steps && disk < camera && camera < steps);
	assert_non_null(strstr(steps, " 1. This computer's disk (sda5, swap), "));
	assert_non_null(strstr(steps, "    For the technician: a command\n"));
	assert_non_null(strstr(steps, " 3. Red Room camera, Attic camera: Plug it in.\n"));
	assert_true(ends_with(text, "\nNOT READY\n"));
	assert_null(strstr(text, "Green Room camera  "));
	assert_null(strstr(text, "Nothing else may go along"));
	assert_null(strstr(text, "Switch this computer off"));
	assert_null(strchr(text, '\033'));
}

static void all_shows_what_is_in_order_too(void **state)
{
	_cleanup_free_ char *text = view(ANSWER_MIXED, &everything, &plain, true);

	each_line_fits(text, 80);
	assert_non_null(strstr(text, "Green Room camera "));
	assert_non_null(strstr(text, "switched off"));
	assert_null(strstr(text, "--all"));
}

static void a_small_screen_is_enough(void **state)
{
	_cleanup_free_ char *text = view(ANSWER_MIXED, &everything, &(struct terminal){.columns = 40}, true);

	each_line_fits(text, 40);
}

static void colour_is_never_the_only_sign(void **state)
{
	_cleanup_free_ char *text = view(ANSWER_MIXED, &everything, &colourful, false);
	_cleanup_free_ char *good = view(ANSWER_READY, &everything, &colourful, false);

	assert_true(ends_with(text, "\033[31mNOT READY\033[0m\n"));
	assert_true(ends_with(good, "\033[32mREADY\033[0m\n"));
}

static void a_computer_that_stays_is_said_to_stay(void **state)
{
	_cleanup_free_ char *text = view(ANSWER("ready", ANSWER_STAYS, ANSWER_GOOD_DEVICE),
		&(struct result_wanted){.leave_laptop = true}, &plain, false);

	assert_non_null(strstr(text, "Checked: Blue Room camera."));
	assert_non_null(strstr(text, "\nThis computer was not checked; it stays here.\n"));
	assert_null(strstr(text, "Switch this computer off"));
}

static void volumes_alone_do_not_claim_more(void **state)
{
	_cleanup_free_ char *text = view("{\"verdict\": \"ready\", \"checked_at\": \"2026-11-26T10:00:00Z\", "
					 "\"accept_weak\": false, \"laptop\": " ANSWER_LAPTOP(
						 "ready", ANSWER_GOOD_LEAF, "") ", \"devices\": []}",
		&(struct result_wanted){.volumes = true}, &plain, false);

	assert_non_null(strstr(text, "Only the encryption of this computer"));
	assert_null(strstr(text, "may go along"));
	assert_true(ends_with(text, "\nREADY\n"));
}

static void hostile_names_do_nothing_to_a_terminal(void **state)
{
	_cleanup_free_ char *text = view(
		ANSWER("not-ready",
			ANSWER_LAPTOP("not-ready",
				ANSWER_LEAF("/dev/\\u001b[2Jsda", "[\"/mnt/\\u202egpj\\nREADY\"]", "unknown",
					"\\u001b]0;x\\u0007", "Fix\\r\\nREADY", "\"rm\\u0000x\""),
				ANSWER_CHECKS),
			ANSWER_DEVICE(
				"x", "A\\u001b[31m\\nREADY", "not-ready", "\\u009b2J", "", "true", "null")),
		&everything, &plain, true);
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		_cleanup_free_ char *clean = text_clean(line);

		assert_string_equal(clean, line);
		assert_string_not_equal(line, "READY");
	}
	each_line_fits(text, 80);
}

/* --- return ------------------------------------------------------------------------------------------------
 */

#define NOW 1795687200 /* 2026-11-26T10:00:00Z */

static int show_back(const char *answer, char **ret_text)
{
	_cleanup_js_ struct js *js = answer_parse(answer);
	size_t size = 0;
	FILE *out = open_memstream(ret_text, &size);
	int r;

	assert_non_null(out);
	r = back_show(out, &plain, js, NOW);
	assert_int_equal(fclose(out), 0);
	return r;
}

static void what_is_back_and_what_is_not(void **state)
{
	_cleanup_free_ char *text = NULL;

	assert_int_equal(show_back("{\"returned\": [\"Blue Room camera\", \"laptop\"], \"still_out\": ["
				   "{\"name\": \"Red Room camera\", \"outing\": 12, \"due_back\": "
				   "\"2026-11-25T15:30:00Z\"},"
				   "{\"name\": \"Red Room tablet\", \"outing\": 13, \"due_back\": "
				   "\"2026-11-26T15:30:00Z\"}],"
				   "\"plug_in\": [\"Blue Room camera\"], \"jobs\": []}",
				 &text),
		0);
	each_line_fits(text, 80);
	assert_non_null(strstr(text, "Back: Blue Room camera, laptop.\n"));
	assert_non_null(
		strstr(text, "Plug in now, so that the pictures get into the vault: Blue Room camera."));
	assert_non_null(
		strstr(text, "Red Room camera      12  OVERDUE since Wednesday 25 November 2026, 15:30"));
	assert_non_null(strstr(text, "Red Room tablet      13  Thursday 26 November 2026, 15:30"));
}

static void nothing_out_is_said_in_words(void **state)
{
	_cleanup_free_ char *text = NULL;

	assert_int_equal(
		show_back("{\"returned\": [], \"still_out\": [], \"plug_in\": [], \"jobs\": []}", &text), 0);
	assert_string_equal(text, "Nothing was out that could be booked in.\nNothing is out any more.\n");
}

static void an_answer_that_is_none_is_not_taken_for_nothing_out(void **state)
{
	static const char *const texts[] = {"{}", "[]",
		"{\"returned\": [], \"still_out\": [], \"plug_in\": []}",
		"{\"returned\": [7], \"still_out\": [], \"plug_in\": [], \"jobs\": []}",
		"{\"returned\": [], \"still_out\": [{}], \"plug_in\": [], \"jobs\": []}",
		"{\"returned\": [], \"still_out\": {}, \"plug_in\": [], \"jobs\": []}"};

	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		_cleanup_free_ char *text = NULL;

		assert_int_equal(show_back(texts[i], &text), -EBADMSG);
		assert_string_equal(text, "");
	}
}

static int in_utc(void **state)
{
	return setenv("TZ", "UTC0", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ready_is_said_in_a_few_lines),
		cmocka_unit_test(what_a_check_saw_is_shown_on_request),
		cmocka_unit_test(what_stands_in_the_way_comes_first_and_the_verdict_last),
		cmocka_unit_test(all_shows_what_is_in_order_too),
		cmocka_unit_test(a_small_screen_is_enough),
		cmocka_unit_test(colour_is_never_the_only_sign),
		cmocka_unit_test(a_computer_that_stays_is_said_to_stay),
		cmocka_unit_test(volumes_alone_do_not_claim_more),
		cmocka_unit_test(hostile_names_do_nothing_to_a_terminal),
		cmocka_unit_test(what_is_back_and_what_is_not),
		cmocka_unit_test(nothing_out_is_said_in_words),
		cmocka_unit_test(an_answer_that_is_none_is_not_taken_for_nothing_out),
	};

	return cmocka_run_group_tests(tests, in_utc, NULL);
}
