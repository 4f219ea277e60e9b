/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Claims of media. See claim.h. */

#include "gate/claim.h"

#include "base/fd.h"
#include "base/log.h"
#include "device/blockdev.h"
#include "device/mapper.h"
#include "device/sysfs.h"
#include "device/system-disk.h"
#include "gate/mountpoint.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define NAME_PREFIX "outing-gate-"
#define UUID_PREFIX "OUTINGGUARD-gate-"
#define SECTOR      512U

#define NOTE_TRIES    25
#define NOTE_PAUSE_MS 20

/* --- notes --- */

static int open_folder(void)
{
	int fd;

	if (mkdir(GATE_CLAIM_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(GATE_CLAIM_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Locked, and still the one in the folder. -EBUSY: its process lives. */
static int lock_note(int folder, const char *name, int flags)
{
	for (;;) {
		_cleanup_close_ int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
		struct stat st;

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (fstat(fd, &st) < 0)
			return -errno;
		if (st.st_nlink > 0)
			return TAKE_FD(fd);
	}
}

/* Of a process that is no more. */
static void take_away(int note_fd, const char *name)
{
	_cleanup_free_ char *mountpoint = NULL;
	size_t size;
	int r;

	if (fd_read_file(note_fd, GATE_PATH_SIZE, &mountpoint, &size) >= 0 && *mountpoint == '/') {
		(void)umount2(mountpoint, UMOUNT_NOFOLLOW | MNT_FORCE | MNT_DETACH);
		mountpoint_remove(mountpoint);
	}
	r = mapper_remove(name);
	if (r >= 0)
		log_notice("%s was left by a gate that broke, and was taken away", name);
	else if (r != -ENXIO)
		log_errno(LOG_LEVEL_WARNING, r, "%s was left by a gate that broke", name);
}

static void forget_note(int folder, const char *name, int *note_fd)
{
	(void)unlinkat(folder, name, 0);
	*note_fd = close_fd(*note_fd);
}

void claim_sweep(void)
{
	int folder = open_folder();
	DIR *list = folder < 0 ? NULL : fdopendir(folder);
	const struct dirent *entry;

	if (!list) {
		(void)close_fd(folder);
		return;
	}
	while ((entry = readdir(list)) != NULL) {
		int note_fd;

		if (strncmp(entry->d_name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
			continue;
		note_fd = lock_note(folder, entry->d_name, 0);
		if (note_fd < 0)
			continue;
		take_away(note_fd, entry->d_name);
		forget_note(folder, entry->d_name, &note_fd);
	}
	(void)closedir(list);
}

/* Somebody who sweeps holds it for a moment. */
static int note(struct gate_claim *claim)
{
	_cleanup_close_ int folder = open_folder();

	if (folder < 0)
		return folder;
	for (unsigned tries = 1;; tries++) {
		claim->note_fd = lock_note(folder, claim->name, O_CREAT);
		if (claim->note_fd != -EBUSY || tries == NOTE_TRIES)
			return claim->note_fd < 0 ? claim->note_fd : 0;
		(void)poll(NULL, 0, NOTE_PAUSE_MS);
	}
}

int claim_note_mountpoint(struct gate_claim *claim, const char *mountpoint)
{
	if (ftruncate(claim->note_fd, 0) < 0)
		return -errno;
	return fd_pwrite_full(claim->note_fd, mountpoint, strlen(mountpoint), 0);
}

/* --- the medium --- */

/* The flag of the whole disk: that of a partition is gone at the next look at the partition table. */
static int check_disk(dev_t number)
{
	char path[DEVICE_PATH];
	dev_t disk = 0;
	int r = blockdev_whole_disk(number, &disk);

	if (r >= 0)
		r = system_disks_is_foreign(disk);
	if (r >= 0)
		r = r == 0 ? -EXDEV : sysfs_block_path(SYSFS_ROOT, disk, path);
	if (r < 0)
		return r;
	return sysfs_read_u64(path, "ro", 0) == 1 ? 0 : -EPERM;
}

static int check_diskseq(int fd, uint64_t wanted)
{
	uint64_t now = 0;
	int r = wanted ? blockdev_diskseq(fd, &now) : 0;

	if (r < 0)
		return r == -ENXIO ? -ENODEV : r;
	return now == wanted ? 0 : -ESTALE;
}

static int open_medium(const struct gate_open *request, struct gate_claim *claim)
{
	struct stat st;
	int r;

	claim->fd = blockdev_open(request->node, NULL);
	if (claim->fd < 0)
		return claim->fd == -ENOENT || claim->fd == -ENXIO || claim->fd == -ENOMEDIUM ? -ENODEV
											      : claim->fd;
	if (fstat(claim->fd, &st) < 0)
		return -errno;
	claim->number = st.st_rdev;
	r = check_diskseq(claim->fd, request->diskseq);
	if (r >= 0)
		r = check_disk(st.st_rdev);
	if (r >= 0)
		r = blockdev_size(claim->fd, &claim->bytes);
	return r >= 0 && claim->bytes < SECTOR ? -ENODEV : r;
}

static int make_device(struct gate_claim *claim)
{
	char uuid[96];
	struct mapper_linear linear = {claim->name, uuid, claim->number, claim->bytes / SECTOR};
	dev_t number;
	int r;

	(void)snprintf(uuid, sizeof uuid, UUID_PREFIX "%u-%u-%" PRIu64, major(claim->number),
		minor(claim->number), claim->diskseq);
	r = mapper_create_linear(&linear, &number);
	if (r >= 0)
		(void)snprintf(claim->path, sizeof claim->path, "/dev/dm-%u", minor(number));
	return r;
}

static int claim_it(const struct gate_open *request, struct gate_claim *claim)
{
	int r = open_medium(request, claim);

	if (r < 0)
		return r;
	(void)snprintf(claim->node, sizeof claim->node, "%s", request->node);
	(void)snprintf(claim->name, sizeof claim->name, NAME_PREFIX "%u-%u", major(claim->number),
		minor(claim->number));
	claim->diskseq = request->diskseq;
	r = note(claim);
	if (r >= 0)
		r = make_device(claim);
	/* A card may have been changed in its reader meanwhile. */
	if (r >= 0)
		r = check_diskseq(claim->fd, request->diskseq);
	return r;
}

int claim_open(const struct gate_open *request, struct gate_claim *ret_claim)
{
	struct gate_claim claim = GATE_CLAIM_NULL;
	int r;

	claim_sweep();
	r = claim_it(request, &claim);
	if (r < 0)
		(void)claim_close(&claim);
	else
		*ret_claim = claim;
	return r;
}

bool claim_present(const struct gate_claim *claim)
{
	struct stat st;

	return stat(claim->node, &st) == 0 && st.st_rdev == claim->number &&
	       check_diskseq(claim->fd, claim->diskseq) == 0;
}

bool claim_alive(const struct gate_claim *claim)
{
	return claim->fd >= 0 && claim_present(claim) &&
	       blockdev_alive(claim->fd, claim->bytes, claim->diskseq) == 0;
}

void claim_cut_off(const struct gate_claim *claim)
{
	int r = claim->path[0] ? mapper_cut_off(claim->name, claim->bytes / SECTOR) : 0;

	if (r < 0 && r != -ENXIO)
		log_errno(LOG_LEVEL_WARNING, r, "%s cannot be cut off", claim->name);
}

int claim_close(struct gate_claim *claim)
{
	_cleanup_close_ int folder = claim->note_fd >= 0 ? open_folder() : -1;
	int r = claim->path[0] ? mapper_remove(claim->name) : 0;

	claim->path[0] = 0;
	claim->fd = close_fd(claim->fd);
	if (folder >= 0)
		forget_note(folder, claim->name, &claim->note_fd);
	claim->note_fd = close_fd(claim->note_fd);
	return r == -ENXIO ? 0 : r;
}
