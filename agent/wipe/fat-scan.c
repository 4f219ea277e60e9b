/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Walking a FAT volume. See fat-scan.h. Pure.
 *
 * First the table is read once from front to back: a bit is set for each cluster in use, both copies are
 * compared. Then each chain that a folder names takes its bits away; a chain that finds a bit already taken
 * runs in a circle or into another file. What is left at the end belongs to nobody.
 */

#include "wipe/fat-scan.h"

#include "base/number.h"
#include "wipe/bitmap.h"
#include "wipe/nameset.h"

#include <string.h>

#define PIECE (48 * 1024) /* of the table: whole FAT12 entries */

struct walk {
	const struct fat_volume *volume;
	struct tree *tree;
	struct fat_scan *scan;
	struct bitmap used;
};

/* Where a folder's entries are read from. */
struct cursor {
	uint32_t cluster; /* 0: the fixed root of FAT12/16 */
	uint32_t at;      /* bytes into the cluster or fixed root */
	bool end;
};

static int take_table_entry(struct walk *w, uint32_t cluster, uint32_t value)
{
	switch (fat_classify(w->volume, value)) {
	case FAT_FREE:
		return 0;
	case FAT_LINK:
	case FAT_END:
		bitmap_set(&w->used, cluster);
		return 0;
	case FAT_BAD:
		return WIPE_BAD_BLOCKS;
	case FAT_NONSENSE:
		return WIPE_BAD_FAT;
	}
	return WIPE_BAD_FAT;
}

static uint32_t raw_value(const struct fat_volume *v, const uint8_t *piece, uint32_t index)
{
	if (v->bits == 32)
		return load_le32(piece + (size_t)index * 4) & 0x0FFFFFFF;
	if (v->bits == 16)
		return load_le16(piece + (size_t)index * 2);
	return (uint32_t)(load_le16(piece + (size_t)index * 3 / 2) >> (index % 2 * 4)) & 0xFFF;
}

static int take_piece(struct walk *w, const uint8_t *piece, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int r;

		if (!fat_cluster_valid(w->volume, first + i))
			continue;
		r = take_table_entry(w, first + i, raw_value(w->volume, piece, i));
		if (r != 0)
			return r;
	}
	return 0;
}

/* Both copies of one piece; entries 0 and 1 carry flags that only one copy may have. */
static int compare_copy(
	const struct walk *w, const uint8_t *piece, uint8_t *other, uint64_t offset, size_t size)
{
	size_t skip = offset == 0 ? (FAT_FIRST_CLUSTER * w->volume->bits + 7) / 8 : 0;
	int r;

	if (w->volume->fat_count < 2)
		return 0;
	r = source_read(
		w->volume->device, w->volume->fat_offset + w->volume->fat_bytes + offset, other, size);
	if (r != 0)
		return r;
	return memcmp(piece + skip, other + skip, size - skip) == 0 ? 0 : WIPE_FATS_DIFFER;
}

static int read_table(struct walk *w)
{
	const struct fat_volume *v = w->volume;
	uint64_t bits = ((uint64_t)v->clusters + FAT_FIRST_CLUSTER) * v->bits, total = (bits + 7) / 8;
	_cleanup_free_ uint8_t *pieces = malloc(2 * (PIECE + 1));
	int r = 0;

	if (!pieces)
		return -ENOMEM;
	for (uint64_t offset = 0; offset < total && r == 0; offset += PIECE) {
		size_t size = total - offset < PIECE ? (size_t)(total - offset) : PIECE;

		pieces[size] = 0;
		r = source_read(v->device, v->fat_offset + offset, pieces, size);
		if (r == 0)
			r = compare_copy(w, pieces, pieces + PIECE + 1, offset, size);
		if (r == 0)
			r = take_piece(w, pieces, (uint32_t)(offset * 8 / v->bits),
				(uint32_t)(((uint64_t)size * 8) / v->bits));
	}
	return r;
}

/* A chain met a cluster that is taken: by itself, or by another? */
static int name_the_clash(const struct walk *w, uint32_t first, uint32_t length, uint32_t cluster)
{
	uint32_t c = first;

	for (uint32_t i = 0; i < length; i++) {
		int r;

		if (c == cluster)
			return WIPE_LOOP;
		r = fat_get(w->volume, c, &c);
		if (r != 0)
			return r;
	}
	return WIPE_CROSS_LINKED;
}

/* Takes the bits of a chain; at most max clusters long. */
static int claim_chain(struct walk *w, uint32_t first, uint64_t max, uint32_t *ret_length)
{
	uint32_t c = first, length = 0;

	for (;;) {
		uint32_t value;
		int r;

		if (!fat_cluster_valid(w->volume, c))
			return WIPE_OUT_OF_RANGE;
		r = fat_get(w->volume, c, &value);
		if (r != 0)
			return r;
		if (value == 0)
			return WIPE_BAD_FAT;
		if (!bitmap_test(&w->used, c))
			return name_the_clash(w, first, length, c);
		if (length == max)
			return WIPE_BAD_SIZE;
		bitmap_unset(&w->used, c);
		length++;
		if (fat_classify(w->volume, value) == FAT_END)
			break;
		c = value;
	}
	*ret_length = length;
	return 0;
}

static int next_entry(const struct walk *w, struct cursor *cursor, uint8_t *ret_bytes)
{
	const struct fat_volume *v = w->volume;
	bool fixed = cursor->cluster == 0;
	uint64_t base = fixed ? v->root_offset : fat_cluster_offset(v, cursor->cluster);
	uint64_t room = fixed ? v->root_bytes : v->cluster_bytes;
	int r;

	r = source_read(v->device, base + cursor->at, ret_bytes, FAT_ENTRY_SIZE);
	if (r != 0)
		return r;
	cursor->at += FAT_ENTRY_SIZE;
	if (cursor->at < room)
		return 0;
	cursor->at = 0;
	cursor->end = fixed;
	if (!fixed) {
		r = fat_get(v, cursor->cluster, &cursor->cluster);
		cursor->end = fat_classify(v, cursor->cluster) != FAT_LINK;
	}
	return r;
}

/* As the kernel compares: letters of ASCII without case, dots at the end cut off. */
static int add_folded(struct nameset *names, const struct name *name, bool *ret_new)
{
	struct name folded = *name;

	folded.size = name_undotted(name);
	for (size_t i = 0; i < folded.size; i++)
		if (folded.bytes[i] >= 'A' && folded.bytes[i] <= 'Z')
			folded.bytes[i] = (char)(folded.bytes[i] + 32);
	return nameset_add(names, folded.bytes, folded.size, ret_new);
}

static bool same_folded(const struct name *a, const struct name *b)
{
	size_t size = name_undotted(a);

	return size == name_undotted(b) && strncasecmp(a->bytes, b->bytes, size) == 0;
}

static int check_name(struct nameset *names, const struct fat_entry *e)
{
	bool new;
	int r;

	r = add_folded(names, &e->name, &new);
	if (r == 0 && new && !same_folded(&e->name, &e->alias))
		r = add_folded(names, &e->alias, &new);
	if (r < 0)
		return r == -EFBIG ? WIPE_TOO_MANY : r;
	return new ? 0 : WIPE_BAD_NAME;
}

static int take_file(struct walk *w, const struct fat_entry *e)
{
	uint64_t clusters = ((uint64_t)e->size + w->volume->cluster_bytes - 1) / w->volume->cluster_bytes;
	uint32_t length = 0;
	int r;

	if (clusters == 0 && e->cluster != 0)
		return WIPE_BAD_SIZE;
	if (clusters > 0) {
		r = claim_chain(w, e->cluster, clusters, &length);
		if (r != 0)
			return r;
	}
	if (length != clusters)
		return WIPE_BAD_SIZE;
	return tree_file(w->tree, e->name.bytes, e->name.size, e->size, e->attributes & FAT_ATTR_READ_ONLY);
}

/* Tells the tree where an outcome happened. */
static int blame(struct walk *w, const struct fat_entry *e, int r)
{
	if (r > 0)
		tree_blame(w->tree, e->name.bytes, e->name.size);
	return r;
}

static int visit_folder(struct walk *w, uint32_t cluster, uint32_t parent, bool is_root);

static int take_folder(struct walk *w, const struct fat_entry *e, uint32_t parent)
{
	struct tree_mark mark;
	uint32_t length;
	int r;

	r = tree_enter(w->tree, e->name.bytes, e->name.size, e->raw, e->raw_size, &mark);
	if (r != 0)
		return r;
	r = claim_chain(w, e->cluster, FAT_DIRECTORY_MAX / w->volume->cluster_bytes + 1, &length);
	if (r == WIPE_BAD_SIZE)
		r = WIPE_BAD_DIRECTORY;
	if (r == 0)
		r = visit_folder(w, e->cluster, parent, false);
	if (r == 0)
		tree_leave(w->tree, &mark);
	return r;
}

static int take_label(struct walk *w, const uint8_t *bytes, bool is_root)
{
	if (load_le16(bytes + 26) != 0 && is_root)
		return WIPE_BAD_DIRECTORY;
	if (!is_root || w->scan->has_label)
		return 0;
	w->scan->has_label = true;
	memcpy(w->scan->label, bytes, FAT_ENTRY_SIZE);
	return 0;
}

/* '.' and '..' are the first two entries of every folder but the root and point where they must. */
static int check_dots(struct walk *w, struct cursor *cursor, uint32_t self, uint32_t parent)
{
	struct fat_reader reader = {.bits = w->volume->bits};
	uint8_t bytes[2][FAT_ENTRY_SIZE];
	uint32_t root = w->volume->bits == 32 ? w->volume->root_cluster : 0;
	struct fat_entry e = {0};
	enum fat_found found;

	for (unsigned i = 0; i < 2; i++) {
		int r = next_entry(w, cursor, bytes[i]);

		if (r != 0)
			return r;
		r = fat_reader_feed(&reader, bytes[i], &found, &e);
		if (r != 0)
			return r;
		if (found != FAT_FOUND_DOTS || !(e.attributes & FAT_ATTR_DIRECTORY) ||
			bytes[i][1] != (i == 0 ? ' ' : '.'))
			return WIPE_BAD_DIRECTORY;
		if (i == 0 ? e.cluster != self : e.cluster != parent && !(parent == 0 && e.cluster == root))
			return WIPE_BAD_DIRECTORY;
	}
	if (w->tree->parent >= 0)
		memcpy(w->tree->kept[w->tree->parent].dots, bytes, sizeof bytes);
	return 0;
}

static int take_entry(
	struct walk *w, struct nameset *names, const struct fat_entry *e, uint32_t self, bool folders)
{
	int r = 0;

	if (!folders)
		r = check_name(names, e);
	if (r != 0)
		return blame(w, e, r);
	if (e->attributes & FAT_ATTR_DIRECTORY)
		return folders ? take_folder(w, e, self) : 0;
	return folders ? 0 : blame(w, e, take_file(w, e));
}

/* One pass over a folder: over its names and files, or over its folders. The first holds all names in memory,
 * the second goes deeper. */
static int pass(struct walk *w, uint32_t cluster, uint32_t parent, bool is_root, bool folders)
{
	_cleanup_nameset_ struct nameset names = {0};
	struct fat_reader reader = {.bits = w->volume->bits};
	struct cursor cursor = {.cluster = cluster};
	struct fat_entry e = {0};
	int r = 0;

	if (!is_root)
		r = check_dots(w, &cursor, cluster, parent);
	while (r == 0 && !cursor.end) {
		uint8_t bytes[FAT_ENTRY_SIZE];
		enum fat_found found = FAT_FOUND_NOTHING;

		r = next_entry(w, &cursor, bytes);
		if (r == 0)
			r = fat_reader_feed(&reader, bytes, &found, &e);
		if (r == 0 && found == FAT_FOUND_DOTS)
			r = WIPE_BAD_DIRECTORY;
		if (r == 0 && found == FAT_FOUND_LABEL && !folders)
			r = take_label(w, bytes, is_root);
		if (r == 0 && found == FAT_FOUND_ENTRY)
			r = take_entry(w, &names, &e, is_root ? 0 : cluster, folders);
	}
	return r;
}

static int visit_folder(struct walk *w, uint32_t cluster, uint32_t parent, bool is_root)
{
	int r;

	r = pass(w, cluster, parent, is_root, false);
	return r != 0 ? r : pass(w, cluster, parent, is_root, true);
}

static int claim_root(struct walk *w)
{
	const struct fat_volume *v = w->volume;
	uint32_t c = v->root_cluster, length = 0;
	int r;

	if (v->bits != 32)
		return extents_add(&w->scan->root, v->root_offset, v->root_bytes);
	r = claim_chain(w, c, FAT_DIRECTORY_MAX / v->cluster_bytes + 1, &length);
	if (r == WIPE_BAD_SIZE)
		r = WIPE_BAD_DIRECTORY;
	for (uint32_t i = 0; i < length && r == 0; i++) {
		r = extents_add(&w->scan->root, fat_cluster_offset(v, c), v->cluster_bytes);
		if (r == 0)
			r = fat_get(v, c, &c);
	}
	return r;
}

int fat_scan(const struct fat_volume *volume, struct tree *tree, struct fat_scan *ret_scan)
{
	struct walk w = {.volume = volume, .tree = tree, .scan = ret_scan};
	int r;

	ret_scan->has_label = false;
	ret_scan->root.count = 0;
	r = bitmap_init(&w.used, (uint64_t)volume->clusters + FAT_FIRST_CLUSTER);
	if (r == 0)
		r = read_table(&w);
	if (r == 0)
		r = claim_root(&w);
	if (r == 0)
		r = visit_folder(&w, volume->bits == 32 ? volume->root_cluster : 0, 0, true);
	if (r == 0 && !bitmap_is_empty(&w.used))
		r = WIPE_LOST_CLUSTERS;
	bitmap_clear(&w.used);
	return r;
}
