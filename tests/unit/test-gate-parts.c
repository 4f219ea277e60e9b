/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The pure parts of the gate: names and times, the states of a file, the journal's lines, its words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/journal.h"
#include "gate/name.h"
#include "gate/notice.h"
#include "gate/phase.h"

#include <string.h>

/* --- names and times --- */

static void names_that_are_taken(void **state)
{
	static const char *const good[] = {
		"letter.odt", "Gruppe Bär.txt", ".hidden", "a", "~$x.docx", "lu1.tmp", "-", "a b c", "...x"};

	for (size_t i = 0; i < ELEMENTS(good); i++)
		assert_int_equal(gate_name_check(good[i]), 0);
}

static void names_that_are_not(void **state)
{
	static const struct {
		const char *name;
		int error;
	} bad[] = {{"", -EINVAL}, {".", -EINVAL}, {"..", -EINVAL}, {"a.", -EINVAL}, {"a ", -EINVAL},
		{"ok.txt:stream", -EINVAL}, {"a\\b", -EINVAL}, {"a\nb", -EINVAL}, {"a\x7f", -EINVAL},
		{"\xff\xfe", -EILSEQ}, {"\xc0\xaf", -EILSEQ}, {".outing-gate", -EPERM},
		{".Outing-Gate-7", -EPERM}};
	char longest[GATE_NAME_MAX + 2];

	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_int_equal(gate_name_check(bad[i].name), bad[i].error);
	memset(longest, 'n', sizeof longest);
	longest[GATE_NAME_MAX + 1] = 0;
	assert_int_equal(gate_name_check(longest), -ENAMETOOLONG);
	longest[GATE_NAME_MAX] = 0;
	assert_int_equal(gate_name_check(longest), 0);
}

static void times_carry_only_time(void **state)
{
	const struct timespec now = {.tv_sec = 1800000001, .tv_nsec = 5};
	static const struct {
		int64_t wanted, written;
	} cases[] = {{1700000001, 1700000000}, {1700000000, 1700000000}, {1900000000, 1800000000},
		{0, 315532800}, {-5, 315532800}, {INT64_MAX, 1800000000}, {INT64_MIN, 315532800}};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct timespec t = gate_name_time((struct timespec){cases[i].wanted, 123456789}, now);

		assert_int_equal(t.tv_sec, cases[i].written);
		assert_int_equal(t.tv_nsec, 0);
	}
}

/* --- states --- */

static void nothing_staged(void **state)
{
	struct phase phase = {0};

	assert_int_equal(phase_next(&phase, 0, true), PHASE_NOTHING);
	assert_int_equal(phase_may_write(&phase, false), 0);
	assert_false(phase_is_refused(&phase));
}

static void empty_waits_for_the_last(void **state)
{
	struct phase phase = {0};

	phase_changed(&phase);
	assert_int_equal(phase_next(&phase, 0, false), PHASE_LATER);
	assert_int_equal(phase_next(&phase, 0, true), PHASE_JUDGE);
	assert_int_equal(phase_next(&phase, 1, false), PHASE_JUDGE);
}

static void refused_stays_refused(void **state)
{
	struct phase phase = {0};

	phase_changed(&phase);
	phase_refused(&phase, phase.generation);
	assert_int_equal(phase_next(&phase, 9, false), PHASE_DENY);
	assert_int_equal(phase_next(&phase, 9, true), PHASE_DENY);
	assert_false(phase_settled(&phase, phase.generation));
	assert_int_equal(phase_next(&phase, 9, true), PHASE_DENY);
	phase_changed(&phase);
	assert_int_equal(phase_next(&phase, 9, false), PHASE_JUDGE);
}

static void a_verdict_is_for_its_generation(void **state)
{
	struct phase phase = {0};
	uint64_t judged;

	phase_changed(&phase);
	judged = phase.generation;
	phase_changed(&phase);
	assert_false(phase_settled(&phase, judged));
	assert_int_equal(phase_next(&phase, 9, false), PHASE_JUDGE);
	phase_refused(&phase, judged);
	assert_int_equal(phase_next(&phase, 9, false), PHASE_JUDGE);
	assert_true(phase_settled(&phase, phase.generation));
	assert_int_equal(phase_next(&phase, 9, false), PHASE_NOTHING);
}

static void early_takes_no_more(void **state)
{
	struct phase phase = {0};

	phase_changed(&phase);
	phase_refused_early(&phase);
	assert_int_equal(phase_may_write(&phase, false), -EPERM);
	assert_int_equal(phase_may_write(&phase, true), 0);
	assert_int_equal(phase_next(&phase, 9, true), PHASE_DENY);
	assert_true(phase_is_refused(&phase));
}

/* --- the journal --- */

static struct journal_entry sample(const char *path)
{
	struct journal_entry entry = {.number = 7, .size = 1234, .path = path};

	memset(entry.digest, 0xa5, sizeof entry.digest);
	return entry;
}

static void lines_come_back(void **state)
{
	const struct journal_entry first = sample("Bären/a letter.odt"), second = sample("odd\\n\nname\\/b");
	char text[2 * JOURNAL_LINE_MAX], *at = text;
	struct journal_entry seen;
	int n = journal_format(&first, text);

	assert_true(n > 0);
	assert_true(journal_format(&second, text + n) > 0);
	assert_true(journal_next(&at, &seen));
	assert_string_equal(seen.path, first.path);
	assert_int_equal(seen.number, 7);
	assert_int_equal(seen.size, 1234);
	assert_memory_equal(seen.digest, first.digest, sizeof seen.digest);
	assert_true(journal_next(&at, &seen));
	assert_string_equal(seen.path, second.path);
	assert_false(journal_next(&at, &seen));
}

/* Every single changed byte makes it no line, and so does every shorter beginning. */
static void damaged_lines_are_none(void **state)
{
	const struct journal_entry entry = sample("folder/file");
	char line[JOURNAL_LINE_MAX], copy[JOURNAL_LINE_MAX];
	struct journal_entry seen;
	int n = journal_format(&entry, line);

	for (int i = 0; i < n; i++) {
		char *at = copy;

		memcpy(copy, line, (size_t)n + 1);
		copy[i] ^= 1;
		assert_false(journal_next(&at, &seen));
		memcpy(copy, line, (size_t)i);
		copy[i] = 0;
		at = copy;
		assert_false(journal_next(&at, &seen));
	}
}

static void paths_lead_down_only(void **state)
{
	static const char *const bad[] = {
		"../x", "/etc/passwd", "a/../b", "a//b", "", "a/.", ".outing-gate/3", "a/", "a/.OUTING-GATE"};
	char line[JOURNAL_LINE_MAX], *at;
	struct journal_entry seen;

	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		struct journal_entry entry = sample(bad[i]);

		assert_true(journal_format(&entry, line) > 0);
		at = line;
		assert_false(journal_next(&at, &seen));
	}
}

/* --- words --- */

static void a_refused_name_is_not_repeated(void **state)
{
	const struct inspect_answer answer = {INSPECT_REFUSE, INSPECT_NAMES, "Its name is a child's name."};
	const struct gate_notice notice = {GATE_REFUSED_NAME, "Trip/Amelia Testchild.odt", &answer, 0, false};
	_cleanup_free_ char *line = NULL;

	assert_int_equal(notice_json(&notice, &line), 0);
	assert_null(strstr(line, "Amelia"));
	assert_non_null(strstr(line, "\"allowable\":false"));
	assert_non_null(strstr(line, "\"folder\":\"Trip\""));
	assert_non_null(strstr(line, answer.sentence));
}

static void every_event_has_a_sentence(void **state)
{
	for (int event = GATE_REFUSED_NAME; event <= GATE_FINISHED; event++) {
		const struct gate_notice notice = {(enum gate_event)event, "a\nb", NULL, EIO, true};
		_cleanup_free_ char *line = NULL;

		assert_true(strlen(notice_sentence(&notice)) > 20);
		assert_int_equal(notice_json(&notice, &line), 0);
		assert_null(strchr(line, '\n'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_are_taken),
		cmocka_unit_test(names_that_are_not),
		cmocka_unit_test(times_carry_only_time),
		cmocka_unit_test(nothing_staged),
		cmocka_unit_test(empty_waits_for_the_last),
		cmocka_unit_test(refused_stays_refused),
		cmocka_unit_test(a_verdict_is_for_its_generation),
		cmocka_unit_test(early_takes_no_more),
		cmocka_unit_test(lines_come_back),
		cmocka_unit_test(damaged_lines_are_none),
		cmocka_unit_test(paths_lead_down_only),
		cmocka_unit_test(a_refused_name_is_not_repeated),
		cmocka_unit_test(every_event_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
