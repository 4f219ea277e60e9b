/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The environment of a hook: exactly what hooks/README.md documents, one line of printable text for each
 * value, so that a shell script cannot be surprised by what a device calls itself.
 */

#include "job/hooks.h"

#define HOOK_VARIABLES_MAX 24

struct hook_environment {
	size_t count;
	char *variables[HOOK_VARIABLES_MAX + 1]; /* NULL-terminated, owned */
};

int hook_environment_make(const struct hooks_event *event, struct hook_environment *ret_environment);
void hook_environment_clear(struct hook_environment *environment);
