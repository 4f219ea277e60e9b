/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The words of a command line. See options.h. Pure.
 *
 * Written out instead of getopt_long(), which keeps its state in globals and takes any unique beginning of a
 * long option: a word that is added later would change what an old script means.
 */

#include "control/options.h"

#include <stdarg.h>
#include <string.h>

struct option_word {
	const char *name;
	char letter; /* 0: none */
	enum option option;
	const char **(*place)(struct options *options); /* NULL: takes no value */
};

static const char **place_role(struct options *options)
{
	return &options->role;
}

static const char **place_device(struct options *options)
{
	return &options->device;
}

static const char **place_room(struct options *options)
{
	return &options->room;
}

static const char **place_size(struct options *options)
{
	return &options->size;
}

static const struct option_word words[] = {
	{"--help", 'h', OPTION_HELP, NULL},
	{"--version", 0, OPTION_VERSION, NULL},
	{"--json", 0, OPTION_JSON, NULL},
	{"--no-wait", 0, OPTION_NO_WAIT, NULL},
	{"--yes", 'y', OPTION_YES, NULL},
	{"--confirm-protected", 0, OPTION_CONFIRM_PROTECTED, NULL},
	{"--all", 0, OPTION_ALL, NULL},
	{"--role", 0, OPTION_ROLE, place_role},
	{"--device", 0, OPTION_DEVICE, place_device},
	{"--room", 0, OPTION_ROOM, place_room},
	{"--size", 0, OPTION_SIZE, place_size},
};

const char *options_name(enum option option)
{
	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (words[i].option == option)
			return words[i].name;
	return "";
}

/* The option that arg names; *ret_value is what stands behind its "=", or NULL. */
static const struct option_word *find(const char *arg, const char **ret_value)
{
	size_t length = strcspn(arg, "=");

	*ret_value = arg[length] == '=' ? arg + length + 1 : NULL;
	for (size_t i = 0; i < ELEMENTS(words); i++) {
		if (arg[0] == '-' && arg[1] != '-' && arg[1] == words[i].letter && arg[2] == '\0')
			return &words[i];
		if (strlen(words[i].name) == length && strncmp(arg, words[i].name, length) == 0)
			return &words[i];
	}
	return NULL;
}

static int problem(char **ret_problem, const char *format, ...) _printf_(2, 3);
static int problem(char **ret_problem, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(ret_problem, format, args) < 0)
		*ret_problem = NULL;
	va_end(args);
	return -EINVAL;
}

/* Takes one option, whose value may be the next argument, named by *at. */
static int take_option(int argc, char **argv, int *at, struct options *options, char **ret_problem)
{
	const char *value;
	const struct option_word *word = find(argv[*at], &value);

	if (!word)
		return problem(ret_problem, "there is no option %s", argv[*at]);
	if (!word->place && value)
		return problem(ret_problem, "%s takes no value", word->name);
	if (word->place && !value) {
		if (*at + 1 >= argc)
			return problem(ret_problem, "%s needs a value", word->name);
		value = argv[++*at];
	}
	if (word->place && (options->given & word->option))
		return problem(ret_problem, "%s is given twice", word->name);
	if (word->place)
		*word->place(options) = value;
	options->given |= word->option;
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret_options, char **ret_problem)
{
	struct options options = {0};
	bool only_operands = false;

	for (int i = 1; i < argc; i++) {
		if (!only_operands && strcmp(argv[i], "--") == 0) {
			only_operands = true;
		} else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
			int r = take_option(argc, argv, &i, &options, ret_problem);
			if (r < 0)
				return r;
		} else if (options.count == OPTIONS_OPERANDS_MAX) {
			return problem(ret_problem, "too many words from %s on", argv[i]);
		} else {
			options.operands[options.count++] = argv[i];
		}
	}
	*ret_options = options;
	return 0;
}
