/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a gate reports: what is believed of a line, and how a flood of lines becomes a few entries. */

#include "daemon/gate-report.h"
#include "daemon/gate-tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text, struct gate_report *ret_report)
{
	return gate_report_parse(text, strlen(text), ret_report);
}

static void a_report_is_read(void **state)
{
	struct gate_report report;

	assert_int_equal(
		parse("{\"event\":\"refused\",\"path\":\"a/b.odt\",\"cause\":\"names\",\"error\":null,"
		      "\"sentence\":\"It names children.\",\"allowable\":true}",
			&report),
		0);
	assert_int_equal(report.event, GATE_REPORT_REFUSED);
	assert_int_equal(report.cause, INSPECT_NAMES);
	assert_string_equal(report.path, "a/b.odt");
	assert_string_equal(report.sentence, "It names children.");
	assert_true(report.allowable);
	assert_string_equal(gate_report_cause_name(report.cause), "names");
}

static void a_name_that_was_refused_is_dropped(void **state)
{
	struct gate_report report;

	assert_int_equal(
		parse("{\"event\":\"name-refused\",\"path\":\"Emma Example.txt\",\"folder\":\"Emma\","
		      "\"cause\":\"names\",\"sentence\":\"No.\",\"allowable\":true}",
			&report),
		0);
	assert_string_equal(report.path, "");
	assert_false(report.allowable);
}

static void what_cannot_be_shown_is_dropped(void **state)
{
	struct gate_report report;
	char line[4096], path[2048];

	assert_int_equal(
		parse("{\"event\":\"refused\",\"path\":\"a\\u001b[2J\",\"cause\":null,\"sentence\":\"No.\"}",
			&report),
		0);
	assert_string_equal(report.path, "");
	assert_int_equal(report.cause, GATE_REPORT_NO_CAUSE);
	assert_null(gate_report_cause_name(report.cause));
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = 0;
	(void)snprintf(
		line, sizeof line, "{\"event\":\"refused\",\"path\":\"%s\",\"sentence\":\"No.\"}", path);
	assert_int_equal(parse(line, &report), 0);
	assert_string_equal(report.path, "");
}

static void anything_else_is_no_report(void **state)
{
	static const char *const lines[] = {
		"",
		"{",
		"null",
		"[]",
		"\"refused\"",
		"{}",
		"{\"event\":\"refused\"}",
		"{\"event\":\"passed\",\"sentence\":\"No.\"}",
		"{\"event\":1,\"sentence\":\"No.\"}",
		"{\"event\":\"refused\",\"sentence\":\"\"}",
		"{\"event\":\"refused\",\"sentence\":7}",
		"{\"event\":\"refused\",\"sentence\":\"a\\nb\"}",
		"{\"event\":\"refused\",\"cause\":\"luck\",\"sentence\":\"No.\"}",
		"{\"event\":\"refused\",\"cause\":3,\"sentence\":\"No.\"}",
		"{\"event\":\"refused\",\"sentence\":\"No.\"} {}",
	};
	struct gate_report report;
	char line[2048], sentence[GATE_REPORT_SENTENCE + 1];

	for (size_t i = 0; i < ELEMENTS(lines); i++)
		if (parse(lines[i], &report) != -EBADMSG)
			fail_msg("taken for a report: %s", lines[i]);
	memset(sentence, 'x', sizeof sentence - 1);
	sentence[sizeof sentence - 1] = 0;
	(void)snprintf(line, sizeof line, "{\"event\":\"refused\",\"sentence\":\"%s\"}", sentence);
	assert_int_equal(parse(line, &report), -EBADMSG);
}

static struct gate_report refusal(enum gate_report_event event, unsigned cause, const char *sentence)
{
	struct gate_report report = {.event = event, .cause = cause};

	(void)snprintf(report.sentence, sizeof report.sentence, "%s", sentence);
	return report;
}

static void a_few_are_told_one_by_one(void **state)
{
	struct gate_report photo = refusal(GATE_REPORT_REFUSED, INSPECT_IMAGE, "A photo."), rest;
	struct gate_tally *tally = calloc(1, sizeof *tally);
	bool opened;
	uint64_t count;

	assert_non_null(tally);
	for (int i = 0; i < GATE_TALLY_SINGLE; i++) {
		assert_true(gate_tally_add(tally, &photo, &opened));
		assert_int_equal(opened, i == 0);
	}
	assert_int_equal(tally->total, GATE_TALLY_SINGLE);
	assert_string_equal(tally->first, "A photo.");
	assert_false(gate_tally_next(tally, &rest, &count));
	assert_true(gate_tally_end(tally));
	assert_int_equal(tally->window_ms, GATE_TALLY_WINDOW_MS);
	assert_false(gate_tally_end(tally));
	assert_true(gate_tally_add(tally, &photo, &opened));
	assert_true(opened);
	free(tally);
}

static void the_others_are_counted_by_kind(void **state)
{
	struct gate_report photo = refusal(GATE_REPORT_REFUSED, INSPECT_IMAGE, "A photo."), rest;
	struct gate_report name = refusal(GATE_REPORT_NAME, INSPECT_NAMES, "A name.");
	struct gate_tally *tally = calloc(1, sizeof *tally);
	uint64_t count, photos = 0, names = 0;
	bool opened;

	assert_non_null(tally);
	for (int i = 0; i < GATE_TALLY_SINGLE; i++)
		assert_true(gate_tally_add(tally, &photo, &opened));
	for (int i = 0; i < 50000; i++) {
		assert_false(gate_tally_add(tally, &photo, &opened));
		assert_false(gate_tally_add(tally, &name, &opened));
		assert_false(opened);
	}
	while (gate_tally_next(tally, &rest, &count)) {
		assert_string_equal(rest.path, "");
		photos += rest.event == GATE_REPORT_REFUSED ? count : 0;
		names += rest.event == GATE_REPORT_NAME ? count : 0;
		assert_string_equal(rest.sentence, rest.event == GATE_REPORT_NAME ? "A name." : "A photo.");
	}
	assert_int_equal(photos, 50000);
	assert_int_equal(names, 50000);
	assert_int_equal(tally->total, 100000 + GATE_TALLY_SINGLE);
	free(tally);
}

/* An hour of refusals, a thousand a second: how often is anything told? */
static void a_long_flood_is_told_ever_less_often(void **state)
{
	struct gate_report photo = refusal(GATE_REPORT_REFUSED, INSPECT_IMAGE, "A photo."), rest;
	struct gate_tally *tally = calloc(1, sizeof *tally);
	uint64_t told = 0, counted = 0, count, due = 0;
	bool opened;

	assert_non_null(tally);
	for (uint64_t ms = 0; ms < 3600 * 1000; ms++) {
		told += gate_tally_add(tally, &photo, &opened);
		if (opened)
			due = ms + tally->window_ms;
		if (ms != due)
			continue;
		for (; gate_tally_next(tally, &rest, &count); told++)
			counted += count;
		assert_true(gate_tally_end(tally));
		assert_true(tally->window_ms <= GATE_TALLY_WINDOW_MAX);
		due = ms + tally->window_ms;
	}
	assert_true(told < 700);
	assert_true(counted > 3500 * 1000);
	free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_read),
		cmocka_unit_test(a_name_that_was_refused_is_dropped),
		cmocka_unit_test(what_cannot_be_shown_is_dropped),
		cmocka_unit_test(anything_else_is_no_report),
		cmocka_unit_test(a_few_are_told_one_by_one),
		cmocka_unit_test(the_others_are_counted_by_kind),
		cmocka_unit_test(a_long_flood_is_told_ever_less_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
