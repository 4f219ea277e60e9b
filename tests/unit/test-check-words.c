/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What people may type after outing-check, and what they are told when they may not. */

#include "check/arguments.h"
#include "check/prepare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 160

/* Words are separated by "|", so that names may have spaces. */
static int parse(char *line, struct arguments *ret_arguments, char **ret_problem)
{
	char *argv[WORDS_MAX] = {(char[]){"outing-check"}};
	int argc = 1;

	for (char *word = strsep(&line, "|"); word && argc < WORDS_MAX; word = strsep(&line, "|"))
		argv[argc++] = word;
	return arguments_parse(argc, argv, ret_arguments, ret_problem);
}

#define PARSE(text, arguments, problem) parse((char[]){text}, arguments, problem)

static void names_may_be_given_again_and_again(void **state)
{
	_cleanup_free_ char *problem = NULL;
	struct arguments arguments;

	assert_int_equal(
		PARSE("--take|Blue Room camera|--take=Red|--leave-laptop|-y", &arguments, &problem), 0);
	assert_int_equal(arguments.take.count, 2);
	assert_string_equal(arguments.take.list[0], "Blue Room camera");
	assert_string_equal(arguments.take.list[1], "Red");
	assert_int_equal(arguments.given, ARGUMENT_TAKE | ARGUMENT_LEAVE_LAPTOP | ARGUMENT_YES);
	assert_false(arguments.come_back);
}

static void a_whole_outing_is_understood(void **state)
{
	_cleanup_free_ char *problem = NULL;
	struct arguments arguments;

	assert_int_equal(
		PARSE("--record|--destination|Elm Park|--due-back|15:30|--leader|Sam Example|--with|Kim "
		      "Sample|--with|Lee Placeholder|--report|a.html|--json",
			&arguments, &problem),
		0);
	assert_string_equal(arguments.destination, "Elm Park");
	assert_string_equal(arguments.due_back, "15:30");
	assert_string_equal(arguments.leader, "Sam Example");
	assert_int_equal(arguments.with.count, 2);
	assert_string_equal(arguments.report, "a.html");
}

static void return_takes_names(void **state)
{
	_cleanup_free_ char *problem = NULL;
	struct arguments arguments;

	assert_int_equal(PARSE("return|Blue Room camera|laptop|--json", &arguments, &problem), 0);
	assert_true(arguments.come_back);
	assert_int_equal(arguments.back.count, 2);
	assert_string_equal(arguments.back.list[1], "laptop");
	assert_int_equal(PARSE("return", &arguments, &problem), 0);
	assert_int_equal(arguments.back.count, 0);
}

static void mistakes_are_named(void **state)
{
	static const char *const lines[][2] = {
		{"--tak|x", "there is no option --tak"},
		{"--take", "--take needs a value"},
		{"--take|", "--take needs a name, and it is empty"},
		{"--record|--with|  ", "--with needs a name, and it is empty"},
		{"--record|--destination| ", "--destination needs a place, and it is empty"},
		{"--record|--leader|", "--leader needs a name, and it is empty"},
		{"return|", "return needs a name, and it is empty"},
		{"--json=1", "--json takes no value"},
		{"--report|a.html|--report|b.html", "--report is given twice"},
		{"Blue|Room|camera", "\"Blue\" is not expected here; a name with spaces needs quotes, as in "
				     "--take \"Blue Room "
				     "camera\""},
		{"return|--record", "return does not take --record"},
		{"return|--take|x", "return does not take --take"},
		{"--device|/dev/sda", "--device needs --volumes"},
		{"--collect|f", "--collect needs --volumes"},
		{"--no-keys", "--no-keys needs --volumes"},
		{"--volumes|--take|x",
			"--volumes looks at the disks of this computer alone and does not take --take"},
		{"--volumes|--record",
			"--volumes looks at the disks of this computer alone and does not take --record"},
		{"--destination|x", "--destination needs --record (or --report)"},
		{"--due-back|15:30", "--due-back needs --record (or --report)"},
		{"--report|a.html|--with|x", "--with needs --record"},
	};

	for (size_t i = 0; i < ELEMENTS(lines); i++) {
		_cleanup_free_ char *line = strdup(lines[i][0]);
		_cleanup_free_ char *problem = NULL;
		struct arguments arguments = {.given = 99};

		assert_int_equal(parse(line, &arguments, &problem), -EINVAL);
		assert_string_equal(problem, lines[i][1]);
		assert_int_equal(arguments.given, 99);
	}
}

static void too_many_names_are_refused(void **state)
{
	_cleanup_free_ char *line = calloc(1, 16 * (WORDS_LIST_MAX + 2));
	_cleanup_free_ char *problem = NULL;
	struct arguments arguments;

	assert_non_null(line);
	for (size_t i = 0; i <= WORDS_LIST_MAX; i++)
		memcpy(line + strlen(line), "--take|x|", sizeof("--take|x|"));
	line[strlen(line) - 1] = '\0';
	assert_int_equal(parse(line, &arguments, &problem), -EINVAL);
	assert_string_equal(problem, "--take is given too often");
}

static void the_time_a_clear_takes_is_never_zero(void **state)
{
	char text[PREPARE_TIME_TEXT];

	assert_string_equal(prepare_time(0, text), "");
	assert_string_equal(prepare_time(1, text), "It takes up to about 5 minutes.");
	assert_string_equal(prepare_time(8000000000, text), "It takes up to about 15 minutes.");
	assert_string_equal(prepare_time(32000000000, text), "It takes up to about 55 minutes.");
	assert_string_equal(prepare_time(64000000000, text), "It takes up to about 2 hours.");
	assert_string_equal(prepare_time(UINT64_MAX, text), "It takes up to about 512409558 hours.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_may_be_given_again_and_again),
		cmocka_unit_test(a_whole_outing_is_understood),
		cmocka_unit_test(return_takes_names),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(too_many_names_are_refused),
		cmocka_unit_test(the_time_a_clear_takes_is_never_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
