/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What to do next. See steps.h. Pure. */

#include "check/steps.h"

#include <string.h>

#define NO_FIX "Ask the technician to look at this."

static struct step *find(const struct steps *steps, const char *fix)
{
	for (size_t i = 0; i < steps->count; i++)
		if (strcmp(steps->list[i].fix, fix) == 0)
			return &steps->list[i];
	return NULL;
}

static struct step *append(struct steps *steps, const char *fix)
{
	struct step *list = reallocarray(steps->list, steps->count + 1, sizeof(*list));

	if (!list)
		return NULL;
	steps->list = list;
	list[steps->count] = (struct step){.fix = fix};
	return &list[steps->count++];
}

static int add_about(struct step *step, const char *what)
{
	char *about = NULL;

	if (asprintf(&about, "%s%s%s", step->about ? step->about : "", step->about ? ", " : "", what) < 0)
		return -ENOMEM;
	free(step->about);
	step->about = about;
	return 0;
}

static int add_command(struct step *step, const char *command)
{
	const char **commands;

	if (!command || !*command)
		return 0;
	for (size_t i = 0; i < step->command_count; i++)
		if (strcmp(step->commands[i], command) == 0)
			return 0;
	commands = reallocarray(step->commands, step->command_count + 1, sizeof(*commands));
	if (!commands)
		return -ENOMEM;
	step->commands = commands;
	commands[step->command_count++] = command;
	return 0;
}

static int add_row(struct steps *steps, const struct result_row *row)
{
	const char *fix = *row->fix ? row->fix : NO_FIX;
	struct step *step = find(steps, fix);
	int r;

	if (!step)
		step = append(steps, fix);
	if (!step)
		return -ENOMEM;
	r = add_about(step, row->what);
	return r < 0 ? r : add_command(step, row->command);
}

int steps_make(const struct result *result, struct steps *ret_steps)
{
	_cleanup_steps_ struct steps steps = {0};

	for (size_t i = 0; i < result->count; i++) {
		int r = result_fine(&result->rows[i]) ? 0 : add_row(&steps, &result->rows[i]);

		if (r < 0)
			return r;
	}
	*ret_steps = steps;
	steps = (struct steps){0};
	return 0;
}

void steps_clear(struct steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		free(steps->list[i].about);
		free(steps->list[i].commands);
	}
	free(steps->list);
	*steps = (struct steps){0};
}
