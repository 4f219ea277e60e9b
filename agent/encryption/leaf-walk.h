/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the files of leaf.c share: the walk upwards over struct users with the contents that were found, and
 * the sentences. Not for others.
 */

#include "encryption/leaf.h"
#include "encryption/users.h"

struct judgement {
	enum leaf_verdict verdict;
	char reason[LEAF_TEXT];
	char fix[LEAF_TEXT];
	char command[LEAF_TEXT];
};

enum leaf_state {
	LEAF_STATE_NEW,
	LEAF_STATE_OPEN, /* being judged: meeting it again is a circle */
	LEAF_STATE_DONE,
};

/* One for each node of users. */
struct leaf_node {
	bool is_leaf;
	bool wanted;    /* lies below no encryption: its content matters */
	bool rest_only; /* a disk that is a leaf only for what lies outside its partitions */
	bool external;
	enum leaf_state state;
	struct content content;
	struct judgement judgement;
};

struct leaf_walk {
	const struct sysroot *root;
	const struct leaf_options *options;
	struct users users;
	struct leaf_node *nodes;
};

/* leaf.c: lists, finds and looks; as leaf_judge_all(). Clear in any case. */
int leaf_open(const struct sysroot *root, const struct leaf_options *options, struct leaf_walk *ret_walk);
void leaf_close(struct leaf_walk *walk);

/* Does this use count for the node? The partitions of a real disk are leaves of their own. */
bool leaf_counts(const struct leaf_walk *walk, const struct users_use *use);

/* leaf-find.c: is a disk used beside its partitions? Then the kernel refuses those too. */
bool leaf_is_used_as_a_whole(const struct leaf_walk *walk, size_t index);

/* leaf-content.c: is there room outside the partitions of a disk? */
bool leaf_has_rest(const struct leaf_walk *walk, size_t index);

/* leaf-find.c: is_leaf, external and wanted of every node. */
int leaf_find(struct leaf_walk *walk);

/* leaf-content.c: the content of every wanted node; ranges that no mapping covers included. */
int leaf_read_contents(struct leaf_walk *walk);

/* leaf-judge.c: fills the node's judgement and returns it. */
const struct judgement *leaf_judge(struct leaf_walk *walk, size_t index);

/* leaf-idle.c: a node that nothing is known to use. */
void leaf_judge_idle(struct leaf_walk *walk, size_t index, struct judgement *ret);

/* leaf-idle.c: boot file systems; true and *ret when the node is exempt, or when it looked like one and
 * *ret_why (LEAF_TEXT) says why it is not. */
bool leaf_judge_boot(struct leaf_walk *walk, size_t index, struct judgement *ret, char *ret_why);

/* leaf-idle.c: adds why a boot file system is not exempt to a judgement that is not good. */
void leaf_add_why(const struct leaf_walk *walk, size_t index, const char *why, struct judgement *ret);

/* leaf-idle.c: what is known about keys of a node's header; false when there is nothing to say. */
bool leaf_find_keys(struct leaf_walk *walk, size_t index, struct header_verdict *ret_verdict);

/* leaf-idle.c: what the encryption header says, and its keys. */
void leaf_judge_header(struct leaf_walk *walk, size_t index, struct judgement *ret);

/* leaf-chain.c: used_for and chain of a leaf. */
void leaf_describe(struct leaf_walk *walk, size_t index, struct leaf_report *report);

/* leaf-text.c */
void leaf_decide(struct judgement *ret, enum leaf_verdict verdict, const char *fix, const char *format, ...)
	_printf_(4, 5);
void leaf_command(struct judgement *ret, const char *format, ...) _printf_(2, 3);
/* How to encrypt a file system where it lies, for those that can make room for a header first; no command for
 * others, because it would cut off their end. mounted: it has to be unmounted first. */
void leaf_command_encrypt(
	const struct users_node *node, const char *type, bool mounted, struct judgement *ret);
/* The worse of both, the first of equals. */
void leaf_join(struct judgement *all, const struct judgement *one);
/* "The disk sda", "The partition nvme0n1p3", "The volume vg-home" */
const char *leaf_noun(const struct users_node *node, char buffer[static LEAF_USE]);
/* The path of its node: "/dev/sda1", "/dev/mapper/vg-home" */
const char *leaf_path(const struct users_node *node, char buffer[static LEAF_USE]);
/* "ext4 file system", "Windows file system", "LVM volume group": what people call a libblkid type. */
const char *leaf_type_words(const char *type, char buffer[static LEAF_USE]);
/* "" or what people call an idle use of a type: "hibernation image", "swap", "LVM" */
const char *leaf_type_use(const char *type);
