/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Geometry, table and checksums of exFAT volumes. See exfat.h. Pure. */

#include "wipe/exfat.h"

#include "base/number.h"
#include "wipe/bitmap.h"

#include <string.h>

#define BOOT_BYTES         512
#define CHECKED_SECTORS    11U
#define SECTOR_BYTES_MAX   4096U
#define FLAG_SECOND_FAT    0x0001
#define FLAG_DIRTY         0x0002
#define FLAG_MEDIA_FAILURE 0x0004
#define CLUSTER_SHIFT_MAX  25

uint32_t exfat_checksum32(uint32_t sum, const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < size; i++)
		sum = (sum << 31 | sum >> 1) + b[i];
	return sum;
}

uint16_t exfat_set_checksum(const uint8_t *entries, size_t count)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < count * EXFAT_ENTRY_SIZE; i++)
		if (i != 2 && i != 3)
			sum = (uint16_t)((uint16_t)(sum << 15 | sum >> 1) + entries[i]);
	return sum;
}

/* Sum of the first eleven sectors of the boot region at offset, and the twelfth holds nothing else. */
static int check_region(const struct exfat_volume *v, uint64_t offset)
{
	uint8_t sector[SECTOR_BYTES_MAX];
	uint32_t sum = 0;
	int r;

	for (unsigned s = 0; s < CHECKED_SECTORS; s++) {
		r = source_read(v->device, offset + (uint64_t)s * v->sector_bytes, sector, v->sector_bytes);
		if (r != 0)
			return r;
		if (s == 0) {
			sum = exfat_checksum32(sum, sector, EXFAT_FLAGS_OFFSET);
			sum = exfat_checksum32(
				sum, sector + 108, (size_t)EXFAT_PERCENT_OFFSET - EXFAT_FLAGS_OFFSET - 2);
			sum = exfat_checksum32(sum, sector + 113, (size_t)v->sector_bytes - 113);
		} else {
			sum = exfat_checksum32(sum, sector, v->sector_bytes);
		}
	}
	r = source_read(
		v->device, offset + (uint64_t)CHECKED_SECTORS * v->sector_bytes, sector, v->sector_bytes);
	if (r != 0)
		return r;
	for (uint32_t i = 0; i < v->sector_bytes; i += 4)
		if (load_le32(sector + i) != sum)
			return WIPE_BAD_CHECKSUM;
	return 0;
}

/* The spare region equals the main one. */
static int compare_regions(const struct exfat_volume *v)
{
	uint64_t region = (uint64_t)EXFAT_BOOT_SECTORS * v->sector_bytes;
	uint8_t a[BOOT_BYTES], b[BOOT_BYTES];

	for (uint64_t at = 0; at < region; at += BOOT_BYTES) {
		int r = source_read(v->device, v->start + at, a, sizeof a);

		if (r == 0)
			r = source_read(v->device, v->start + region + at, b, sizeof b);
		if (r != 0)
			return r;
		if (at == 0) {
			memcpy(b + EXFAT_FLAGS_OFFSET, a + EXFAT_FLAGS_OFFSET, 2);
			b[EXFAT_PERCENT_OFFSET] = a[EXFAT_PERCENT_OFFSET];
		}
		if (memcmp(a, b, sizeof a) != 0)
			return WIPE_BAD_BACKUP_BOOT;
	}
	return 0;
}

static int check_flags(const uint8_t *boot)
{
	uint16_t flags = load_le16(boot + EXFAT_FLAGS_OFFSET);

	if (load_le16(boot + 104) >> 8 != 1 || boot[110] != 1 || flags & FLAG_SECOND_FAT)
		return WIPE_UNUSUAL;
	if (flags & FLAG_DIRTY)
		return WIPE_DIRTY;
	return flags & FLAG_MEDIA_FAILURE ? WIPE_BAD_BLOCKS : 0;
}

static int read_geometry(const uint8_t *boot, uint64_t size, struct exfat_volume *v)
{
	uint64_t sectors = load_le64(boot + 72), heap_bytes;
	uint32_t fat_sector = load_le32(boot + 80), fat_sectors = load_le32(boot + 84);
	uint32_t heap_sector = load_le32(boot + 88);

	if (boot[108] < 9 || boot[108] > 12 || boot[109] > CLUSTER_SHIFT_MAX - boot[108])
		return WIPE_BAD_BOOT_SECTOR;
	v->sector_bytes = 1U << boot[108];
	v->cluster_bytes = v->sector_bytes << boot[109];
	v->clusters = load_le32(boot + 92);
	v->root_cluster = load_le32(boot + 96);
	v->serial = load_le32(boot + 100);
	if (sectors == 0 || sectors > size / v->sector_bytes)
		return WIPE_BAD_BOOT_SECTOR;
	v->end = v->start + sectors * v->sector_bytes;
	v->fat_offset = v->start + (uint64_t)fat_sector * v->sector_bytes;
	v->fat_bytes = (uint64_t)fat_sectors * v->sector_bytes;
	v->heap_offset = v->start + (uint64_t)heap_sector * v->sector_bytes;
	heap_bytes = (uint64_t)v->clusters * v->cluster_bytes;
	if (fat_sector < 2 * EXFAT_BOOT_SECTORS || v->fat_offset + v->fat_bytes > v->heap_offset ||
		v->heap_offset > v->end || heap_bytes > v->end - v->heap_offset)
		return WIPE_BAD_BOOT_SECTOR;
	if (v->clusters == 0 || v->clusters > BITMAP_BITS_MAX - EXFAT_FIRST_CLUSTER ||
		((uint64_t)v->clusters + EXFAT_FIRST_CLUSTER) * 4 > v->fat_bytes ||
		!exfat_cluster_valid(v, v->root_cluster))
		return WIPE_BAD_BOOT_SECTOR;
	return 0;
}

int exfat_open(const struct source *device, uint64_t start, uint64_t size, struct exfat_volume *ret_volume)
{
	struct exfat_volume v = {.device = device, .start = start};
	uint8_t boot[BOOT_BYTES];
	int r;

	if (size < BOOT_BYTES)
		return WIPE_OTHER_FILE_SYSTEM;
	r = source_read(device, start, boot, sizeof boot);
	if (r != 0)
		return r;
	if (memcmp(boot,
		    "\xEB\x76\x90"
		    "EXFAT   ",
		    11) != 0 ||
		boot[510] != 0x55 || boot[511] != 0xAA)
		return WIPE_OTHER_FILE_SYSTEM;
	if (!bytes_are_zero(boot + 11, 53))
		return WIPE_BAD_BOOT_SECTOR;
	r = read_geometry(boot, size, &v);
	if (r == 0)
		r = check_region(&v, start);
	if (r == 0)
		r = compare_regions(&v);
	if (r == 0)
		r = check_flags(boot);
	if (r != 0)
		return r;
	*ret_volume = v;
	return 0;
}

int exfat_get(const struct exfat_volume *volume, uint32_t cluster, uint32_t *ret_value)
{
	uint8_t bytes[4];
	int r;

	r = source_read(volume->device, volume->fat_offset + (uint64_t)cluster * 4, bytes, sizeof bytes);
	if (r == 0)
		*ret_value = load_le32(bytes);
	return r;
}

uint64_t exfat_cluster_offset(const struct exfat_volume *volume, uint32_t cluster)
{
	return volume->heap_offset + (uint64_t)(cluster - EXFAT_FIRST_CLUSTER) * volume->cluster_bytes;
}
