/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Exclusive claims of devices. See claim.h. */

#include "wipe/claim.h"

#include "device/blockdev.h"
#include "device/system-disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LOOP_MAJOR  7
#define SECTOR      512U
#define BYTES_LEAST (64 * 1024)
#define CLAIM_TRIES 5

static int check_bytes(struct wipe_claim *claim)
{
	int r = blockdev_size(claim->fd, &claim->bytes);

	if (r < 0)
		return r;
	return claim->bytes < BYTES_LEAST || claim->bytes % SECTOR != 0 ? WIPE_DEVICE_SIZE : 0;
}

static int name_open_error(int error)
{
	switch (error) {
	case -EBUSY:
	case -EWOULDBLOCK:
		return WIPE_IN_USE;
	case -EROFS:
	case -EACCES:
	case -EPERM:
		return WIPE_WRITE_PROTECTED;
	case -ENOMEDIUM:
	case -ENXIO:
	case -ENODEV:
		return WIPE_DEVICE_SIZE;
	default:
		return error;
	}
}

/* A file on a file system without direct I/O is opened without it. */
static int claim_image(const char *path, struct wipe_claim *claim)
{
	claim->fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC | O_NOFOLLOW);
	if (claim->fd < 0 && errno == EINVAL)
		claim->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (claim->fd < 0)
		return errno == EACCES || errno == EROFS || errno == EPERM ? WIPE_WRITE_PROTECTED : -errno;
	if (flock(claim->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? WIPE_IN_USE : -errno;
	return check_bytes(claim);
}

/* Whole disk, external or a loop device, and nothing that the system runs from. */
static int check_place(dev_t number, bool *ret_external)
{
	int r = major(number) == LOOP_MAJOR ? 0 : system_disks_is_foreign(number);

	*ret_external = r == 1;
	if (r == 0 && major(number) != LOOP_MAJOR)
		return WIPE_NOT_EXTERNAL;
	return r == -ENODEV ? WIPE_NOT_EXTERNAL : r < 0 ? r : 0;
}

static int lift_flag(int fd, struct wipe_claim *claim)
{
	bool read_only = false;
	int r = blockdev_get_read_only(fd, &read_only);

	if (r < 0)
		return r;
	claim->read_only_before |= read_only;
	r = read_only ? blockdev_set_read_only(fd, false) : 0;
	return r < 0 ? name_open_error(r) : 0;
}

static int lift_read_only(const char *path, struct wipe_claim *claim)
{
	_cleanup_close_ int fd = blockdev_open(path, NULL);

	return fd < 0 ? name_open_error(fd) : lift_flag(fd, claim);
}

/* udev sets the flag at each of the device's events, also at those of its partitions, which arrive one after
 * the other when a card is plugged in. The exclusive descriptor holds the lock that keeps udev away; until we
 * have it, the flag may come back between two steps. */
static int open_claimed(const char *path, struct wipe_claim *claim)
{
	for (unsigned tries = 1;; tries++) {
		int r = lift_read_only(path, claim);

		if (r != 0)
			return r;
		claim->fd = blockdev_open_exclusive(path);
		if (claim->fd >= 0)
			return lift_flag(claim->fd, claim);
		r = name_open_error(claim->fd);
		if (r != WIPE_WRITE_PROTECTED || tries == CLAIM_TRIES)
			return r;
	}
}

/* A lock that is in the card or its reader cannot be lifted. */
static int check_device(const struct wipe_claim *claim)
{
	bool read_only = false;
	unsigned sector;
	int r;

	r = blockdev_get_read_only(claim->fd, &read_only);
	if (r == 0 && read_only)
		return WIPE_WRITE_PROTECTED;
	r = blockdev_sector_size(claim->fd, &sector);
	if (r < 0)
		return r;
	return sector == SECTOR ? 0 : WIPE_SECTOR_SIZE;
}

static int claim_device(const char *path, const struct stat *before, struct wipe_claim *claim)
{
	struct stat st;
	int r;

	claim->block_device = true;
	r = check_place(before->st_rdev, &claim->read_only_before);
	if (r == 0)
		r = open_claimed(path, claim);
	if (r != 0)
		return r;
	/* The name may have been given to another device in between. */
	if (fstat(claim->fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) || st.st_rdev != before->st_rdev)
		return WIPE_NOT_EXTERNAL;
	r = check_bytes(claim);
	if (r == 0)
		r = check_device(claim);
	if (r != 0)
		return r;
	r = blockdev_insertion(claim->fd, claim->insertion);
	return r == -ENOTTY ? 0 : r;
}

/* Nothing stays lifted when the claim fails; by the path, because there may be no descriptor. */
static void put_back(const char *path, struct wipe_claim *claim)
{
	_cleanup_close_ int fd = -1;

	if (!claim->block_device || !claim->read_only_before)
		return;
	if (claim->fd >= 0) {
		(void)blockdev_set_read_only(claim->fd, true);
		return;
	}
	fd = blockdev_open(path, NULL);
	if (fd >= 0)
		(void)blockdev_set_read_only(fd, true);
}

int wipe_claim_open(const char *path, struct wipe_claim *ret_claim)
{
	struct wipe_claim claim = WIPE_CLAIM_NULL;
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		r = claim_image(path, &claim);
	else if (S_ISBLK(st.st_mode))
		r = claim_device(path, &st, &claim);
	else
		return WIPE_NOT_EXTERNAL;
	if (r != 0) {
		put_back(path, &claim);
		claim.fd = close_fd(claim.fd);
		return r;
	}
	*ret_claim = claim;
	return 0;
}

void wipe_claim_close(struct wipe_claim *claim)
{
	if (claim->fd >= 0 && claim->block_device && claim->read_only_before)
		(void)blockdev_set_read_only(claim->fd, true);
	claim->fd = close_fd(claim->fd);
}
