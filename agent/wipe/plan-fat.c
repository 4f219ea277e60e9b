/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The image of an empty FAT volume with the old one's geometry. See plan.h. Pure.
 *
 * Boot sectors stay byte for byte; the information sector is made again; the table has its two first entries
 * as found, one end mark for the root's first cluster (FAT32) and one for each kept folder's; folders get the
 * lowest clusters that the root does not need.
 */

#include "wipe/card.h"

#include "base/number.h"

#include <string.h>

#define INFO_LEAD      0x41615252U
#define INFO_STRUCTURE 0x61417272U
#define INFO_TRAIL     0xAA550000U

struct builder {
	const struct source *source;
	const struct fat_volume *v;
	const struct fat_scan *scan;
	const struct tree *tree;
	struct plan *plan;
	uint32_t next;                       /* cluster to try next */
	uint32_t highest;                    /* cluster taken */
	uint32_t taken;                      /* how many */
	uint32_t clusters[TREE_FOLDERS_MAX]; /* of the kept folders */
	size_t used[TREE_FOLDERS_MAX + 1];   /* bytes of entries in each; the last is the root */
};

static uint64_t sector_offset(const struct builder *b, uint32_t sector)
{
	return b->v->start + (uint64_t)sector * b->v->sector_bytes;
}

static int keep_sector(struct builder *b, uint32_t sector)
{
	uint8_t bytes[4096];
	int r;

	r = source_read(b->source, sector_offset(b, sector), bytes, b->v->sector_bytes);
	return r != 0 ? r
		      : plan_put(b->plan, sector_offset(b, sector), bytes, b->v->sector_bytes, PLAN_IDENTITY);
}

/* The boot code's third sector is kept where there is one. */
static int keep_code_sector(struct builder *b, uint32_t sector)
{
	uint8_t end[2];
	int r;

	if (sector >= b->v->reserved_sectors || sector == b->v->backup_sector || sector == b->v->info_sector)
		return 0;
	r = source_read(b->source, sector_offset(b, sector) + 510, end, sizeof end);
	if (r != 0)
		return r;
	return end[0] == 0x55 && end[1] == 0xAA ? keep_sector(b, sector) : 0;
}

static int keep_boot_sectors(struct builder *b)
{
	int r;

	r = keep_sector(b, 0);
	if (r != 0 || b->v->bits != 32)
		return r;
	r = keep_code_sector(b, 2);
	if (r == 0 && b->v->backup_sector != 0)
		r = keep_sector(b, b->v->backup_sector);
	if (r == 0 && b->v->backup_sector != 0)
		r = keep_code_sector(b, b->v->backup_sector + 2);
	return r;
}

static int put_information(struct builder *b, uint32_t sector)
{
	uint8_t bytes[PLAN_SECTOR] = {0};

	store_le32(bytes, INFO_LEAD);
	store_le32(bytes + 484, INFO_STRUCTURE);
	store_le32(bytes + 488, b->v->clusters - b->taken);
	store_le32(bytes + 492, b->highest);
	store_le32(bytes + 508, INFO_TRAIL);
	return plan_put(b->plan, sector_offset(b, sector), bytes, sizeof bytes, 0);
}

static int put_information_sectors(struct builder *b)
{
	uint32_t spare = b->v->backup_sector + 1;
	uint8_t lead[4];
	int r;

	if (b->v->bits != 32 || b->v->info_sector == 0)
		return 0;
	r = put_information(b, b->v->info_sector);
	if (r != 0 || b->v->backup_sector == 0 || spare >= b->v->reserved_sectors ||
		spare == b->v->info_sector)
		return r;
	r = source_read(b->source, sector_offset(b, spare), lead, sizeof lead);
	if (r != 0)
		return r;
	return load_le32(lead) == INFO_LEAD ? put_information(b, spare) : 0;
}

/* One table entry, in every copy. */
static int put_table_entry(struct builder *b, uint32_t cluster, uint32_t value)
{
	uint64_t at = (uint64_t)cluster * b->v->bits / 8;
	size_t size = b->v->bits == 32 ? 4 : 2;
	uint8_t bytes[4];
	int r = 0;

	store_le32(bytes, value);
	for (uint32_t copy = 0; copy < b->v->fat_count && r == 0; copy++) {
		uint64_t offset = b->v->fat_offset + copy * b->v->fat_bytes + at;

		if (b->v->bits == 12) {
			unsigned shift = cluster % 2 * 4;
			uint8_t old[2];

			plan_peek(b->plan, offset, old, sizeof old, 0);
			store_le16(bytes,
				(uint16_t)((load_le16(old) & ~(0xFFFU << shift)) | (value & 0xFFF) << shift));
		}
		r = plan_put(b->plan, offset, bytes, size, 0);
	}
	return r;
}

static int put_first_entries(struct builder *b)
{
	for (uint32_t cluster = 0; cluster < FAT_FIRST_CLUSTER; cluster++) {
		uint8_t bytes[4];
		uint32_t value;
		int r;

		/* FAT32 keeps its upper four bits here, as formatted. */
		if (b->v->bits == 32) {
			r = source_read(b->source, b->v->fat_offset + (uint64_t)cluster * 4, bytes, 4);
			value = load_le32(bytes);
		} else {
			r = fat_get(b->v, cluster, &value);
		}
		if (r == 0)
			r = put_table_entry(b, cluster, value);
		if (r != 0)
			return r;
	}
	return 0;
}

static int take_cluster(struct builder *b, uint32_t cluster)
{
	if (cluster > b->highest)
		b->highest = cluster;
	b->taken++;
	return put_table_entry(b, cluster, fat_end_mark(b->v));
}

static int place_folders(struct builder *b)
{
	int r = 0;

	b->next = b->highest = FAT_FIRST_CLUSTER;
	if (b->v->bits == 32)
		r = take_cluster(b, b->v->root_cluster);
	for (size_t i = 0; i < b->tree->kept_count && r == 0; i++) {
		while (fat_cluster_valid(b->v, b->next) &&
			extents_contain(&b->scan->root, fat_cluster_offset(b->v, b->next)))
			b->next++;
		if (!fat_cluster_valid(b->v, b->next))
			return WIPE_UNUSUAL;
		b->clusters[i] = b->next++;
		r = take_cluster(b, b->clusters[i]);
	}
	return r;
}

static void set_cluster(const struct builder *b, uint8_t *entry, uint32_t cluster)
{
	store_le16(entry + 26, (uint16_t)cluster);
	if (b->v->bits == 32)
		store_le16(entry + 20, (uint16_t)(cluster >> 16));
}

static uint64_t root_offset(const struct builder *b)
{
	return b->v->bits == 32 ? fat_cluster_offset(b->v, b->v->root_cluster) : b->v->root_offset;
}

/* Appends entries to a kept folder or, with parent -1, to the root. */
static int append(struct builder *b, int parent, const void *entry, size_t size, uint32_t flags)
{
	size_t *used = &b->used[parent < 0 ? TREE_FOLDERS_MAX : parent];
	uint64_t base = parent < 0 ? root_offset(b) : fat_cluster_offset(b->v, b->clusters[parent]);
	uint64_t room = parent < 0 && b->v->bits != 32 ? b->v->root_bytes : b->v->cluster_bytes;
	int r;

	if (size > room - *used)
		return WIPE_UNUSUAL;
	r = plan_put(b->plan, base + *used, entry, size, flags);
	*used += size;
	return r;
}

static int put_dots(struct builder *b, int i)
{
	const struct tree_folder *folder = &b->tree->kept[i];
	uint8_t dots[64];

	memcpy(dots, folder->dots, sizeof dots);
	set_cluster(b, dots, b->clusters[i]);
	set_cluster(b, dots + FAT_ENTRY_SIZE, folder->parent < 0 ? 0 : b->clusters[folder->parent]);
	return append(b, i, dots, sizeof dots, 0);
}

static int put_folders(struct builder *b)
{
	int r = 0;

	for (size_t i = 0; i < b->tree->kept_count && r == 0; i++) {
		const struct tree_folder *folder = &b->tree->kept[i];
		uint8_t entry[TREE_ENTRY_MAX];

		memcpy(entry, folder->entry, folder->entry_size);
		set_cluster(b, entry + folder->entry_size - FAT_ENTRY_SIZE, b->clusters[i]);
		r = put_dots(b, (int)i);
		if (r == 0)
			r = append(b, folder->parent, entry, folder->entry_size, 0);
		if (r == 0)
			r = plan_add_region(b->plan, PLAN_FOLDER, fat_cluster_offset(b->v, b->clusters[i]),
				b->v->cluster_bytes);
	}
	return r;
}

/* The label, and the same sector once more without anything else: the root while it is empty. */
static int put_root(struct builder *b)
{
	uint8_t label[FAT_ENTRY_SIZE] = {0};
	int r;

	memcpy(label, b->scan->label, b->scan->has_label ? sizeof label : 0);
	r = plan_put(b->plan, root_offset(b), label, sizeof label, PLAN_STAGE);
	if (r == 0 && b->scan->has_label)
		r = append(b, -1, label, sizeof label, 0);
	for (size_t i = 0; i < b->scan->root.count && r == 0; i++)
		r = plan_add_region(
			b->plan, PLAN_ROOT, b->scan->root.list[i].offset, b->scan->root.list[i].size);
	return r;
}

int plan_for_fat(const struct source *source, const struct card *card, struct plan *plan)
{
	struct builder b = {
		.source = source, .v = &card->fat, .scan = card->fat_scan, .tree = &card->tree, .plan = plan};
	uint64_t metadata = b.v->bits == 32 ? b.v->data_offset : b.v->root_offset;
	int r;

	r = plan_add_region(plan, PLAN_METADATA, b.v->start, metadata - b.v->start);
	if (r == 0)
		r = keep_boot_sectors(&b);
	if (r == 0)
		r = put_first_entries(&b);
	if (r == 0)
		r = place_folders(&b);
	if (r == 0)
		r = put_root(&b);
	if (r == 0)
		r = put_folders(&b);
	return r == 0 ? put_information_sectors(&b) : r;
}
