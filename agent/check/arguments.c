/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The command line of outing-check. See arguments.h. Pure. */

#include "check/arguments.h"

#include <string.h>

#define KNOWN_MAX 19

/* How many there are. */
static size_t known(struct arguments *a, struct word ret[static KNOWN_MAX])
{
	const struct word list[] = {
		{"--help", 'h', ARGUMENT_HELP},
		{"--version", 0, ARGUMENT_VERSION},
		{"--take", 0, ARGUMENT_TAKE, .list = &a->take},
		{"--leave-laptop", 0, ARGUMENT_LEAVE_LAPTOP},
		{"--destination", 0, ARGUMENT_DESTINATION, .text = &a->destination},
		{"--due-back", 0, ARGUMENT_DUE_BACK, .text = &a->due_back},
		{"--record", 0, ARGUMENT_RECORD},
		{"--leader", 0, ARGUMENT_LEADER, .text = &a->leader},
		{"--with", 0, ARGUMENT_WITH, .list = &a->with, .most = ARGUMENTS_PEOPLE_MAX},
		{"--report", 0, ARGUMENT_REPORT, .text = &a->report},
		{"--json", 0, ARGUMENT_JSON},
		{"--yes", 'y', ARGUMENT_YES},
		{"--all", 0, ARGUMENT_ALL},
		{"--no-color", 0, ARGUMENT_NO_COLOR},
		{"--volumes", 0, ARGUMENT_VOLUMES},
		{"--device", 0, ARGUMENT_DEVICE, .list = &a->devices},
		{"--collect", 0, ARGUMENT_COLLECT, .text = &a->collect},
		{"--no-keys", 0, ARGUMENT_NO_KEYS},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
		{"--judge", 0, ARGUMENT_JUDGE, .text = &a->judge},
#endif
	};

	_Static_assert(ELEMENTS(list) <= KNOWN_MAX, "KNOWN_MAX is too small");
	memcpy(ret, list, sizeof list);
	return ELEMENTS(list);
}

#define ALWAYS \
	(ARGUMENT_HELP | ARGUMENT_VERSION | ARGUMENT_JSON | ARGUMENT_YES | ARGUMENT_ALL | ARGUMENT_NO_COLOR)
#define OUTING  (ARGUMENT_DESTINATION | ARGUMENT_DUE_BACK | ARGUMENT_LEADER)
#define STORAGE (ARGUMENT_VOLUMES | ARGUMENT_DEVICE | ARGUMENT_COLLECT | ARGUMENT_NO_KEYS | ARGUMENT_JUDGE)

/* The first option of those; they are named one at a time. */
static const char *first(unsigned options)
{
	struct arguments nowhere;
	struct word list[KNOWN_MAX];
	const struct words_table table = {list, known(&nowhere, list)};

	return words_name(&table, options & (~options + 1));
}

static int fit_for_return(const struct arguments *arguments, char **ret_problem)
{
	unsigned odd = arguments->given & ~(unsigned)ALWAYS;

	return odd ? words_problem(ret_problem, "return does not take %s", first(odd)) : 0;
}

static int fit_together(const struct arguments *arguments, char **ret_problem)
{
	unsigned given = arguments->given, odd;

	odd = given & ~(unsigned)(STORAGE | ALWAYS | ARGUMENT_REPORT);
	if ((given & ARGUMENT_VOLUMES) && odd)
		return words_problem(ret_problem,
			"--volumes looks at the disks of this computer alone and does not take %s",
			first(odd));
	odd = given & (STORAGE & ~(unsigned)ARGUMENT_VOLUMES);
	if (!(given & ARGUMENT_VOLUMES) && odd)
		return words_problem(ret_problem, "%s needs --volumes", first(odd));
	odd = given & OUTING;
	if (odd && !(given & (ARGUMENT_RECORD | ARGUMENT_REPORT)))
		return words_problem(ret_problem, "%s needs --record (or --report)", first(odd));
	if ((given & ARGUMENT_WITH) && !(given & ARGUMENT_RECORD))
		return words_problem(ret_problem, "--with needs --record");
	return 0;
}

static bool blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static int each_is_given(const struct words_list *names, const char *of, char **ret_problem)
{
	for (size_t i = 0; i < names->count; i++)
		if (blank(names->list[i]))
			return words_problem(ret_problem, "%s needs a name, and it is empty", of);
	return 0;
}

static int values_are_given(const struct arguments *arguments, char **ret_problem)
{
	int r = each_is_given(&arguments->take, "--take", ret_problem);

	if (r == 0)
		r = each_is_given(&arguments->with, "--with", ret_problem);
	if (r == 0)
		r = each_is_given(&arguments->devices, "--device", ret_problem);
	if (r == 0)
		r = each_is_given(&arguments->back, "return", ret_problem);
	if (r == 0 && arguments->leader && blank(arguments->leader))
		r = words_problem(ret_problem, "--leader needs a name, and it is empty");
	if (r == 0 && arguments->destination && blank(arguments->destination))
		r = words_problem(ret_problem, "--destination needs a place, and it is empty");
	return r;
}

static int take_operands(struct arguments *arguments, const struct words *words, char **ret_problem)
{
	if (words->count == 0)
		return 0;
	if (strcmp(words->operands[0], "return") != 0)
		return words_problem(ret_problem,
			"\"%s\" is not expected here; a name with spaces needs quotes, as in --take \"Blue "
			"Room camera\"",
			words->operands[0]);
	arguments->come_back = true;
	arguments->back.count = words->count - 1;
	memcpy(arguments->back.list, words->operands + 1, arguments->back.count * sizeof(*words->operands));
	return 0;
}

int arguments_parse(int argc, char **argv, struct arguments *ret_arguments, char **ret_problem)
{
	struct arguments arguments = {0};
	struct word list[KNOWN_MAX];
	const struct words_table table = {list, known(&arguments, list), .operands_max = WORDS_OPERANDS_MAX};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	if (r < 0)
		return r;
	arguments.given = words.given;
	if (!arguments_given(&arguments, ARGUMENT_HELP)) {
		r = take_operands(&arguments, &words, ret_problem);
		if (r == 0)
			r = values_are_given(&arguments, ret_problem);
		if (r == 0 && arguments.come_back)
			r = fit_for_return(&arguments, ret_problem);
		if (r == 0)
			r = fit_together(&arguments, ret_problem);
	}
	if (r == 0)
		*ret_arguments = arguments;
	return r;
}

void arguments_help(FILE *out)
{
	fputs("Usage: outing-check [OPTION]...\n"
	      "       outing-check return [NAME]...\n\n"
	      "Says whether this computer and what travels with it may leave the building:\n"
	      "READY or NOT READY, and what to do. \"return\" books in what is back.\n\n"
	      "  --take NAME          only this device travels; may be repeated\n"
	      "  --leave-laptop       this computer stays here\n"
	      "  --record             record the outing when everything is ready\n"
	      "  --destination TEXT   where the outing goes\n"
	      "  --due-back TIME      \"15:30\", \"tomorrow 09:00\", \"2026-11-27 15:30\"\n"
	      "  --leader NAME        who leads it; otherwise who is logged in\n"
	      "  --with NAME          who else of the staff goes along; may be repeated\n"
	      "  --report FILE.html   write a page to print and to sign\n"
	      "  --all                show what is in order, too\n"
	      "  --json               print the whole answer as JSON\n"
	      "  --yes, -y            answer yes to all questions but the one about\n"
	      "                       protected pictures\n"
	      "  --no-color           no colour\n"
	      "  --help, --version\n\n"
	      "For the technician, as root and without the agent:\n"
	      "  --volumes            only whether the disks of this computer are encrypted\n"
	      "  --device NODE        only this disk or partition; may be repeated\n"
	      "  --no-keys            do not try whether a lock opens without a person\n"
	      "  --collect FILE       also collect what was seen, without secrets, in a file\n\n"
	      "Exit status: 0 READY, 1 NOT READY, 2 wrong usage, 3 could not check.\n"
	      "The manual, outing-check(1), says more.\n",
		out);
}
