/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Entry sets of exFAT directories. See exfat-entry.h. Pure. */

#include "wipe/exfat-entry.h"

#include "base/number.h"

#include <string.h>

#define IN_USE     0x80
#define SECONDARY  0x40
#define NAME_UNITS 15
#define ATTR_KNOWN 0x37

static int begin_set(struct exfat_reader *reader, const uint8_t *bytes)
{
	if (bytes[1] < 2 || bytes[1] >= EXFAT_SET_MAX)
		return bytes[1] < 2 ? WIPE_BAD_DIRECTORY : WIPE_UNUSUAL;
	reader->wanted = (size_t)bytes[1] + 1;
	reader->have = 1;
	memcpy(reader->raw, bytes, EXFAT_ENTRY_SIZE);
	return 0;
}

/* The name's units from its entries; what is behind it must be zero. */
static int gather_name(const struct exfat_reader *reader, size_t count, uint16_t *ret_units)
{
	for (size_t i = 0; i < (reader->wanted - 2) * NAME_UNITS; i++) {
		const uint8_t *entry = reader->raw + (2 + i / NAME_UNITS) * EXFAT_ENTRY_SIZE;
		uint16_t unit = load_le16(entry + 2 + i % NAME_UNITS * 2);

		if (entry[0] != EXFAT_TYPE_NAME)
			return entry[0] & IN_USE ? WIPE_UNUSUAL : WIPE_BAD_DIRECTORY;
		if (i < count)
			ret_units[i] = unit;
		else if (unit != 0)
			return WIPE_BAD_NAME;
	}
	return 0;
}

static int take_name(const struct exfat_reader *reader, struct exfat_entry *e)
{
	const uint8_t *stream = reader->raw + EXFAT_ENTRY_SIZE;
	size_t count = stream[3];
	int r;

	if (count == 0 || reader->wanted - 2 < (count + NAME_UNITS - 1) / NAME_UNITS)
		return WIPE_BAD_NAME;
	if (reader->wanted - 2 > (count + NAME_UNITS - 1) / NAME_UNITS)
		return WIPE_UNUSUAL;
	r = gather_name(reader, count, e->folded);
	if (r == 0)
		r = name_from_utf16(e->folded, count, false, &e->name);
	if (r != 0)
		return r;
	e->folded_count = count;
	return upcase_fold(reader->upcase, e->folded, count) == load_le16(stream + 4) ? 0 : WIPE_BAD_CHECKSUM;
}

static int take_stream(const struct exfat_reader *reader, struct exfat_entry *e)
{
	const uint8_t *stream = reader->raw + EXFAT_ENTRY_SIZE;

	if (stream[0] != EXFAT_TYPE_STREAM)
		return WIPE_BAD_DIRECTORY;
	e->contiguous = stream[1] & EXFAT_FLAG_CONTIGUOUS;
	e->cluster = load_le32(stream + 20);
	e->size = load_le64(stream + 24);
	if (load_le64(stream + 8) != e->size || (e->cluster == 0) != (e->size == 0))
		return WIPE_BAD_SIZE;
	if (e->size > 0 && !(stream[1] & EXFAT_FLAG_POSSIBLE))
		return WIPE_BAD_SIZE;
	return 0;
}

static int end_set(struct exfat_reader *reader, struct exfat_entry *e)
{
	int r;

	e->attributes = load_le16(reader->raw + 4);
	if (exfat_set_checksum(reader->raw, reader->wanted) != load_le16(reader->raw + 2))
		return WIPE_BAD_CHECKSUM;
	if (e->attributes & ~ATTR_KNOWN)
		return WIPE_UNUSUAL;
	r = take_name(reader, e);
	if (r == 0)
		r = take_stream(reader, e);
	e->raw_size = reader->wanted * EXFAT_ENTRY_SIZE;
	memcpy(e->raw, reader->raw, e->raw_size);
	reader->wanted = reader->have = 0;
	return r;
}

int exfat_reader_feed(struct exfat_reader *reader, const uint8_t bytes[static EXFAT_ENTRY_SIZE],
	enum exfat_found *ret_found, struct exfat_entry *ret_entry)
{
	uint8_t type = bytes[0];

	*ret_found = EXFAT_FOUND_NOTHING;
	if (type != EXFAT_TYPE_END && reader->ended)
		return type & IN_USE ? WIPE_BAD_DIRECTORY : 0;
	if (reader->wanted > 0) {
		if ((type & (IN_USE | SECONDARY)) != (IN_USE | SECONDARY))
			return WIPE_BAD_DIRECTORY;
		memcpy(reader->raw + reader->have++ * EXFAT_ENTRY_SIZE, bytes, EXFAT_ENTRY_SIZE);
		if (reader->have < reader->wanted)
			return 0;
		*ret_found = EXFAT_FOUND_SET;
		return end_set(reader, ret_entry);
	}
	if (type == EXFAT_TYPE_END) {
		reader->ended = true;
		*ret_found = EXFAT_FOUND_END;
		return 0;
	}
	if (type == EXFAT_TYPE_FILE)
		return begin_set(reader, bytes);
	if (!(type & IN_USE))
		return 0;
	if (type & SECONDARY)
		return WIPE_BAD_DIRECTORY;
	*ret_found = EXFAT_FOUND_SYSTEM;
	return 0;
}

int exfat_reader_finish(const struct exfat_reader *reader)
{
	return reader->wanted > 0 ? WIPE_BAD_DIRECTORY : 0;
}
