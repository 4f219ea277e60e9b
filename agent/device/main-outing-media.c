/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-media DEVNODE: called by udev for each event of an external block medium, and of each device stacked
 * on others (dm, md). Prints properties for the rule that called it.
 *
 *   OUTING_MEDIA=camera      a registered camera
 *   OUTING_MEDIA=plain       not (wholly) encrypted
 *   OUTING_MEDIA=encrypted   wholly encrypted, by a header, a live table, or its own hardware (hwdb)
 *   OUTING_MEDIA=unknown     could not be judged
 *   OUTING_MEDIA=system      the running system stands on it: never touched
 *   OUTING_MEDIA=ours        a device-mapper device of the agent itself
 *   OUTING_MEDIA=inner       a stack without any external disk below: never touched
 *   OUTING_ACCESS=WORD       what the desktop may do (policy/access.h)
 *   OUTING_DISKSEQ=N         the plug-in this was said of
 *
 * outing-media --close-all ROOT: called once at the end of the initramfs, with the system mounted at ROOT:
 * sets the read-only flag on every external disk that the system does not stand on. Judges nothing and opens
 * nothing.
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
#include "device/declared.h"
#include "device/judge.h"
#include "device/known-media.h"
#include "device/mapper.h"
#include "device/sysfs.h"
#include "device/system-disk.h"
#include "device/usb.h"
#include "encryption/stack.h"
#include "policy/access.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define JUDGE_TIMEOUT_MS 8000

#define DM_PREFIX_OURS      "OUTINGGUARD-"
#define DM_PREFIX_BITLOCKER "CRYPT-BITLK-"

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

/* The card that this was said of before is no longer in the reader. */
static bool was_another(uint64_t diskseq)
{
	const char *seq = getenv("OUTING_WAS_DISKSEQ");
	uint64_t value;

	return diskseq != 0 && seq && number_parse_u64(seq, &value) == 0 && value != 0 && value != diskseq;
}

/* Only what is ours. A volume that somebody has opened is his: after a sleep, a stick may say that it was
 * changed when it was not, and what waits to be written to it would be lost. */
static int cut_off(const char *holder, void *data)
{
	char name[DEVICE_TEXT], uuid[DEVICE_TEXT];
	int r;

	(void)sysfs_read(holder, "dm/uuid", uuid, sizeof(uuid));
	(void)sysfs_read(holder, "dm/name", name, sizeof(name));
	if (!name[0] || strncmp(uuid, DM_PREFIX_OURS, strlen(DM_PREFIX_OURS)) != 0)
		return 0;
	r = mapper_cut_off(name, sysfs_read_u64(holder, "size", 0));
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r,
			"%s stands on a card that was taken out and cannot be cut off", name);
	else
		log_notice("%s is cut off: the card that it stands on was taken out", name);
	return 0;
}

/* A gate on the card before goes on as if nothing had happened: what it still has to write would land on this
 * one. The old partitions stay as long as somebody has them, so the kernel has to look again. */
static int cut_off_from_another(dev_t disk, struct device_facts *facts)
{
	_cleanup_close_ int fd = -1;

	if (!was_another(sysfs_read_u64(facts->syspath, "diskseq", 0)))
		return 0;
	(void)sysfs_holders(facts->syspath, cut_off, NULL);
	fd = open_node(facts->node, disk);
	return sysfs_disk_facts(SYSFS_ROOT, disk, facts);
}

static bool was_encrypted(uint64_t diskseq)
{
	const char *was = getenv("OUTING_WAS"), *seq = getenv("OUTING_WAS_DISKSEQ");
	uint64_t value;

	return was && strcmp(was, "encrypted") == 0 && seq && number_parse_u64(seq, &value) == 0 &&
	       diskseq != 0 && value == diskseq;
}

/* A camera, by its device or by its card, is one whatever else it is. */
static enum role stronger(enum role card, enum role device)
{
	return device == ROLE_CAMERA || card == ROLE_NONE ? device : card;
}

/* What the file of known media has this device or this card as. */
static enum role known_role(const struct device_facts *disk, const struct medium *medium)
{
	struct device_facts facts = *disk;
	struct device_identity identity;
	_cleanup_free_ char *text = NULL;
	enum role role;
	size_t size;

	if (fd_read_file_at(
		    AT_FDCWD, OUTING_STATEDIR "/" KNOWN_MEDIA_NAME, KNOWN_MEDIA_SIZE_MAX, &text, &size) < 0)
		return ROLE_NONE;
	(void)facts_copy(facts.table_id, sizeof(facts.table_id), medium->table_id);
	facts.volumes = medium->serial[0] ? 1 : 0;
	facts.volume[0] = (struct device_volume){0};
	(void)facts_copy(facts.volume[0].serial, sizeof(facts.volume[0].serial), medium->serial);
	if (identity_of(&facts, false, &identity) < 0)
		return ROLE_NONE;
	role = known_media_find(text, size, identity.media_key);
	return stronger(role, known_media_find(text, size, identity.device_key));
}

static int say(const char *media, enum access access, uint64_t diskseq)
{
	(void)printf("OUTING_MEDIA=%s\nOUTING_ACCESS=%s\nOUTING_DISKSEQ=%" PRIu64 "\n", media,
		access_name(access), diskseq);
	return 0;
}

/* False when the configuration cannot be read: then nothing is allowed. */
static bool read_config(struct config *ret_config)
{
	struct config_errors errors;
	int r = config_load(NULL, ret_config, &errors);

	if (r == -ENOENT)
		config_defaults(ret_config);
	else if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r,
			"%s cannot be read, all external media are hidden until it can; \"outingctl config "
			"check\" "
			"says what is wrong",
			CONFIG_FILE);
	return r >= 0 || r == -ENOENT;
}

static enum access access_of(enum medium_verdict verdict, enum role role)
{
	struct config config;
	const struct config *known = read_config(&config) ? &config : NULL;

	switch (verdict) {
	case MEDIUM_ENCRYPTED:
		return access_of_encrypted(known);
	case MEDIUM_PLAIN:
		return access_of_plain(known, role);
	case MEDIUM_UNKNOWN:
		break;
	}
	return ACCESS_NONE;
}

/* Of a model that the technician has listed as encrypting everything by itself; udev's hwdb, from the rule.
 */
static bool encrypts_by_itself(const struct device_facts *facts)
{
	const char *listed = getenv("OUTING_GUARD_HARDWARE_ENCRYPTED");

	return facts->bus == DEVICE_BUS_USB && listed && strcmp(listed, "1") == 0;
}

/* The gate has taken a plain stick: it is offered there, and nowhere else. */
static enum access access_of_disk(
	const struct device_facts *facts, enum medium_verdict verdict, enum role role)
{
	if (verdict == MEDIUM_PLAIN && sysfs_held_by(facts->syspath, DM_PREFIX_OURS))
		return ACCESS_NONE;
	return access_of(verdict, role);
}

/* A locked partition of a disk that stays read-only, plain parts and all: opened for reading, never more. */
static int say_locked(uint64_t diskseq)
{
	enum access access = access_of(MEDIUM_ENCRYPTED, ROLE_NONE);

	return say("encrypted", access == ACCESS_WRITE ? ACCESS_READ : access, diskseq);
}

/* The whole disk has its flag set when this is called, or was encrypted a moment ago. */
static int judge_and_say(int fd, const struct device_facts *facts, unsigned partition, uint64_t diskseq)
{
	struct medium medium = {0};
	enum role role = ROLE_NONE;
	enum access access;
	uint64_t now = 0;
	bool camera;
	int r;

	r = judge_disk(fd, facts, JUDGE_TIMEOUT_MS, &medium);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "%s cannot be judged and stays closed", facts->node);
	if (medium.verdict == MEDIUM_PLAIN)
		role = known_role(facts, &medium);
	camera = role == ROLE_CAMERA;
	if (medium.verdict == MEDIUM_PLAIN && !camera && encrypts_by_itself(facts))
		medium.verdict = MEDIUM_ENCRYPTED;
	if (medium.verdict == MEDIUM_ENCRYPTED && diskseq != 0 &&
		(blockdev_diskseq(fd, &now) < 0 || now != diskseq))
		medium.verdict = MEDIUM_UNKNOWN;
	access = camera ? ACCESS_NONE : access_of_disk(facts, medium.verdict, role);
	/* A card with its lock switch on refuses, and stays read-only by itself. */
	r = blockdev_set_read_only(fd, access != ACCESS_WRITE);
	if (r < 0 && access != ACCESS_WRITE)
		return r;
	if (medium.verdict == MEDIUM_PLAIN && !camera && judge_partition_is_locked(facts, &medium, partition))
		return say_locked(diskseq);
	return say(camera ? "camera" : medium_verdict_name(medium.verdict), access, diskseq);
}

static int is_system(dev_t disk)
{
	struct system_disks disks;
	int r;

	r = system_disks_find(&SYSTEM_ROOTS, &disks);
	return r < 0 ? r : system_disks_contain(&disks, disk);
}

/* 0: the whole disk. */
static unsigned partition_of(dev_t number)
{
	char path[DEVICE_PATH];

	if (sysfs_block_path(SYSFS_ROOT, number, path) < 0)
		return 0;
	return (unsigned)sysfs_read_u64(path, "partition", 0);
}

/* number: the disk itself or a partition of it. */
static int handle_disk(dev_t disk, dev_t number)
{
	_cleanup_close_ int fd = -1;
	struct device_facts facts;
	uint64_t diskseq = 0;
	int r;

	r = is_system(disk);
	if (r != 0)
		return r < 0 ? r : say("system", ACCESS_WRITE, 0);
	r = sysfs_disk_facts(SYSFS_ROOT, disk, &facts);
	if (r >= 0)
		r = cut_off_from_another(disk, &facts);
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
	return judge_and_say(fd, &facts, partition_of(number), diskseq);
}

static int live_table(void *data, dev_t number, struct dmtable *ret_table)
{
	char path[DEVICE_PATH], name[DEVICE_TEXT];
	int r;

	(void)data;
	r = sysfs_block_path(SYSFS_ROOT, number, path);
	if (r < 0)
		return r;
	(void)sysfs_read(path, "dm/name", name, sizeof(name));
	return name[0] ? dmtable_read(major(number), minor(number), ret_table) : -ENXIO;
}

static int members(void *data, dev_t number, dev_t ret_numbers[static STACK_BELOW_MAX], size_t *ret_count)
{
	(void)data;
	return sysfs_below(SYSFS_ROOT, number, ret_numbers, STACK_BELOW_MAX, ret_count);
}

static int is_external(void *data, dev_t disk)
{
	struct device_facts facts;
	int r;

	(void)data;
	r = sysfs_disk_facts(SYSFS_ROOT, disk, &facts);
	if (r < 0)
		return r;
	if (!facts.external && !declared_external(DECLARED_UDEV, disk))
		return 0;
	r = is_system(disk);
	return r < 0 ? r : !r;
}

/* 1 stops the walk: an external disk whose header does not say that it is encrypted. */
static int see_header(dev_t disk, const char *path, void *data)
{
	_cleanup_close_ int fd = -1;
	struct medium medium = {0};
	struct device_facts facts;
	int r;

	(void)path;
	if (is_external(data, disk) == 0)
		return 0;
	r = sysfs_disk_facts(SYSFS_ROOT, disk, &facts);
	if (r < 0)
		return r;
	fd = open_node(facts.node, disk);
	if (fd < 0)
		return fd;
	r = judge_disk(fd, &facts, JUDGE_TIMEOUT_MS, &medium);
	return r == 0 && medium.verdict == MEDIUM_ENCRYPTED ? 0 : 1;
}

static enum stack_verdict judge_stack(dev_t number, const char *uuid, int *ret_error)
{
	const struct stack_source source = {live_table, members, is_external, NULL};
	enum stack_verdict verdict;

	*ret_error = stack_judge(&source, number, &verdict);
	/* BitLocker: the table is that of any other volume when the key lies in clear beside it. */
	if (verdict == STACK_ENCRYPTED &&
		strncmp(uuid, DM_PREFIX_BITLOCKER, strlen(DM_PREFIX_BITLOCKER)) == 0 &&
		sysfs_lowest_disks(SYSFS_ROOT, number, see_header, NULL) != 0)
		verdict = STACK_PLAIN;
	return verdict;
}

/*
 * What is stacked on a read-only disk writes straight through it, so the stacked device needs the flag
 * itself. It is only ever set: what a program has opened read-only stays so. Inner stacks are never touched.
 */
static int handle_stack(const char *node, dev_t number)
{
	char path[DEVICE_PATH], uuid[DEVICE_TEXT];
	_cleanup_close_ int fd = -1;
	enum stack_verdict verdict;
	enum access access;
	int r;

	r = sysfs_block_path(SYSFS_ROOT, number, path);
	if (r < 0)
		return r;
	(void)sysfs_read(path, "dm/uuid", uuid, sizeof(uuid));
	if (strncmp(uuid, DM_PREFIX_OURS, strlen(DM_PREFIX_OURS)) == 0)
		return say("ours", ACCESS_NONE, 0);
	verdict = judge_stack(number, uuid, &r);
	if (verdict == STACK_INNER)
		return r < 0 ? r : say("inner", ACCESS_WRITE, 0);
	access = verdict == STACK_ENCRYPTED ? access_of(MEDIUM_ENCRYPTED, ROLE_NONE) : ACCESS_NONE;
	if (access == ACCESS_WRITE)
		return say("encrypted", access, 0);
	fd = open_node(node, number);
	if (fd < 0)
		return fd;
	r = blockdev_set_read_only(fd, true);
	return r < 0 ? r : say(verdict == STACK_ENCRYPTED ? "encrypted" : "plain", access, 0);
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
	return is_stacked(disk) ? handle_stack(node, st.st_rdev) : handle_disk(disk, st.st_rdev);
}

static int close_one(const char *name, const struct system_disks *system)
{
	char file[DEVICE_TEXT + sizeof(SYSFS_ROOT) + 16];
	_cleanup_close_ int fd = -1;
	struct device_facts facts;
	dev_t disk;
	int r;

	if (snprintf(file, sizeof(file), SYSFS_ROOT "/block/%s", name) >= (int)sizeof(file))
		return -ENAMETOOLONG;
	if (strncmp(name, "sr", 2) == 0 || sysfs_read_number(file, &disk) < 0 ||
		sysfs_disk_facts(SYSFS_ROOT, disk, &facts) < 0)
		return 0;
	if (!facts.external || system_disks_contain(system, disk))
		return 0;
	fd = open_node(facts.node, disk);
	if (fd == -ENOMEDIUM)
		return 0;
	r = fd < 0 ? fd : blockdev_set_read_only(fd, true);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "%s could not be made read-only yet", facts.node);
	return r;
}

static void closedirp(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

static int close_all(const char *root)
{
	_cleanup_(closedirp) DIR *dir = opendir(SYSFS_ROOT "/block");
	struct system_disks system;
	const struct dirent *entry;
	int r, failed = 0;

	if (!dir)
		return -errno;
	r = system_disks_find(&(const struct system_roots){SYSFS_ROOT, "/proc", root}, &system);
	if (r < 0)
		return r;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			r = close_one(entry->d_name, &system);
			failed = r < 0 ? r : failed;
		}
	return failed;
}

/* What the rules know of the model: from their own earlier lines. */
static enum usb_hint hint_of(const struct usb_facts *facts)
{
	const char *word = getenv("OUTING_EXIT");
	enum usb_hint hint = word ? usb_hint_parse(word) : USB_HINT_NONE;

	return hint == USB_HINT_NONE ? usb_ask_names(facts->node, &facts->names) : hint;
}

/*
 * What a USB device brings, in one word for 75-outing-guard-usb.rules. With a broken configuration, what may
 * be used by default may still be used (the keyboard with which it is mended), and nothing else.
 */
static int handle_usb(const char *syspath)
{
	_cleanup_close_ int dir = usb_open(syspath);
	struct usb_facts facts;
	struct config config;
	enum usb_brings brings;
	const char *word;
	int r = dir < 0 ? dir : usb_read(dir, syspath, &facts);

	if (r < 0)
		return r;
	if (!read_config(&config))
		config_defaults(&config);
	brings = usb_brings(facts.readable ? &facts.interfaces : NULL, hint_of(&facts), config.usb.allow);
	word = usb_brings_name(brings);
	if (brings != USB_BRINGS_ALLOWED && facts.authorized && usb_stands_under_system(syspath))
		word = "system";
	else if (brings == USB_BRINGS_STORAGE && usb_is_only_storage(&facts.interfaces, config.usb.allow) &&
		 config.removable.unknown_device == CONFIG_UNKNOWN_GATE)
		word = "gate";
	(void)printf("OUTING_USB=%s\n", word);
	return 0;
}

static int usage(void)
{
	log_error("usage: outing-media /dev/DEVICE, outing-media --usb SYSPATH (called by udev), "
		  "outing-media --close-all ROOT (initramfs)");
	return 2;
}

int main(int argc, char *argv[])
{
	int r;

	log_set_program("outing-media");
	if (argc == 3 && strcmp(argv[1], "--close-all") == 0 && argv[2][0] == '/')
		return close_all(argv[2]) < 0;
	if (argc == 3 && strcmp(argv[1], "--usb") == 0 && argv[2][0] == '/')
		r = handle_usb(argv[2]);
	else if (argc == 2 && argv[1][0] == '/')
		r = handle(argv[1]);
	else
		return usage();
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "%s could not be judged and stays closed", argv[argc - 1]);
		return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
