/* SPDX-License-Identifier: GPL-3.0-or-later */

/* openat2() keeps a recorded tree's links inside it; the running computer needs no such care. See rootfs.h.
 */

#include "outing/rootfs.h"

#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define NAMES_MAX 20000

static int open_below(const char *root, const char *path, int flags)
{
	_cleanup_close_ int folder = -1;
	struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT};
	int fd;

	if (root[0] == 0) {
		fd = open(path, flags | O_CLOEXEC);
	} else {
		folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (folder < 0)
			return -errno;
		fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
	}
	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	return fd;
}

/* The same object again with other rights; a path in /proc, because the first descriptor can only point. */
static int open_again(int fd, int flags)
{
	char link[64];
	int again;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	again = open(link, flags | O_CLOEXEC | O_NOCTTY);
	return again < 0 ? -errno : again;
}

/* The descriptor, and what stands there. */
static int open_and_look(const char *root, const char *path, int flags, struct stat *ret_st)
{
	_cleanup_close_ int fd = open_below(root, path, flags);

	if (fd >= 0 && fstat(fd, ret_st) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int rootfs_open(const char *root, const char *path)
{
	struct stat st;
	_cleanup_close_ int fd = open_and_look(root, path, O_PATH, &st);

	if (fd < 0)
		return fd;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return open_again(fd, O_RDONLY);
}

int rootfs_read(const char *root, const char *path, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = rootfs_open(root, path);

	return fd < 0 ? fd : fd_read_file(fd, max, ret_data, ret_size);
}

int rootfs_text(const char *root, const char *path, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = rootfs_read(root, path, ROOTFS_TEXT_MAX, &text, &size);

	if (r < 0)
		return r;
	if (memchr(text, 0, size))
		return -EBADMSG;
	*ret_text = TAKE_PTR(text);
	return 0;
}

int rootfs_exists(const char *root, const char *path)
{
	_cleanup_close_ int fd = open_below(root, path, O_PATH);

	if (fd >= 0)
		return 1;
	return fd == -ENOENT ? 0 : fd;
}

int rootfs_link(const char *root, const char *path, char *ret_target, size_t size)
{
	struct stat st;
	_cleanup_close_ int fd = open_and_look(root, path, O_PATH | O_NOFOLLOW, &st);
	ssize_t n;

	if (fd < 0)
		return fd;
	if (!S_ISLNK(st.st_mode))
		return -EINVAL;
	n = readlinkat(fd, "", ret_target, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	ret_target[n] = 0;
	return 0;
}

int rootfs_modified(const char *root, const char *path, int64_t *ret_seconds)
{
	struct stat st;
	_cleanup_close_ int fd = open_and_look(root, path, O_PATH, &st);

	if (fd < 0)
		return fd;
	*ret_seconds = st.st_mtim.tv_sec;
	return 0;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t size = strlen(name), tail = strlen(suffix);

	return size >= tail && strcmp(name + size - tail, suffix) == 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct rootfs_names *names, const char *name)
{
	if ((names->count & (names->count - 1)) == 0) {
		size_t room = names->count ? 2 * names->count : 1;
		char **more = realloc(names->name, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		names->name = more;
	}
	names->name[names->count] = strdup(name);
	if (!names->name[names->count])
		return -ENOMEM;
	return ++names->count > NAMES_MAX ? -E2BIG : 0;
}

static int collect(DIR *dir, const char *suffix, struct rootfs_names *names)
{
	int r = 0;

	while (r == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		if (entry->d_name[0] != '.' && ends_in(entry->d_name, suffix))
			r = add_name(names, entry->d_name);
	}
	return r;
}

int rootfs_list(const char *root, const char *folder, const char *suffix, struct rootfs_names *ret_names)
{
	int fd = open_below(root, folder, O_RDONLY | O_DIRECTORY);
	struct rootfs_names names = {0};
	DIR *dir;
	int r;

	*ret_names = names;
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		(void)close_fd(fd);
		return r;
	}
	r = collect(dir, suffix, &names);
	(void)closedir(dir);
	if (r < 0) {
		rootfs_names_clear(&names);
		return r;
	}
	if (names.count > 1)
		qsort(names.name, names.count, sizeof *names.name, by_bytes);
	*ret_names = names;
	return 0;
}

void rootfs_names_clear(struct rootfs_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct rootfs_names){0};
}

bool rootfs_path(char ret_path[static ROOTFS_PATH], const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(ret_path, ROOTFS_PATH, format, arguments);
	va_end(arguments);
	return n >= 0 && n < ROOTFS_PATH;
}
