/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Who was given an administrator's rights, and where that is written. Filled by the readers of sudo's and
 * polkit's files, weighed by check-rights.c.
 */

#include "base/cleanup.h"

#define GRANT_NAME  128
#define GRANT_WHERE 256
#define GRANTS_MAX  256

enum grant_to {
	GRANT_USER,
	GRANT_GROUP,
	GRANT_UID,
	GRANT_GID,
	GRANT_EVERYBODY,
};

struct grant {
	enum grant_to to;
	char name[GRANT_NAME];   /* of the user or group; the number in digits */
	char where[GRANT_WHERE]; /* the file */
};

struct grants {
	size_t count;
	struct grant list[GRANTS_MAX];
	/* What could not be understood, and where; "" nothing. The first is kept. */
	char unclear[GRANT_WHERE];
};

/* Adds one; a list that is full, or a name that does not fit, is noted as unclear. */
void grants_add(struct grants *grants, enum grant_to to, const char *name, const char *where);
void grants_unclear(struct grants *grants, const char *where);
