/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The options of outingctl. See options.h. Pure. */

#include "control/options.h"

#include "base/words.h"

#include <string.h>

#define COUNT 17

static void known(struct options *o, struct word ret[static COUNT])
{
	const struct word list[COUNT] = {
		{"--help", 'h', OPTION_HELP},
		{"--version", 0, OPTION_VERSION},
		{"--json", 0, OPTION_JSON},
		{"--no-wait", 0, OPTION_NO_WAIT},
		{"--yes", 'y', OPTION_YES},
		{"--confirm-protected", 0, OPTION_CONFIRM_PROTECTED},
		{"--format", 0, OPTION_FORMAT},
		{"--all", 0, OPTION_ALL},
		{"--discard", 0, OPTION_DISCARD},
		{"--role", 0, OPTION_ROLE, .text = &o->role},
		{"--device", 0, OPTION_DEVICE, .text = &o->device},
		{"--room", 0, OPTION_ROOM, .text = &o->room},
		{"--person", 0, OPTION_PERSON, .text = &o->person},
		{"--size", 0, OPTION_SIZE, .text = &o->size},
		{"--note", 0, OPTION_NOTE, .text = &o->note},
		{"--ignore", 0, OPTION_IGNORE, .text = &o->ignore},
		{"--reason", 0, OPTION_REASON, .text = &o->reason},
	};

	memcpy(ret, list, sizeof list);
}

const char *options_name(enum option option)
{
	struct options nowhere;
	struct word list[COUNT];

	known(&nowhere, list);
	return words_name(&(struct words_table){list, COUNT}, (unsigned)option);
}

int options_parse(int argc, char **argv, struct options *ret_options, char **ret_problem)
{
	struct options options = {0};
	struct words words;
	struct word list[COUNT];
	const struct words_table table = {list, COUNT, .operands_max = OPTIONS_OPERANDS_MAX};
	int r;

	known(&options, list);
	r = words_parse(argc, argv, &table, &words, ret_problem);
	if (r < 0)
		return r;
	options.given = words.given;
	options.count = words.count;
	memcpy(options.operands, words.operands, words.count * sizeof(*words.operands));
	*ret_options = options;
	return 0;
}
