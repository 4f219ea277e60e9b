/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The words of a command line. See words.h. Pure.
 *
 * Written out instead of getopt_long(), which keeps its state in globals and takes any unique beginning of a
 * long option.
 */

#include "base/words.h"

#include "base/number.h"

#include <stdarg.h>
#include <string.h>

struct line {
	int argc;
	char **argv;
	int at;
	const struct words_table *table;
	uint64_t seen; /* by their places in the table, or-ed */
};

const char *words_name(const struct words_table *table, unsigned option)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->list[i].option == option)
			return table->list[i].name;
	return "";
}

int words_problem(char **ret_problem, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(ret_problem, format, args) < 0)
		*ret_problem = NULL;
	va_end(args);
	return -EINVAL;
}

/* The option that arg names; *ret_value is what stands behind its "=", or NULL. */
static const struct word *find(const struct line *line, const char *arg, const char **ret_value)
{
	size_t length = strcspn(arg, "=");

	*ret_value = arg[length] == '=' ? arg + length + 1 : NULL;
	for (size_t i = 0; i < line->table->count; i++) {
		const struct word *word = &line->table->list[i];

		if (arg[0] == '-' && arg[1] != '-' && arg[1] == word->letter && arg[2] == '\0')
			return word;
		if (strlen(word->name) == length && strncmp(arg, word->name, length) == 0)
			return word;
	}
	return NULL;
}

static bool takes_value(const struct word *word)
{
	return word->text || word->bytes || word->list;
}

static int append(const struct word *word, const char *value, char **ret_problem)
{
	if (word->list->count == (word->most ? word->most : WORDS_LIST_MAX))
		return words_problem(ret_problem, "%s is given too often", word->name);
	word->list->list[word->list->count++] = value;
	return 0;
}

static int store(const struct line *line, const struct word *word, const char *value, char **ret_problem)
{
	bool again = line->seen >> (word - line->table->list) & 1;

	if (word->list)
		return append(word, value, ret_problem);
	if (again && !line->table->last_counts)
		return words_problem(ret_problem, "%s is given twice", word->name);
	if (word->text)
		*word->text = value;
	else if (number_parse_size(value, word->bytes) < 0)
		return words_problem(
			ret_problem, "%s takes a size like 500M, 100G or 2T, not %s", word->name, value);
	return 0;
}

/* Takes one option, whose value may be the next argument. */
static int take_option(struct line *line, unsigned *given, char **ret_problem)
{
	const char *value;
	const struct word *word = find(line, line->argv[line->at], &value);
	int r = 0;

	if (!word)
		return words_problem(ret_problem, "there is no option %s", line->argv[line->at]);
	if (!takes_value(word) && value)
		return words_problem(ret_problem, "%s takes no value", word->name);
	if (takes_value(word) && !value) {
		if (line->at + 1 >= line->argc)
			return words_problem(ret_problem, "%s needs a value", word->name);
		value = line->argv[++line->at];
	}
	if (value)
		r = store(line, word, value, ret_problem);
	if (word->flag)
		*word->flag = true;
	line->seen |= UINT64_C(1) << (word - line->table->list);
	*given |= word->option;
	return r;
}

static int take_operand(const struct line *line, struct words *words, char **ret_problem)
{
	const char *arg = line->argv[line->at];

	if (line->table->operands_max == 0)
		return words_problem(ret_problem, "%s is not an option, and nothing else is taken", arg);
	if (words->count == line->table->operands_max)
		return words_problem(ret_problem, "too many words from %s on", arg);
	(line->table->operands ? line->table->operands : words->operands)[words->count++] = arg;
	return 0;
}

int words_parse(
	int argc, char **argv, const struct words_table *table, struct words *ret_words, char **ret_problem)
{
	struct line line = {.argc = argc, .argv = argv, .table = table};
	struct words words = {0};
	bool only_operands = false;
	int r = 0;

	for (line.at = 1; line.at < argc && r == 0; line.at++) {
		const char *arg = argv[line.at];

		if (!only_operands && strcmp(arg, "--") == 0)
			only_operands = true;
		else if (!only_operands && arg[0] == '-' && arg[1] != '\0')
			r = take_option(&line, &words.given, ret_problem);
		else
			r = take_operand(&line, &words, ret_problem);
	}
	if (r == 0)
		*ret_words = words;
	return r;
}
