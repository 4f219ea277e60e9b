/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Opening a source and proving that it is still there. See source.h.
 *
 * Order matters: the device is opened and looked at through one descriptor that stays open, and a partition
 * is reached through its kernel number, not through a name that could belong to another disk by then.
 */

#include "offload/source.h"

#include "base/fd.h"
#include "base/number.h"
#include "device/mount.h"
#include "device/probe.h"
#include "offload/source-ptp.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define PAGE          4096
#define SECTOR        512
#define SYSFS_MAX     64
#define MINCORE_PAGES 4096
#define MSDOS_MAGIC   0x4d44
#define STEP_MAX      1536 /* vfat: 255 characters of up to 6 bytes */
#define RESOLVE       (RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS)

struct source *source_free(struct source *source)
{
	if (!source)
		return NULL;
	source->ptp = source_ptp_free(source->ptp);
	for (size_t i = 0; i < source->root_count; i++) {
		source->roots[i].fd = close_fd(source->roots[i].fd);
		source->roots[i].lost_found_fd = close_fd(source->roots[i].lost_found_fd);
	}
	source->device_fd = close_fd(source->device_fd);
	free(source);
	return NULL;
}

static int refuse(char *detail, int error, const char *what, const char *kernel_text)
{
	if (error == -ENOMEDIUM || error == -ENODEV || error == -ENXIO) {
		(void)snprintf(detail, SOURCE_DETAIL, "%s", what);
		return SOURCE_GONE;
	}
	(void)snprintf(detail, SOURCE_DETAIL, "%s: %s%s%s%s", what, strerror(-error),
		*kernel_text ? " (" : "", kernel_text, *kernel_text ? ")" : "");
	return SOURCE_REFUSED;
}

static void note_name(struct source *source, const char *name)
{
	size_t used = strlen(source->names);

	(void)snprintf(source->names + used, sizeof source->names - used, "%s%s", used > 0 ? " " : "", name);
}

static int add_root(struct source *source, int fd, const struct probe_volume *volume)
{
	struct source_root *root = &source->roots[source->root_count];
	struct statfs st;

	if (fstatfs(fd, &st) < 0)
		return -errno;
	*root = (struct source_root){.fd = fd,
		.lost_found_fd = source_open_directory_at(fd, SOURCE_LOST_FOUND),
		.is_vfat = st.f_type == MSDOS_MAGIC};
	if (volume)
		(void)snprintf(root->prefix, sizeof root->prefix, "partition-%u", volume->number);
	source->root_count++;
	return 0;
}

/* "sdb" for 8:16; from sysfs, so it is the kernel's word. */
static int disk_name(dev_t disk, char ret_name[static NAME_MAX + 1])
{
	char link[64], target[PATH_MAX];
	const char *name;
	ssize_t n;

	(void)snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(disk), minor(disk));
	n = readlink(link, target, sizeof target - 1);
	if (n < 0)
		return -errno;
	target[n] = 0;
	name = strrchr(target, '/');
	if (!name || name[1] == 0)
		return -EINVAL;
	(void)snprintf(ret_name, NAME_MAX + 1, "%.*s", NAME_MAX, name + 1);
	return 0;
}

/* Device node of the partition that starts there; the kernel must agree with what was probed. */
static int find_partition(dev_t disk, const struct probe_volume *volume, char *ret_path, size_t size)
{
	char name[NAME_MAX + 1], partition[NAME_MAX + 32], path[NAME_MAX + 64];
	_cleanup_free_ char *text = NULL;
	uint64_t start;
	int r = disk_name(disk, name);

	if (r < 0)
		return r;
	(void)snprintf(partition, sizeof partition, "%s%s%u", name,
		isdigit(name[strlen(name) - 1]) ? "p" : "", volume->number);
	(void)snprintf(path, sizeof path, "/sys/class/block/%s/start", partition);
	r = fd_read_file_at(AT_FDCWD, path, SYSFS_MAX, &text, NULL);
	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = 0;
	if (number_parse_u64(text, &start) < 0 || start != volume->start / SECTOR)
		return -ESTALE;
	return (size_t)snprintf(ret_path, size, "/dev/%s", partition) < size ? 0 : -ENAMETOOLONG;
}

/* Path of the block device that holds one volume; *ret_fd keeps a loop device alive until it is mounted. */
static int volume_device(int fd, const struct stat *st, const char *path, const struct probe_volume *volume,
	char *ret_path, size_t size, int *ret_fd)
{
	char loop[MOUNT_LOOP_PATH];

	if (S_ISREG(st->st_mode)) {
		*ret_fd = mount_loop(fd, volume->start, volume->size, loop);
		(void)snprintf(ret_path, size, "%s", loop);
		return *ret_fd < 0 ? *ret_fd : 0;
	}
	if (volume->number == 0) {
		(void)snprintf(ret_path, size, "%s", path);
		return 0;
	}
	return find_partition(st->st_rdev, volume, ret_path, size);
}

static int mount_volume(struct source *source, int fd, const struct stat *st, const char *path,
	const struct probe_volume *volume, bool several, char *detail)
{
	char device[512], text[MOUNT_ERROR] = "";
	_cleanup_close_ int keep = -1, root = -1;
	int r = volume_device(fd, st, path, volume, device, sizeof device, &keep);

	if (r < 0)
		return refuse(detail, r, "its partition cannot be opened", "");
	root = mount_detached(device, volume->type, NULL, text);
	if (root < 0) {
		char what[96];

		(void)snprintf(what, sizeof what, "its %.31s file system cannot be mounted", volume->type);
		return refuse(detail, root, what, text);
	}
	r = add_root(source, root, several ? volume : NULL);
	if (r < 0)
		return r;
	(void)TAKE_FD(root);
	note_name(source, volume->type);
	return SOURCE_OPENED;
}

static void note_skipped(struct source *source, const struct probe_volume *volume)
{
	char *name = source->skipped[source->skipped_count++];

	(void)snprintf(name, SOURCE_PREFIX, "partition-%u", volume->number);
}

/* What is not understood is never left out silently: it becomes a finding, or alone a refusal. */
static int mount_known(struct source *source, int fd, const struct stat *st, const char *path,
	const struct probe_volume *volumes, size_t count, char *detail)
{
	for (size_t i = 0; i < count; i++) {
		int r;

		if (!mount_knows(volumes[i].type)) {
			note_skipped(source, &volumes[i]);
			continue;
		}
		r = mount_volume(source, fd, st, path, &volumes[i], count > 1, detail);
		if (r != SOURCE_OPENED)
			return r;
	}
	if (source->root_count > 0)
		return SOURCE_OPENED;
	(void)snprintf(detail, SOURCE_DETAIL, "%s",
		count > 0 && volumes[0].type[0] ? volumes[0].type : "nothing that is known");
	return SOURCE_UNKNOWN;
}

static int mount_volumes(struct source *source, int fd, const struct stat *st, const char *path, char *detail)
{
	struct probe_volume volumes[PROBE_VOLUMES_MAX];
	size_t count;
	int r = probe_volumes(fd, volumes, &count);

	if (r < 0)
		return refuse(detail, r, "its partitions cannot be read", "");
	r = mount_known(source, fd, st, path, volumes, count, detail);
	/* A name may have become another disk's meanwhile; the descriptor cannot. */
	if (r == SOURCE_OPENED && source_alive(source) < 0) {
		(void)snprintf(detail, SOURCE_DETAIL, "it went away while it was opened");
		return SOURCE_GONE;
	}
	return r;
}

static int open_folder(struct source *source, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	memcpy(&source->folder_fsid, &fs.f_fsid, sizeof source->folder_fsid);
	source->folder_device = st.st_dev;
	r = add_root(source, fd, NULL);
	if (r < 0)
		return r;
	(void)TAKE_FD(fd);
	note_name(source, "folder");
	return SOURCE_OPENED;
}

static int device_size(int fd, uint64_t *ret_bytes)
{
	return ioctl(fd, BLKGETSIZE64, ret_bytes) < 0 ? -errno : 0;
}

static int open_device(struct source *source, int fd, const struct stat *st, const char *path, char *detail)
{
	char loop[MOUNT_LOOP_PATH];
	_cleanup_close_ int keep = -1;
	const char *direct = path;
	int r;

	if (S_ISREG(st->st_mode)) {
		keep = mount_loop(fd, 0, 0, loop);
		if (keep < 0)
			return refuse(detail, keep, "it cannot be attached as a loop device", "");
		direct = loop;
	}
	source->device_fd = open(direct, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (source->device_fd < 0)
		return refuse(detail, -errno, "it cannot be opened", "");
	r = device_size(source->device_fd, &source->capacity);
	if (r < 0 || source->capacity == 0) {
		(void)snprintf(detail, SOURCE_DETAIL, "there is no card in it");
		return SOURCE_GONE;
	}
	if (source_alive(source) < 0)
		return refuse(detail, -EIO, "its first sector cannot be read", "");
	return mount_volumes(source, fd, st, path, detail);
}

static int open_ptp(struct source *source, int usbfs_fd, char *detail)
{
	int r = source_ptp_open(usbfs_fd, &source->ptp);

	if (r < 0)
		return refuse(detail, r, "it cannot be opened", "");
	note_name(source, "ptp");
	return SOURCE_OPENED;
}

static int open_volume(struct source *source, const char *path, char ret_detail[static SOURCE_DETAIL])
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(ret_detail, -errno, "it cannot be opened", "");
	if (S_ISDIR(st.st_mode))
		r = open_folder(source, path);
	else if (S_ISBLK(st.st_mode) || S_ISREG(st.st_mode))
		r = open_device(source, fd, &st, path, ret_detail);
	else
		return refuse(ret_detail, -EINVAL, "it is not a folder, image or block device", "");
	return r < 0 ? refuse(ret_detail, r, "it cannot be opened", "") : r;
}

int source_open(
	const char *path, int usbfs_fd, struct source **ret_source, char ret_detail[static SOURCE_DETAIL])
{
	_cleanup_(source_freep) struct source *source = calloc(1, sizeof *source);
	int r;

	ret_detail[0] = 0;
	if (!source)
		return -ENOMEM;
	source->device_fd = -1;
	if (strcmp(path, SOURCE_PTP_PREFIX) == 0)
		r = open_ptp(source, usbfs_fd, ret_detail);
	else
		r = open_volume(source, path, ret_detail);
	if (r == SOURCE_OPENED)
		*ret_source = TAKE_PTR(source);
	return r;
}

int source_connect(struct source *source, char ret_detail[static SOURCE_DETAIL])
{
	return source->ptp ? source_ptp_connect(source->ptp, ret_detail) : SOURCE_OPENED;
}

static int folder_alive(const struct source *source)
{
	struct statfs fs;
	struct stat st;

	if (fstat(source->roots[0].fd, &st) < 0 || fstatfs(source->roots[0].fd, &fs) < 0)
		return -ENODEV;
	if (st.st_dev != source->folder_device ||
		memcmp(&source->folder_fsid, &fs.f_fsid, sizeof source->folder_fsid) != 0)
		return -ENODEV;
	return 0;
}

int source_alive(const struct source *source)
{
	_Alignas(PAGE) uint8_t sector[PAGE];
	uint64_t bytes;
	ssize_t n;

	if (source->ptp)
		return source_ptp_alive(source->ptp);
	if (source->device_fd < 0)
		return folder_alive(source);
	if (device_size(source->device_fd, &bytes) < 0 || bytes != source->capacity)
		return -ENODEV;
	n = fd_pread_full(source->device_fd, sector, sizeof sector, 0);
	return n == (ssize_t)sizeof sector ? 0 : -ENODEV;
}

void source_forget_cache(const struct source *source)
{
	if (source->ptp)
		source_ptp_forget(source->ptp);
	if (source->device_fd >= 0)
		(void)posix_fadvise(source->device_fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* One name, no link, and not into another file system. */
static int open_step(int dirfd, const char *name, int flags)
{
	_cleanup_close_ int fd = -1;
	struct stat above, here;

	if (strcmp(name, "..") == 0)
		return -EXDEV;
	do
		fd = openat(dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0 || fstat(dirfd, &above) < 0 || fstat(fd, &here) < 0)
		return -errno;
	return above.st_dev == here.st_dev ? TAKE_FD(fd) : -EXDEV;
}

/* What open_beneath() does, where openat2 is not to be had: systemd's RestrictSUIDSGID takes it away as a
 * whole, because it cannot look at the mode inside. */
static int open_stepwise(int dirfd, const char *path, int flags)
{
	_cleanup_close_ int above = -1;
	char step[STEP_MAX];

	for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
		size_t size = (size_t)(slash - path);
		int fd;

		if (size == 0 || size >= sizeof step)
			return -ENOENT;
		memcpy(step, path, size);
		step[size] = 0;
		fd = open_step(above < 0 ? dirfd : above, step, O_PATH | O_DIRECTORY);
		if (fd < 0)
			return fd;
		if (above >= 0)
			close(above);
		above = fd;
	}
	return open_step(above < 0 ? dirfd : above, path, flags);
}

static int open_beneath(int dirfd, const char *path, uint64_t flags)
{
	struct open_how how = {.flags = flags | O_CLOEXEC | O_NOFOLLOW, .resolve = RESOLVE};
	int fd;

	do
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0 && errno == ENOSYS)
		return open_stepwise(dirfd, path, (int)flags);
	return fd < 0 ? -errno : fd;
}

int source_open_directory_at(int dirfd, const char *name)
{
	return open_beneath(dirfd, name, O_RDONLY | O_DIRECTORY);
}

int source_open_lost_found(const struct source_root *root)
{
	_cleanup_close_ int fd = -1;

	if (root->lost_found_fd < 0)
		return -EACCES;
	fd = fcntl(root->lost_found_fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int source_open_file(int root_fd, const char *path, bool *ret_cached)
{
	const uint64_t flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
	int fd = open_beneath(root_fd, path, flags | O_DIRECT);

	*ret_cached = false;
	if (fd == -EINVAL) {
		*ret_cached = true;
		fd = open_beneath(root_fd, path, flags);
	}
	if (fd >= 0)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return fd;
}

static int resident(int fd, uint64_t offset, size_t length)
{
	unsigned char pages[MINCORE_PAGES];
	void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)offset);
	int r = 0;

	if (map == MAP_FAILED)
		return -errno;
	if (mincore(map, length, pages) < 0)
		r = -errno;
	for (size_t i = 0; r == 0 && i < (length + PAGE - 1) / PAGE; i++)
		if (pages[i] & 1)
			r = -EAGAIN;
	(void)munmap(map, length);
	return r;
}

int source_drop_cached(int fd, uint64_t size)
{
	const uint64_t step = (uint64_t)MINCORE_PAGES * PAGE;

	if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		return -EAGAIN;
	for (uint64_t at = 0; at < size; at += step) {
		int r = resident(fd, at, (size_t)(size - at < step ? size - at : step));
		if (r < 0)
			return -EAGAIN;
	}
	return 0;
}
