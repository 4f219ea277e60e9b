/* SPDX-License-Identifier: GPL-3.0-or-later */

/* flock() on ".NAME.lock", mode 0600. See lock.h. */

#include "base/lock.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>

static int open_and_lock(int dirfd, const char *name, int flags, int operation)
{
	_cleanup_close_ int fd = -1;
	char lock_name[NAME_MAX + 1];
	int n = snprintf(lock_name, sizeof lock_name, ".%s.lock", name);

	if (n < 0 || (size_t)n >= sizeof lock_name)
		return -ENAMETOOLONG;
	fd = openat(dirfd, lock_name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, operation) < 0)
		if (errno != EINTR)
			return -errno;
	return TAKE_FD(fd);
}

int lock_exclusive(int dirfd, const char *name)
{
	return open_and_lock(dirfd, name, O_RDWR | O_CREAT, LOCK_EX);
}

int lock_shared(int dirfd, const char *name)
{
	int fd = open_and_lock(dirfd, name, O_RDONLY, LOCK_SH);

	return fd < 0 ? -1 : fd;
}
