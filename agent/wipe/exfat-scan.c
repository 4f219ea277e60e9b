/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Walking an exFAT volume. See exfat-scan.h. Pure.
 *
 * The root is read twice: once for its system entries, because names cannot be compared before the up-case
 * table is known and nothing can be claimed before the bitmap is; then like any other folder.
 */

#include "wipe/exfat-scan.h"

#include "base/number.h"
#include "wipe/bitmap.h"
#include "wipe/nameset.h"

#include <string.h>

#define PIECE (64 * 1024)

struct walk {
	const struct exfat_volume *volume;
	struct tree *tree;
	struct exfat_scan *scan;
	struct bitmap used; /* bit 0 is cluster 2, as on the card */
};

struct folder {
	uint32_t cluster;
	bool contiguous;
	bool is_root;
	uint64_t size; /* bytes; of the root as long as its chain is */
};

struct cursor {
	uint32_t cluster;
	uint32_t at;
	uint64_t left; /* bytes of the folder */
};

/* Clusters of a chain into extents; exactly count of them, or for count 0 to the chain's end. */
static int follow(const struct exfat_volume *v, uint32_t first, uint64_t count, struct extents *ret_extents)
{
	uint64_t max = count > 0 ? count : EXFAT_DIRECTORY_MAX / v->cluster_bytes, n = 0;
	uint32_t c = first;

	ret_extents->count = 0;
	while (c != EXFAT_END) {
		int r;

		if (!exfat_cluster_valid(v, c))
			return WIPE_OUT_OF_RANGE;
		if (n++ == max)
			return count > 0 ? WIPE_BAD_SIZE : WIPE_BAD_DIRECTORY;
		r = extents_add(ret_extents, exfat_cluster_offset(v, c), v->cluster_bytes);
		if (r == 0)
			r = exfat_get(v, c, &c);
		if (r != 0)
			return r;
	}
	return n == 0 || (count > 0 && n != count) ? WIPE_BAD_SIZE : 0;
}

static uint64_t clusters_for(const struct exfat_volume *v, uint64_t bytes)
{
	return bytes / v->cluster_bytes + (bytes % v->cluster_bytes != 0);
}

/* Reads size bytes of a chain's extents from offset on. */
static int read_extents(const struct walk *w, const struct extents *extents, uint64_t offset,
	uint8_t *ret_bytes, uint64_t size)
{
	for (size_t i = 0; i < extents->count && size > 0; i++) {
		const struct extent *e = &extents->list[i];
		uint64_t piece;
		int r;

		if (offset >= e->size) {
			offset -= e->size;
			continue;
		}
		piece = e->size - offset < size ? e->size - offset : size;
		r = source_read(w->volume->device, e->offset + offset, ret_bytes, (size_t)piece);
		if (r != 0)
			return r;
		ret_bytes += piece;
		size -= piece;
		offset = 0;
	}
	return size == 0 ? 0 : WIPE_BAD_SIZE;
}

/* --- system entries
 * ----------------------------------------------------------------------------------------- */

static int take_bitmap(struct exfat_scan *s, const uint8_t *bytes)
{
	if (s->bitmap_cluster != 0 || bytes[1] & 1)
		return WIPE_UNUSUAL;
	s->bitmap_cluster = load_le32(bytes + 20);
	s->bitmap_bytes = load_le64(bytes + 24);
	return 0;
}

static int take_upcase(struct exfat_scan *s, const uint8_t *bytes)
{
	uint64_t size = load_le64(bytes + 24);

	if (s->upcase_cluster != 0)
		return WIPE_UNUSUAL;
	if (size == 0 || size > EXFAT_UPCASE_MAX)
		return WIPE_BAD_UPCASE;
	s->upcase_checksum = load_le32(bytes + 4);
	s->upcase_cluster = load_le32(bytes + 20);
	s->upcase_bytes = (uint32_t)size;
	return 0;
}

static int take_label(struct exfat_scan *s, const uint8_t *bytes)
{
	if (s->has_label)
		return WIPE_UNUSUAL;
	s->has_label = true;
	memcpy(s->label, bytes, EXFAT_ENTRY_SIZE);
	return bytes[1] <= 11 ? 0 : WIPE_BAD_DIRECTORY;
}

static int take_system(struct exfat_scan *s, const uint8_t *bytes)
{
	int r = 0;

	if (s->kept_count == EXFAT_KEPT_MAX)
		return WIPE_UNUSUAL;
	if (bytes[0] == EXFAT_TYPE_BITMAP)
		r = take_bitmap(s, bytes);
	else if (bytes[0] == EXFAT_TYPE_UPCASE)
		r = take_upcase(s, bytes);
	else if (bytes[0] == EXFAT_TYPE_LABEL)
		r = take_label(s, bytes);
	else if (bytes[0] != EXFAT_TYPE_GUID)
		r = WIPE_UNUSUAL;
	memcpy(s->kept[s->kept_count++], bytes, EXFAT_ENTRY_SIZE);
	return r;
}

/* All system entries of the root, before anything else can be understood. */
static int read_system_entries(struct walk *w)
{
	struct exfat_scan *s = w->scan;

	for (size_t i = 0; i < s->root.count; i++)
		for (uint64_t at = 0; at < s->root.list[i].size; at += EXFAT_ENTRY_SIZE) {
			uint8_t bytes[EXFAT_ENTRY_SIZE];
			int r = source_read(
				w->volume->device, s->root.list[i].offset + at, bytes, sizeof bytes);

			if (r == 0 && bytes[0] == EXFAT_TYPE_END)
				return 0;
			if (r == 0 && bytes[0] >= 0x80 && bytes[0] < 0xC0 && bytes[0] != EXFAT_TYPE_FILE)
				r = take_system(s, bytes);
			if (r != 0)
				return r;
		}
	return 0;
}

static int load_upcase(struct walk *w)
{
	struct exfat_scan *s = w->scan;
	_cleanup_free_ uint8_t *bytes = NULL;
	int r;

	if (s->upcase_cluster == 0)
		return WIPE_BAD_UPCASE;
	r = follow(w->volume, s->upcase_cluster, clusters_for(w->volume, s->upcase_bytes), &s->upcase);
	if (r != 0)
		return r;
	bytes = malloc(s->upcase_bytes);
	if (!bytes)
		return -ENOMEM;
	r = read_extents(w, &s->upcase, 0, bytes, s->upcase_bytes);
	if (r == 0 && exfat_checksum32(0, bytes, s->upcase_bytes) != s->upcase_checksum)
		r = WIPE_BAD_CHECKSUM;
	return r != 0 ? r : upcase_parse(bytes, s->upcase_bytes, &s->table);
}

static int load_bitmap(struct walk *w)
{
	struct exfat_scan *s = w->scan;
	int r;

	if (s->bitmap_cluster == 0 || s->bitmap_bytes != ((uint64_t)w->volume->clusters + 7) / 8)
		return WIPE_BAD_FAT;
	r = follow(w->volume, s->bitmap_cluster, clusters_for(w->volume, s->bitmap_bytes), &s->bitmap);
	if (r == 0)
		r = bitmap_init(&w->used, w->volume->clusters);
	if (r == 0)
		r = read_extents(w, &s->bitmap, 0, w->used.bytes, s->bitmap_bytes);
	/* Bits behind the last cluster mean nothing. */
	for (uint64_t bit = w->volume->clusters; r == 0 && bit < s->bitmap_bytes * 8; bit++)
		w->used.bytes[bit / 8] &= (uint8_t) ~(1U << (bit % 8));
	return r;
}

/* Worn-out blocks are marked in the table only. */
static int check_no_bad_blocks(const struct walk *w)
{
	const struct exfat_volume *v = w->volume;
	uint64_t total = ((uint64_t)v->clusters + EXFAT_FIRST_CLUSTER) * 4;
	_cleanup_free_ uint8_t *piece = malloc(PIECE);

	if (!piece)
		return -ENOMEM;
	for (uint64_t offset = 0; offset < total; offset += PIECE) {
		size_t size = total - offset < PIECE ? (size_t)(total - offset) : PIECE;
		int r = source_read(v->device, v->fat_offset + offset, piece, size);

		if (r != 0)
			return r;
		for (size_t i = offset == 0 ? 8 : 0; i < size; i += 4)
			if (load_le32(piece + i) == EXFAT_BAD)
				return WIPE_BAD_BLOCKS;
	}
	return 0;
}

/* --- claiming
 * ----------------------------------------------------------------------------------------------- */

static int name_the_clash(
	const struct walk *w, uint32_t first, uint64_t length, uint32_t cluster, bool contiguous)
{
	uint32_t c = first, bit = cluster - EXFAT_FIRST_CLUSTER;
	uint8_t byte;
	int r;

	r = read_extents(w, &w->scan->bitmap, bit / 8, &byte, 1);
	if (r != 0)
		return r;
	if (!(byte >> bit % 8 & 1))
		return WIPE_BAD_FAT;
	for (uint64_t i = 0; i < length && !contiguous; i++) {
		if (c == cluster)
			return WIPE_LOOP;
		r = exfat_get(w->volume, c, &c);
		if (r != 0)
			return r;
	}
	return WIPE_CROSS_LINKED;
}

/* Takes the bits of count clusters. */
static int claim(struct walk *w, uint32_t first, uint64_t count, bool contiguous)
{
	uint32_t c = first;

	for (uint64_t i = 0; i < count; i++) {
		uint32_t next = c + 1;
		int r = 0;

		if (c == EXFAT_END)
			return WIPE_BAD_SIZE;
		if (!exfat_cluster_valid(w->volume, c))
			return WIPE_OUT_OF_RANGE;
		if (!bitmap_test(&w->used, c - EXFAT_FIRST_CLUSTER))
			return name_the_clash(w, first, i, c, contiguous);
		bitmap_unset(&w->used, c - EXFAT_FIRST_CLUSTER);
		if (!contiguous)
			r = exfat_get(w->volume, c, &next);
		if (r != 0)
			return r;
		c = next;
	}
	return contiguous || c == EXFAT_END ? 0 : WIPE_BAD_SIZE;
}

static int claim_extents(struct walk *w, const struct extents *extents)
{
	for (size_t i = 0; i < extents->count; i++) {
		uint64_t first =
			(extents->list[i].offset - w->volume->heap_offset) / w->volume->cluster_bytes;
		int r = claim(w, (uint32_t)first + EXFAT_FIRST_CLUSTER,
			extents->list[i].size / w->volume->cluster_bytes, true);

		if (r != 0)
			return r;
	}
	return 0;
}

/* --- folders
 * ------------------------------------------------------------------------------------------------ */

static int next_entry(
	const struct walk *w, const struct folder *folder, struct cursor *cursor, uint8_t *ret_bytes)
{
	const struct exfat_volume *v = w->volume;
	int r;

	r = source_read(v->device, exfat_cluster_offset(v, cursor->cluster) + cursor->at, ret_bytes,
		EXFAT_ENTRY_SIZE);
	if (r != 0)
		return r;
	cursor->left -= EXFAT_ENTRY_SIZE;
	cursor->at += EXFAT_ENTRY_SIZE;
	if (cursor->at < v->cluster_bytes || cursor->left == 0)
		return 0;
	cursor->at = 0;
	if (folder->contiguous) {
		cursor->cluster++;
		return 0;
	}
	return exfat_get(v, cursor->cluster, &cursor->cluster);
}

static int blame(struct walk *w, const struct exfat_entry *e, int r)
{
	if (r > 0)
		tree_blame(w->tree, e->name.bytes, e->name.size);
	return r;
}

static int take_file(struct walk *w, struct nameset *names, const struct exfat_entry *e)
{
	bool new;
	int r;

	r = nameset_add(names, e->folded, e->folded_count * sizeof e->folded[0], &new);
	if (r < 0)
		return r == -EFBIG ? WIPE_TOO_MANY : r;
	if (!new)
		return WIPE_BAD_NAME;
	if (e->attributes & EXFAT_ATTR_DIRECTORY)
		return 0;
	r = e->size == 0 ? 0 : claim(w, e->cluster, clusters_for(w->volume, e->size), e->contiguous);
	if (r != 0)
		return r;
	return tree_file(w->tree, e->name.bytes, e->name.size, e->size, e->attributes & EXFAT_ATTR_READ_ONLY);
}

static int visit_folder(struct walk *w, const struct folder *folder);

static int take_folder(struct walk *w, const struct exfat_entry *e)
{
	struct folder folder = {.cluster = e->cluster, .contiguous = e->contiguous, .size = e->size};
	struct tree_mark mark;
	int r;

	if (!(e->attributes & EXFAT_ATTR_DIRECTORY))
		return 0;
	r = tree_enter(w->tree, e->name.bytes, e->name.size, e->raw, e->raw_size, &mark);
	if (r != 0)
		return r;
	if (e->size == 0 || e->size > EXFAT_DIRECTORY_MAX || e->size % w->volume->cluster_bytes != 0)
		return WIPE_BAD_DIRECTORY;
	r = claim(w, e->cluster, e->size / w->volume->cluster_bytes, e->contiguous);
	if (r == 0)
		r = visit_folder(w, &folder);
	if (r == 0)
		tree_leave(w->tree, &mark);
	return r;
}

/* One pass: over names and files, or over folders. */
static int pass(struct walk *w, const struct folder *folder, bool folders)
{
	_cleanup_nameset_ struct nameset names = {0};
	struct exfat_reader reader = {.upcase = &w->scan->table};
	struct cursor cursor = {.cluster = folder->cluster, .left = folder->size};
	struct exfat_entry e;
	int r = 0;

	while (r == 0 && cursor.left > 0) {
		uint8_t bytes[EXFAT_ENTRY_SIZE];
		enum exfat_found found = EXFAT_FOUND_NOTHING;

		r = next_entry(w, folder, &cursor, bytes);
		if (r == 0)
			r = exfat_reader_feed(&reader, bytes, &found, &e);
		if (r == 0 && found == EXFAT_FOUND_SYSTEM && !folder->is_root)
			r = WIPE_BAD_DIRECTORY;
		if (r == 0 && found == EXFAT_FOUND_SET)
			r = folders ? take_folder(w, &e) : blame(w, &e, take_file(w, &names, &e));
	}
	return r != 0 ? r : exfat_reader_finish(&reader);
}

static int visit_folder(struct walk *w, const struct folder *folder)
{
	int r;

	r = pass(w, folder, false);
	return r != 0 ? r : pass(w, folder, true);
}

static int visit_root(struct walk *w)
{
	struct folder folder = {.cluster = w->volume->root_cluster, .is_root = true};

	for (size_t i = 0; i < w->scan->root.count; i++)
		folder.size += w->scan->root.list[i].size;
	return visit_folder(w, &folder);
}

int exfat_scan(const struct exfat_volume *volume, struct tree *tree, struct exfat_scan *ret_scan)
{
	struct walk w = {.volume = volume, .tree = tree, .scan = ret_scan};
	int r;

	memset(ret_scan, 0, sizeof *ret_scan);
	r = follow(volume, volume->root_cluster, 0, &ret_scan->root);
	if (r == 0)
		r = read_system_entries(&w);
	if (r == 0)
		r = load_upcase(&w);
	if (r == 0)
		r = load_bitmap(&w);
	if (r == 0)
		r = check_no_bad_blocks(&w);
	if (r == 0)
		r = claim_extents(&w, &ret_scan->root);
	if (r == 0)
		r = claim_extents(&w, &ret_scan->bitmap);
	if (r == 0)
		r = claim_extents(&w, &ret_scan->upcase);
	if (r == 0)
		r = visit_root(&w);
	if (r == 0 && !bitmap_is_empty(&w.used))
		r = WIPE_LOST_CLUSTERS;
	bitmap_clear(&w.used);
	return r;
}
