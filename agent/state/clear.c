/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Placeholder until the functions of clear.h are in: every call says -ENOSYS. */

#include "state/clear.h"

#include <errno.h>

const char *clear_state_name(enum clear_state state)
{
	return "unknown";
}

const char *clear_outcome_sentence(enum clear_outcome outcome)
{
	return "unknown";
}

int clear_create(struct state *state, const struct clear *wanted, const void *plan, size_t plan_size,
	struct clear *ret_clear)
{
	return -ENOSYS;
}

int clear_load(struct state *state, const char *id, struct clear *ret_clear)
{
	return -ENOSYS;
}

int clear_load_plan(struct state *state, const char *id, void **ret_plan, size_t *ret_size)
{
	return -ENOSYS;
}

int clear_find_unfinished(struct state *state, const char *media_key, struct clear *ret_clear)
{
	return -ENOSYS;
}

int clear_set_state(struct state *state, const char *id, enum clear_state to, const char *reason)
{
	return -ENOSYS;
}

int clear_set_progress(struct state *state, const char *id, uint64_t progress)
{
	return -ENOSYS;
}

int clear_finish(struct state *state, const char *id, const char *certificate)
{
	return -ENOSYS;
}

int clear_each_certificate(struct state *state, const char *key, unsigned limit,
	int (*visit)(const struct clear *clear, const char *certificate, void *data), void *data)
{
	return -ENOSYS;
}
