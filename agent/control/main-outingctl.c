/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl, the manager's and technician's command: talks to the agent over D-Bus and shows what it says.
 *
 * Holds no privilege and takes no decision of its own: every request is authorised, checked and recorded by
 * the agent. Must never open a device, the vault, the state database or the log itself.
 */

#include "control/text.h"
#include "control/verbs.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

static int usage(const struct control *control, const char *problem, const struct verb *verb)
{
	if (verb)
		control_note(control, "%s. Usage: outingctl %s %s", problem ? problem : "wrong usage",
			verb->words, verb->synopsis);
	else
		control_note(control, "%s. See: outingctl --help", problem ? problem : "wrong usage");
	return CONTROL_USAGE;
}

/* "Blue Room camera" typed without quotes: the words joined by single spaces, owned by the caller. */
static char *join(const char *const *words, size_t count)
{
	_cleanup_free_ char *joined = strdup(words[0]);

	for (size_t i = 1; joined && i < count; i++) {
		char *longer = NULL;

		if (asprintf(&longer, "%s %s", joined, words[i]) < 0)
			return NULL;
		free(joined);
		joined = longer;
	}
	return TAKE_PTR(joined);
}

/* The verb sees its operands only, the first one as control->operand. */
static int run(struct control *control, const struct verb *verb, size_t words)
{
	struct options *options = &control->options;
	_cleanup_free_ char *name = NULL;
	int r;

	options->count -= words;
	memmove(options->operands, options->operands + words, options->count * sizeof(*options->operands));
	if (options->count > verb->operands_max) {
		name = join(options->operands, options->count);
		if (!name)
			return -ENOMEM;
		options->operands[0] = name;
		options->count = 1;
	}
	control->operand = options->count > 0 ? options->operands[0] : NULL;
	r = verb->run(control);
	control->operand = NULL;
	return r;
}

static int dispatch(struct control *control, const char *unfinished)
{
	_cleanup_free_ char *problem = NULL;
	size_t words = 0;
	const struct verb *verb = verb_find(&control->options, &words);

	if (control_given(control, OPTION_HELP)) {
		verb_help(stdout, &control->screen, verb);
		return CONTROL_DONE;
	}
	if (!verb && control_given(control, OPTION_VERSION)) {
		puts("outingctl " OUTING_VERSION);
		return CONTROL_DONE;
	}
	if (!verb)
		return usage(control, unfinished, NULL);
	if (verb_check(verb, &control->options, control->options.count - words, &problem) < 0)
		return usage(control, problem, verb);
	return run(control, verb, words);
}

int main(int argc, char **argv)
{
	struct control control = {.program = "outingctl"};
	_cleanup_free_ char *problem = NULL;
	_cleanup_free_ char *unknown = NULL;
	int r;

	(void)setlocale(LC_CTYPE, "");
	(void)signal(SIGPIPE, SIG_IGN);
	control.screen = terminal_of(STDOUT_FILENO);
	control.notes = terminal_of(STDERR_FILENO);
	if (options_parse(argc, argv, &control.options, &problem) < 0)
		return usage(&control, problem, NULL);
	if (control.options.count > 0 &&
		asprintf(&unknown, "there is no command %s", control.options.operands[0]) < 0)
		unknown = NULL;
	r = dispatch(&control, unknown ? unknown : "a command is missing");
	if (r < 0)
		r = control_fail(&control, r);
	control.agent = agent_free(control.agent);
	if (fflush(stdout) != 0 && r == CONTROL_DONE) {
		control_note(&control, "The output could not be written completely.");
		r = CONTROL_REFUSED;
	}
	return r;
}
