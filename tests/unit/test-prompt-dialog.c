/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Command lines of the programs that show windows, what they answer, and messages on terminals. */

#include "prompt/dialog.h"
#include "prompt/digest.h"
#include "prompt/wall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct dialog_program zenity = {DIALOG_ZENITY, "/usr/bin/zenity"};
static const struct dialog_program kdialog = {DIALOG_KDIALOG, "/usr/bin/kdialog"};
static const struct dialog_program yad = {DIALOG_YAD, "/usr/bin/yad"};

static const struct dialog_question reason = {
	.kind = DIALOG_TEXT, .title = "Ask", .text = "Why <b>&\\n?", .label = "Reason"};
static const struct dialog_question passphrase = {
	.kind = DIALOG_PASSPHRASE, .title = "Encrypt", .text = "Choose.", .label = "Passphrase"};

static void expect(const struct dialog_program *program, const struct dialog_question *question,
	const char *const *wanted)
{
	struct dialog_words words;
	size_t i;

	assert_int_equal(dialog_words(program, question, &words), 0);
	for (i = 0; wanted[i]; i++)
		assert_string_equal(words.word[i], wanted[i]);
	assert_null(words.word[i]);
	dialog_words_clear(&words);
}

static void zenity_is_asked(void **state)
{
	static const char *const one[] = {"/usr/bin/zenity", "--forms", "--width=460", "--title=Ask",
		"--text=Why ‹b›＆⧵n?", "--separator=\n", "--add-entry=Reason", NULL};
	static const char *const two[] = {"/usr/bin/zenity", "--forms", "--width=460", "--title=Encrypt",
		"--text=Choose.", "--separator=\n", "--add-password=Passphrase", "--add-password=Once more",
		NULL};

	expect(&zenity, &reason, one);
	expect(&zenity, &passphrase, two);
}

static void yad_is_asked(void **state)
{
	static const char *const one[] = {"/usr/bin/yad", "--form", "--center", "--borders=12", "--width=460",
		"--title=Ask", "--text=Why ‹b›＆⧵n?", "--separator=\n", "--field=Reason", NULL};
	static const char *const two[] = {"/usr/bin/yad", "--form", "--center", "--borders=12", "--width=460",
		"--title=Encrypt", "--text=Choose.", "--separator=\n", "--field=Passphrase:H",
		"--field=Once more:H", NULL};

	expect(&yad, &reason, one);
	expect(&yad, &passphrase, two);
}

static void kdialog_is_asked(void **state)
{
	static const char *const one[] = {
		"/usr/bin/kdialog", "--title", "Ask", "--inputbox", "Why ‹b›＆⧵n?", NULL};
	static const char *const two[] = {
		"/usr/bin/kdialog", "--title", "Encrypt", "--newpassword", "Choose.", NULL};

	expect(&kdialog, &reason, one);
	expect(&kdialog, &passphrase, two);
}

static void long_texts_are_broken_between_words(void **state)
{
	struct dialog_question question = reason;
	struct dialog_words words;
	char text[400] = "";

	for (int i = 0; i < 30; i++)
		(void)strncat(text, "ten letter ", sizeof text - strlen(text) - 1);
	question.text = text;
	assert_int_equal(dialog_words(&zenity, &question, &words), 0);
	for (const char *line = words.word[4] + strlen("--text="); line; line = strchr(line, '\n')) {
		line += *line == '\n';
		assert_true(strcspn(line, "\n") <= 64);
	}
	dialog_words_clear(&words);
}

static void answers_are_lines(void **state)
{
	static const struct {
		const struct dialog_program *program;
		enum dialog_kind kind;
		const char *output, *first, *second;
	} cases[] = {
		{&zenity, DIALOG_PASSPHRASE, "a b|c\na b|c\n", "a b|c", "a b|c"},
		{&zenity, DIALOG_PASSPHRASE, "one\ntwo", "one", "two"},
		{&zenity, DIALOG_PASSPHRASE, "one", "one", NULL},
		{&yad, DIALOG_PASSPHRASE, "one\ntwo\n\n", "one", "two"},
		{&yad, DIALOG_TEXT, "because\n\n", "because", ""},
		{&kdialog, DIALOG_PASSPHRASE, "one\n", "one", "one"},
		{&kdialog, DIALOG_TEXT, "because\n", "because", ""},
		{&zenity, DIALOG_TEXT, "", "", NULL},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_cleanup_free_ char *output = strdup(cases[i].output);
		const char *lines[DIALOG_LINES];

		dialog_lines(cases[i].program, cases[i].kind, output, lines);
		assert_string_equal(lines[0], cases[i].first);
		if (cases[i].second)
			assert_string_equal(lines[1], cases[i].second);
		else
			assert_null(lines[1]);
	}
}

static void only_known_programs_are_started(void **state)
{
	struct dialog_program program;

	assert_int_equal(dialog_find("/bin/sh", &program), -EINVAL);
	assert_int_equal(dialog_find("zenity", &program), -ENOENT);
	assert_int_equal(dialog_find("/nowhere/zenity", &program), -ENOENT);
}

static void a_terminal_gets_short_lines(void **state)
{
	const struct note note = {.summary = (char *)(uintptr_t) "Not copied to the white stick",
		.body = (char *)(uintptr_t) "Two photos and the document “class list.ods” were not copied to "
					    "the "
					    "white stick. Photos of children may only travel on an "
					    "encrypted stick.\nTo encrypt it: outingctl encrypt disk-1"};
	_cleanup_free_ char *text = wall_text(&note);

	assert_string_equal(text,
		"\r\n\aouting-guard: Not copied to the white stick\r\n"
		"Two photos and the document “class list.ods” were not copied to the white\r\n"
		"stick. Photos of children may only travel on an encrypted stick.\r\n"
		"To encrypt it: outingctl encrypt disk-1\r\n");
}

static void digests_are_checked(void **state)
{
	char digest[200];

	memset(digest, 'a', sizeof digest);
	digest[128] = '\0';
	assert_true(digest_valid(digest));
	digest[127] = 'A';
	assert_false(digest_valid(digest));
	digest[127] = '\0';
	assert_false(digest_valid(digest));
	assert_false(digest_valid(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zenity_is_asked),
		cmocka_unit_test(yad_is_asked),
		cmocka_unit_test(kdialog_is_asked),
		cmocka_unit_test(long_texts_are_broken_between_words),
		cmocka_unit_test(answers_are_lines),
		cmocka_unit_test(only_known_programs_are_started),
		cmocka_unit_test(a_terminal_gets_short_lines),
		cmocka_unit_test(digests_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
