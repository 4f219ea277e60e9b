/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Nodes in one hash table over (parent, name). See tree.h. A child holds its parent, so a path can always be
 * walked up; a node that is forgotten and held by nobody takes its memory with it, which keeps a million
 * files on a medium from becoming a million nodes here for longer than the kernel wants them.
 */

#include "gate/tree.h"

#include <string.h>

#define BUCKETS_FIRST 1024

struct bucket {
	struct node *first;
};

struct tree {
	struct bucket *buckets;
	size_t bucket_count, count;
	uint64_t next_number;
	struct node *top;
};

static size_t hash_of(const struct node *parent, const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uintptr_t)parent;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 29);
}

static struct bucket *bucket_of(const struct tree *tree, const struct node *parent, const char *name)
{
	return &tree->buckets[hash_of(parent, name) & (tree->bucket_count - 1)];
}

static struct node *make_node(struct tree *tree, const char *name, bool dir)
{
	struct node *node = calloc(1, sizeof *node);

	if (!node)
		return NULL;
	node->name = strdup(name);
	if (!node->name) {
		free(node);
		return NULL;
	}
	node->dir = dir;
	node->last_fd = -1;
	node->number = tree->next_number++;
	return node;
}

static void free_node(struct node *node)
{
	(void)close_fd(node->last_fd);
	free(node->name);
	free(node);
}

int tree_new(struct tree **ret_tree)
{
	_cleanup_(tree_freep) struct tree *tree = calloc(1, sizeof *tree);

	if (!tree)
		return -ENOMEM;
	tree->buckets = calloc(BUCKETS_FIRST, sizeof *tree->buckets);
	if (!tree->buckets)
		return -ENOMEM;
	tree->bucket_count = BUCKETS_FIRST;
	tree->next_number = 1;
	tree->top = make_node(tree, "", true);
	if (!tree->top)
		return -ENOMEM;
	tree->top->holds = 1;
	*ret_tree = TAKE_PTR(tree);
	return 0;
}

struct tree *tree_free(struct tree *tree)
{
	if (!tree)
		return NULL;
	for (size_t i = 0; i < tree->bucket_count; i++)
		for (struct node *node = tree->buckets[i].first, *next; node; node = next) {
			next = node->next;
			free_node(node);
		}
	if (tree->top)
		free_node(tree->top);
	free(tree->buckets);
	free(tree);
	return NULL;
}

struct node *tree_top(struct tree *tree)
{
	return tree->top;
}

size_t tree_count(const struct tree *tree)
{
	return tree->count;
}

struct node *tree_find(struct tree *tree, const struct node *parent, const char *name)
{
	struct node *node = bucket_of(tree, parent, name)->first;

	while (node && (node->parent != parent || strcmp(node->name, name) != 0))
		node = node->next;
	return node;
}

/* A table that could not be made larger works on, more slowly. */
static void make_room(struct tree *tree)
{
	size_t old_count = tree->bucket_count;
	struct bucket *old = tree->buckets, *larger;

	if (tree->count < old_count)
		return;
	larger = calloc(old_count * 4, sizeof *larger);
	if (!larger)
		return;
	tree->buckets = larger;
	tree->bucket_count = old_count * 4;
	for (size_t i = 0; i < old_count; i++)
		for (struct node *node = old[i].first, *next; node; node = next) {
			struct bucket *bucket = bucket_of(tree, node->parent, node->name);

			next = node->next;
			node->next = bucket->first;
			bucket->first = node;
		}
	free(old);
}

static void link_node(struct tree *tree, struct node *node, struct node *parent)
{
	struct bucket *bucket;

	make_room(tree);
	bucket = bucket_of(tree, parent, node->name);
	node->parent = parent;
	parent->holds++;
	node->next = bucket->first;
	bucket->first = node;
	tree->count++;
}

static void unlink_node(struct tree *tree, struct node *node)
{
	struct node **at = &bucket_of(tree, node->parent, node->name)->first;

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	tree->count--;
	node->next = NULL;
	node->parent->holds--;
	node->parent = NULL;
}

struct node *tree_add(struct tree *tree, struct node *parent, const char *name, bool dir)
{
	struct node *node = make_node(tree, name, dir);

	if (node)
		link_node(tree, node, parent);
	return node;
}

void tree_drop(struct tree *tree, struct node *node)
{
	while (node && node != tree->top && node->lookups == 0 && node->holds == 0) {
		struct node *parent = node->parent;

		if (parent)
			unlink_node(tree, node);
		free_node(node);
		node = parent;
	}
}

void tree_detach(struct tree *tree, struct node *node)
{
	struct node *parent = node->parent;

	node->gone = true;
	if (!parent)
		return;
	unlink_node(tree, node);
	tree_drop(tree, parent);
}

int tree_move(struct tree *tree, struct node *node, struct node *parent, const char *name)
{
	struct node *old_parent = node->parent;
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	if (old_parent)
		unlink_node(tree, node);
	free(node->name);
	node->name = copy;
	link_node(tree, node, parent);
	if (old_parent)
		tree_drop(tree, old_parent);
	return 0;
}

int tree_path(const struct node *node, char *path, size_t size)
{
	char *at = path + size - 1;

	*at = 0;
	for (; node->parent; node = node->parent) {
		size_t length = strlen(node->name), sign = *at ? 1 : 0;

		if ((size_t)(at - path) < length + sign)
			return -ENAMETOOLONG;
		if (sign)
			*--at = '/';
		at -= length;
		memcpy(at, node->name, length);
	}
	if (node->gone)
		return -ENOENT;
	memmove(path, at, strlen(at) + 1);
	return 0;
}

int tree_each(struct tree *tree, int (*visit)(struct node *node, void *data), void *data)
{
	for (size_t i = 0; i < tree->bucket_count; i++)
		for (struct node *node = tree->buckets[i].first, *next; node; node = next) {
			int r;

			next = node->next;
			r = visit(node, data);
			if (r != 0)
				return r;
		}
	return 0;
}
