/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Interfaces whose code follows: each answers "not yet" and nothing else, so that callers can be built and
 * linked against them. This file shrinks and goes away. It must never answer anything that could be mistaken
 * for a decision.
 */

#include "policy/config.h"
#include "policy/decide.h"

#include <string.h>

void config_defaults(struct config *ret_config)
{
	memset(ret_config, 0, sizeof(*ret_config));
}

int config_load(const char *path, struct config *ret_config, struct config_errors *errors)
{
	memset(errors, 0, sizeof(*errors));
	return -ENOSYS;
}

int config_parse(const char *file, const char *text, size_t size, struct config *ret_config,
	struct config_errors *errors)
{
	memset(errors, 0, sizeof(*errors));
	return -ENOSYS;
}

char *config_errors_text(const struct config_errors *errors)
{
	return NULL;
}

const char *config_key(size_t i)
{
	return NULL;
}

const char *config_value(const struct config *config, size_t i, char buffer[static CONFIG_VALUE_SIZE])
{
	return NULL;
}

enum decision decide_medium(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason)
{
	*ret_reason = "This version does not know yet.";
	return DECISION_IGNORE;
}

const char *decision_name(enum decision decision)
{
	return "ignore";
}
