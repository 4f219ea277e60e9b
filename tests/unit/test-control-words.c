/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a person typed: options, verbs, and which device was meant. */

#include "control/devices.h"
#include "control/verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 24

/* Parses a command line given as one text; *ret_problem is owned by the caller. */
static int parse(char *line, struct options *ret_options, char **ret_problem)
{
	char *argv[WORDS_MAX] = {(char[]){"outingctl"}};
	int argc = 1;

	for (char *word = strtok_r(line, " ", &line); word; word = strtok_r(NULL, " ", &line))
		argv[argc++] = word;
	return options_parse(argc, argv, ret_options, ret_problem);
}

#define PARSE(text, options, problem) parse((char[]){text}, options, problem)

static void options_may_stand_anywhere(void **state)
{
	_cleanup_free_ char *problem = NULL;
	struct options options;

	assert_int_equal(PARSE("device --role camera add --device=x=y N -y", &options, &problem), 0);
	assert_string_equal(options.role, "camera");
	assert_string_equal(options.device, "x=y");
	assert_int_equal(options.given, OPTION_ROLE | OPTION_DEVICE | OPTION_YES);
	assert_int_equal(options.count, 3);
	assert_string_equal(options.operands[2], "N");
}

static void a_name_may_look_like_an_option(void **state)
{
	_cleanup_free_ char *problem = NULL;
	struct options options;

	assert_int_equal(PARSE("offload -- --yes", &options, &problem), 0);
	assert_int_equal(options.given, 0);
	assert_string_equal(options.operands[1], "--yes");
}

static void mistakes_are_named_and_nothing_is_returned(void **state)
{
	static const char *const lines[][2] = {
		{"wipe --ye A", "there is no option --ye"},
		{"wipe --yes=1 A", "--yes takes no value"},
		{"device add --role", "--role needs a value"},
		{"device add --role a --role b", "--role is given twice"},
		{"wipe -x", "there is no option -x"},
		{"wipe -yy", "there is no option -yy"},
		{"a b c d e f g h i j k l m n o p q", "too many words from q on"},
	};

	for (size_t i = 0; i < ELEMENTS(lines); i++) {
		_cleanup_free_ char *line = strdup(lines[i][0]);
		_cleanup_free_ char *problem = NULL;
		struct options options = {.count = 99};

		assert_int_equal(parse(line, &options, &problem), -EINVAL);
		assert_string_equal(problem, lines[i][1]);
		assert_int_equal(options.count, 99);
	}
}

static void each_verb_is_found_by_its_own_words_only(void **state)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)); i++) {
		_cleanup_free_ char *line = strdup(verb->words);
		_cleanup_free_ char *problem = NULL;
		struct options options;
		size_t words;

		assert_int_equal(parse(line, &options, &problem), 0);
		assert_ptr_equal(verb_find(&options, &words), verb);
		assert_int_equal(words, options.count);
		assert_non_null(verb->run);
		assert_int_equal(verb->needs & ~verb->accepts, 0);
	}
	assert_true(verb_find(&(struct options){.operands = {"devic"}, .count = 1}, &(size_t){0}) == NULL);
	assert_true(verb_find(&(struct options){.operands = {"device"}, .count = 1}, &(size_t){0}) == NULL);
	assert_true(verb_find(&(struct options){0}, &(size_t){0}) == NULL);
}

static void each_option_is_in_the_synopsis_of_the_verbs_that_take_it(void **state)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)); i++) {
		for (unsigned bit = OPTION_JSON; bit <= OPTION_NOTE; bit <<= 1) {
			const char *name = options_name((enum option)bit);

			assert_true(*name);
			assert_int_equal(strstr(verb->synopsis, name) != NULL, (verb->accepts & bit) != 0);
		}
	}
}

static struct js *devices(void)
{
	static const char text[] = "[{\"id\": \"disk-3f9a1c07be\", \"name\": \"Blue Room camera\"},"
				   " {\"id\": \"disk-3f9a000000\", \"name\": \"Blue Room stick\"},"
				   " {\"id\": \"disk-aa00000000\", \"name\": null}]";
	struct js *js;

	assert_int_equal(js_parse(text, sizeof(text) - 1, &js), 0);
	return js;
}

static void only_a_whole_name_or_id_is_taken(void **state)
{
	_cleanup_js_ struct js *all = devices();

	assert_ptr_equal(devices_find(all, "Blue Room camera"), js_at(all, 0));
	assert_ptr_equal(devices_find(all, "disk-aa00000000"), js_at(all, 2));
	assert_null(devices_find(all, "blue room camera"));
	assert_null(devices_find(all, "Blue Room"));
	assert_null(devices_find(all, "Blue Room camera "));
	assert_null(devices_find(all, ""));
	assert_null(devices_find(NULL, "x"));
}

static void a_suggestion_is_made_only_if_it_is_the_only_one(void **state)
{
	_cleanup_js_ struct js *all = devices();

	assert_ptr_equal(devices_suggest(all, "blue room c"), js_at(all, 0));
	assert_ptr_equal(devices_suggest(all, "disk-a"), js_at(all, 2));
	assert_null(devices_suggest(all, "Blue"));
	assert_null(devices_suggest(all, ""));
	assert_string_equal(devices_title(js_at(all, 0)), "Blue Room camera");
	assert_string_equal(devices_title(js_at(all, 2)), "disk-aa00000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(a_name_may_look_like_an_option),
		cmocka_unit_test(mistakes_are_named_and_nothing_is_returned),
		cmocka_unit_test(each_verb_is_found_by_its_own_words_only),
		cmocka_unit_test(each_option_is_in_the_synopsis_of_the_verbs_that_take_it),
		cmocka_unit_test(only_a_whole_name_or_id_is_taken),
		cmocka_unit_test(a_suggestion_is_made_only_if_it_is_the_only_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
