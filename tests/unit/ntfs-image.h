/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A small NTFS in memory: clusters of 512 bytes, records of 1024, the table at cluster 2. Only what
 * exempt_scan_ntfs() looks at; made by hand from the published layout.
 */

#include "base/number.h"

#include <string.h>

#define NTFS_RECORD  1024U
#define NTFS_RECORDS 32U
#define NTFS_TABLE   1024U
#define NTFS_DATA    (NTFS_TABLE + NTFS_RECORDS * NTFS_RECORD)
#define NTFS_SIZE    (NTFS_DATA + 16384U)

struct ntfs_image {
	uint8_t bytes[NTFS_SIZE];
};

static inline uint8_t *ntfs_record(struct ntfs_image *image, unsigned index)
{
	return image->bytes + NTFS_TABLE + index * NTFS_RECORD;
}

/* Room for an attribute at the end of the record; the end mark moves on. */
static inline uint8_t *ntfs_attribute(uint8_t *record, uint32_t type, bool resident, uint32_t length)
{
	uint32_t used = load_le32(record + 24);
	uint8_t *attribute = record + used - 8;

	length = (length + 7) / 8 * 8;
	store_le32(attribute, type);
	store_le32(attribute + 4, length);
	attribute[8] = resident ? 0 : 1;
	store_le32(attribute + length, 0xffffffff);
	store_le32(record + 24, used + length);
	return attribute;
}

static inline uint8_t *ntfs_make_record(struct ntfs_image *image, unsigned index, uint16_t flags)
{
	uint8_t *record = ntfs_record(image, index);

	memset(record, 0, NTFS_RECORD);
	memcpy(record, "FILE", 4);
	store_le16(record + 4, 48); /* fix-ups: the mark and two words */
	store_le16(record + 6, 3);
	store_le16(record + 20, 56); /* first attribute */
	store_le16(record + 22, flags);
	store_le32(record + 24, 64);
	store_le32(record + 56, 0xffffffff);
	store_le16(record + 48, 7);
	store_le16(record + 510, 7);
	store_le16(record + 1022, 7);
	return record;
}

static inline void ntfs_add_name(uint8_t *record, uint32_t parent, const char *name, uint8_t space)
{
	uint32_t length = (uint32_t)strlen(name);
	uint8_t *attribute = ntfs_attribute(record, 0x30, true, 24 + 66 + 2 * length);

	store_le32(attribute + 16, 66 + 2 * length);
	store_le16(attribute + 20, 24);
	store_le32(attribute + 24, parent);
	attribute[24 + 64] = (uint8_t)length;
	attribute[24 + 65] = space;
	for (uint32_t i = 0; i < length; i++)
		attribute[24 + 66 + 2 * i] = (uint8_t)name[i];
}

static inline void ntfs_add_small(uint8_t *record, const char *data, uint32_t size, bool named)
{
	uint8_t *attribute = ntfs_attribute(record, 0x80, true, 24 + size);

	attribute[9] = named ? 1 : 0;
	store_le32(attribute + 16, size);
	store_le16(attribute + 20, 24);
	memcpy(attribute + 24, data, size);
}

/* Data at a cluster. */
static inline void ntfs_add_large(
	uint8_t *record, uint16_t cluster, uint8_t clusters, uint64_t size, bool named)
{
	uint8_t *attribute = ntfs_attribute(record, 0x80, false, 72);

	attribute[9] = named ? 1 : 0;
	store_le16(attribute + 32, 64);
	store_le32(attribute + 48, (uint32_t)size);
	store_le32(attribute + 52, (uint32_t)(size >> 32));
	attribute[64] = 0x21; /* one byte of length, two of offset */
	attribute[65] = clusters;
	store_le16(attribute + 66, cluster);
}

static inline void ntfs_make(struct ntfs_image *image)
{
	uint8_t *record;

	memset(image, 0, sizeof *image);
	memcpy(image->bytes + 3, "NTFS    ", 8);
	store_le16(image->bytes + 11, 512);
	image->bytes[13] = 1;
	store_le16(image->bytes + 48, NTFS_TABLE / 512);
	image->bytes[64] = 0xf6; /* 2^10 */
	record = ntfs_make_record(image, 0, 1);
	ntfs_add_large(record, NTFS_TABLE / 512, NTFS_RECORDS * NTFS_RECORD / 512, NTFS_RECORDS * NTFS_RECORD,
		false);
	record = ntfs_make_record(image, 5, 3);
	ntfs_add_name(record, 5, ".", 3);
}

static inline void ntfs_folder(struct ntfs_image *image, unsigned index, uint32_t parent, const char *name)
{
	ntfs_add_name(ntfs_make_record(image, index, 3), parent, name, 1);
}

/* What Windows' recovery partition holds. */
static inline void ntfs_make_recovery(struct ntfs_image *image)
{
	uint8_t *record;

	ntfs_make(image);
	ntfs_folder(image, 24, 5, "Recovery");
	ntfs_folder(image, 25, 24, "WindowsRE");
	record = ntfs_make_record(image, 26, 1);
	ntfs_add_name(record, 25, "WINRE~1.WIM", 2);
	ntfs_add_name(record, 25, "Winre.wim", 1);
	ntfs_add_large(record, NTFS_DATA / 512, 4, 2048, false);
	memcpy(image->bytes + NTFS_DATA, "MSWIM\0\0\0", 8);
	record = ntfs_make_record(image, 27, 1);
	ntfs_add_name(record, 25, "ReAgent.xml", 3);
	ntfs_add_small(record, "<?xml?>", 7, false);
}
