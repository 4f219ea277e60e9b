/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A FAT12, FAT16 or FAT32 volume: its geometry from the boot sector, and its allocation table.
 *
 * Which of the three it is, is decided as the Linux kernel decides it. Every number is checked against the
 * room the volume has; offsets in struct fat_volume are bytes from the start of the device and proven to lie
 * inside it. Table entries come back as small kinds, so that no caller compares raw values.
 */

#include "wipe/source.h"

#define FAT_ENTRY_SIZE     32
#define FAT_DIRECTORY_MAX  (65536U * FAT_ENTRY_SIZE)
#define FAT_FIRST_CLUSTER  2U
#define FAT_ATTR_READ_ONLY 0x01
#define FAT_ATTR_VOLUME    0x08
#define FAT_ATTR_DIRECTORY 0x10
#define FAT_ATTR_LONG_NAME 0x0F

struct fat_volume {
	const struct source *device;
	unsigned bits; /* 12, 16 or 32 */
	uint32_t sector_bytes;
	uint32_t cluster_bytes;
	uint32_t reserved_sectors;
	uint32_t fat_count;
	uint32_t root_entries; /* FAT12/16 */
	uint32_t root_cluster; /* FAT32 */
	uint32_t info_sector;  /* 0: none */
	uint32_t backup_sector;
	uint32_t clusters;
	uint32_t serial;
	uint8_t media;
	uint64_t start;
	uint64_t end; /* of the volume as the boot sector says */
	uint64_t fat_offset;
	uint64_t fat_bytes; /* of one copy */
	uint64_t root_offset;
	uint64_t root_bytes;
	uint64_t data_offset;
};

enum fat_kind {
	FAT_FREE,
	FAT_LINK,
	FAT_END,
	FAT_BAD,
	FAT_NONSENSE,
};

/* Reads and checks the boot sector at start; size is the room it has. WIPE_OTHER_FILE_SYSTEM if there is
 * none. */
int fat_open(const struct source *device, uint64_t start, uint64_t size, struct fat_volume *ret_volume);

/* What a raw entry value means. */
enum fat_kind fat_classify(const struct fat_volume *volume, uint32_t value);

/* Value of the entry in copy 0, for FAT32 without its upper four bits. */
int fat_get(const struct fat_volume *volume, uint32_t cluster, uint32_t *ret_value);

/* Byte offset on the device; cluster must be valid. */
uint64_t fat_cluster_offset(const struct fat_volume *volume, uint32_t cluster);

static inline bool fat_cluster_valid(const struct fat_volume *volume, uint32_t cluster)
{
	return cluster >= FAT_FIRST_CLUSTER && cluster - FAT_FIRST_CLUSTER < volume->clusters;
}

/* The value that ends a chain. */
uint32_t fat_end_mark(const struct fat_volume *volume);

/* WIPE_DIRTY when the volume says that it was not closed. */
int fat_check_clean(const struct fat_volume *volume);

/* The spare boot sector describes the same volume. */
int fat_check_backup(const struct fat_volume *volume);
