/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The image of an empty exFAT volume with the old one's geometry. See plan.h. Pure.
 *
 * Boot regions stay byte for byte but for the flags and the percentage in use, which their checksum leaves
 * out. Bitmap, up-case table and root stay where they are; the root is cut to its first cluster and holds its
 * system entries in their order, then the kept folders.
 */

#include "wipe/card.h"

#include "base/number.h"

#include <string.h>

#define FAT_MEDIA 0xFFFFFFF8U

struct builder {
	const struct source *source;
	const struct exfat_volume *v;
	const struct exfat_scan *scan;
	const struct tree *tree;
	struct plan *plan;
	uint32_t taken;
	uint32_t clusters[TREE_FOLDERS_MAX];
	size_t used[TREE_FOLDERS_MAX + 1];
};

static int keep_boot_regions(struct builder *b)
{
	uint64_t region = (uint64_t)EXFAT_BOOT_SECTORS * b->v->sector_bytes;
	uint8_t bytes[PLAN_SECTOR];

	for (uint64_t at = 0; at < 2 * region; at += sizeof bytes) {
		bool first = at % region == 0;
		int r = source_read(b->source, b->v->start + at, bytes, sizeof bytes);

		if (r != 0)
			return r;
		if (first) {
			store_le16(bytes + EXFAT_FLAGS_OFFSET, 0);
			bytes[EXFAT_PERCENT_OFFSET] = (uint8_t)((uint64_t)b->taken * 100 / b->v->clusters);
		}
		r = plan_put(b->plan, b->v->start + at, bytes, sizeof bytes,
			PLAN_IDENTITY | (first ? PLAN_EXFAT_BOOT : 0));
		if (r != 0)
			return r;
	}
	return 0;
}

static int put_table_entry(struct builder *b, uint32_t cluster, uint32_t value)
{
	uint8_t bytes[4];

	store_le32(bytes, value);
	return plan_put(b->plan, b->v->fat_offset + (uint64_t)cluster * 4, bytes, sizeof bytes, 0);
}

static uint64_t bit_offset(const struct builder *b, uint32_t cluster)
{
	uint64_t at = (cluster - EXFAT_FIRST_CLUSTER) / 8;
	size_t i = 0;

	while (at >= b->scan->bitmap.list[i].size)
		at -= b->scan->bitmap.list[i++].size;
	return b->scan->bitmap.list[i].offset + at;
}

static bool is_taken(const struct builder *b, uint32_t cluster)
{
	uint8_t byte;

	plan_peek(b->plan, bit_offset(b, cluster), &byte, 1, 0);
	return byte >> ((cluster - EXFAT_FIRST_CLUSTER) % 8) & 1;
}

static int take_cluster(struct builder *b, uint32_t cluster, uint32_t next)
{
	uint8_t byte;
	int r;

	plan_peek(b->plan, bit_offset(b, cluster), &byte, 1, 0);
	byte |= (uint8_t)(1U << ((cluster - EXFAT_FIRST_CLUSTER) % 8));
	r = plan_put(b->plan, bit_offset(b, cluster), &byte, 1, 0);
	b->taken++;
	return r != 0 ? r : put_table_entry(b, cluster, next);
}

static uint32_t cluster_at(const struct builder *b, uint64_t offset)
{
	return (uint32_t)((offset - b->v->heap_offset) / b->v->cluster_bytes) + EXFAT_FIRST_CLUSTER;
}

/* The chain of a system structure, as it is. */
static int take_chain(struct builder *b, const struct extents *extents)
{
	int r = 0;

	for (size_t i = 0; i < extents->count && r == 0; i++) {
		const struct extent *e = &extents->list[i];
		uint32_t after = i + 1 < extents->count ? cluster_at(b, e[1].offset) : EXFAT_END;

		for (uint64_t at = 0; at < e->size && r == 0; at += b->v->cluster_bytes) {
			uint32_t c = cluster_at(b, e->offset + at);

			r = take_cluster(b, c, at + b->v->cluster_bytes < e->size ? c + 1 : after);
		}
		if (r == 0)
			r = plan_add_region(b->plan, PLAN_METADATA, e->offset, e->size);
	}
	return r;
}

static int keep_upcase(struct builder *b)
{
	uint64_t left = b->scan->upcase_bytes;
	int r = 0;

	for (size_t i = 0; i < b->scan->upcase.count && left > 0; i++) {
		const struct extent *e = &b->scan->upcase.list[i];

		for (uint64_t at = 0; at < e->size && left > 0 && r == 0; at += PLAN_SECTOR) {
			uint8_t bytes[PLAN_SECTOR];
			size_t size = left < PLAN_SECTOR ? (size_t)left : PLAN_SECTOR;

			r = source_read(b->source, e->offset + at, bytes, size);
			if (r == 0)
				r = plan_put(b->plan, e->offset + at, bytes, size, 0);
			left -= size;
		}
		if (r != 0)
			return r;
	}
	return 0;
}

static int place_folders(struct builder *b)
{
	uint32_t next = EXFAT_FIRST_CLUSTER;
	int r = 0;

	for (size_t i = 0; i < b->tree->kept_count && r == 0; i++) {
		while (exfat_cluster_valid(b->v, next) &&
			(is_taken(b, next) ||
				extents_contain(&b->scan->root, exfat_cluster_offset(b->v, next))))
			next++;
		if (!exfat_cluster_valid(b->v, next))
			return WIPE_UNUSUAL;
		b->clusters[i] = next;
		r = take_cluster(b, next, EXFAT_END);
		if (r == 0)
			r = plan_add_region(
				b->plan, PLAN_FOLDER, exfat_cluster_offset(b->v, next), b->v->cluster_bytes);
	}
	return r;
}

static int append(struct builder *b, int parent, const void *entry, size_t size, uint32_t flags)
{
	size_t *used = &b->used[parent < 0 ? TREE_FOLDERS_MAX : parent];
	uint32_t cluster = parent < 0 ? b->v->root_cluster : b->clusters[parent];
	int r;

	if (size > b->v->cluster_bytes - *used)
		return WIPE_UNUSUAL;
	r = plan_put(b->plan, exfat_cluster_offset(b->v, cluster) + *used, entry, size, flags);
	*used += size;
	return r;
}

static int put_root(struct builder *b)
{
	uint64_t root = exfat_cluster_offset(b->v, b->v->root_cluster);
	int r = 0;

	for (size_t i = 0; i < b->scan->kept_count && r == 0; i++) {
		r = append(b, -1, b->scan->kept[i], EXFAT_ENTRY_SIZE, 0);
		if (r == 0)
			r = plan_put(b->plan, root + i * EXFAT_ENTRY_SIZE, b->scan->kept[i], EXFAT_ENTRY_SIZE,
				PLAN_STAGE);
	}
	for (size_t i = 0; i < b->scan->root.count && r == 0; i++)
		r = plan_add_region(
			b->plan, PLAN_ROOT, b->scan->root.list[i].offset, b->scan->root.list[i].size);
	return r;
}

static int put_folders(struct builder *b)
{
	int r = 0;

	for (size_t i = 0; i < b->tree->kept_count && r == 0; i++) {
		const struct tree_folder *folder = &b->tree->kept[i];
		uint8_t entry[TREE_ENTRY_MAX], *stream = entry + EXFAT_ENTRY_SIZE;

		memcpy(entry, folder->entry, folder->entry_size);
		stream[1] = EXFAT_FLAG_POSSIBLE;
		store_le64(stream + 8, b->v->cluster_bytes);
		store_le32(stream + 20, b->clusters[i]);
		store_le64(stream + 24, b->v->cluster_bytes);
		store_le16(entry + 2, exfat_set_checksum(entry, folder->entry_size / EXFAT_ENTRY_SIZE));
		r = append(b, folder->parent, entry, folder->entry_size, 0);
	}
	return r;
}

static int put_system(struct builder *b)
{
	int r;

	r = put_table_entry(b, 0, FAT_MEDIA);
	if (r == 0)
		r = put_table_entry(b, 1, EXFAT_END);
	if (r == 0)
		r = take_chain(b, &b->scan->bitmap);
	if (r == 0)
		r = take_chain(b, &b->scan->upcase);
	if (r == 0)
		r = take_cluster(b, b->v->root_cluster, EXFAT_END);
	return r == 0 ? keep_upcase(b) : r;
}

int plan_for_exfat(const struct source *source, const struct card *card, struct plan *plan)
{
	struct builder b = {.source = source,
		.v = &card->exfat,
		.scan = card->exfat_scan,
		.tree = &card->tree,
		.plan = plan};
	int r;

	r = plan_add_region(plan, PLAN_METADATA, b.v->start, b.v->heap_offset - b.v->start);
	if (r == 0)
		r = put_system(&b);
	if (r == 0)
		r = place_folders(&b);
	if (r == 0)
		r = put_root(&b);
	if (r == 0)
		r = put_folders(&b);
	return r == 0 ? keep_boot_regions(&b) : r;
}
