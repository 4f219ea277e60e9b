/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Paths on the medium through openat2(). See backing.h. */

#include "gate/backing.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

int backing_open(int root_fd, const char *path, int flags, int *ret_fd)
{
	const struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW | (flags & O_PATH ? 0 : O_NOCTTY)),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
	long fd;

	do
		fd = syscall(SYS_openat2, root_fd, *path ? path : ".", &how, sizeof how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	if (fd < 0)
		return errno == ELOOP ? -ENOENT : -errno;
	*ret_fd = (int)fd;
	return 0;
}

int backing_stat(int root_fd, const char *path, struct stat *ret_stat)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = backing_open(root_fd, path, O_PATH, &fd);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -ENOENT;
	*ret_stat = st;
	return 0;
}

int backing_parent(int root_fd, const char *path, int *ret_fd, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	size_t size = slash ? (size_t)(slash - path) : 0;
	int r;

	if (size >= sizeof folder)
		return -ENAMETOOLONG;
	memcpy(folder, path, size);
	folder[size] = 0;
	r = backing_open(root_fd, folder, O_RDONLY | O_DIRECTORY, ret_fd);
	if (r >= 0)
		*ret_name = slash ? slash + 1 : path;
	return r;
}

int backing_make_dir(int root_fd, const char *path)
{
	_cleanup_close_ int fd = -1;
	const char *name;
	int r = backing_parent(root_fd, path, &fd, &name);

	if (r < 0)
		return r;
	return mkdirat(fd, name, 0755) < 0 ? -errno : 0;
}

int backing_remove(int root_fd, const char *path, bool dir)
{
	_cleanup_close_ int fd = -1;
	const char *name;
	int r = backing_parent(root_fd, path, &fd, &name);

	if (r < 0)
		return r;
	return unlinkat(fd, name, dir ? AT_REMOVEDIR : 0) < 0 ? -errno : 0;
}

int backing_rename(int root_fd, const char *from, const char *to, unsigned flags)
{
	_cleanup_close_ int from_fd = -1, to_fd = -1;
	const char *from_name, *to_name;
	int r = backing_parent(root_fd, from, &from_fd, &from_name);

	if (r >= 0)
		r = backing_parent(root_fd, to, &to_fd, &to_name);
	if (r < 0)
		return r;
	return renameat2(from_fd, from_name, to_fd, to_name, flags) < 0 ? -errno : 0;
}

int backing_set_time(int root_fd, const char *path, struct timespec time)
{
	const struct timespec both[2] = {time, time};
	_cleanup_close_ int fd = -1;
	const char *name;
	int r = backing_parent(root_fd, path, &fd, &name);

	if (r < 0)
		return r;
	return utimensat(fd, *name ? name : ".", both, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int backing_sync(int root_fd, const char *path)
{
	_cleanup_close_ int fd = -1;
	int r = backing_open(root_fd, path, O_RDONLY, &fd);

	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}
