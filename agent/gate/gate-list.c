/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Listing a folder: what is on the medium, except where something else is shown under that name, and then
 * what is shown. Taken down whole at the beginning, so that a position is a number and nothing appears twice
 * while others change the folder.
 */

#include "gate/gate-internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

struct item {
	uint32_t name; /* offset in names */
	mode_t type;
};

struct gate_list {
	struct gate *gate;
	struct node *node; /* held */
	struct item *items;
	size_t count, room;
	char *names;
	size_t used, size;
};

static int reserve(void **array, size_t *room, size_t wanted, size_t each)
{
	size_t larger = *room ? *room : 64;
	void *grown;

	while (larger < wanted)
		larger *= 2;
	if (larger == *room)
		return 0;
	grown = reallocarray(*array, larger, each);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = larger;
	return 0;
}

static int add(struct gate_list *list, const char *name, mode_t type)
{
	size_t size = strlen(name) + 1;
	void *items = list->items, *names = list->names;
	int r;

	if (list->used + size > UINT32_MAX)
		return -EOVERFLOW;
	r = reserve(&items, &list->room, list->count + 1, sizeof *list->items);
	list->items = items;
	if (r >= 0)
		r = reserve(&names, &list->size, list->used + size, 1);
	list->names = names;
	if (r < 0)
		return r;
	list->items[list->count++] = (struct item){(uint32_t)list->used, type};
	memcpy(list->names + list->used, name, size);
	list->used += size;
	return 0;
}

static mode_t type_of(const struct gate_list *list, int folder_fd, const struct dirent *entry)
{
	struct stat st;

	switch (entry->d_type) {
	case DT_REG:
		return S_IFREG;
	case DT_DIR:
		return S_IFDIR;
	case DT_UNKNOWN:
		if (fstatat(folder_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return 0;
		return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? st.st_mode & S_IFMT : 0;
	default:
		return 0;
	}
}

static int add_from_medium(struct gate_list *list, DIR *folder)
{
	const struct dirent *entry;
	int r = 0;

	while (r >= 0 && (errno = 0, entry = readdir(folder))) {
		const struct node *node;
		mode_t type;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			gate_name_is_ours(entry->d_name))
			continue;
		type = type_of(list, dirfd(folder), entry);
		node = tree_find(list->gate->tree, list->node, entry->d_name);
		if (type != 0 && !(node && gate_file_shown(node->file)))
			r = add(list, entry->d_name, type);
	}
	return r < 0 ? r : -errno;
}

static int add_shown(struct gate_list *list)
{
	int r = 0;

	for (const struct gate_file *f = list->gate->files; f && r >= 0; f = f->next)
		if (f->node->parent == list->node && gate_file_shown(f))
			r = add(list, f->node->name, S_IFREG);
	return r;
}

static int read_locked(struct gate_list *list)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	DIR *folder;
	int r = tree_path(list->node, path, sizeof path);

	list->count = list->used = 0;
	if (r >= 0)
		r = backing_open(list->gate->options.root_fd, path, O_RDONLY | O_DIRECTORY, &fd);
	if (r < 0)
		return r;
	folder = fdopendir(fd);
	if (!folder)
		return -errno;
	fd = -1;
	r = add(list, ".", S_IFDIR);
	if (r >= 0)
		r = add(list, "..", S_IFDIR);
	if (r >= 0)
		r = add_from_medium(list, folder);
	(void)closedir(folder);
	return r < 0 ? r : add_shown(list);
}

int gate_list_open(struct gate *gate, struct node *node, struct gate_list **ret_list)
{
	struct gate_list *list = calloc(1, sizeof *list);
	struct stat st;
	int r;

	if (!list)
		return -ENOMEM;
	list->gate = gate;
	list->node = node;
	gate_lock(gate);
	node->holds++;
	r = gate_stat_locked(gate, node, &st);
	gate_unlock(gate);
	if (r < 0) {
		(void)gate_list_free(list);
		return r;
	}
	*ret_list = list;
	return 0;
}

int gate_list_at(struct gate_list *list, uint64_t position, struct gate_list_entry *ret_entry)
{
	int r = 0;

	if (position == 0) {
		gate_lock(list->gate);
		r = read_locked(list);
		gate_unlock(list->gate);
	}
	if (r < 0 || position >= list->count)
		return r;
	*ret_entry = (struct gate_list_entry){.name = list->names + list->items[position].name,
		.type = list->items[position].type,
		.position = position + 1};
	return 1;
}

struct gate_list *gate_list_free(struct gate_list *list)
{
	if (!list)
		return NULL;
	gate_lock(list->gate);
	list->node->holds--;
	tree_drop(list->gate->tree, list->node);
	gate_unlock(list->gate);
	free(list->items);
	free(list->names);
	free(list);
	return NULL;
}
