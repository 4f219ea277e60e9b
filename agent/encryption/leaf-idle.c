/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Devices that nothing is known to use, judged by what lies on them; and boot file systems, used or not.
 * Data that nobody uses are data that a thief can read: a file system that is not mounted is judged like one
 * that is.
 */

#include "encryption/content-sample.h"
#include "encryption/leaf-walk.h"

#include <ctype.h>
#include <fnmatch.h>
#include <linux/major.h>
#include <string.h>

#define MIB       (1ULL << 20)
#define BOOT_MOST (4096 * MIB) /* a boot file system without a type of its own */

static const char fix_data[] =
	"A technician has to encrypt it, after a backup, or to wipe it if nobody needs what is on it.";
static const char fix_swap[] =
	"A technician has to encrypt this swap space, or to wipe it if nobody needs it.";
static const char fix_unknown[] =
	"Ask a technician to look at this disk. Until then the computer stays here.";

/* --- boot partitions --- */

struct boot_part {
	const char *type;
	const char *words;
	uint64_t most; /* bytes, without a file system; 0: it has one */
};

static const struct boot_part boot_parts[] = {
	{"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "the EFI system partition", 0},
	{"bc13c2ff-59e6-4262-a352-b275fd6f7172", "a boot partition", 0},
	{"de94bba4-06d1-4d40-a16a-bfd50179d6ac", "Windows' recovery partition", 0},
	{"0xef", "the EFI system partition", 0},
	{"0x27", "Windows' recovery partition", 0},
	{"21686148-6449-6e6f-744e-656564454649", "a BIOS boot partition", 32 * MIB},
	{"e3c9e316-0b5c-4db8-817d-f92df00215ae", "a partition reserved by Windows", 128 * MIB},
	{"9e1a2d38-c612-4316-aa26-8b49521e5a8b", "a PReP boot partition", 32 * MIB},
	{"3de21764-95bd-54bd-a5c3-4abe786f38a8", "settings of the U-Boot loader", 32 * MIB},
	{"0x41", "a PReP boot partition", 32 * MIB},
};

static const struct boot_part *find_part(const char *type)
{
	for (size_t i = 0; i < ELEMENTS(boot_parts); i++)
		if (strcmp(boot_parts[i].type, type) == 0)
			return &boot_parts[i];
	return NULL;
}

/* Is it worth saying why it is not exempt? Of a whole system nobody expects that it is. */
static bool looks_like_boot(const struct leaf_walk *walk, size_t index)
{
	if (find_part(walk->nodes[index].content.part_type))
		return true;
	for (size_t i = 0; i < walk->users.use_count; i++)
		if (walk->users.uses[i].lower == index && walk->users.uses[i].kind == USERS_MOUNT &&
			strcmp(walk->users.uses[i].text, "/") == 0)
			return false;
	return walk->users.nodes[index].size <= BOOT_MOST;
}

static void say_why(const struct leaf_walk *walk, size_t index, char *ret_why)
{
	const struct content *content = &walk->nodes[index].content;
	const struct exempt *exempt = &content->exempt;

	if (!looks_like_boot(walk, index))
		return;
	if (content->scan == CONTENT_SCAN_FAILED)
		(void)snprintf(ret_why, LEAF_TEXT,
			"Whether it is only for starting the computer could not be found out: %s.",
			strerror(-content->scan_error));
	else if (exempt->offender[0] && (exempt->boot_files > 0 || find_part(content->part_type)))
		(void)snprintf(ret_why, LEAF_TEXT,
			"It is for starting the computer, but also holds \"%s\", which does not belong "
			"there.",
			exempt->offender);
}

bool leaf_judge_boot(struct leaf_walk *walk, size_t index, struct judgement *ret, char *ret_why)
{
	const struct content *content = &walk->nodes[index].content;
	const struct exempt *exempt = &content->exempt;
	const struct boot_part *part = find_part(content->part_type);
	char noun[LEAF_USE];

	ret_why[0] = 0;
	(void)leaf_noun(&walk->users.nodes[index], noun);
	if (content->error < 0 || content->scan == CONTENT_NOT_SCANNED)
		return false;
	if (content->scan == CONTENT_SCANNED && exempt_holds(exempt)) {
		leaf_decide(ret, LEAF_EXEMPT, "",
			"%s holds only what the computer needs to start (%u files).", noun, exempt->files);
		return true;
	}
	say_why(walk, index, ret_why);
	if (content->scan == CONTENT_SCANNED || !part || part->most > 0)
		return false;
	leaf_decide(ret, LEAF_UNKNOWN, fix_unknown,
		"%s is %s, but whether it holds anything else could not be found out: %s.", noun, part->words,
		strerror(-content->scan_error));
	return true;
}

void leaf_add_why(const struct leaf_walk *walk, size_t index, const char *why, struct judgement *ret)
{
	const struct content *content = &walk->nodes[index].content;
	size_t used = strlen(ret->reason);

	if (!why[0] || ret->verdict < LEAF_UNKNOWN)
		return;
	if (used + strlen(why) + 2 < sizeof ret->reason)
		(void)snprintf(ret->reason + used, sizeof ret->reason - used, " %s", why);
	if (content->scan != CONTENT_SCANNED)
		return;
	(void)snprintf(ret->fix, sizeof ret->fix,
		"Move \"%s\" to encrypted storage, delete it there, and check again.",
		content->exempt.offender);
	ret->command[0] = 0;
}

/* "mmcblk0boot1" and the like, by the kernel's name for the chip's own areas. */
static bool is_chip_boot(const char *name)
{
	return fnmatch("mmcblk[0-9]*boot[0-9]", name, 0) == 0;
}

/* Taken, and not because the disk that it is a part of is. */
static bool is_taken(const struct leaf_walk *walk, size_t index)
{
	size_t parent = walk->users.nodes[index].parent;

	return walk->nodes[index].content.busy &&
	       (parent == USERS_NONE || !leaf_is_used_as_a_whole(walk, parent));
}

static bool judge_small(struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	const struct users_node *node = &walk->users.nodes[index];
	const struct content *content = &walk->nodes[index].content;
	const struct boot_part *part = find_part(content->part_type);
	char noun[LEAF_USE];

	(void)leaf_noun(node, noun);
	if (node->real && fnmatch("mmcblk[0-9]*rpmb", node->name, 0) == 0) {
		leaf_decide(ret, LEAF_EXEMPT, "",
			"%s is the chip's own protected memory, which holds no files.", noun);
		return true;
	}
	if (node->size <= 4096 && !is_taken(walk, index)) {
		leaf_decide(ret, LEAF_EXEMPT, "", "%s is too small to hold a file.", noun);
		return true;
	}
	if (content->error < 0 || is_taken(walk, index) || content->probe != CONTENT_NOTHING ||
		content->has_table || content->has_header)
		return false;
	if (part && node->size <= part->most) {
		leaf_decide(ret, LEAF_EXEMPT, "", "%s is %s and holds no files.", noun, part->words);
		return true;
	}
	if (node->real && node->number.major == MTD_BLOCK_MAJOR && node->size <= 64 * MIB) {
		leaf_decide(ret, LEAF_EXEMPT, "",
			"%s is the chip of the computer's firmware and holds no files.", noun);
		return true;
	}
	if (node->real && is_chip_boot(node->name) && node->size <= 32 * MIB) {
		leaf_decide(ret, LEAF_EXEMPT, "", "%s is the chip's own boot area and holds no files.", noun);
		return true;
	}
	return false;
}

/* --- encrypted volumes --- */

static enum leaf_verdict from_storage(enum storage_verdict verdict)
{
	switch (verdict) {
	case STORAGE_ENCRYPTED:
		return LEAF_ENCRYPTED;
	case STORAGE_WEAK:
		return LEAF_WEAK;
	case STORAGE_NOT_ENCRYPTED:
		return LEAF_NOT_ENCRYPTED;
	case STORAGE_UNKNOWN:
		break;
	}
	return LEAF_UNKNOWN;
}

/* The header's command names no device: HEADER_DEVICE stands for it. */
static void place_device(const char *command, const char *path, struct judgement *ret)
{
	const char *at = strstr(command, HEADER_DEVICE);

	if (at)
		leaf_command(ret, "%.*s%s%s", (int)(at - command), command, path, at + strlen(HEADER_DEVICE));
	else
		leaf_command(ret, "%s", command);
}

static void from_header(
	const struct header_verdict *verdict, const char *noun, const char *path, struct judgement *ret)
{
	leaf_decide(ret, from_storage(verdict->verdict), verdict->fix, "%s: %s", noun, verdict->reason);
	place_device(verdict->command, path, ret);
}

bool leaf_find_keys(struct leaf_walk *walk, size_t index, struct header_verdict *ret_verdict)
{
	const struct content *content = &walk->nodes[index].content;
	char path[LEAF_USE];

	if (content->has_keys)
		*ret_verdict = content->keys;
	return content->has_keys ||
	       (walk->options->keys &&
		       walk->options->keys(walk->root, leaf_path(&walk->users.nodes[index], path), content,
			       walk->options->keys_data, ret_verdict));
}

void leaf_judge_header(struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	char noun[LEAF_USE], path[LEAF_USE];
	struct header_verdict keys;
	struct judgement one;

	(void)leaf_noun(&walk->users.nodes[index], noun);
	(void)leaf_path(&walk->users.nodes[index], path);
	from_header(&walk->nodes[index].content.header, noun, path, ret);
	if (!leaf_find_keys(walk, index, &keys))
		return;
	from_header(&keys, noun, path, &one);
	leaf_join(ret, &one);
}

static bool is_crypto(const char *type)
{
	return strcmp(type, "crypto_LUKS") == 0 || strcmp(type, "BitLocker") == 0;
}

/* --- everything else --- */

static void judge_known(struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	const char *type = walk->nodes[index].content.type;
	char noun[LEAF_USE], words[LEAF_USE], path[LEAF_USE];

	(void)leaf_noun(&walk->users.nodes[index], noun);
	(void)leaf_path(&walk->users.nodes[index], path);
	leaf_decide(ret, LEAF_NOT_ENCRYPTED, fix_data,
		"%s is not encrypted and holds %s: anyone who takes the disk out can read it.", noun,
		leaf_type_words(type, words));
	if (strcmp(leaf_type_use(type), "hibernation image") == 0) {
		(void)snprintf(ret->fix, sizeof ret->fix,
			"Start the computer's own system once more and shut it down, instead of putting it "
			"to sleep. "
			"Then a technician has to encrypt this swap space.");
	} else if (strcmp(type, "swap") == 0) {
		(void)snprintf(ret->fix, sizeof ret->fix, "%s", fix_swap);
	} else if (strcmp(type, "ntfs") == 0) {
		(void)snprintf(ret->fix, sizeof ret->fix,
			"A technician has to switch BitLocker on in Windows, or to wipe it if nobody needs "
			"it.");
	} else {
		leaf_command_encrypt(&walk->users.nodes[index], type, false, ret);
	}
}

static void judge_sample(struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	char noun[LEAF_USE], path[LEAF_USE];

	(void)leaf_noun(&walk->users.nodes[index], noun);
	(void)leaf_path(&walk->users.nodes[index], path);
	switch (walk->nodes[index].content.sample) {
	case CONTENT_BLANK:
		leaf_decide(ret, LEAF_EXEMPT, "", "%s %s.", noun,
			walk->users.nodes[index].size <= SAMPLE_WHOLE
				? "is blank"
				: "looks blank in each of the hundreds of places that were read");
		return;
	case CONTENT_RANDOM:
		leaf_decide(ret, LEAF_UNKNOWN,
			"If it is an encrypted disk without a header, have a technician open it and check "
			"again. "
			"If nobody needs it, a technician can wipe it.",
			"%s holds random-looking data: it could be a closed encrypted disk or a wiped one.",
			noun);
		return;
	case CONTENT_DATA:
		leaf_decide(ret, LEAF_NOT_ENCRYPTED, fix_data,
			"%s holds readable data of an unknown kind that are not encrypted.", noun);
		return;
	case CONTENT_NOT_SAMPLED:
		break;
	}
	leaf_decide(ret, LEAF_UNKNOWN, fix_unknown, "What %s holds could not be found out.", noun);
}

static void judge_busy(struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	const struct content *content = &walk->nodes[index].content;
	char noun[LEAF_USE], words[LEAF_USE];
	bool known = content->probe == CONTENT_KNOWN;

	leaf_decide(ret, LEAF_NOT_ENCRYPTED,
		"A technician has to find out what uses it, and to encrypt it. Restarting the computer and "
		"checking "
		"again may help.",
		"%s is in use, in clear, by something that could not be named%s%s%s.",
		leaf_noun(&walk->users.nodes[index], noun), known ? " (it holds " : "",
		known ? leaf_type_words(content->type, words) : "", known ? ")" : "");
}

static bool is_pool(const struct users_node *node)
{
	return node->table.count == 1 && strcmp(node->table.targets[0].type, "thin-pool") == 0;
}

/* The pool itself, or the name under which LVM keeps it: another view of what its volumes hold. Returns the
 * pool or USERS_NONE. */
static size_t find_pool(const struct leaf_walk *walk, size_t index)
{
	const struct dmtable *table = &walk->users.nodes[index].table;
	const struct dmtable_target *target = table->targets;
	size_t below;

	if (is_pool(&walk->users.nodes[index]))
		return index;
	if (table->count != 1 || strcmp(target->type, "linear") != 0 || target->device_count != 1)
		return USERS_NONE;
	below = users_find(
		&walk->users, (struct sysroot_device){target->devices[0].major, target->devices[0].minor});
	return below != USERS_NONE && is_pool(&walk->users.nodes[below]) ? below : USERS_NONE;
}

static bool has_volumes(const struct leaf_walk *walk, size_t pool)
{
	for (size_t i = 0; i < walk->users.use_count; i++)
		if (walk->users.uses[i].lower == pool && strcmp(walk->users.uses[i].what, "thin") == 0)
			return true;
	return false;
}

/* False: it is no pool, or one that is judged by its content. */
static bool judge_pool(const struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	const struct content *content = &walk->nodes[index].content;
	size_t pool = find_pool(walk, index);
	char noun[LEAF_USE];

	if (pool == USERS_NONE)
		return false;
	(void)leaf_noun(&walk->users.nodes[index], noun);
	if (has_volumes(walk, pool)) {
		leaf_decide(ret, LEAF_EXEMPT, "", "%s holds nothing of its own.", noun);
		return true;
	}
	if (content->error == 0 && content->probe == CONTENT_NOTHING && content->sample == CONTENT_BLANK)
		return false;
	leaf_decide(ret, LEAF_UNKNOWN,
		"Ask a technician to switch its volumes on (the command does so), then check again.",
		"%s is a pool whose volumes are switched off, so whether they are encrypted cannot be told.",
		noun);
	leaf_command(ret, "vgchange --activate y --ignoreactivationskip");
	return true;
}

static void judge_content(struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	const struct content *content = &walk->nodes[index].content;
	char noun[LEAF_USE];

	(void)leaf_noun(&walk->users.nodes[index], noun);
	if (content->error < 0)
		leaf_decide(ret, LEAF_UNKNOWN, fix_unknown, "%s could not be looked at: %s.", noun,
			strerror(-content->error));
	else if (is_taken(walk, index))
		judge_busy(walk, index, ret);
	else if (content->probe == CONTENT_SEVERAL)
		leaf_decide(ret, LEAF_UNKNOWN, fix_unknown,
			"%s carries the marks of several kinds of content, so what it holds cannot be told.",
			noun);
	else if (content->has_header)
		leaf_judge_header(walk, index, ret);
	else if (content->probe == CONTENT_KNOWN && is_crypto(content->type))
		leaf_decide(ret, LEAF_UNKNOWN, fix_unknown,
			"%s carries the mark of an encrypted volume, but its header could not be read.",
			noun);
	else if (content->probe == CONTENT_KNOWN)
		judge_known(walk, index, ret);
	else
		judge_sample(walk, index, ret);
}

/* A disk whose partitions are judged by themselves. */
static void judge_rest(const struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	const struct content *content = &walk->nodes[index].content;
	char noun[LEAF_USE];

	(void)leaf_noun(&walk->users.nodes[index], noun);
	if (content->error < 0)
		leaf_decide(ret, LEAF_UNKNOWN, fix_unknown,
			"What %s holds outside its partitions could not be looked at: %s.", noun,
			strerror(-content->error));
	else if (content->rest == CONTENT_DATA)
		leaf_decide(ret, LEAF_NOT_ENCRYPTED,
			"A technician has to wipe the part of it that belongs to no partition.",
			"%s holds readable data outside its partitions, perhaps of a partition that was "
			"deleted.",
			noun);
	else
		leaf_decide(ret, LEAF_EXEMPT, "", "Nothing readable was found outside the partitions of %s.",
			walk->users.nodes[index].label);
}

void leaf_judge_idle(struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	char why[LEAF_TEXT];

	if (walk->nodes[index].rest_only) {
		judge_rest(walk, index, ret);
		return;
	}

	if (judge_pool(walk, index, ret))
		return;
	if (judge_small(walk, index, ret) || leaf_judge_boot(walk, index, ret, why))
		return;
	judge_content(walk, index, ret);
	leaf_add_why(walk, index, why, ret);
}
