/* SPDX-License-Identifier: GPL-3.0-or-later */

/* All-or-error descriptor I/O. See fd.h. */

#include "base/fd.h"

#include "base/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

ssize_t fd_read_full(int fd, void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)buffer + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t fd_pread_full(int fd, void *buffer, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)buffer + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* 0 when there is something to read, or an error. */
static int wait_readable(int fd, uint64_t deadline)
{
	for (;;) {
		struct pollfd watch = {.fd = fd, .events = POLLIN};
		uint64_t now = clock_monotonic_ns();
		uint64_t ms = now < deadline ? (deadline - now) / 1000000 + 1 : 0;
		int n;

		if (ms == 0)
			return -ETIMEDOUT;
		n = poll(&watch, 1, ms < INT_MAX ? (int)ms : INT_MAX);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

int fd_read_before(int fd, void *buffer, size_t size, uint64_t deadline)
{
	char *at = buffer;

	while (size > 0) {
		ssize_t n = wait_readable(fd, deadline);

		if (n < 0)
			return (int)n;
		n = read(fd, at, size);
		if (n == 0)
			return -EIO;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

int fd_write_full(int fd, const void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(fd, (const char *)buffer + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENOSPC;
		done += (size_t)n;
	}
	return 0;
}

int fd_pwrite_full(int fd, const void *buffer, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(fd, (const char *)buffer + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENOSPC;
		done += (size_t)n;
	}
	return 0;
}

int fd_read_file(int fd, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (size == room) {
			char *larger;

			room = room ? room * 2 : 4096;
			if (room > max + 1)
				room = max + 1;
			larger = realloc(data, room + 1);
			if (!larger)
				return -ENOMEM;
			data = larger;
		}
		n = fd_read_full(fd, data + size, room - size);
		if (n < 0)
			return (int)n;
		size += (size_t)n;
		if (size > max)
			return -EFBIG;
		if (size < room)
			break;
	}
	data[size] = 0;
	*ret_data = TAKE_PTR(data);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int fd_read_file_at(int dirfd, const char *path, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return fd_read_file(fd, max, ret_data, ret_size);
}

static int write_temporary(int dirfd, const char *name, const void *data, size_t size, mode_t mode)
{
	_cleanup_close_ int fd =
		openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_full(fd, data, size);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return -errno;
	return close(TAKE_FD(fd)) < 0 ? -errno : 0;
}

int fd_replace_file_at(int dirfd, const char *name, const void *data, size_t size, mode_t mode)
{
	char temporary[NAME_MAX + 1];
	uint64_t salt;
	int n, r;

	if (getrandom(&salt, sizeof salt, 0) != (ssize_t)sizeof salt)
		return -EIO;
	n = snprintf(temporary, sizeof temporary, ".%s.%016llx", name, (unsigned long long)salt);
	if (n < 0 || (size_t)n >= sizeof temporary)
		return -ENAMETOOLONG;
	r = write_temporary(dirfd, temporary, data, size, mode);
	if (r >= 0 && renameat(dirfd, temporary, dirfd, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dirfd, temporary, 0);
		return r;
	}
	return fd_sync_dir(dirfd);
}

int fd_sync_dir(int dirfd)
{
	_cleanup_close_ int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int fd_make_dir_at(int dirfd, const char *name, mode_t mode)
{
	struct stat st;

	if (mkdirat(dirfd, name, mode) < 0) {
		if (errno != EEXIST)
			return -errno;
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	}
	return dirfd == AT_FDCWD ? 0 : fd_sync_dir(dirfd);
}

int fd_move_above(int fd, int minimum)
{
	int moved;

	if (fd >= minimum)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, minimum);
	if (moved < 0)
		return -errno;
	(void)close(fd);
	return moved;
}

int fd_set_nonblocking(int fd, bool nonblocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}
