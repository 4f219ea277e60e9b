/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads only; opens nothing that could block or react: regular files, directories and loop devices. */

#include "encryption/sysroot.h"

#include "base/fd.h"
#include "base/number.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#define MOUNTS_MAX (16U << 20)

static _printf_(3, 0) int compose(
	const struct sysroot *root, char *path, const char *format, va_list arguments)
{
	size_t used = strlen(root->prefix);
	int n;

	if (used >= SYSROOT_PATH)
		return -ENAMETOOLONG;
	memcpy(path, root->prefix, used);
	n = vsnprintf(path + used, SYSROOT_PATH - used, format, arguments);
	return n < 0 || (size_t)n >= SYSROOT_PATH - used ? -ENAMETOOLONG : 0;
}

int sysroot_read(const struct sysroot *root, char *ret_text, size_t size, const char *format, ...)
{
	_cleanup_close_ int fd = -1;
	char path[SYSROOT_PATH];
	va_list arguments;
	ssize_t n;
	int r;

	va_start(arguments, format);
	r = compose(root, path, format, arguments);
	va_end(arguments);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	n = fd_read_full(fd, ret_text, size);
	if (n < 0)
		return (int)n;
	if ((size_t)n == size)
		return -ENAMETOOLONG;
	if (n > 0 && ret_text[n - 1] == '\n')
		n--;
	ret_text[n] = 0;
	return 0;
}

bool sysroot_exists(const struct sysroot *root, const char *format, ...)
{
	char path[SYSROOT_PATH];
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = compose(root, path, format, arguments);
	va_end(arguments);
	return r >= 0 && access(path, F_OK) == 0;
}

int sysroot_link(const struct sysroot *root, char *ret_text, size_t size, const char *format, ...)
{
	char path[SYSROOT_PATH];
	va_list arguments;
	ssize_t n;
	int r;

	va_start(arguments, format);
	r = compose(root, path, format, arguments);
	va_end(arguments);
	if (r < 0)
		return r;
	n = readlink(path, ret_text, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -ENAMETOOLONG;
	ret_text[n] = 0;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

int sysroot_list(const struct sysroot *root, const char *path, char (*ret_names)[SYSROOT_NAME], size_t max,
	size_t *ret_count)
{
	char full[SYSROOT_PATH];
	struct dirent *entry;
	size_t count = 0;
	DIR *directory;
	int r = 0;

	if ((size_t)snprintf(full, sizeof full, "%s%s", root->prefix, path) >= sizeof full)
		return -ENAMETOOLONG;
	directory = opendir(full);
	if (!directory)
		return -errno;
	while (r == 0 && (errno = 0, entry = readdir(directory))) {
		size_t size = strlen(entry->d_name);

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (count == max || size >= SYSROOT_NAME)
			r = -E2BIG;
		else
			memcpy(ret_names[count++], entry->d_name, size + 1);
	}
	if (r == 0)
		r = -errno;
	(void)closedir(directory);
	if (r < 0)
		return r;
	qsort(ret_names, count, SYSROOT_NAME, compare_names);
	*ret_count = count;
	return 0;
}

int sysroot_parse_device(const char *text, struct sysroot_device *ret_device)
{
	const char *colon = strchr(text, ':');
	uint64_t major_number, minor_number;
	char head[16];
	int r;

	if (!colon || (size_t)(colon - text) >= sizeof head)
		return -EINVAL;
	memcpy(head, text, (size_t)(colon - text));
	head[colon - text] = 0;
	r = number_parse_u64(head, &major_number);
	if (r >= 0)
		r = number_parse_u64(colon + 1, &minor_number);
	if (r < 0)
		return r;
	if (major_number > UINT32_MAX || minor_number > UINT32_MAX)
		return -ERANGE;
	*ret_device = (struct sysroot_device){(uint32_t)major_number, (uint32_t)minor_number};
	return 0;
}

int sysroot_mounts(const struct sysroot *root, char **ret_text)
{
	char path[SYSROOT_PATH];

	if ((size_t)snprintf(path, sizeof path, "%s/proc/self/mountinfo", root->prefix) >= sizeof path)
		return -ENAMETOOLONG;
	return fd_read_file_at(AT_FDCWD, path, MOUNTS_MAX, ret_text, NULL);
}

/* --- the running machine --- */

static int btrfs_fsid(int fd, char ret_fsid[static 37])
{
	struct btrfs_ioctl_fs_info_args info = {0};
	char *out = ret_fsid;

	if (ioctl(fd, BTRFS_IOC_FS_INFO, &info) < 0)
		return -errno;
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		out += snprintf(out, 3, "%02x", info.fsid[i]);
	}
	return 0;
}

int sysroot_place_of_fd(int fd, struct sysroot_place *ret_place)
{
	struct sysroot_place place = {0};
	struct statx st;
	struct statfs fs;
	int r = 0;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if (S_ISBLK(st.stx_mode)) {
		place.is_device = true;
		place.device = (struct sysroot_device){st.stx_rdev_major, st.stx_rdev_minor};
	} else if (!(st.stx_mask & STATX_MNT_ID)) {
		r = -EOPNOTSUPP;
	} else {
		place.mount_id = st.stx_mnt_id;
		if ((unsigned long)fs.f_type == BTRFS_SUPER_MAGIC)
			r = btrfs_fsid(fd, place.btrfs_fsid);
	}
	if (r >= 0)
		*ret_place = place;
	return r;
}

/* The loop device keeps its file open; the path is what that file was called once. */
static int same_file(const char *loop, int fd)
{
	_cleanup_close_ int loop_fd = -1;
	struct loop_info64 info;
	char path[SYSROOT_NAME + 8];
	struct stat st;

	(void)snprintf(path, sizeof path, "/dev/%s", loop);
	loop_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (loop_fd < 0 || ioctl(loop_fd, LOOP_GET_STATUS64, &info) < 0 || fstat(fd, &st) < 0)
		return -errno;
	return info.lo_inode == st.st_ino ? 0 : -ESTALE;
}

static int live_place(
	const struct sysroot *root, const char *path, const char *loop, struct sysroot_place *ret_place)
{
	_cleanup_close_ int probe = open(path, O_PATH | O_CLOEXEC), fd = -1;
	struct stat st;
	int r;

	if (probe < 0 || fstat(probe, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	if (S_ISBLK(st.st_mode))
		return sysroot_place_of_fd(probe, ret_place);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = loop ? same_file(loop, fd) : 0;
	return r < 0 ? r : sysroot_place_of_fd(fd, ret_place);
}

static int live_table(const struct sysroot *root, struct sysroot_device device, struct dmtable *ret_table)
{
	return dmtable_read(device.major, device.minor, ret_table);
}

const struct sysroot sysroot_live = {.prefix = "", .table = live_table, .place = live_place};
