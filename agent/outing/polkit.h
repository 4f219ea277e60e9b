/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Who polkit's own files let install software without an administrator's password.
 *
 * .pkla files are plain and are understood whole. .rules files are programs in JavaScript and are not run:
 * each rule that can say yes and that names an action of installing (or none at all) must also name the
 * groups it is for, else it is unclear and the file is named. Rules that say who counts as administrator
 * (addAdminRule) give to those they name. All pure but polkit_load().
 */

#include "outing/grant.h"

/* text is cut in place. */
void polkit_parse_rules(char *text, const char *where, struct grants *grants);
void polkit_parse_pkla(char *text, const char *where, struct grants *grants);

/* A file of localauthority.conf.d, which says who counts as administrator beside .pkla files. */
void polkit_parse_admins(char *text, const char *where, struct grants *grants);

/* All files that polkit would read. Negative errno with *ret_path (room for ROOTFS_PATH) for one that could
 * not be read; folders that are not there are no error. */
int polkit_load(const char *root, struct grants *grants, char *ret_path);
