/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names out of FAT directory entries. See fat-entry.h. Pure. */

#include "wipe/fat-entry.h"

#include "base/number.h"

#include <string.h>

#define DELETED      0xE5
#define LAST_SLOT    0x40
#define LOWER_BASE   0x08
#define LOWER_EXT    0x10
#define ATTR_STRANGE 0xC0

static uint8_t alias_checksum(const uint8_t *name)
{
	unsigned sum = 0;

	for (size_t i = 0; i < 11; i++)
		sum = (((sum & 1) << 7 | sum >> 1) + name[i]) & 0xFF;
	return (uint8_t)sum;
}

static void forget(struct fat_reader *reader)
{
	reader->slots = reader->wanted = 0;
	reader->raw_size = 0;
}

static void gather(struct fat_reader *reader, const uint8_t *bytes)
{
	memcpy(reader->raw + reader->raw_size, bytes, FAT_ENTRY_SIZE);
	reader->raw_size += FAT_ENTRY_SIZE;
	reader->wanted--;
}

static int take_slot(struct fat_reader *reader, const uint8_t *bytes)
{
	unsigned number = bytes[0] & (unsigned)~LAST_SLOT;
	bool last = bytes[0] & LAST_SLOT;

	if (reader->wanted > 0 && number == reader->wanted && bytes[13] == reader->checksum) {
		if (last)
			return WIPE_BAD_NAME;
		gather(reader, bytes);
		return 0;
	}
	forget(reader);
	if (!last || number == 0 || number > FAT_SLOTS_MAX)
		return 0;
	reader->slots = reader->wanted = number;
	reader->checksum = bytes[13];
	gather(reader, bytes);
	return 0;
}

/* The gathered slots, which lie on the card last part first. */
static int long_name(const struct fat_reader *reader, struct name *ret_name)
{
	static const uint8_t places[FAT_SLOT_UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	uint16_t units[FAT_SLOTS_MAX * FAT_SLOT_UNITS];
	size_t count = 0;

	for (unsigned slot = reader->slots; slot > 0; slot--) {
		const uint8_t *bytes = reader->raw + (size_t)(slot - 1) * FAT_ENTRY_SIZE;

		for (size_t i = 0; i < FAT_SLOT_UNITS; i++) {
			uint16_t unit = load_le16(bytes + places[i]);

			if (unit == 0)
				return slot == 1 ? name_from_utf16(units, count, true, ret_name)
						 : WIPE_BAD_NAME;
			units[count++] = unit;
		}
	}
	return name_from_utf16(units, count, true, ret_name);
}

static int take_entry(struct fat_reader *reader, const uint8_t *bytes, struct fat_entry *e)
{
	bool is_long = reader->slots > 0 && reader->wanted == 0 && alias_checksum(bytes) == reader->checksum;
	int r;

	if (bytes[11] & ATTR_STRANGE)
		return WIPE_UNUSUAL;
	r = name_from_short(bytes, bytes[12] & LOWER_BASE, bytes[12] & LOWER_EXT, &e->alias);
	if (r != 0)
		return r;
	e->name = e->alias;
	e->raw_size = 0;
	if (is_long) {
		r = long_name(reader, &e->name);
		if (r != 0)
			return r;
		memcpy(e->raw, reader->raw, reader->raw_size);
		e->raw_size = reader->raw_size;
	}
	memcpy(e->raw + e->raw_size, bytes, FAT_ENTRY_SIZE);
	e->raw_size += FAT_ENTRY_SIZE;
	return 0;
}

static void take_place(const struct fat_reader *reader, const uint8_t *bytes, struct fat_entry *e)
{
	e->attributes = bytes[11];
	e->cluster = load_le16(bytes + 26);
	if (reader->bits == 32)
		e->cluster |= (uint32_t)load_le16(bytes + 20) << 16;
	e->size = load_le32(bytes + 28);
}

static bool is_dots(const uint8_t *bytes)
{
	return memcmp(bytes, ".          ", 11) == 0 || memcmp(bytes, "..         ", 11) == 0;
}

int fat_reader_feed(struct fat_reader *reader, const uint8_t bytes[static FAT_ENTRY_SIZE],
	enum fat_found *ret_found, struct fat_entry *ret_entry)
{
	int r;

	*ret_found = FAT_FOUND_NOTHING;
	if (bytes[0] == 0 || bytes[0] == DELETED) {
		reader->ended |= bytes[0] == 0;
		forget(reader);
		return 0;
	}
	if (reader->ended)
		return WIPE_BAD_DIRECTORY;
	if (bytes[11] == FAT_ATTR_LONG_NAME)
		return take_slot(reader, bytes);
	if (bytes[11] & FAT_ATTR_VOLUME) {
		forget(reader);
		*ret_found = FAT_FOUND_LABEL;
		return bytes[11] & FAT_ATTR_DIRECTORY ? WIPE_BAD_DIRECTORY : 0;
	}
	take_place(reader, bytes, ret_entry);
	if (is_dots(bytes)) {
		forget(reader);
		*ret_found = FAT_FOUND_DOTS;
		return 0;
	}
	r = take_entry(reader, bytes, ret_entry);
	forget(reader);
	if (r == 0)
		*ret_found = FAT_FOUND_ENTRY;
	return r;
}
