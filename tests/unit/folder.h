/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A temporary folder for one test, as cmocka's set-up and tear-down: *state is a struct folder. And emptying
 * one, for tests that have more than a folder. */

#include "base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>

struct folder {
	char path[64];
	int fd;
};

static inline int folder_remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int folder_up(void **state)
{
	static struct folder folder;

	(void)snprintf(folder.path, sizeof folder.path, "/tmp/outing-test-XXXXXX");
	if (!mkdtemp(folder.path))
		return -1;
	folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &folder;
	return folder.fd < 0 ? -1 : 0;
}

static inline int folder_down(void **state)
{
	struct folder *folder = *state;

	folder->fd = close_fd(folder->fd);
	return nftw(folder->path, folder_remove_entry, 32, FTW_DEPTH | FTW_PHYS);
}

/* Removes the files in it. 0, or -1 when it is not there. */
static inline int folder_empty(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *entry;

	if (!d)
		return -1;
	while ((entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	return closedir(d);
}

/* Removes the files in it, and itself. */
static inline int folder_remove(const char *path)
{
	return folder_empty(path) < 0 ? -1 : rmdir(path);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_up, folder_down)
