/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The plan as bytes, for the journal. See plan.h. Pure.
 *
 * Little-endian: magic, version, file system, device size, number of regions and sectors; each region as
 * kind, offset, size; each sector as number, flags, 512 bytes; then SHA-512 of all that. The checksum finds
 * damage, not malice; so every field is checked all the same.
 */

#include "wipe/plan.h"

#include "base/number.h"
#include "base/sha512.h"

#include <string.h>

#define MAGIC       "OGWPLAN\n"
#define VERSION     1
#define HEAD_SIZE   32
#define REGION_SIZE 20
#define SECTOR_SIZE (12 + PLAN_SECTOR)

int plan_serialise(const struct plan *plan, uint8_t **ret_bytes, size_t *ret_size)
{
	size_t size = HEAD_SIZE + plan->region_count * REGION_SIZE + plan->sector_count * SECTOR_SIZE;
	_cleanup_free_ uint8_t *bytes = calloc(1, size + SHA512_SIZE);
	uint8_t *to = bytes;
	int r;

	if (!bytes)
		return -ENOMEM;
	if (size + SHA512_SIZE > WIPE_PLAN_BYTES_MAX)
		return WIPE_UNUSUAL;
	memcpy(to, MAGIC, 8);
	store_le32(to + 8, VERSION);
	store_le32(to + 12, plan->file_system);
	store_le64(to + 16, plan->device_bytes);
	store_le32(to + 24, (uint32_t)plan->region_count);
	store_le32(to + 28, (uint32_t)plan->sector_count);
	to += HEAD_SIZE;
	for (size_t i = 0; i < plan->region_count; i++, to += REGION_SIZE) {
		store_le32(to, plan->regions[i].kind);
		store_le64(to + 4, plan->regions[i].offset);
		store_le64(to + 12, plan->regions[i].size);
	}
	for (size_t i = 0; i < plan->sector_count; i++, to += SECTOR_SIZE) {
		store_le64(to, plan->sectors[i].number);
		store_le32(to + 8, plan->sectors[i].flags);
		memcpy(to + 12, plan->sectors[i].bytes, PLAN_SECTOR);
	}
	r = sha512_of(bytes, size, to);
	if (r < 0)
		return r;
	*ret_bytes = TAKE_PTR(bytes);
	*ret_size = size + SHA512_SIZE;
	return 0;
}

static int parse_regions(struct plan *plan, const uint8_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++, from += REGION_SIZE) {
		uint32_t kind = load_le32(from);

		if (kind < PLAN_ROOT || kind > PLAN_METADATA ||
			plan_add_region(plan, (enum plan_region_kind)kind, load_le64(from + 4),
				load_le64(from + 12)) != 0)
			return WIPE_PLAN_INVALID;
	}
	return 0;
}

/* Strictly ascending by number, and by stage within one. */
static bool in_order(const struct plan_sector *before, const struct plan_sector *s)
{
	if (before->number != s->number)
		return before->number < s->number;
	return !(before->flags & PLAN_STAGE) && s->flags & PLAN_STAGE;
}

static int parse_sectors(struct plan *plan, const uint8_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++, from += SECTOR_SIZE) {
		struct plan_sector *s = &plan->sectors[i];

		s->number = load_le64(from);
		s->flags = load_le32(from + 8);
		memcpy(s->bytes, from + 12, PLAN_SECTOR);
		if (s->flags & ~(uint32_t)PLAN_FLAGS_ALL || s->number >= plan->device_bytes / PLAN_SECTOR ||
			(i > 0 && !in_order(s - 1, s)))
			return WIPE_PLAN_INVALID;
	}
	plan->sector_count = count;
	return 0;
}

static bool is_file_system(uint32_t number)
{
	return number == WIPE_FS_FAT12 || number == WIPE_FS_FAT16 || number == WIPE_FS_FAT32 ||
	       number == WIPE_FS_EXFAT;
}

int plan_parse(const uint8_t *bytes, size_t size, struct plan **ret_plan)
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	uint8_t digest[SHA512_SIZE];
	uint64_t device_bytes;
	size_t regions, sectors;
	int r;

	if (size < HEAD_SIZE + SHA512_SIZE || size > WIPE_PLAN_BYTES_MAX || memcmp(bytes, MAGIC, 8) != 0 ||
		load_le32(bytes + 8) != VERSION || !is_file_system(load_le32(bytes + 12)))
		return WIPE_PLAN_INVALID;
	device_bytes = load_le64(bytes + 16);
	regions = load_le32(bytes + 24);
	sectors = load_le32(bytes + 28);
	if (regions > PLAN_REGIONS_MAX || sectors > PLAN_SECTORS_MAX || device_bytes % PLAN_SECTOR != 0 ||
		size != HEAD_SIZE + regions * REGION_SIZE + sectors * SECTOR_SIZE + SHA512_SIZE)
		return WIPE_PLAN_INVALID;
	r = sha512_of(bytes, size - SHA512_SIZE, digest);
	if (r < 0)
		return r;
	if (memcmp(digest, bytes + size - SHA512_SIZE, SHA512_SIZE) != 0)
		return WIPE_PLAN_INVALID;
	plan = plan_new(device_bytes, (enum wipe_file_system)load_le32(bytes + 12));
	if (!plan)
		return -ENOMEM;
	r = parse_regions(plan, bytes + HEAD_SIZE, regions);
	if (r == 0)
		r = parse_sectors(plan, bytes + HEAD_SIZE + regions * REGION_SIZE, sectors);
	if (r != 0)
		return r;
	*ret_plan = TAKE_PTR(plan);
	return 0;
}
