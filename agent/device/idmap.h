/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One owner shown as another: a user namespace for an idmapped mount (Linux 5.12).
 *
 * A medium whose files have owners was filled by somebody whose number means nothing here. Mounted with this,
 * what belongs to that one number belongs to the worker, and what the worker makes belongs to that number on
 * the medium. Everybody else's files are nobody's.
 */

#include "base/cleanup.h"

#include <sys/types.h>

struct idmap_owner {
	uid_t uid;
	gid_t gid;
};

/* A descriptor of the namespace, owned by the caller. Needs CAP_SETUID and CAP_SETGID. */
int idmap_open(const struct idmap_owner *on_medium, const struct idmap_owner *shown);
