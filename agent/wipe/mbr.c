/* SPDX-License-Identifier: GPL-3.0-or-later */

/* MBR partition tables with one partition, and cards without any. See mbr.h. Pure. */

#include "wipe/mbr.h"

#include "base/number.h"

#include <string.h>

#define TABLE_OFFSET  446
#define ENTRY_SIZE    16
#define ENTRIES       4
#define DISK_ID       440
#define TYPE_GPT      0xEE
#define GPT_SIGNATURE "EFI PART"

struct entry {
	uint8_t boot;
	uint8_t type;
	uint32_t start;
	uint32_t sectors;
};

static struct entry entry_at(const uint8_t *sector, unsigned index)
{
	const uint8_t *e = sector + TABLE_OFFSET + (size_t)index * ENTRY_SIZE;

	return (struct entry){
		.boot = e[0], .type = e[4], .start = load_le32(e + 8), .sectors = load_le32(e + 12)};
}

static bool looks_like_volume(const uint8_t *sector)
{
	uint16_t bytes = load_le16(sector + 11);

	if (sector[0] != 0xEB && sector[0] != 0xE9)
		return false;
	if (memcmp(sector + 3, "EXFAT   ", 8) == 0)
		return true;
	return bytes >= 512 && bytes <= 4096 && (bytes & (bytes - 1)) == 0 && sector[13] != 0 &&
	       (sector[13] & (sector[13] - 1)) == 0 && load_le16(sector + 14) != 0 &&
	       (sector[16] == 1 || sector[16] == 2) && (sector[21] == 0xF0 || sector[21] >= 0xF8);
}

/* True if the four entries can be a table at all. */
static bool looks_like_table(const uint8_t *sector)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct entry e = entry_at(sector, i);

		if (e.boot != 0 && e.boot != 0x80)
			return false;
	}
	return !bytes_are_zero(sector + TABLE_OFFSET, (size_t)ENTRIES * ENTRY_SIZE);
}

/* mkfs.fat puts a partition that starts at sector 0 into volumes on whole disks. */
static bool table_is_only_for_show(const uint8_t *sector)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct entry e = entry_at(sector, i);

		if (e.type != 0 && e.start != 0)
			return false;
	}
	return true;
}

static int check_type(uint8_t type)
{
	switch (type) {
	case 0x01:
	case 0x04:
	case 0x06:
	case 0x07:
	case 0x0B:
	case 0x0C:
	case 0x0E:
		return 0;
	case 0x05:
	case 0x0F:
	case 0x85:
		return WIPE_EXTENDED_PARTITION;
	case TYPE_GPT:
		return WIPE_GPT;
	default:
		return WIPE_OTHER_FILE_SYSTEM;
	}
}

static int check_entries(const uint8_t *sector, struct entry *ret_entry)
{
	struct entry found = {0};
	unsigned used = 0;

	for (unsigned i = 0; i < ENTRIES; i++) {
		struct entry e = entry_at(sector, i);

		if (e.type == TYPE_GPT)
			return WIPE_GPT;
		if (e.type == 0x05 || e.type == 0x0F || e.type == 0x85)
			return WIPE_EXTENDED_PARTITION;
		if (e.type == 0 && e.sectors == 0)
			continue;
		if (e.type == 0)
			return WIPE_BAD_PARTITION;
		found = e;
		used++;
	}
	if (used == 0)
		return WIPE_NO_TABLE;
	if (used > 1)
		return WIPE_MANY_PARTITIONS;
	*ret_entry = found;
	return check_type(found.type);
}

static int check_no_gpt(const struct source *device)
{
	uint8_t sector[MBR_SECTOR];
	int r;

	r = source_read(device, MBR_SECTOR, sector, sizeof sector);
	if (r != 0)
		return r;
	return memcmp(sector, GPT_SIGNATURE, 8) == 0 ? WIPE_GPT : 0;
}

static int parse_table(const struct source *device, const uint8_t *sector, struct mbr_layout *ret_layout)
{
	struct entry e;
	uint64_t start, size;
	int r;

	r = check_entries(sector, &e);
	if (r != 0)
		return r;
	start = (uint64_t)e.start * MBR_SECTOR;
	size = (uint64_t)e.sectors * MBR_SECTOR;
	if (e.start == 0 || e.sectors == 0 || start > device->size || size > device->size - start)
		return WIPE_BAD_PARTITION;
	*ret_layout = (struct mbr_layout){.partitioned = true,
		.type = e.type,
		.disk_id = load_le32(sector + DISK_ID),
		.start = start,
		.size = size};
	return 0;
}

int mbr_parse(const struct source *device, struct mbr_layout *ret_layout)
{
	uint8_t sector[MBR_SECTOR];
	bool volume, table;
	int r;

	r = source_read(device, 0, sector, sizeof sector);
	if (r != 0)
		return r;
	if (sector[510] != 0x55 || sector[511] != 0xAA)
		return WIPE_NO_TABLE;
	r = check_no_gpt(device);
	if (r != 0)
		return r;
	volume = looks_like_volume(sector);
	table = looks_like_table(sector) && !(volume && table_is_only_for_show(sector));
	if (volume && table)
		return WIPE_BAD_PARTITION;
	if (table)
		return parse_table(device, sector, ret_layout);
	if (!volume)
		return WIPE_NO_TABLE;
	*ret_layout = (struct mbr_layout){.size = device->size};
	return 0;
}
