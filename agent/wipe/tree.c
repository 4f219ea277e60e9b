/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Adding up a scan. See tree.h. Pure. */

#include "wipe/tree.h"

#include <string.h>
#include <strings.h>

#define ROOT (-1)
#define NONE (-2)

void tree_init(struct tree *tree, bool keep_all)
{
	*tree = (struct tree){.keep_all = keep_all, .parent = ROOT};
}

void tree_clear(struct tree *tree)
{
	free(tree->kept);
	*tree = (struct tree){.parent = ROOT};
}

/* Appends name to the path, NUL-terminated. */
static int push_name(struct tree *tree, const char *name, size_t name_size)
{
	size_t slash = tree->path_size > 0 ? 1 : 0;

	if (++tree->entries > TREE_ENTRIES_MAX)
		return WIPE_TOO_MANY;
	if (name_size == 0 || memchr(name, '/', name_size) || memchr(name, 0, name_size))
		return WIPE_BAD_NAME;
	if (name_size > TREE_PATH_MAX - 2 - tree->path_size)
		return WIPE_TOO_DEEP;
	if (slash)
		tree->path[tree->path_size++] = '/';
	memcpy(tree->path + tree->path_size, name, name_size);
	tree->path_size += name_size;
	tree->path[tree->path_size] = 0;
	return 0;
}

static void pop_to(struct tree *tree, size_t path_size)
{
	tree->path_size = path_size;
	tree->path[path_size] = 0;
}

int tree_file(struct tree *tree, const char *name, size_t name_size, uint64_t size, bool read_only)
{
	size_t before = tree->path_size;
	int r;

	r = push_name(tree, name, name_size);
	if (r != 0)
		return r;
	r = set_digest_add(&tree->set, tree->path, tree->path_size, size);
	if (r == -EOVERFLOW)
		return WIPE_BAD_SIZE;
	if (r < 0)
		return r;
	tree->protected_files += read_only;
	pop_to(tree, before);
	return 0;
}

static bool is_kept(const struct tree *tree, const char *name, size_t name_size)
{
	if (tree->parent == NONE)
		return false;
	if (tree->keep_all)
		return true;
	return tree->depth == 0 && name_size == 4 && strncasecmp(name, "DCIM", 4) == 0;
}

/* The camera makes again what is not. */
static int keep(struct tree *tree, const void *entry, size_t entry_size)
{
	struct tree_folder *folder;

	if (tree->kept_count == TREE_FOLDERS_MAX || entry_size > TREE_ENTRY_MAX) {
		tree->parent = NONE;
		return 0;
	}
	if (!tree->kept) {
		tree->kept = calloc(TREE_FOLDERS_MAX, sizeof *tree->kept);
		if (!tree->kept)
			return -ENOMEM;
	}
	folder = &tree->kept[tree->kept_count];
	folder->parent = tree->parent;
	folder->entry_size = entry_size;
	memcpy(folder->entry, entry, entry_size);
	tree->parent = (int)tree->kept_count++;
	return 0;
}

int tree_enter(struct tree *tree, const char *name, size_t name_size, const void *entry, size_t entry_size,
	struct tree_mark *ret_mark)
{
	struct tree_mark mark = {.path_size = tree->path_size, .parent = tree->parent};
	int r;

	r = push_name(tree, name, name_size);
	if (r != 0)
		return r;
	if (tree->depth >= TREE_DEPTH_MAX)
		return WIPE_TOO_DEEP;
	if (is_kept(tree, name, name_size)) {
		r = keep(tree, entry, entry_size);
		if (r != 0)
			return r;
	} else {
		tree->parent = NONE;
	}
	tree->depth++;
	tree->folders++;
	*ret_mark = mark;
	return 0;
}

void tree_leave(struct tree *tree, const struct tree_mark *mark)
{
	pop_to(tree, mark->path_size);
	tree->parent = mark->parent;
	tree->depth--;
}

void tree_keep_what_fits(struct tree *tree, uint64_t root_room, uint64_t folder_room)
{
	uint64_t left[TREE_FOLDERS_MAX];
	int now[TREE_FOLDERS_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < tree->kept_count; i++) {
		struct tree_folder *folder = &tree->kept[i];
		int parent = folder->parent == ROOT ? ROOT : now[folder->parent];
		uint64_t *room;

		now[i] = NONE;
		if (parent == NONE)
			continue;
		room = parent == ROOT ? &root_room : &left[parent];
		if (folder->entry_size > *room)
			continue;
		*room -= folder->entry_size;
		left[kept] = folder_room;
		now[i] = (int)kept;
		folder->parent = parent;
		tree->kept[kept++] = *folder;
	}
	tree->kept_count = kept;
}

void tree_blame(struct tree *tree, const char *name, size_t name_size)
{
	(void)push_name(tree, name, name_size);
}
