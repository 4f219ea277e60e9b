/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Placeholder until the functions of register.h are in: every call says -ENOSYS. */

#include "state/register.h"

#include <errno.h>

int register_name_check(const char *name, const char **ret_sentence)
{
	return -ENOSYS;
}

int register_add(struct state *state, const struct registered_device *device, int64_t *ret_number)
{
	return -ENOSYS;
}

int register_rename(struct state *state, const char *name, const char *new_name)
{
	return -ENOSYS;
}

int register_assign(struct state *state, const char *name, const char *room, const char *person)
{
	return -ENOSYS;
}

int register_remove(struct state *state, const char *name, const char *removed_by)
{
	return -ENOSYS;
}

int register_find_by_name(struct state *state, const char *name, struct registered_device *ret_device)
{
	return -ENOSYS;
}

int register_find_by_key(struct state *state, const char *key, struct registered_device *ret_device)
{
	return -ENOSYS;
}

int register_find_by_id(struct state *state, const char *id, struct registered_device *ret_device)
{
	return -ENOSYS;
}

int register_each(
	struct state *state, int (*visit)(const struct registered_device *device, void *data), void *data)
{
	return -ENOSYS;
}
