/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The words of the judgement. What staff read has no jargon that a short name of the device does not need. */

#include "encryption/leaf-walk.h"

#include <stdarg.h>
#include <string.h>

const char *leaf_verdict_name(enum leaf_verdict verdict)
{
	switch (verdict) {
	case LEAF_EXEMPT:
		return "exempt";
	case LEAF_ENCRYPTED:
		return "encrypted";
	case LEAF_WEAK:
		return "weak";
	case LEAF_NOT_ENCRYPTED:
		return "not-encrypted";
	case LEAF_UNKNOWN:
		break;
	}
	return "unknown";
}

void leaf_decide(struct judgement *ret, enum leaf_verdict verdict, const char *fix, const char *format, ...)
{
	va_list arguments;

	*ret = (struct judgement){.verdict = verdict};
	(void)snprintf(ret->fix, sizeof ret->fix, "%s", fix);
	va_start(arguments, format);
	(void)vsnprintf(ret->reason, sizeof ret->reason, format, arguments);
	va_end(arguments);
}

void leaf_command(struct judgement *ret, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(ret->command, sizeof ret->command, format, arguments);
	va_end(arguments);
}

void leaf_command_encrypt(
	const struct users_node *node, const char *type, bool mounted, struct judgement *ret)
{
	const uint64_t header = 32 << 20;
	char path[LEAF_USE];

	(void)leaf_path(node, path);
	if (strncmp(type, "ext", 3) != 0 || node->size < 4 * header)
		return;
	leaf_command(ret,
		"%s%s%se2fsck -f %s && resize2fs %s %lluK && cryptsetup reencrypt --encrypt --type luks2 "
		"--reduce-device-size 32M %s",
		mounted ? "umount " : "", mounted ? path : "", mounted ? " && " : "", path, path,
		(unsigned long long)((node->size - header) / 1024), path);
}

void leaf_join(struct judgement *all, const struct judgement *one)
{
	if (one->verdict > all->verdict)
		*all = *one;
}

const char *leaf_noun(const struct users_node *node, char buffer[static LEAF_USE])
{
	static const char *const words[] = {[USERS_DISK] = "disk",
		[USERS_PARTITION_OF_DISK] = "partition",
		[USERS_DM] = "volume",
		[USERS_MD] = "RAID",
		[USERS_BCACHE] = "cached disk",
		[USERS_LOOP] = "disk image",
		[USERS_ZRAM] = "memory",
		[USERS_VIRTUAL] = "device"};

	(void)snprintf(buffer, LEAF_USE, "The %s %s", words[node->kind], node->label);
	return buffer;
}

const char *leaf_path(const struct users_node *node, char buffer[static LEAF_USE])
{
	/* A name that did not fit was left out, and the kernel's name stands in its place. */
	bool named = node->kind == USERS_DM && strcmp(node->label, node->name) != 0;

	(void)snprintf(
		buffer, LEAF_USE, "/dev/%s%s", named ? "mapper/" : "", named ? node->label : node->name);
	for (char *c = buffer + 5; *c && !named; c++)
		if (*c == '!')
			*c = '/';
	return buffer;
}

struct type_words {
	const char *type, *words, *use;
};

static const struct type_words known_types[] = {
	{"swap", "swap space", "swap"},
	{"swsuspend", "an image of the memory from when the computer was put to sleep", "hibernation image"},
	{"s1suspend", "an image of the memory from when the computer was put to sleep", "hibernation image"},
	{"s2suspend", "an image of the memory from when the computer was put to sleep", "hibernation image"},
	{"ulsuspend", "an image of the memory from when the computer was put to sleep", "hibernation image"},
	{"LVM2_member", "a part of an LVM volume group", "LVM"},
	{"LVM1_member", "a part of an LVM volume group", "LVM"},
	{"linux_raid_member", "a part of a RAID", "RAID"},
	{"isw_raid_member", "a part of a RAID", "RAID"},
	{"ddf_raid_member", "a part of a RAID", "RAID"},
	{"zfs_member", "a part of a ZFS pool", "ZFS"},
	{"bcache", "a part of a disk cache", "cache"},
	{"jbd", "the journal of a file system", "journal"},
	{"xfs_external_log", "the journal of a file system", "journal"},
	{"DM_integrity", "checksummed data (integrity), which is not encryption", ""},
	{"DM_verity_hash", "checksums (verity), which are not encryption", ""},
	{"ntfs", "a Windows file system (NTFS)", ""},
	{"crypto_LUKS", "an encrypted volume (LUKS)", ""},
	{"BitLocker", "an encrypted volume (BitLocker)", ""},
};

static const struct type_words *find_type(const char *type)
{
	for (size_t i = 0; i < ELEMENTS(known_types); i++)
		if (strcmp(known_types[i].type, type) == 0)
			return &known_types[i];
	return NULL;
}

const char *leaf_type_words(const char *type, char buffer[static LEAF_USE])
{
	const struct type_words *known = find_type(type);

	if (known)
		return known->words;
	(void)snprintf(buffer, LEAF_USE, "files (%s)", type);
	return buffer;
}

const char *leaf_type_use(const char *type)
{
	const struct type_words *known = find_type(type);

	return known ? known->use : "";
}
