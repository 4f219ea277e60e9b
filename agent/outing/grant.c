/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A bounded list. See grant.h. */

#include "outing/grant.h"

#include <string.h>

void grants_unclear(struct grants *grants, const char *where)
{
	if (!grants->unclear[0])
		(void)snprintf(grants->unclear, sizeof grants->unclear, "%.255s", where);
}

void grants_add(struct grants *grants, enum grant_to to, const char *name, const char *where)
{
	struct grant *grant = &grants->list[grants->count];

	if (grants->count >= GRANTS_MAX || strlen(name) >= sizeof grant->name) {
		grants_unclear(grants, where);
		return;
	}
	grant->to = to;
	(void)snprintf(grant->name, sizeof grant->name, "%s", name);
	(void)snprintf(grant->where, sizeof grant->where, "%.255s", where);
	grants->count++;
}
