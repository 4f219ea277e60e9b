/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A register of invented children, and short ways to ask what is found in a text. */

#include "inspect/names-import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t test_key[NAMES_KEY_SIZE] = "0123456789abcdef0123456789abcdef";

static inline struct names *make_names(const char *csv, const char *ignore)
{
	struct names_import import;
	struct names *names = NULL;

	if (names_import(csv, strlen(csv), ignore, test_key, &import) != NAMES_IMPORT_OK)
		fail_msg("%s", import.problem);
	assert_int_equal(names_parse(import.table, import.table_size, test_key, &names), 0);
	assert_int_equal(names_children(names), import.children);
	names_import_clear(&import);
	return names;
}

/* Fed in pieces of step bytes. */
static inline enum inspect_verdict judged(
	const struct names *names, const char *text, size_t size, size_t step)
{
	_cleanup_(names_match_freep) struct names_match *match = NULL;
	struct inspect_answer answer;

	assert_int_equal(names_match_new(names, &match), 0);
	for (size_t at = 0; at < size; at += step)
		(void)names_match_feed(match, text + at, size - at < step ? size - at : step);
	names_match_end(match, &answer);
	assert_true((answer.verdict == INSPECT_PASS) == (*answer.sentence == 0));
	assert_int_equal(answer.cause, answer.verdict == INSPECT_PASS ? INSPECT_CLEAN : INSPECT_NAMES);
	return answer.verdict;
}

static inline void check_text(const struct names *names, const char *text, enum inspect_verdict wanted)
{
	static const size_t steps[] = {1, 3, 1000000};

	for (size_t i = 0; i < ELEMENTS(steps); i++) {
		enum inspect_verdict verdict = judged(names, text, strlen(text), steps[i]);

		if (verdict != wanted)
			fail_msg("\"%s\" in pieces of %zu: %d, not %d", text, steps[i], (int)verdict,
				(int)wanted);
	}
}

static inline void check_title(const struct names *names, const char *text, enum inspect_verdict wanted)
{
	struct inspect_answer answer;

	assert_int_equal(names_match_title(names, text, strlen(text), &answer), 0);
	if (answer.verdict != wanted)
		fail_msg("title \"%s\": %d, not %d", text, (int)answer.verdict, (int)wanted);
}
