/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The real calls. See io.h. */

#include "offload/io.h"

#include "base/fd.h"

#include <fcntl.h>

static int open_source(
	void *data, const char *path, int usbfs_fd, struct source **ret_source, char *ret_detail)
{
	return source_open(path, usbfs_fd, ret_source, ret_detail);
}

static ssize_t read_once(int fd, void *buffer, size_t size, uint64_t offset)
{
	ssize_t n;

	do
		n = pread(fd, buffer, size, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t read_source(void *data, int fd, void *buffer, size_t size, uint64_t offset, unsigned pass)
{
	return read_once(fd, buffer, size, offset);
}

static ssize_t read_vault(void *data, int fd, void *buffer, size_t size, uint64_t offset)
{
	return read_once(fd, buffer, size, offset);
}

static int write_vault(void *data, int fd, const void *buffer, size_t size, uint64_t offset)
{
	return fd_pwrite_full(fd, buffer, size, offset);
}

static int reserve_vault(void *data, int fd, uint64_t size)
{
	if (size == 0 || fallocate(fd, 0, 0, (off_t)size) == 0)
		return 0;
	return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -errno;
}

static int sync_vault(void *data, int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}

static int alive(void *data, const struct source *source)
{
	return source_alive(source);
}

const struct io io_system = {
	.open = open_source,
	.read_source = read_source,
	.read_vault = read_vault,
	.write_vault = write_vault,
	.reserve_vault = reserve_vault,
	.sync_vault = sync_vault,
	.alive = alive,
};
