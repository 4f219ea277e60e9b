/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Command lines as people and units write them, and what is said about wrong ones. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/words.h"

#include <string.h>

struct seen {
	bool json;
	const char *vault;
	uint64_t size;
	struct words_list take;
	struct words words;
	char *problem;
};

enum { JSON = 1, VAULT = 2, TAKE = 4 };

/* What a person types, and what a unit or a script does. */
enum table { PERSON, UNIT, ONLY_OPTIONS };

static int parse(struct seen *seen, enum table which, const char *const *texts)
{
	const struct word known[] = {
		{"--json", 'j', JSON, .flag = &seen->json},
		{"--vault", 0, VAULT, .text = &seen->vault},
		{"--size", .bytes = &seen->size},
		{"--take", 0, TAKE, .list = &seen->take, .most = 2},
	};
	const struct words_table table = {
		known, ELEMENTS(known), which == ONLY_OPTIONS ? 0 : 2, .last_counts = which == UNIT};
	char *argv[8] = {(char *)(uintptr_t) "program"};
	int argc = 1;

	*seen = (struct seen){.words.count = 99};
	for (; texts[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)texts[argc - 1];
	return words_parse(argc, argv, &table, &seen->words, &seen->problem);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void options_stand_anywhere(void **state)
{
	struct seen seen;

	assert_int_equal(parse(&seen, PERSON, WORDS("create", "--size", "2M", "--json", "--vault=/a=b")), 0);
	assert_true(seen.json);
	assert_int_equal(seen.size, 2 << 20);
	assert_string_equal(seen.vault, "/a=b");
	assert_int_equal(seen.words.given, JSON | VAULT);
	assert_int_equal(seen.words.count, 1);
	assert_string_equal(seen.words.operands[0], "create");
}

static void a_letter_is_the_word(void **state)
{
	struct seen seen;

	assert_int_equal(parse(&seen, PERSON, WORDS("-j")), 0);
	assert_true(seen.json);
	assert_int_equal(seen.words.given, JSON);
}

static void the_last_one_counts_where_scripts_add_to_a_line(void **state)
{
	struct seen seen;

	assert_int_equal(parse(&seen, UNIT, WORDS("--vault", "one", "--vault", "--json")), 0);
	assert_string_equal(seen.vault, "--json");
	assert_false(seen.json);
	assert_int_equal(parse(&seen, UNIT, WORDS("--size=1M", "--size=2M")), 0);
	assert_int_equal(seen.size, 2 << 20);
}

static void a_list_keeps_every_value_in_order(void **state)
{
	struct seen seen;

	assert_int_equal(parse(&seen, PERSON, WORDS("--take", "b", "--take=a")), 0);
	assert_int_equal(seen.take.count, 2);
	assert_string_equal(seen.take.list[0], "b");
	assert_string_equal(seen.take.list[1], "a");
	assert_int_equal(seen.words.given, TAKE);
}

static void two_dashes_end_the_options(void **state)
{
	struct seen seen;

	assert_int_equal(parse(&seen, UNIT, WORDS("--", "--json", "-")), 0);
	assert_false(seen.json);
	assert_int_equal(seen.words.count, 2);
	assert_string_equal(seen.words.operands[0], "--json");
	assert_string_equal(seen.words.operands[1], "-");
}

static void a_program_may_have_room_for_many_operands(void **state)
{
	static const char text[] = "file";
	char *argv[WORDS_OPERANDS_MAX + 3], *problem = NULL;
	const char *place[WORDS_OPERANDS_MAX + 1];
	const struct words_table table = {.operands_max = ELEMENTS(place), .operands = place};
	struct words words;

	for (size_t i = 0; i < ELEMENTS(argv); i++)
		argv[i] = (char *)(uintptr_t)text;
	assert_int_equal(words_parse(ELEMENTS(place) + 1, argv, &table, &words, &problem), 0);
	assert_int_equal(words.count, ELEMENTS(place));
	assert_ptr_equal(place[WORDS_OPERANDS_MAX], text);
	assert_int_equal(words_parse(ELEMENTS(argv), argv, &table, &words, &problem), -EINVAL);
	assert_string_equal(problem, "too many words from file on");
	free(problem);
}

static void wrong_ones_are_named_and_nothing_is_returned(void **state)
{
	const struct {
		enum table table;
		const char *const *words;
		const char *problem;
	} cases[] = {
		{UNIT, WORDS("--js"), "there is no option --js"},
		{UNIT, WORDS("--jsonx"), "there is no option --jsonx"},
		{UNIT, WORDS("-v"), "there is no option -v"},
		{UNIT, WORDS("-jj"), "there is no option -jj"},
		{UNIT, WORDS("--json=yes"), "--json takes no value"},
		{UNIT, WORDS("--vault"), "--vault needs a value"},
		{UNIT, WORDS("--size", "much"), "--size takes a size like 500M, 100G or 2T, not much"},
		{UNIT, WORDS("a", "b", "c"), "too many words from c on"},
		{ONLY_OPTIONS, WORDS("--json", "a"), "a is not an option, and nothing else is taken"},
		{PERSON, WORDS("--vault=a", "--vault=a"), "--vault is given twice"},
		{PERSON, WORDS("--size=1M", "--size=2M"), "--size is given twice"},
		{PERSON, WORDS("--take=a", "--take=b", "--take=c"), "--take is given too often"},
	};
	struct seen seen;

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		assert_int_equal(parse(&seen, cases[i].table, cases[i].words), -EINVAL);
		assert_string_equal(seen.problem, cases[i].problem);
		assert_int_equal(seen.words.count, 99);
		free(seen.problem);
	}
}

static void a_long_word_is_named_whole(void **state)
{
	char word[5000] = "--";
	struct seen seen;

	memset(word + 2, 'x', sizeof word - 3);
	word[sizeof word - 1] = 0;
	assert_int_equal(parse(&seen, UNIT, WORDS(word)), -EINVAL);
	assert_string_equal(strstr(seen.problem, "--"), word);
	free(seen.problem);
}

static void an_option_is_found_by_its_bit(void **state)
{
	const struct word known[] = {{"--json", 'j', JSON}, {"--vault", 0, VAULT}};
	const struct words_table table = {known, ELEMENTS(known)};

	assert_string_equal(words_name(&table, VAULT), "--vault");
	assert_string_equal(words_name(&table, TAKE), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(a_letter_is_the_word),
		cmocka_unit_test(the_last_one_counts_where_scripts_add_to_a_line),
		cmocka_unit_test(a_list_keeps_every_value_in_order),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(a_program_may_have_room_for_many_operands),
		cmocka_unit_test(wrong_ones_are_named_and_nothing_is_returned),
		cmocka_unit_test(a_long_word_is_named_whole),
		cmocka_unit_test(an_option_is_found_by_its_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
