/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * System calls about block devices. Nothing is remembered and nothing is guessed: a request that the kernel
 * does not know is an error, never a default. Never writes to a device; the only thing changed is the
 * read-only flag.
 */

#include "device/blockdev.h"

#include "base/clock.h"
#include "base/fd.h"
#include "device/sysfs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t)
#endif

#define LOCK_WAIT_NS   (2 * 1000000000ULL)
#define LOCK_PAUSE_MS  20
#define PROBE_SIZE     4096
#define BOOT_ID_LENGTH 36

int blockdev_open(const char *path, bool *ret_is_image)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) && !(S_ISREG(st.st_mode) && ret_is_image))
		return -ENOTBLK;
	if (ret_is_image)
		*ret_is_image = S_ISREG(st.st_mode);
	return TAKE_FD(fd);
}

/* udev takes a shared lock while it handles an event of the disk and lets go soon. */
static int lock_against_udev(int fd)
{
	uint64_t deadline = clock_monotonic_ns() + LOCK_WAIT_NS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (clock_monotonic_ns() > deadline)
			return -EWOULDBLOCK;
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return 0;
}

int blockdev_open_exclusive(const char *path)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	fd = open(path, O_RDWR | O_EXCL | O_DIRECT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	r = lock_against_udev(fd);
	if (r < 0)
		return r;
	return TAKE_FD(fd);
}

int blockdev_get_read_only(int fd, bool *ret_read_only)
{
	int value = 0;

	if (ioctl(fd, BLKROGET, &value) < 0)
		return -errno;
	*ret_read_only = value != 0;
	return 0;
}

int blockdev_set_read_only(int fd, bool read_only)
{
	int value = read_only;

	return ioctl(fd, BLKROSET, &value) < 0 ? -errno : 0;
}

int blockdev_read_table(int fd)
{
	return ioctl(fd, BLKRRPART) < 0 ? -errno : 0;
}

int blockdev_size(int fd, uint64_t *ret_bytes)
{
	uint64_t bytes = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode)) {
		*ret_bytes = (uint64_t)st.st_size;
		return 0;
	}
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	if (ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		return -errno;
	*ret_bytes = bytes;
	return 0;
}

int blockdev_sector_size(int fd, unsigned *ret_bytes)
{
	int bytes = 0;

	if (ioctl(fd, BLKSSZGET, &bytes) < 0)
		return -errno;
	if (bytes < 512 || bytes > 65536)
		return -EINVAL;
	*ret_bytes = (unsigned)bytes;
	return 0;
}

int blockdev_diskseq(int fd, uint64_t *ret_diskseq)
{
	uint64_t diskseq = 0;

	if (ioctl(fd, BLKGETDISKSEQ, &diskseq) < 0)
		return errno == EINVAL ? -ENOTTY : -errno;
	*ret_diskseq = diskseq;
	return 0;
}

static int read_boot_id(char ret_text[static BOOT_ID_LENGTH + 1])
{
	_cleanup_close_ int fd = -1;
	ssize_t n;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = fd_read_full(fd, ret_text, BOOT_ID_LENGTH);
	if (n < 0)
		return (int)n;
	if (n != BOOT_ID_LENGTH || strspn(ret_text, "0123456789abcdef-") < BOOT_ID_LENGTH)
		return -EBADMSG;
	ret_text[BOOT_ID_LENGTH] = '\0';
	return 0;
}

int blockdev_insertion_text(uint64_t diskseq, char ret_text[static BLOCKDEV_INSERTION_SIZE])
{
	char boot_id[BOOT_ID_LENGTH + 1] = "";
	int r;

	if (diskseq == 0)
		return -ENOTTY;
	r = read_boot_id(boot_id);
	if (r < 0)
		return r;
	(void)snprintf(ret_text, BLOCKDEV_INSERTION_SIZE, "%s/%" PRIu64, boot_id, diskseq);
	return 0;
}

int blockdev_insertion(int fd, char ret_text[static BLOCKDEV_INSERTION_SIZE])
{
	uint64_t diskseq = 0;
	int r;

	r = blockdev_diskseq(fd, &diskseq);
	if (r < 0)
		return r;
	return blockdev_insertion_text(diskseq, ret_text);
}

static int probe(int fd, uint64_t offset, size_t size)
{
	_cleanup_free_ void *buffer = NULL;
	ssize_t n;

	if (posix_memalign(&buffer, 65536, 65536) != 0)
		return -ENOMEM;
	n = fd_pread_full(fd, buffer, size, offset);
	if (n == -ENODEV || n == -ENXIO || n == -ENOMEDIUM)
		return -ENODEV;
	if (n < 0)
		return n == -ENOMEM ? -ENOMEM : -EIO;
	return (size_t)n == size ? 0 : -EIO;
}

/* Image files on a file system that has no direct reads are read as they are: an image cannot be pulled out.
 */
static int set_direct(int fd, bool direct)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = direct ? flags | O_DIRECT : flags & ~O_DIRECT;
	if (fcntl(fd, F_SETFL, flags) < 0)
		return -errno;
	return 0;
}

static int probe_ends(int fd, uint64_t bytes)
{
	unsigned sector = 512;
	size_t size;
	int r;

	r = blockdev_sector_size(fd, &sector);
	if (r < 0 && r != -ENOTTY)
		return r == -ENXIO || r == -ENODEV ? -ENODEV : -EIO;
	size = sector > PROBE_SIZE || bytes < PROBE_SIZE ? sector : PROBE_SIZE;
	r = probe(fd, 0, size);
	if (r < 0 || bytes < size)
		return r;
	return probe(fd, (bytes - size) / sector * sector, size);
}

static int same_diskseq(int fd, uint64_t expected)
{
	uint64_t now = 0;
	int r;

	if (expected == 0)
		return 0;
	r = blockdev_diskseq(fd, &now);
	if (r < 0)
		return r == -ENXIO ? -ENODEV : r;
	return now == expected ? 0 : -ESTALE;
}

int blockdev_alive(int fd, uint64_t expected_bytes, uint64_t diskseq)
{
	uint64_t bytes = 0;
	bool changed;
	int flags, r;

	r = blockdev_size(fd, &bytes);
	if (r < 0)
		return r == -ENXIO ? -ENODEV : r;
	if (bytes == 0)
		return -ENODEV;
	if (bytes != expected_bytes)
		return -ESTALE;
	r = same_diskseq(fd, diskseq);
	if (r < 0)
		return r;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	changed = !(flags & O_DIRECT) && set_direct(fd, true) == 0;
	r = probe_ends(fd, bytes);
	if (changed && set_direct(fd, false) < 0 && r == 0)
		return -EIO;
	return r;
}

int blockdev_whole_disk(dev_t number, dev_t *ret_disk)
{
	char path[DEVICE_PATH], file[DEVICE_PATH + 16];
	int r;

	r = sysfs_block_path(SYSFS_ROOT, number, path);
	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "%s/partition", path);
	if (access(file, F_OK) < 0) {
		*ret_disk = number;
		return 0;
	}
	*strrchr(path, '/') = '\0';
	return sysfs_read_number(path, ret_disk);
}
