/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The walk upwards. A device is as good as the worst of what uses it; a use that does not encrypt hands the
 * question to the device that it makes. What nothing uses is judged in leaf-idle.c.
 */

#include "encryption/leaf-walk.h"

#include <string.h>

static const char fix_plain[] = "A technician has to encrypt it, after a backup, or to move what is on it to "
				"encrypted storage and wipe it.";
static const char fix_system[] = "A technician has to set this computer up again with disk encryption "
				 "switched on. Until then it stays here.";
static const char fix_swap[] = "A technician has to encrypt this swap space, or to switch it off.";
static const char fix_weak[] = "A technician has to encrypt it anew with a current cipher.";
static const char fix_unknown[] =
	"Ask a technician to look at this disk. Until then the computer stays here.";

static void judge_crypt(const struct leaf_walk *walk, const struct users_use *use, struct judgement *ret)
{
	const struct users_node *node = &walk->users.nodes[use->lower];
	const struct dmtable_target *target = use->target;
	char noun[LEAF_USE], path[LEAF_USE];

	(void)leaf_noun(node, noun);
	(void)leaf_path(node, path);
	switch (target->strength) {
	case DMTABLE_STRONG:
		leaf_decide(ret, LEAF_ENCRYPTED, "", "%s is encrypted (%s, key of %u bits).", noun,
			target->cipher, target->key_bits);
		return;
	case DMTABLE_WEAK:
		leaf_decide(ret, LEAF_WEAK, fix_weak, "%s is encrypted with %s: %s.", noun, target->cipher,
			target->weakness);
		leaf_command(ret, "cryptsetup reencrypt --cipher aes-xts-plain64 --key-size 512 %s", path);
		return;
	case DMTABLE_NULL_CIPHER:
		leaf_decide(ret, LEAF_NOT_ENCRYPTED, fix_plain,
			"%s looks encrypted, but its cipher is %s, which stores everything in clear.", noun,
			target->cipher);
		leaf_command(ret, "cryptsetup reencrypt --cipher aes-xts-plain64 --key-size 512 %s", path);
		return;
	case DMTABLE_UNKNOWN_CIPHER:
		break;
	}
	leaf_decide(ret, LEAF_UNKNOWN, fix_weak, "%s is encrypted with %s, which is not known to be good.",
		noun, target->cipher);
}

static void judge_mount(const struct leaf_walk *walk, const struct users_use *use, struct judgement *ret)
{
	bool system = strcmp(use->text, "/") == 0;
	const char *what = system ? "the system" : use->text[0] ? use->text : "files";
	char noun[LEAF_USE], path[LEAF_USE];

	(void)leaf_noun(&walk->users.nodes[use->lower], noun);
	(void)leaf_path(&walk->users.nodes[use->lower], path);
	leaf_decide(ret, LEAF_NOT_ENCRYPTED, system ? fix_system : fix_plain,
		"%s is not encrypted and holds %.150s: anyone who takes the disk out can read it.", noun,
		what);
	/* A system cannot be encrypted while it runs. */
	if (!system)
		leaf_command_encrypt(&walk->users.nodes[use->lower], use->what, true, ret);
}

static void judge_direct(const struct leaf_walk *walk, const struct users_use *use, struct judgement *ret)
{
	char noun[LEAF_USE], path[LEAF_USE];

	(void)leaf_noun(&walk->users.nodes[use->lower], noun);
	(void)leaf_path(&walk->users.nodes[use->lower], path);
	if (use->kind == USERS_SWAP) {
		leaf_decide(ret, LEAF_NOT_ENCRYPTED, fix_swap,
			"%s is not encrypted and used as swap space: what people have open is written there.",
			noun);
		leaf_command(ret, "swapoff %s", path);
	} else if (use->kind == USERS_JOURNAL) {
		leaf_decide(ret, LEAF_NOT_ENCRYPTED, fix_plain,
			"%s is not encrypted and holds the journal or a second part of a file system (%s): "
			"parts of "
			"files are written there.",
			noun, use->what);
	} else {
		leaf_decide(ret, LEAF_NOT_ENCRYPTED, fix_swap,
			"%s is not encrypted and takes what does not fit into the compressed memory %.60s.",
			noun, use->text);
		leaf_command(ret, "swapoff /dev/%.60s", use->text);
	}
}

static void judge_use(struct leaf_walk *walk, const struct users_use *use, struct judgement *ret)
{
	char noun[LEAF_USE];

	switch (use->kind) {
	case USERS_CRYPT:
		judge_crypt(walk, use, ret);
		return;
	case USERS_PASS:
	case USERS_PARTITION:
	case USERS_OVER_LOOP:
		*ret = *leaf_judge(walk, use->upper);
		return;
	case USERS_MOUNT:
		judge_mount(walk, use, ret);
		return;
	case USERS_SWAP:
	case USERS_JOURNAL:
	case USERS_OVERFLOW:
		judge_direct(walk, use, ret);
		return;
	case USERS_UNREADABLE:
		break;
	}
	leaf_decide(ret, LEAF_UNKNOWN, fix_unknown, "%s is used by %.100s, whose mapping could not be read.",
		leaf_noun(&walk->users.nodes[use->lower], noun), use->text);
}

/* A loop device takes no exclusive hold, so it does not explain that the kernel refuses the device. */
static bool explains_busy(const struct users_use *use)
{
	return use->kind != USERS_OVER_LOOP;
}

/* What the content adds to the uses: it can only make the verdict worse. */
static void join_content(struct leaf_walk *walk, size_t index, bool busy_explained, struct judgement *all)
{
	const struct content *content = &walk->nodes[index].content;
	const struct users_node *node = &walk->users.nodes[index];
	struct judgement one;
	char noun[LEAF_USE];

	(void)leaf_noun(node, noun);
	if (content->error < 0) {
		leaf_decide(&one, LEAF_UNKNOWN, fix_unknown, "%s could not be looked at: %s.", noun,
			strerror(-content->error));
		leaf_join(all, &one);
		return;
	}
	if (content->busy && !busy_explained) {
		leaf_decide(&one, LEAF_NOT_ENCRYPTED, fix_unknown,
			"%s is in use, in clear, by something that could not be named.", noun);
		leaf_join(all, &one);
	}
	if (content->rest == CONTENT_DATA) {
		leaf_decide(&one, LEAF_NOT_ENCRYPTED,
			"A technician has to wipe the part of it that is not in use.",
			"%s is only partly encrypted: there are readable data outside the encrypted part.",
			noun);
		leaf_join(all, &one);
	}
	if (content->has_header) {
		leaf_judge_header(walk, index, &one);
		leaf_join(all, &one);
	}
}

static void note_missing_header(const struct leaf_walk *walk, size_t index, bool crypt, struct judgement *ret)
{
	const struct content *content = &walk->nodes[index].content;
	size_t used = strlen(ret->reason);

	if (crypt && ret->verdict == LEAF_ENCRYPTED && content->probe == CONTENT_NOTHING &&
		!content->has_header)
		(void)snprintf(ret->reason + used, sizeof ret->reason - used,
			" It has no header of its own, so this can be seen only while it is open.");
}

static void judge_used(struct leaf_walk *walk, size_t index, struct judgement *ret)
{
	bool busy_explained = false, crypt = false, first = true;
	char why[LEAF_TEXT];

	if (leaf_judge_boot(walk, index, ret, why))
		return;
	for (size_t i = 0; i < walk->users.use_count; i++) {
		const struct users_use *use = &walk->users.uses[i];
		struct judgement one;

		if (use->lower != index || !leaf_counts(walk, use))
			continue;
		judge_use(walk, use, &one);
		if (first)
			*ret = one;
		else
			leaf_join(ret, &one);
		first = false;
		crypt = crypt || use->kind == USERS_CRYPT;
		busy_explained = busy_explained || explains_busy(use);
	}
	join_content(walk, index, busy_explained, ret);
	note_missing_header(walk, index, crypt, ret);
	leaf_add_why(walk, index, why, ret);
}

static bool is_used(const struct leaf_walk *walk, size_t index)
{
	for (size_t i = 0; i < walk->users.use_count; i++)
		if (walk->users.uses[i].lower == index && leaf_counts(walk, &walk->users.uses[i]))
			return true;
	return false;
}

const struct judgement *leaf_judge(struct leaf_walk *walk, size_t index)
{
	struct leaf_node *node = &walk->nodes[index];
	_cleanup_free_ struct judgement *judgement = calloc(1, sizeof *judgement);
	char noun[LEAF_USE];

	if (node->state == LEAF_STATE_DONE)
		return &node->judgement;
	if (node->state == LEAF_STATE_OPEN || !judgement) {
		leaf_decide(&node->judgement, LEAF_UNKNOWN, fix_unknown,
			"%s stands on itself or could not be judged.",
			leaf_noun(&walk->users.nodes[index], noun));
		return &node->judgement;
	}
	node->state = LEAF_STATE_OPEN;
	if (is_used(walk, index))
		judge_used(walk, index, judgement);
	else
		leaf_judge_idle(walk, index, judgement);
	node->judgement = *judgement;
	node->state = LEAF_STATE_DONE;
	return &node->judgement;
}
