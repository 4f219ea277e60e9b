/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a scan of a card adds up: its files as a set digest, the path it is at, and the folders to keep.
 *
 * Paths are exactly what the kernel's vfat (utf8) and exfat drivers show, because the offload, which read
 * through the kernel, made its digest from those. Depth, path length and number of entries are limited here:
 * a folder bomb ends in a refusal, never in memory.
 */

#include "base/setdigest.h"
#include "wipe/outcome.h"

#define TREE_PATH_MAX    4096
#define TREE_DEPTH_MAX   64
#define TREE_ENTRIES_MAX 1000000
#define TREE_FOLDERS_MAX 512       /* kept ones */
#define TREE_ENTRY_MAX   (32 * 32) /* bytes of one folder's directory entry with its name */

/* A folder that is made again, empty: its entry as found (name, times) and, on FAT, its '.' and '..'. */
struct tree_folder {
	int parent; /* index, -1: the root */
	size_t entry_size;
	uint8_t entry[TREE_ENTRY_MAX];
	uint8_t dots[64];
};

struct tree {
	struct set_digest set;
	uint64_t protected_files;
	uint64_t folders;
	uint64_t entries;
	bool keep_all; /* keep every folder, as many as can be; otherwise only DCIM in the root */
	int parent;    /* kept folder that is being read, -1: the root, -2: none */
	unsigned depth;
	size_t path_size;
	char path[TREE_PATH_MAX];
	size_t kept_count;
	struct tree_folder *kept;
};

void tree_init(struct tree *tree, bool keep_all);
void tree_clear(struct tree *tree);

/* A file in the present folder. */
int tree_file(struct tree *tree, const char *name, size_t name_size, uint64_t size, bool read_only);

/* Where tree_leave() goes back to. */
struct tree_mark {
	size_t path_size;
	int parent;
};

/* Goes into a folder; entry is its directory entry. After any return but 0 the path still names it. */
int tree_enter(struct tree *tree, const char *name, size_t name_size, const void *entry, size_t entry_size,
	struct tree_mark *ret_mark);

/* Keeps only the folders whose entries fit into the first cluster of the folder they lie in, in the order of
 * the scan: bytes that are free in the root and in a new folder. */
void tree_keep_what_fits(struct tree *tree, uint64_t root_room, uint64_t folder_room);

/* Makes the path name the entry that an outcome is about. */
void tree_blame(struct tree *tree, const char *name, size_t name_size);

void tree_leave(struct tree *tree, const struct tree_mark *mark);
