/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which programs in DIRECTORY/EVENT are run, and which are not because somebody other than the administrator
 * could have put them there or changed them. Looks, never runs.
 */

#include "base/cleanup.h"

#define HOOK_FILES_MAX 64
#define HOOK_NAME_SIZE 64

struct hook_files {
	size_t count;
	unsigned refused;
	char names[HOOK_FILES_MAX][HOOK_NAME_SIZE]; /* in order of bytes */
};

/* Letters, digits, '-' and '_', 1 to 63 of them: README.md, notes~ and x.dpkg-old are no hooks. */
bool hook_name_is_good(const char *name);

/* A missing folder is an empty list. -EPERM: a folder that somebody else may write to. Refused files are
 * logged by name and counted; plain files that are not executable are passed over. */
int hook_files_find(const char *directory, const char *event, struct hook_files *ret_files);
