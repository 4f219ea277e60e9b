/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The names the kernel knows, as nodes with a parent each. A node is known by its address, lives while the
 * kernel or the gate holds it, and can lose its name (removed or replaced) and live on.
 *
 * Not locked: the gate's lock is held around every call.
 */

#include "base/cleanup.h"

struct gate_file;

struct node {
	struct node *parent;    /* NULL: the top folder, or one without a name any more */
	struct node *next;      /* in its hash chain */
	struct gate_file *file; /* what is staged or under way for it, NULL: as on the medium */
	uint64_t number;        /* shown as inode number */
	uint64_t lookups;       /* the kernel's references */
	uint32_t handles;       /* that have it open */
	int last_fd;            /* the file of one without a name any more, for those handles; -1: none */
	uint64_t last_size;     /* of one without a name any more, when it lost it */
	uint32_t stamp;         /* grows whenever another file on the medium is behind it */
	uint32_t holds;         /* ours, and one for each child */
	bool dir, gone;
	char *name;
};

struct tree;

int tree_new(struct tree **ret_tree);
struct tree *tree_free(struct tree *tree);
DEFINE_CLEANUP(struct tree, tree_free);
struct node *tree_top(struct tree *tree);
size_t tree_count(const struct tree *tree);

/* NULL when not known, which says nothing about the medium. */
struct node *tree_find(struct tree *tree, const struct node *parent, const char *name);

/* NULL: out of memory. The new node has no references; the caller adds one before the lock is given back. */
struct node *tree_add(struct tree *tree, struct node *parent, const char *name, bool dir);

/* The node once nobody holds it is freed, and so are parents that only it held. */
void tree_drop(struct tree *tree, struct node *node);

/* Takes its name away for good: tree_find() does not find it any more. */
void tree_detach(struct tree *tree, struct node *node);

/* Gives it another name in another folder. -ENOMEM: it has the old one. */
int tree_move(struct tree *tree, struct node *node, struct node *parent, const char *name);

/* "a/b/c" into path, "" for the top folder. -ENOENT: without a name, or below such; -ENAMETOOLONG. */
int tree_path(const struct node *node, char *path, size_t size);

/* Calls visit for every node until it returns non-zero. */
int tree_each(struct tree *tree, int (*visit)(struct node *node, void *data), void *data);
