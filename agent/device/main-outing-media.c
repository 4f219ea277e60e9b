/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-media DEVNODE: called by udev for each event of an external block medium, and of each device stacked
 * on others (dm, md). Prints properties for the rule that called it.
 *
 *   OUTING_MEDIA=camera      a registered camera: stays hidden and read-only
 *   OUTING_MEDIA=plain       not (wholly) encrypted: may be seen, read-only
 *   OUTING_MEDIA=encrypted   wholly encrypted: the read-only flag is lifted
 *   OUTING_MEDIA=unknown     could not be judged: stays closed
 *   OUTING_MEDIA=system      the running system stands on it: never touched
 *   OUTING_MEDIA=ours        a device-mapper device of the agent itself
 *   OUTING_DISKSEQ=N         the plug-in this was said of
 *
 * The read-only flag is set on the whole disk before anything is looked at. The one exception is a disk that
 * was found encrypted in this very plug-in (OUTING_WAS and OUTING_WAS_DISKSEQ in the environment, from udev's
 * database): it is judged first, because a flag that flickers would make an unlocking in progress fail. It
 * never opens anything by itself: all that is lifted is lifted because every question was answered. Any
 * failure is an exit code other than 0, with which the rule leaves everything closed. Needs no daemon.
 */

#include "base/fd.h"
#include "base/log.h"
#include "base/number.h"
#include "device/blockdev.h"
#include "device/judge.h"
#include "device/known-media.h"
#include "device/sysfs.h"
#include "device/system-disk.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define JUDGE_TIMEOUT_MS 8000
#define DM_PREFIX_OURS   "OUTINGGUARD-"

/* The node must be the device: names are reused. */
static int open_node(const char *node, dev_t number)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	fd = open(node, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) || st.st_rdev != number)
		return -ENODEV;
	return TAKE_FD(fd);
}

static bool was_encrypted(uint64_t diskseq)
{
	const char *was = getenv("OUTING_WAS"), *seq = getenv("OUTING_WAS_DISKSEQ");
	uint64_t value;

	return was && strcmp(was, "encrypted") == 0 && seq && number_parse_u64(seq, &value) == 0 &&
	       diskseq != 0 && value == diskseq;
}

/* Whether the file of known media has this device or this card as a camera. */
static bool is_known_camera(struct device_facts *facts, const struct medium *medium)
{
	struct device_identity identity;
	_cleanup_free_ char *text = NULL;
	size_t size;

	if (fd_read_file_at(
		    AT_FDCWD, OUTING_STATEDIR "/" KNOWN_MEDIA_NAME, KNOWN_MEDIA_SIZE_MAX, &text, &size) < 0)
		return false;
	(void)facts_copy(facts->table_id, sizeof(facts->table_id), medium->table_id);
	facts->volumes = medium->serial[0] ? 1 : 0;
	facts->volume[0] = (struct device_volume){0};
	(void)facts_copy(facts->volume[0].serial, sizeof(facts->volume[0].serial), medium->serial);
	if (identity_of(facts, false, &identity) < 0)
		return false;
	return known_media_find(text, size, identity.device_key) == ROLE_CAMERA ||
	       known_media_find(text, size, identity.media_key) == ROLE_CAMERA;
}

static int say(const char *media, uint64_t diskseq)
{
	(void)printf("OUTING_MEDIA=%s\nOUTING_DISKSEQ=%" PRIu64 "\n", media, diskseq);
	return 0;
}

/* The whole disk has its flag set when this is called, or was encrypted a moment ago. */
static int judge_and_say(int fd, struct device_facts *facts, uint64_t diskseq)
{
	struct medium medium = {0};
	uint64_t now = 0;
	int r;

	r = judge_disk(fd, facts, JUDGE_TIMEOUT_MS, &medium);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "%s cannot be judged and stays closed", facts->node);
	if (medium.verdict == MEDIUM_ENCRYPTED && diskseq != 0 &&
		(blockdev_diskseq(fd, &now) < 0 || now != diskseq))
		medium.verdict = MEDIUM_UNKNOWN;
	if (medium.verdict == MEDIUM_ENCRYPTED) {
		/* A card with its lock switch on refuses, and stays read-only by itself. */
		(void)blockdev_set_read_only(fd, false);
		return say("encrypted", diskseq);
	}
	r = blockdev_set_read_only(fd, true);
	if (r < 0)
		return r;
	if (medium.verdict == MEDIUM_PLAIN && is_known_camera(facts, &medium))
		return say("camera", diskseq);
	return say(medium_verdict_name(medium.verdict), diskseq);
}

static int is_system(dev_t disk)
{
	struct system_disks disks;
	int r;

	r = system_disks_find(&SYSTEM_ROOTS, &disks);
	return r < 0 ? r : system_disks_contain(&disks, disk);
}

static int handle_disk(dev_t disk)
{
	_cleanup_close_ int fd = -1;
	struct device_facts facts;
	uint64_t diskseq = 0;
	int r;

	r = is_system(disk);
	if (r != 0)
		return r < 0 ? r : say("system", 0);
	r = sysfs_disk_facts(SYSFS_ROOT, disk, &facts);
	if (r < 0)
		return r;
	fd = open_node(facts.node, disk);
	if (fd < 0)
		return fd;
	(void)blockdev_diskseq(fd, &diskseq);
	if (!was_encrypted(diskseq)) {
		r = blockdev_set_read_only(fd, true);
		if (r < 0)
			return r;
	}
	return judge_and_say(fd, &facts, diskseq);
}

/* For each disk under a stack: 1 stops the walk, when it is external and not wholly encrypted. */
static int see_lowest(dev_t disk, const char *path, void *data)
{
	_cleanup_close_ int fd = -1;
	struct medium medium = {0};
	struct device_facts facts;
	bool *external = data;
	int r;

	(void)path;
	r = sysfs_disk_facts(SYSFS_ROOT, disk, &facts);
	if (r < 0)
		return r;
	if (!facts.external)
		return 0;
	r = is_system(disk);
	if (r != 0)
		return r < 0 ? r : 0;
	*external = true;
	fd = open_node(facts.node, disk);
	if (fd < 0)
		return fd;
	r = judge_disk(fd, &facts, JUDGE_TIMEOUT_MS, &medium);
	return r == 0 && medium.verdict == MEDIUM_ENCRYPTED ? 0 : 1;
}

/*
 * What is stacked on a read-only disk writes straight through it, so the stacked device needs the flag
 * itself. Internal stacks are never touched.
 */
static int handle_stack(const char *node, dev_t number)
{
	char path[DEVICE_PATH], uuid[DEVICE_TEXT];
	_cleanup_close_ int fd = -1;
	bool external = false;
	int r;

	r = sysfs_block_path(SYSFS_ROOT, number, path);
	if (r < 0)
		return r;
	(void)sysfs_read(path, "dm/uuid", uuid, sizeof(uuid));
	if (strncmp(uuid, DM_PREFIX_OURS, strlen(DM_PREFIX_OURS)) == 0)
		return say("ours", 0);
	r = sysfs_lowest_disks(SYSFS_ROOT, number, see_lowest, &external);
	if (r == 0)
		return external ? say("encrypted", 0) : 0;
	/* Not known is closed, but only where something external was seen. */
	if (!external)
		return r;
	fd = open_node(node, number);
	if (fd < 0)
		return fd;
	r = blockdev_set_read_only(fd, true);
	return r < 0 ? r : say("plain", 0);
}

/* By name, as the rule does: a stack that is still being set up has nothing below it yet. */
static bool is_stacked(dev_t disk)
{
	static const char *const prefixes[] = {"dm-", "md_", "md", "bcache"};
	char path[DEVICE_PATH];
	const char *name;

	if (sysfs_block_path(SYSFS_ROOT, disk, path) < 0)
		return false;
	name = strrchr(path, '/') + 1;
	for (size_t i = 0; i < ELEMENTS(prefixes); i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], length) == 0 &&
			(i < 2 || isdigit((unsigned char)name[length])))
			return true;
	}
	return false;
}

static int handle(const char *node)
{
	struct stat st;
	dev_t disk;
	int r;

	if (stat(node, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	r = blockdev_whole_disk(st.st_rdev, &disk);
	if (r < 0)
		return r;
	return is_stacked(disk) ? handle_stack(node, st.st_rdev) : handle_disk(disk);
}

int main(int argc, char *argv[])
{
	int r;

	log_set_program("outing-media");
	if (argc != 2 || argv[1][0] != '/') {
		log_error("usage: outing-media /dev/DEVICE (called by udev)");
		return 2;
	}
	r = handle(argv[1]);
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "%s could not be judged and stays closed", argv[1]);
		return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
