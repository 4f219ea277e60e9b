/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The walk over a file system that may be a boot file system, in a process that was locked into it. What
 * cannot be opened or read ends the walk with an error: it is not boot files, it is not known.
 */

#include "encryption/exempt.h"

#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#define DEPTH_MAX 16
#define PATH_SIZE 1024

struct scan {
	struct exempt *exempt;
	int flags; /* for each open() */
	dev_t device;
	uint32_t entries;
};

static int scan_folder(struct scan *scan, int fd, const char *path, unsigned depth);

static void closedirp(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

static int scan_file(struct scan *scan, int dirfd, const char *name, const char *path, uint64_t size)
{
	_cleanup_close_ int fd = openat(dirfd, name, scan->flags | O_NONBLOCK);
	uint8_t head[EXEMPT_HEAD];
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = fd_read_full(fd, head, sizeof head);
	if (n < 0)
		return (int)n;
	return exempt_see(scan->exempt, path, size, head, (size_t)n) ? 0 : 1;
}

static int scan_entry(struct scan *scan, int dirfd, const char *name, const char *path, unsigned depth)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return 0;
	if (S_ISREG(st.st_mode))
		return scan_file(scan, dirfd, name, path, (uint64_t)st.st_size);
	if (S_ISDIR(st.st_mode) && st.st_dev == scan->device && depth < DEPTH_MAX) {
		int fd = openat(dirfd, name, scan->flags | O_DIRECTORY);

		return fd < 0 ? -errno : scan_folder(scan, fd, path, depth + 1);
	}
	exempt_see_other(scan->exempt, name);
	return 1;
}

/* Takes fd over. 0, 1 when the exemption has ended, or a negative errno. */
static int scan_folder(struct scan *scan, int fd, const char *path, unsigned depth)
{
	_cleanup_(closedirp) DIR *directory = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!directory) {
		r = -errno;
		(void)close_fd(fd);
		return r;
	}
	while (r == 0 && (errno = 0, entry = readdir(directory))) {
		char below[PATH_SIZE];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++scan->entries > EXEMPT_FILES ||
			(size_t)snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "/" : "",
				entry->d_name) >= sizeof below)
			return -E2BIG;
		r = scan_entry(scan, fd, entry->d_name, below, depth);
	}
	return r == 0 && errno ? -errno : r;
}

/* Reading files of a mount that can be written to would write down when they were read. Who may not open
 * them without that may not open them. */
static int open_flags(int dirfd, int *ret_flags)
{
	struct statfs fs;

	if (fstatfs(dirfd, &fs) < 0)
		return -errno;
	*ret_flags =
		O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (fs.f_flags & (ST_RDONLY | ST_NOATIME) ? 0 : O_NOATIME);
	return 0;
}

int exempt_scan(int dirfd, struct exempt *ret_exempt)
{
	struct exempt exempt = {0};
	struct scan scan = {.exempt = &exempt};
	struct stat st;
	int fd, r;

	if (fstat(dirfd, &st) < 0)
		return -errno;
	scan.device = st.st_dev;
	r = open_flags(dirfd, &scan.flags);
	if (r < 0)
		return r;
	fd = openat(dirfd, ".", scan.flags | O_DIRECTORY);
	if (fd < 0)
		return -errno;
	r = scan_folder(&scan, fd, "", 0);
	if (r < 0)
		return r;
	*ret_exempt = exempt;
	return 0;
}
