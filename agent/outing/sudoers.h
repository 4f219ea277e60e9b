/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Who may install software, or do everything, through sudo (sudoers(5)).
 *
 * Read is what decides that: user specifications, aliases, includes. A command counts when it is ALL, a whole
 * folder, a program that installs software, or one that hands out a root shell; when it is run as root; and
 * when it is not excluded. Negated users are not subtracted: whoever writes "ALL, !anna" gets everybody.
 * Lines that are not understood make the whole file unclear, never empty. Pure but for sudoers_load().
 */

#include "outing/grant.h"

struct sudoers;

int sudoers_new(struct sudoers **ret_sudoers);
struct sudoers *sudoers_free(struct sudoers *sudoers);
DEFINE_CLEANUP(struct sudoers, sudoers_free);

/* One file's text, cut in place; where names it. include is called for each "@include" and "@includedir" with
 * its path as written; its negative errno ends the reading. -ENOMEM, -E2BIG. */
int sudoers_add(struct sudoers *sudoers, char *text, const char *where,
	int (*include)(const char *path, bool folder, void *data), void *data);

/* After all files: aliases may be used before they are defined. */
void sudoers_resolve(const struct sudoers *sudoers, struct grants *grants);

/* /etc/sudoers and all it includes. -ENOENT: there is none. *ret_path (room for ROOTFS_PATH) names what could
 * not be read. */
int sudoers_load(const char *root, struct grants *grants, char *ret_path);
