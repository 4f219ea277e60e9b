/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The command lines of zenity, kdialog and yad. See dialog.h. Pure but for the look whether one is installed.
 *
 * Each of them reads its texts in its own way (markup, escapes, shortcuts), so what stands for something
 * there is replaced by a character that looks like it and stands for itself everywhere.
 */

#include "prompt/dialog.h"

#include <string.h>

#define WIDTH "460"

static const struct dialog_program known[] = {
	{DIALOG_ZENITY, "/usr/bin/zenity"},
	{DIALOG_KDIALOG, "/usr/bin/kdialog"},
	{DIALOG_YAD, "/usr/bin/yad"},
};

int dialog_find(const char *path, struct dialog_program *ret_program)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (path && (path[0] != '/' || access(path, X_OK) < 0))
		return -ENOENT;
	for (size_t i = 0; i < ELEMENTS(known); i++) {
		if (path && strcmp(slash, strrchr(known[i].path, '/')) == 0) {
			*ret_program = (struct dialog_program){known[i].family, path};
			return 0;
		}
		if (!path && access(known[i].path, X_OK) == 0) {
			*ret_program = known[i];
			return 0;
		}
	}
	return path ? -EINVAL : -ENOENT;
}

static const char *stand_in(char c)
{
	switch (c) {
	case '<':
		return "‹";
	case '>':
		return "›";
	case '&':
		return "＆";
	case '\\':
		return "⧵";
	default:
		return NULL;
	}
}

/* Owned by the caller, NULL when out of memory. */
static char *harmless(const char *text)
{
	char *copy = calloc(3, strlen(text) + 1), *at = copy;

	for (; copy && *text; text++) {
		const char *other = stand_in(*text);

		if (other)
			at = stpcpy(at, other);
		else
			*at++ = *text;
	}
	return copy;
}

static void add(struct dialog_words *words, const char *option, const char *value)
{
	_cleanup_free_ char *clean = value ? harmless(value) : NULL;
	size_t count = 0;

	while (words->word[count])
		count++;
	if (count == DIALOG_WORDS || (value && !clean))
		return;
	if (!value)
		words->word[count] = strdup(option);
	else if (asprintf(&words->word[count], "%s%s", option, clean) < 0)
		words->word[count] = NULL;
}

static size_t zenity(struct dialog_words *words, const struct dialog_question *q)
{
	bool twice = q->kind == DIALOG_PASSPHRASE;

	add(words, "--forms", NULL);
	add(words, "--width=" WIDTH, NULL);
	add(words, "--title=", q->title);
	add(words, "--text=", q->text);
	add(words, "--separator=\n", NULL);
	add(words, twice ? "--add-password=" : "--add-entry=", q->label);
	if (twice)
		add(words, "--add-password=", "Once more");
	return twice ? 7 : 6;
}

static size_t yad(struct dialog_words *words, const struct dialog_question *q)
{
	bool twice = q->kind == DIALOG_PASSPHRASE;
	_cleanup_free_ char *field = NULL;

	if (asprintf(&field, "%s%s", q->label, twice ? ":H" : "") < 0)
		field = NULL;
	add(words, "--form", NULL);
	add(words, "--center", NULL);
	add(words, "--borders=12", NULL);
	add(words, "--width=" WIDTH, NULL);
	add(words, "--title=", q->title);
	add(words, "--text=", q->text);
	add(words, "--separator=\n", NULL);
	if (field)
		add(words, "--field=", field);
	if (twice)
		add(words, "--field=Once more:H", NULL);
	return twice ? 9 : 8;
}

static size_t kdialog(struct dialog_words *words, const struct dialog_question *q)
{
	add(words, "--title", NULL);
	add(words, "", q->title);
	add(words, q->kind == DIALOG_PASSPHRASE ? "--newpassword" : "--inputbox", NULL);
	add(words, "", q->text);
	return 4;
}

/* Windows of their own break long texts where they like; these break them here. */
static char *broken(const char *text)
{
	char *copy = strdup(text), *space = NULL;
	size_t column = 0;

	for (char *at = copy; at && *at; at++, column++) {
		if (*at == '\n') {
			column = 0;
			space = NULL;
		}
		if (*at == ' ')
			space = at;
		if (column >= 64 && space) {
			*space = '\n';
			column = (size_t)(at - space);
			space = NULL;
		}
	}
	return copy;
}

int dialog_words(const struct dialog_program *program, const struct dialog_question *question,
	struct dialog_words *ret_words)
{
	_cleanup_free_ char *text = broken(question->text);
	struct dialog_question q = *question;
	size_t wanted = 1, count = 0;

	*ret_words = (struct dialog_words){0};
	if (!text)
		return -ENOMEM;
	q.text = text;
	add(ret_words, program->path, NULL);
	switch (program->family) {
	case DIALOG_ZENITY:
		wanted += zenity(ret_words, &q);
		break;
	case DIALOG_KDIALOG:
		wanted += kdialog(ret_words, &q);
		break;
	case DIALOG_YAD:
		wanted += yad(ret_words, &q);
		break;
	}
	while (ret_words->word[count])
		count++;
	if (count == wanted)
		return 0;
	dialog_words_clear(ret_words);
	return -ENOMEM;
}

void dialog_words_clear(struct dialog_words *words)
{
	for (size_t i = 0; i <= DIALOG_WORDS; i++)
		free(words->word[i]);
	*words = (struct dialog_words){0};
}

void dialog_lines(const struct dialog_program *program, enum dialog_kind kind, char *output,
	const char *ret_lines[static DIALOG_LINES])
{
	char *rest = output;

	for (size_t i = 0; i < DIALOG_LINES; i++)
		ret_lines[i] = rest ? strsep(&rest, "\n") : NULL;
	if (program->family == DIALOG_KDIALOG && kind == DIALOG_PASSPHRASE)
		ret_lines[1] = ret_lines[0];
}
