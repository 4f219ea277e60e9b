/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The files of one event. Because both folders belong to root and nobody else may write to them, what was
 * looked at here is still the same when it is run a moment later.
 */

#include "job/hook-files.h"

#include "base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

bool hook_name_is_good(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < HOOK_NAME_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

static bool owned_well(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int open_folder(int dirfd, const char *path)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return owned_well(&st) ? TAKE_FD(fd) : -EPERM;
}

enum judgement {
	HOOK_RUN,
	HOOK_PASS_OVER,
	HOOK_REFUSE,
};

static enum judgement judge(int dirfd, const char *name)
{
	struct stat st;

	if (!hook_name_is_good(name))
		return HOOK_PASS_OVER;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return HOOK_REFUSE;
	if (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && (st.st_mode & 0111) == 0))
		return HOOK_PASS_OVER;
	return S_ISREG(st.st_mode) && owned_well(&st) ? HOOK_RUN : HOOK_REFUSE;
}

static void add(struct hook_files *files, const char *event, const char *name)
{
	size_t length = strlen(name);

	if (files->count < HOOK_FILES_MAX && length < HOOK_NAME_SIZE) {
		memcpy(files->names[files->count++], name, length + 1);
		return;
	}
	files->refused++;
	log_warning("hook %s/%s is not run: there are more than %d", event, name, HOOK_FILES_MAX);
}

static void refuse(struct hook_files *files, const char *event, const char *name)
{
	files->refused++;
	log_warning("hook %s/%s is not run: it must be a plain file that belongs to root and that nobody "
		    "else may change",
		event, name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void closedirp(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

static int read_folder(int fd, const char *event, struct hook_files *files)
{
	_cleanup_(closedirp) DIR *directory = fdopendir(fd);

	if (!directory) {
		(void)close_fd(fd);
		return -errno;
	}
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(directory);
		if (!entry)
			return -errno;
		switch (judge(dirfd(directory), entry->d_name)) {
		case HOOK_RUN:
			add(files, event, entry->d_name);
			break;
		case HOOK_REFUSE:
			refuse(files, event, entry->d_name);
			break;
		case HOOK_PASS_OVER:
			break;
		}
	}
}

int hook_files_find(const char *directory, const char *event, struct hook_files *ret_files)
{
	_cleanup_close_ int above = -1, fd = -1;
	struct hook_files files = {0};
	int r;

	if (!hook_name_is_good(event))
		return -EINVAL;
	above = open_folder(AT_FDCWD, directory);
	if (above >= 0)
		fd = open_folder(above, event);
	r = above < 0 ? above : fd;
	if (r == -EPERM)
		log_warning("no hooks are run for %s: others than root may write to their folder", event);
	if (r < 0 && r != -ENOENT)
		return r;
	if (fd >= 0) {
		r = read_folder(TAKE_FD(fd), event, &files);
		if (r < 0)
			return r;
		qsort(files.names, files.count, sizeof files.names[0], by_name);
	}
	*ret_files = files;
	return 0;
}
