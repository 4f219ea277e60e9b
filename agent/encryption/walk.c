/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * One judgement per thing that can carry data. Each judge either decides or asks about what lies below and
 * joins the answers; everything without a judge is UNKNOWN.
 */

#include "encryption/walk.h"

#include "base/number.h"
#include "encryption/mount.h"

#include <stdarg.h>
#include <string.h>

#define LEGS_MAX 256

struct judgement {
	enum storage_verdict verdict;
	char reason[STORAGE_TEXT];
	const char *fix;
};

struct walk {
	const struct sysroot *root;
	struct storage_report *report;
	char *mounts;
	unsigned depth, number;
};

static const char fix_plain[] =
	"Make an encrypted vault: outingctl vault create --size SIZE. Or put the vault on "
	"a disk that is encrypted with LUKS.";
static const char fix_weak[] = "Encrypt it anew with a current cipher, for example by making a new vault: "
			       "outingctl vault create --size SIZE.";
static const char fix_unknown[] =
	"Use storage that can be checked: a LUKS disk, or a vault made by outingctl "
	"vault create --size SIZE.";
static const char fix_snapshot[] = "Remove the LVM snapshot of this volume (lvremove) and try again.";

static const struct judgement encrypted = {.verdict = STORAGE_ENCRYPTED, .fix = ""};

static void judge_device(struct walk *walk, struct sysroot_device device, struct judgement *ret);
static void judge_place(struct walk *walk, const struct sysroot_place *place, struct judgement *ret);

static _printf_(4, 5) void decide(
	struct judgement *ret, enum storage_verdict verdict, const char *fix, const char *format, ...)
{
	va_list arguments;

	ret->verdict = verdict;
	ret->fix = fix;
	va_start(arguments, format);
	(void)vsnprintf(ret->reason, sizeof ret->reason, format, arguments);
	va_end(arguments);
}

/* The worse of both; the first of equals. */
static void join(struct judgement *all, const struct judgement *one)
{
	if (storage_rank(one->verdict) > storage_rank(all->verdict))
		*all = *one;
}

static _printf_(2, 3) void note(struct walk *walk, const char *format, ...)
{
	struct storage_report *report = walk->report;
	va_list arguments;

	if (report->chain_count == STORAGE_CHAIN_MAX)
		return;
	va_start(arguments, format);
	(void)vsnprintf(report->chain[report->chain_count++], STORAGE_TEXT, format, arguments);
	va_end(arguments);
}

/* --- block devices --- */

struct block {
	struct sysroot_device device;
	char name[SYSROOT_NAME];  /* kernel name: sda2, dm-0 */
	char link[SYSROOT_PATH];  /* where it hangs */
	char label[SYSROOT_NAME]; /* a name that people know, or the kernel's */
};

static int find_block(const struct walk *walk, struct sysroot_device device, struct block *ret)
{
	const char *slash;
	int r = sysroot_link(
		walk->root, ret->link, sizeof ret->link, "/sys/dev/block/%u:%u", device.major, device.minor);

	if (r < 0)
		return r;
	slash = strrchr(ret->link, '/');
	slash = slash ? slash + 1 : ret->link;
	if (strlen(slash) >= sizeof ret->name)
		return -ENAMETOOLONG;
	(void)strncpy(ret->name, slash, sizeof ret->name);
	ret->device = device;
	(void)strncpy(ret->label, ret->name, sizeof ret->label);
	return 0;
}

static bool block_has(const struct walk *walk, const struct block *block, const char *what)
{
	return sysroot_exists(
		walk->root, "/sys/dev/block/%u:%u/%s", block->device.major, block->device.minor, what);
}

/* The worst of the devices that sysfs lists at path; false when it lists none. */
static bool judge_listed(struct walk *walk, const char *path, struct judgement *ret)
{
	char(*names)[SYSROOT_NAME] = calloc(LEGS_MAX, SYSROOT_NAME);
	_cleanup_free_ _unused_ void *owner = names;
	char text[32];
	size_t count = 0;

	if (!names || sysroot_list(walk->root, path, names, LEGS_MAX, &count) < 0 || count == 0)
		return false;
	*ret = encrypted;
	for (size_t i = 0; i < count; i++) {
		struct sysroot_device device;
		struct judgement leg;

		if (sysroot_read(walk->root, text, sizeof text, "%s/%s/dev", path, names[i]) < 0 ||
			sysroot_parse_device(text, &device) < 0)
			decide(&leg, STORAGE_UNKNOWN, fix_unknown, "The device %s could not be examined.",
				names[i]);
		else
			judge_device(walk, device, &leg);
		join(ret, &leg);
	}
	return true;
}

/* Every device that the kernel lists as lying under this one. */
static void judge_slaves(struct walk *walk, const struct block *block, struct judgement *ret)
{
	char path[64];

	(void)snprintf(
		path, sizeof path, "/sys/dev/block/%u:%u/slaves", block->device.major, block->device.minor);
	if (!judge_listed(walk, path, ret))
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "What lies under %s could not be found out.",
			block->label);
}

static void judge_crypt(struct walk *walk, const struct block *block, const struct dmtable_target *target,
	struct judgement *ret)
{
	*ret = encrypted;
	switch (target->strength) {
	case DMTABLE_STRONG:
		break;
	case DMTABLE_WEAK:
		decide(ret, STORAGE_WEAK, fix_weak, "%s uses %s: %s.", block->label, target->cipher,
			target->weakness);
		break;
	case DMTABLE_NULL_CIPHER:
		decide(ret, STORAGE_NOT_ENCRYPTED, fix_plain,
			"%s looks encrypted but its cipher is %s, which stores everything in clear.",
			block->label, target->cipher);
		break;
	case DMTABLE_UNKNOWN_CIPHER:
		decide(ret, STORAGE_UNKNOWN, fix_unknown,
			"%s uses the cipher %s, which is not known to be good.", block->label,
			target->cipher);
		break;
	}
}

static void judge_pass(struct walk *walk, const struct dmtable_target *target, struct judgement *ret)
{
	*ret = encrypted;
	for (size_t i = 0; i < target->device_count; i++) {
		struct sysroot_device device = {target->devices[i].major, target->devices[i].minor};
		struct judgement leg;

		judge_device(walk, device, &leg);
		join(ret, &leg);
	}
}

static void judge_target(struct walk *walk, const struct block *block, const struct dmtable_target *target,
	struct judgement *ret)
{
	struct judgement below;

	switch (target->kind) {
	case DMTABLE_CRYPT:
		note(walk, "%s: crypt, %s, key of %u bits", block->label, target->cipher, target->key_bits);
		judge_crypt(walk, block, target, ret);
		judge_pass(walk, target, &below); /* only to list it */
		return;
	case DMTABLE_PASS:
		note(walk, "%s: %s, not encrypted by itself", block->label, target->type);
		judge_pass(walk, target, ret);
		return;
	case DMTABLE_NOTHING:
		*ret = encrypted;
		return;
	case DMTABLE_UNKNOWN:
		break;
	}
	note(walk, "%s: %s", block->label, target->type);
	decide(ret, STORAGE_UNKNOWN,
		strcmp(target->type, "snapshot-origin") == 0 ? fix_snapshot : fix_unknown,
		"%s is a device-mapper target of type %s, which cannot be judged.", block->label,
		target->type);
}

static void judge_table(
	struct walk *walk, const struct block *block, const struct dmtable *table, struct judgement *ret)
{
	char text[32];
	uint64_t size;
	bool holds = false;

	if (sysroot_read(walk->root, text, sizeof text, "/sys/dev/block/%u:%u/size", block->device.major,
		    block->device.minor) < 0 ||
		number_parse_u64(text, &size) < 0 || !dmtable_covers(table, size)) {
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The mapping of %s does not match its size.",
			block->label);
		return;
	}
	*ret = encrypted;
	for (size_t i = 0; i < table->count; i++) {
		struct judgement part;

		judge_target(walk, block, &table->targets[i], &part);
		join(ret, &part);
		holds = holds || table->targets[i].kind != DMTABLE_NOTHING;
	}
	if (!holds)
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "%s holds no data at all.", block->label);
}

static void judge_dm(struct walk *walk, struct block *block, struct judgement *ret)
{
	struct dmtable table = {0};
	int r = walk->root->table(walk->root, block->device, &table);

	(void)sysroot_read(walk->root, block->label, sizeof block->label, "/sys/dev/block/%u:%u/dm/name",
		block->device.major, block->device.minor);
	if (r < 0)
		decide(ret, STORAGE_UNKNOWN, fix_unknown,
			"The device-mapper table of %s could not be read: %s.", block->label, strerror(-r));
	else
		judge_table(walk, block, &table, ret);
	dmtable_clear(&table);
}

static void judge_loop(struct walk *walk, const struct block *block, struct judgement *ret)
{
	char path[SYSROOT_PATH];
	struct sysroot_place place;
	int r = sysroot_read(walk->root, path, sizeof path, "/sys/dev/block/%u:%u/loop/backing_file",
		block->device.major, block->device.minor);

	if (r >= 0)
		r = walk->root->place(walk->root, path, block->name, &place);
	if (r < 0) {
		note(walk, "%s: a file that cannot be found", block->name);
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The file behind %s could not be found: %s.",
			block->name, strerror(-r));
		return;
	}
	note(walk, "%s: the file %.200s", block->name, path);
	judge_place(walk, &place, ret);
}

/* A partition is as good as what it is a part of. */
static void judge_partition(struct walk *walk, const struct block *block, struct judgement *ret)
{
	struct sysroot_device parent;
	char text[32];

	if (sysroot_read(walk->root, text, sizeof text, "/sys/dev/block/%u:%u/../dev", block->device.major,
		    block->device.minor) < 0 ||
		sysroot_parse_device(text, &parent) < 0) {
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The disk of partition %s could not be found.",
			block->name);
		return;
	}
	note(walk, "%s: partition", block->name);
	judge_device(walk, parent, ret);
	if (ret->verdict == STORAGE_NOT_ENCRYPTED)
		decide(ret, STORAGE_NOT_ENCRYPTED, fix_plain,
			"The partition %s is not encrypted: anyone who takes the disk out can read it.",
			block->name);
}

static void judge_disk(struct walk *walk, const struct block *block, struct judgement *ret)
{
	char model[SYSROOT_NAME] = "";

	(void)sysroot_read(walk->root, model, sizeof model, "/sys/dev/block/%u:%u/device/model",
		block->device.major, block->device.minor);
	note(walk, "%s: disk%s%s", block->name, model[0] ? ", " : "", model);
	if (strstr(block->link, "/virtual/"))
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "%s is a virtual device that cannot be judged.",
			block->name);
	else
		decide(ret, STORAGE_NOT_ENCRYPTED, fix_plain,
			"The disk %s is not encrypted: anyone who takes it out can read it.", block->name);
}

static void judge_block(struct walk *walk, struct block *block, struct judgement *ret)
{
	if (block_has(walk, block, "dm")) {
		judge_dm(walk, block, ret);
	} else if (block_has(walk, block, "md") || block_has(walk, block, "bcache")) {
		note(walk, "%s: several devices as one", block->name);
		judge_slaves(walk, block, ret);
	} else if (block_has(walk, block, "loop")) {
		judge_loop(walk, block, ret);
	} else if (block_has(walk, block, "partition")) {
		judge_partition(walk, block, ret);
	} else if (strncmp(block->name, "zram", 4) == 0) {
		note(walk, "%s: compressed memory", block->name);
		decide(ret, STORAGE_UNKNOWN, fix_unknown,
			"%s is memory, which loses everything when the computer is switched off.",
			block->name);
	} else {
		judge_disk(walk, block, ret);
	}
}

static bool enter(struct walk *walk, struct judgement *ret)
{
	if (walk->depth >= WALK_DEPTH_MAX || walk->number >= WALK_NUMBER_MAX) {
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The storage has too many layers to be judged.");
		return false;
	}
	walk->depth++;
	walk->number++;
	return true;
}

static void judge_device(struct walk *walk, struct sysroot_device device, struct judgement *ret)
{
	_cleanup_free_ struct block *block = calloc(1, sizeof *block);

	if (!enter(walk, ret))
		return;
	if (!block || find_block(walk, device, block) < 0)
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The device %u:%u is not known to the kernel.",
			device.major, device.minor);
	else
		judge_block(walk, block, ret);
	walk->depth--;
}

/* --- file systems --- */

static void judge_btrfs(struct walk *walk, const char *fsid, struct judgement *ret)
{
	char path[128];

	(void)snprintf(path, sizeof path, "/sys/fs/btrfs/%s/devices", fsid);
	if (fsid[0] == 0 || !judge_listed(walk, path, ret))
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The devices of a btrfs could not be found out.");
}

/* "sda1-8" is the journal in inode 8 of the file system on sda1; "sda2" is a device that is a journal. */
static bool is_internal_journal(const char *entry)
{
	const char *dash = strrchr(entry, '-');
	uint64_t inode;

	/* dm-0 without an inode behind it is a device name that happens to end in a number. */
	if (dash && strncmp(entry, "dm-", 3) == 0 && dash == entry + 2)
		return false;
	return dash && number_parse_u64(dash + 1, &inode) == 0;
}

static void judge_journal_device(struct walk *walk, const char *name, struct judgement *ret)
{
	struct sysroot_device device;
	char text[32];

	note(walk, "%s: journal on a device of its own", name);
	if (sysroot_read(walk->root, text, sizeof text, "/sys/class/block/%s/dev", name) < 0 ||
		sysroot_parse_device(text, &device) < 0)
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The journal device %s could not be examined.",
			name);
	else
		judge_device(walk, device, ret);
}

/* Photos pass through the journal's device too. The kernel does not say which journal belongs to which file
 * system, so if ours has one outside, every outside journal must be encrypted. */
static void judge_outside_journals(struct walk *walk, struct judgement *ret)
{
	char(*names)[SYSROOT_NAME] = calloc(LEGS_MAX, SYSROOT_NAME);
	_cleanup_free_ _unused_ void *owner = names;
	size_t count = 0, found = 0;

	*ret = encrypted;
	if (names && sysroot_list(walk->root, "/proc/fs/jbd2", names, LEGS_MAX, &count) < 0)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		struct judgement leg;

		if (is_internal_journal(names[i]))
			continue;
		found++;
		judge_journal_device(walk, names[i], &leg);
		join(ret, &leg);
	}
	if (found == 0)
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The file system's journal could not be found.");
}

static bool has_journal_inside(struct walk *walk, const char *device_name)
{
	char(*names)[SYSROOT_NAME] = calloc(LEGS_MAX, SYSROOT_NAME);
	_cleanup_free_ _unused_ void *owner = names;
	size_t count = 0, size = strlen(device_name);

	if (!names || sysroot_list(walk->root, "/proc/fs/jbd2", names, LEGS_MAX, &count) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strncmp(names[i], device_name, size) == 0 && names[i][size] == '-' &&
			is_internal_journal(names[i]))
			return true;
	return false;
}

static void judge_ext(struct walk *walk, const struct mount *mount, struct judgement *ret)
{
	_cleanup_free_ struct block *block = calloc(1, sizeof *block);
	struct judgement journal = encrypted;
	char task[32];

	judge_device(walk, mount->device, ret);
	if (!block || find_block(walk, mount->device, block) < 0 || has_journal_inside(walk, block->name))
		return;
	if (sysroot_read(walk->root, task, sizeof task, "/sys/fs/ext4/%s/journal_task", block->name) < 0) {
		if (strcmp(mount->type, "ext2") != 0)
			decide(&journal, STORAGE_UNKNOWN, fix_unknown,
				"Where the journal of %.100s lies could not be found out.", mount->point);
	} else if (strcmp(task, "<none>") != 0) {
		judge_outside_journals(walk, &journal);
	}
	join(ret, &journal);
}

static bool in_words(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static void judge_mount(struct walk *walk, const struct mount *mount, const struct sysroot_place *place,
	struct judgement *ret)
{
	static const char *const ext[] = {"ext2", "ext3", "ext4"};
	static const char *const one_device[] = {
		"xfs", "vfat", "exfat", "ntfs3", "iso9660", "squashfs", "udf"};

	note(walk, "%s on %.200s", mount->type, mount->point);
	if (strcmp(mount->type, "btrfs") == 0)
		judge_btrfs(walk, place->btrfs_fsid, ret);
	else if (mount->device.major == 0)
		decide(ret, STORAGE_UNKNOWN, fix_unknown,
			"%.100s is a file system of type %s, whose storage cannot be judged.", mount->point,
			mount->type);
	else if (in_words(mount->type, ext, ELEMENTS(ext)))
		judge_ext(walk, mount, ret);
	else if (mount_has_option(mount, "logdev") || mount_has_option(mount, "rtdev"))
		decide(ret, STORAGE_UNKNOWN, fix_unknown,
			"%.100s keeps data on a second device, which is not supported.", mount->point);
	else if (in_words(mount->type, one_device, ELEMENTS(one_device)))
		judge_device(walk, mount->device, ret);
	else
		decide(ret, STORAGE_UNKNOWN, fix_unknown,
			"%.100s is a file system of type %s, which may use more devices than it shows.",
			mount->point, mount->type);
}

static void judge_place(struct walk *walk, const struct sysroot_place *place, struct judgement *ret)
{
	_cleanup_free_ struct mount *mount = calloc(1, sizeof *mount);
	int r;

	if (place->is_device) {
		judge_device(walk, place->device, ret);
		return;
	}
	if (!enter(walk, ret))
		return;
	r = mount && walk->mounts ? mount_find(walk->mounts, place->mount_id, mount) : -ENOMEM;
	if (r < 0)
		decide(ret, STORAGE_UNKNOWN, fix_unknown, "The file system is not in the mount table: %s.",
			strerror(-r));
	else
		judge_mount(walk, mount, place, ret);
	walk->depth--;
}

void walk_place(
	const struct sysroot *root, const struct sysroot_place *place, struct storage_report *ret_report)
{
	_cleanup_free_ char *mounts = NULL;
	struct walk walk = {.root = root, .report = ret_report};
	struct judgement judgement;

	*ret_report = (struct storage_report){.verdict = STORAGE_UNKNOWN};
	if (sysroot_mounts(root, &mounts) >= 0)
		walk.mounts = mounts;
	judge_place(&walk, place, &judgement);
	ret_report->verdict = judgement.verdict;
	if (judgement.verdict == STORAGE_ENCRYPTED)
		(void)snprintf(judgement.reason, sizeof judgement.reason,
			"Everything written here is encrypted before it reaches a disk.");
	memcpy(ret_report->reason, judgement.reason, sizeof judgement.reason);
	(void)snprintf(ret_report->fix, sizeof ret_report->fix, "%s", judgement.fix);
}
