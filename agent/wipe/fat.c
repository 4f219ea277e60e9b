/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Geometry and table of FAT volumes. See fat.h. Pure. */

#include "wipe/fat.h"

#include "base/number.h"
#include "wipe/bitmap.h"

#include <string.h>

#define BOOT_BYTES      512
#define FAT12_MAX       0xFF4U
#define FAT16_MAX       0xFFF4U
#define FAT32_MAX       0x0FFFFFF6U
#define GEOMETRY_OFFSET 11
#define GEOMETRY_END    64
#define STATE_OFFSET_16 0x25
#define STATE_OFFSET_32 0x41
#define STATE_DIRTY     0x01

static bool is_power_of_two(uint32_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static bool has_fat_signature(const uint8_t *boot)
{
	uint8_t media = boot[21];

	return (boot[0] == 0xEB || boot[0] == 0xE9) && boot[510] == 0x55 && boot[511] == 0xAA &&
	       load_le16(boot + 14) != 0 && boot[16] != 0 && (media == 0xF0 || media >= 0xF8) &&
	       memcmp(boot + 3, "NTFS    ", 8) != 0 && memcmp(boot + 3, "EXFAT   ", 8) != 0;
}

static int read_fat32(const uint8_t *boot, struct fat_volume *v)
{
	v->root_cluster = load_le32(boot + 44);
	v->info_sector = load_le16(boot + 48);
	v->backup_sector = load_le16(boot + 50);
	v->serial = load_le32(boot + 67);
	if (load_le16(boot + 40) & 0x80 || load_le16(boot + 42) != 0)
		return WIPE_UNUSUAL;
	if (v->root_entries != 0)
		return WIPE_BAD_BOOT_SECTOR;
	if (v->info_sector == 0xFFFF)
		v->info_sector = 0;
	if (v->backup_sector == 0xFFFF)
		v->backup_sector = 0;
	if (v->info_sector >= v->reserved_sectors || v->backup_sector >= v->reserved_sectors)
		return WIPE_BAD_BOOT_SECTOR;
	if (v->info_sector == v->backup_sector && v->info_sector != 0)
		return WIPE_BAD_BOOT_SECTOR;
	return 0;
}

static int read_sizes(const uint8_t *boot, struct fat_volume *v)
{
	uint32_t sectors_per_cluster = boot[13];

	v->sector_bytes = load_le16(boot + 11);
	if (!is_power_of_two(v->sector_bytes) || v->sector_bytes < 512 || v->sector_bytes > 4096 ||
		!is_power_of_two(sectors_per_cluster))
		return WIPE_BAD_BOOT_SECTOR;
	v->cluster_bytes = v->sector_bytes * sectors_per_cluster;
	v->reserved_sectors = load_le16(boot + 14);
	v->fat_count = boot[16];
	v->root_entries = load_le16(boot + 17);
	v->media = boot[21];
	if (v->fat_count > 2)
		return WIPE_UNUSUAL;
	if (v->root_entries % (v->sector_bytes / FAT_ENTRY_SIZE) != 0)
		return WIPE_BAD_BOOT_SECTOR;
	return 0;
}

/* Where everything lies, and how many clusters there are. */
static int lay_out(uint64_t size, uint32_t fat_sectors, uint64_t total_sectors, struct fat_volume *v)
{
	uint64_t fats, meta, clusters;

	v->end = v->start + total_sectors * v->sector_bytes;
	if (total_sectors == 0 || total_sectors * v->sector_bytes > size)
		return WIPE_BAD_BOOT_SECTOR;
	v->fat_bytes = (uint64_t)fat_sectors * v->sector_bytes;
	fats = v->fat_bytes * v->fat_count;
	v->fat_offset = v->start + (uint64_t)v->reserved_sectors * v->sector_bytes;
	v->root_offset = v->fat_offset + fats;
	v->root_bytes = (uint64_t)v->root_entries * FAT_ENTRY_SIZE;
	v->data_offset = v->root_offset + v->root_bytes;
	meta = v->data_offset - v->start;
	if (meta >= total_sectors * v->sector_bytes)
		return WIPE_BAD_BOOT_SECTOR;
	clusters = (v->end - v->data_offset) / v->cluster_bytes;
	if (clusters == 0 || clusters > BITMAP_BITS_MAX - FAT_FIRST_CLUSTER)
		return WIPE_BAD_BOOT_SECTOR;
	v->clusters = (uint32_t)clusters;
	return 0;
}

static int decide_bits(const uint8_t *boot, struct fat_volume *v)
{
	uint32_t max = FAT32_MAX;
	uint64_t needed;

	v->bits = load_le16(boot + 22) == 0 ? 32 : v->clusters > FAT12_MAX ? 16 : 12;
	if (v->bits != 32) {
		max = v->bits == 16 ? FAT16_MAX : FAT12_MAX;
		v->serial = load_le32(boot + 39);
		v->root_cluster = v->info_sector = v->backup_sector = 0;
		if (v->root_entries == 0)
			return WIPE_BAD_BOOT_SECTOR;
	}
	needed = ((uint64_t)v->clusters + FAT_FIRST_CLUSTER) * v->bits;
	if (v->clusters > max || (needed + 7) / 8 > v->fat_bytes)
		return WIPE_BAD_BOOT_SECTOR;
	if (v->bits == 32 && !fat_cluster_valid(v, v->root_cluster))
		return WIPE_BAD_BOOT_SECTOR;
	return 0;
}

int fat_open(const struct source *device, uint64_t start, uint64_t size, struct fat_volume *ret_volume)
{
	struct fat_volume v = {.device = device, .start = start};
	uint8_t boot[BOOT_BYTES];
	uint32_t fat_sectors, total_sectors;
	int r;

	if (size < BOOT_BYTES)
		return WIPE_OTHER_FILE_SYSTEM;
	r = source_read(device, start, boot, sizeof boot);
	if (r != 0)
		return r;
	if (!has_fat_signature(boot))
		return WIPE_OTHER_FILE_SYSTEM;
	r = read_sizes(boot, &v);
	if (r != 0)
		return r;
	fat_sectors = load_le16(boot + 22);
	if (fat_sectors == 0) {
		fat_sectors = load_le32(boot + 36);
		r = read_fat32(boot, &v);
		if (r != 0)
			return r;
	}
	total_sectors = load_le16(boot + 19);
	if (total_sectors == 0)
		total_sectors = load_le32(boot + 32);
	r = lay_out(size, fat_sectors, total_sectors, &v);
	if (r == 0)
		r = decide_bits(boot, &v);
	if (r != 0)
		return r;
	*ret_volume = v;
	return 0;
}

enum fat_kind fat_classify(const struct fat_volume *volume, uint32_t value)
{
	uint32_t end = fat_end_mark(volume);

	if (value == 0)
		return FAT_FREE;
	if (value >= end - 7)
		return FAT_END;
	if (value == end - 8)
		return FAT_BAD;
	return fat_cluster_valid(volume, value) ? FAT_LINK : FAT_NONSENSE;
}

uint32_t fat_end_mark(const struct fat_volume *volume)
{
	return volume->bits == 32 ? 0x0FFFFFFF : volume->bits == 16 ? 0xFFFF : 0xFFF;
}

int fat_get(const struct fat_volume *volume, uint32_t cluster, uint32_t *ret_value)
{
	uint64_t offset = volume->fat_offset + (uint64_t)cluster * volume->bits / 8;
	uint8_t bytes[4] = {0};
	int r;

	r = source_read(volume->device, offset, bytes, volume->bits == 32 ? 4 : 2);
	if (r != 0)
		return r;
	if (volume->bits == 32)
		*ret_value = load_le32(bytes) & 0x0FFFFFFF;
	else if (volume->bits == 16)
		*ret_value = load_le16(bytes);
	else
		*ret_value = (uint32_t)(load_le16(bytes) >> (cluster % 2 * 4)) & 0xFFF;
	return 0;
}

uint64_t fat_cluster_offset(const struct fat_volume *volume, uint32_t cluster)
{
	return volume->data_offset + (uint64_t)(cluster - FAT_FIRST_CLUSTER) * volume->cluster_bytes;
}

int fat_check_clean(const struct fat_volume *volume)
{
	uint32_t media, state;
	uint8_t byte;
	int r;

	r = fat_get(volume, 0, &media);
	if (r == 0)
		r = fat_get(volume, 1, &state);
	if (r == 0)
		r = source_read(volume->device,
			volume->start + (volume->bits == 32 ? STATE_OFFSET_32 : STATE_OFFSET_16), &byte, 1);
	if (r != 0)
		return r;
	if ((media & 0xFF) != volume->media)
		return WIPE_BAD_FAT;
	if (byte & STATE_DIRTY)
		return WIPE_DIRTY;
	if (volume->bits == 32 && (state & 0x0C000000) != 0x0C000000)
		return WIPE_DIRTY;
	if (volume->bits == 16 && (state & 0xC000) != 0xC000)
		return WIPE_DIRTY;
	return 0;
}

int fat_check_backup(const struct fat_volume *volume)
{
	uint8_t boot[BOOT_BYTES], backup[BOOT_BYTES];
	int r;

	if (volume->backup_sector == 0)
		return 0;
	r = source_read(volume->device, volume->start, boot, sizeof boot);
	if (r == 0)
		r = source_read(volume->device,
			volume->start + (uint64_t)volume->backup_sector * volume->sector_bytes, backup,
			sizeof backup);
	if (r != 0)
		return r;
	if (memcmp(boot + GEOMETRY_OFFSET, backup + GEOMETRY_OFFSET, GEOMETRY_END - GEOMETRY_OFFSET) != 0 ||
		backup[510] != 0x55 || backup[511] != 0xAA)
		return WIPE_BAD_BACKUP_BOOT;
	return 0;
}
