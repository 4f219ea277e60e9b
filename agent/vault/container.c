/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The container from the first byte to the mounted vault, and back.
 *
 * Everything is made under a temporary name and checked; then the key is made durable; then the container
 * gets its name. Whatever a power cut leaves behind is either a working vault or leftovers that the next run
 * knows by name and removes. A credential without a container may be the key of one that somebody moved away:
 * it is set aside, never removed.
 */

#include "vault/container.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/process.h"
#include "encryption/luks.h"
#include "vault/layout.h"
#include "vault/sealing.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define MAKE_FILE_SYSTEM  "/usr/sbin/mkfs.ext4"
#define CHECK_FILE_SYSTEM "/usr/sbin/e2fsck"
#define SYSTEMCTL         "/usr/bin/systemctl"
#define UNIT              "outing-vault.service"
#define UNIT_FILE         "/usr/lib/systemd/system/" UNIT
#define ALLOCATE_STEP     (256ULL << 20)
#define RESERVE           (256ULL << 20) /* stays free on the disk that holds the container */
#define MOUNT_FLAGS       (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME)

struct creation {
	const struct container *container;
	const struct container_events *events;
	uint64_t size;
	char path[PATH_MAX]; /* temporary name of the container */
	char mapping[128];   /* temporary name of the mapping */
	struct secret *key;
	bool sealed;
};

/* --- helpers --- */

static int run_program(const char *const *arguments, int *ret_status)
{
	const struct process_options options = {.argv = arguments, .wire_fd = -1, .output_fd = STDERR_FILENO};
	_cleanup_close_ int pidfd = -1;
	pid_t pid;
	int r = process_start(&options, &pid, &pidfd);

	return r < 0 ? r : process_wait(pidfd, ret_status);
}

static int open_parent(const char *path, int *ret_fd)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;

	if (!slash || (size_t)(slash - path) + 2 > sizeof directory)
		return -EINVAL;
	memcpy(directory, path, (size_t)(slash - path) + 1);
	directory[slash - path + 1] = 0;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int sync_parent(const char *path)
{
	_cleanup_close_ int fd = -1;
	int r = open_parent(path, &fd);

	return r < 0 ? r : fd_sync_dir(fd);
}

/* Rename that replaces nothing, made durable. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return -errno;
	return sync_parent(to);
}

static void device_path(const char *mapping, char ret_path[static PATH_MAX])
{
	(void)snprintf(ret_path, PATH_MAX, "/dev/mapper/%s", mapping);
}

static void step(const struct creation *creation, enum container_step which, uint64_t done, uint64_t total)
{
	if (creation->events && creation->events->step)
		creation->events->step(which, done, total, creation->events->data);
}

static int check_cancelled(const struct creation *creation)
{
	const struct container_events *events = creation->events;

	return events && events->cancelled && events->cancelled(events->data) ? -ECANCELED : 0;
}

static int from_luks(int r)
{
	switch (r) {
	case LUKS_OK:
		return CONTAINER_OK;
	case LUKS_WRONG_KEY:
		return CONTAINER_WRONG_KEY;
	case LUKS_NOT_LUKS2:
		return CONTAINER_DAMAGED;
	case LUKS_IN_USE:
		return CONTAINER_BUSY;
	default:
		return r;
	}
}

/* --- creation --- */

static int set_aside_key(const char *credential)
{
	char aside[PATH_MAX], stamp[CLOCK_TEXT];

	if (access(credential, F_OK) < 0)
		return 0;
	(void)clock_format_name(clock_now(), stamp);
	if ((size_t)snprintf(aside, sizeof aside, "%s.unused-%s", credential, stamp) >= sizeof aside)
		return -ENAMETOOLONG;
	return rename_new(credential, aside);
}

static int prepare(struct creation *creation)
{
	const struct container *container = creation->container;
	struct stat st;
	int r;

	if (creation->size < CONTAINER_SIZE_MIN)
		return CONTAINER_TOO_SMALL;
	if (lstat(container->path, &st) == 0)
		return CONTAINER_EXISTS;
	if (errno != ENOENT)
		return -errno;
	if (luks_active(container->mapping))
		return CONTAINER_BUSY;
	if ((size_t)snprintf(creation->path, sizeof creation->path, "%s.new", container->path) >=
			sizeof creation->path ||
		(size_t)snprintf(creation->mapping, sizeof creation->mapping, "%s-new", container->mapping) >=
			sizeof creation->mapping)
		return -ENAMETOOLONG;
	r = luks_active(creation->mapping) ? from_luks(luks_deactivate(creation->mapping)) : 0;
	if (r != 0)
		return r;
	if (unlink(creation->path) < 0 && errno != ENOENT)
		return -errno;
	return set_aside_key(container->credential);
}

static int check_space(int fd, uint64_t size)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize < size + RESERVE ? CONTAINER_NO_SPACE : 0;
}

/* On btrfs a container that is written in place must not be copied at every write. */
static void avoid_copies(int fd)
{
	struct statfs fs;
	int flags;

	if (fstatfs(fd, &fs) < 0 || (unsigned long)fs.f_type != BTRFS_SUPER_MAGIC)
		return;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_NOCOW_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

static int allocate(const struct creation *creation)
{
	_cleanup_close_ int fd =
		open(creation->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = check_space(fd, creation->size);
	if (r != 0)
		return r;
	avoid_copies(fd);
	for (uint64_t at = 0; at < creation->size;) {
		uint64_t left = creation->size - at, part = left < ALLOCATE_STEP ? left : ALLOCATE_STEP;

		step(creation, CONTAINER_ALLOCATING, at, creation->size);
		r = check_cancelled(creation);
		if (r < 0)
			return r;
		if (fallocate(fd, 0, (off_t)at, (off_t)part) < 0)
			return errno == ENOSPC ? CONTAINER_NO_SPACE : -errno;
		at += part;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* A mount that nobody else can see and that ends with its descriptor. */
static int mount_detached(const char *device, int *ret_fd)
{
	_cleanup_close_ int context = (int)syscall(SYS_fsopen, "ext4", FSOPEN_CLOEXEC), fd = -1;

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", device, 0) < 0 ||
		syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int make_vault(const char *device)
{
	_cleanup_close_ int mount_fd = -1, fd = -1;
	char id[VAULT_ID];
	int r = mount_detached(device, &mount_fd);

	if (r < 0)
		return r;
	fd = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = vault_init(fd, id);
	return r < 0 ? r : syncfs(fd) < 0 ? -errno : 0;
}

static int make_file_system(const char *device)
{
	const char *const arguments[] = {MAKE_FILE_SYSTEM, "-q", "-F", "-m", "0", "-e", "remount-ro", "-L",
		"outing-vault", "-E", "nodiscard", device, NULL};
	int status, r = run_program(arguments, &status);

	if (r < 0)
		return r;
	return status == 0 ? make_vault(device) : CONTAINER_FAILED;
}

static int fill(const struct creation *creation)
{
	char device[PATH_MAX];
	int r, closed;

	step(creation, CONTAINER_FORMATTING, 0, 0);
	r = luks_format(creation->path, creation->key, creation->mapping);
	if (r != 0)
		return r;
	fault_point("container-formatted");
	step(creation, CONTAINER_FILE_SYSTEM, 0, 0);
	device_path(creation->mapping, device);
	r = make_file_system(device);
	closed = from_luks(luks_deactivate(creation->mapping));
	return r != 0 ? r : closed;
}

static int make_durable(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int seal_and_name(struct creation *creation, enum container_sealing *ret_sealing)
{
	const struct container *container = creation->container;
	int r = make_durable(creation->path);

	if (r == 0)
		r = check_cancelled(creation);
	if (r != 0)
		return r;
	step(creation, CONTAINER_SEALING, 0, 0);
	r = sealing_seal(container->credential, creation->key, ret_sealing);
	creation->sealed = r != -EEXIST;
	fault_point("container-sealed");
	if (r == 0)
		r = rename_new(creation->path, container->path);
	fault_point("container-named");
	return r;
}

/* A container that did not get its name. */
static void clean_up(struct creation *creation)
{
	char note[PATH_MAX];

	if (luks_active(creation->mapping))
		(void)luks_deactivate(creation->mapping);
	(void)unlink(creation->path);
	if (!creation->sealed)
		return;
	(void)unlink(creation->container->credential);
	(void)snprintf(note, sizeof note, "%s.sealing", creation->container->credential);
	(void)unlink(note);
}

/* The unit mounts where everybody sees it, also when we run in a mount namespace of our own. */
static int start(const struct creation *creation)
{
	const char *const arguments[] = {SYSTEMCTL, "start", UNIT, NULL};
	int status, r;

	step(creation, CONTAINER_MOUNTING, 0, 0);
	if (strcmp(creation->container->path, CONTAINER_PATH) != 0 || access(UNIT_FILE, F_OK) < 0)
		return container_open(creation->container, creation->key);
	r = run_program(arguments, &status);
	if (r < 0)
		return r;
	return status == 0 ? CONTAINER_OK : CONTAINER_FAILED;
}

int container_create(const struct container *container, uint64_t size, const struct container_events *events,
	enum container_sealing *ret_sealing)
{
	struct creation creation = {
		.container = container,
		.events = events,
		.size = size / (1U << 20) * (1U << 20),
	};
	_cleanup_(secret_freep) struct secret *key = NULL;
	int r = prepare(&creation);

	if (r != 0)
		return r;
	r = secret_random(CONTAINER_KEY_SIZE, &key);
	creation.key = key;
	if (r == 0)
		r = allocate(&creation);
	if (r == 0)
		r = fill(&creation);
	if (r == 0)
		r = seal_and_name(&creation, ret_sealing);
	if (r != 0) {
		clean_up(&creation);
		return r;
	}
	return start(&creation);
}

/* --- open and close --- */

static bool is_mounted(const struct container *container)
{
	char device[PATH_MAX];
	struct stat mounted, block;

	device_path(container->mapping, device);
	return stat(device, &block) == 0 && S_ISBLK(block.st_mode) &&
	       stat(container->mountpoint, &mounted) == 0 && mounted.st_dev == block.st_rdev;
}

static int check_file_system(const char *device)
{
	const char *const arguments[] = {CHECK_FILE_SYSTEM, "-p", device, NULL};
	int status, r = run_program(arguments, &status);

	if (r < 0)
		return r;
	/* 1: repaired, 2: repaired and wants a reboot, which only concerns a mounted root. */
	return status < 4 ? 0 : CONTAINER_DAMAGED;
}

static int mount_it(const struct container *container, const char *device)
{
	_cleanup_close_ int fd = -1;
	char id[VAULT_ID];
	int r;

	if (mkdir(container->mountpoint, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (mount(device, container->mountpoint, "ext4", MOUNT_FLAGS, NULL) < 0)
		return -errno;
	r = vault_open(container->mountpoint, &fd, id);
	if (r != VAULT_OPENED)
		(void)umount2(container->mountpoint, UMOUNT_NOFOLLOW);
	return r == VAULT_NOT_A_VAULT || r == VAULT_DAMAGED ? CONTAINER_DAMAGED : r;
}

int container_open(const struct container *container, const struct secret *key)
{
	char device[PATH_MAX];
	bool was_active;
	int r;

	if (access(container->path, F_OK) < 0)
		return errno == ENOENT ? CONTAINER_ABSENT : -errno;
	if (is_mounted(container))
		return CONTAINER_OK;
	device_path(container->mapping, device);
	was_active = luks_active(container->mapping);
	r = was_active ? 0 : from_luks(luks_activate(container->path, container->mapping, key));
	if (r != 0)
		return r;
	r = check_file_system(device);
	if (r == 0)
		r = mount_it(container, device);
	if (r != 0 && !was_active)
		(void)luks_deactivate(container->mapping);
	return r;
}

int container_close(const struct container *container)
{
	if (is_mounted(container) && umount2(container->mountpoint, UMOUNT_NOFOLLOW) < 0)
		return errno == EBUSY ? CONTAINER_BUSY : -errno;
	return luks_active(container->mapping) ? from_luks(luks_deactivate(container->mapping))
					       : CONTAINER_OK;
}

int container_status(const struct container *container, struct container_status *ret_status)
{
	struct container_status status = {.sealing = sealing_kind(container->credential)};
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = 0;

	if (stat(container->path, &st) == 0) {
		status.exists = true;
		status.size = (uint64_t)st.st_size;
	} else if (errno != ENOENT) {
		return -errno;
	}
	status.open = luks_active(container->mapping);
	status.mounted = is_mounted(container);
	if (status.mounted) {
		fd = open(container->mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? -errno : vault_space(fd, &status.free_bytes, &status.total_bytes);
	}
	if (r >= 0)
		*ret_status = status;
	return r;
}

/* --- words --- */

const char *container_sentence(enum container_outcome outcome)
{
	switch (outcome) {
	case CONTAINER_OK:
		return "";
	case CONTAINER_EXISTS:
		return "There is a vault already; nothing was changed.";
	case CONTAINER_NO_SPACE:
		return "The disk has not enough free space for a vault of this size. Choose a smaller size, "
		       "or make "
		       "room.";
	case CONTAINER_TOO_SMALL:
		return "A vault needs at least 64 MB.";
	case CONTAINER_ABSENT:
		return "There is no container. Make one: outingctl vault create --size SIZE.";
	case CONTAINER_WRONG_KEY:
		return "The sealed key does not open this container. Put the container and its key of the "
		       "same "
		       "computer back, or ask your technician.";
	case CONTAINER_NOT_SEALED:
		return "systemd-creds could not seal or unseal the key. If the computer's TPM or main board "
		       "was "
		       "changed, the key cannot be recovered on it.";
	case CONTAINER_DAMAGED:
		return "The container is damaged and was left as it is. Ask your technician before anything "
		       "is "
		       "written to this computer.";
	case CONTAINER_BUSY:
		return "The vault is in use. Wait until offloads are done and close all files in it.";
	case CONTAINER_FAILED:
		return "A helper program failed; its messages are in the journal (journalctl -u outingd -u "
		       "outing-vault).";
	}
	return "";
}

const char *container_sealing_sentence(enum container_sealing sealing)
{
	switch (sealing) {
	case CONTAINER_SEALED_TPM2:
		return "Its key is sealed by this computer's TPM: without this computer, the container "
		       "cannot be "
		       "opened.";
	case CONTAINER_SEALED_HOST:
		return "This computer has no usable TPM, so the key is protected only by a file on its own "
		       "disk: "
		       "anyone who takes the disk out can open the vault, unless the computer's own disk is "
		       "encrypted.";
	case CONTAINER_SEALED_UNKNOWN:
		break;
	}
	return "With what the key is sealed is not known.";
}
