/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The words for roles, in one table. They are stored in the register and typed by people: a word may be
 * added, never changed. Pure.
 */

#include "policy/role.h"

#include <string.h>

static const char *const names[] = {
	[ROLE_NONE] = "none",
	[ROLE_CAMERA] = "camera",
	[ROLE_STICK] = "stick",
	[ROLE_PHONE] = "phone",
	[ROLE_TABLET] = "tablet",
	[ROLE_READER] = "reader",
};

int role_parse(const char *text, enum role *ret_role)
{
	if (!text)
		return -EINVAL;
	for (size_t i = ROLE_CAMERA; i < ELEMENTS(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*ret_role = (enum role)i;
			return 0;
		}
	return -EINVAL;
}

const char *role_name(enum role role)
{
	return (size_t)role < ELEMENTS(names) ? names[role] : names[ROLE_NONE];
}
