/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * FAT directory entries, one after the other, into names: long names from their slots, short ones otherwise.
 *
 * Slots left behind by cameras, which delete and reuse only the short entry, are normal and are skipped just
 * as the kernel skips them. Entries behind the end mark are refused: Linux shows them and cameras do not, so
 * nobody knows what the folder holds.
 */

#include "wipe/fat.h"
#include "wipe/name.h"

#define FAT_SLOTS_MAX  20
#define FAT_SLOT_UNITS 13

enum fat_found {
	FAT_FOUND_NOTHING, /* free, deleted, or part of a name */
	FAT_FOUND_LABEL,
	FAT_FOUND_DOTS, /* "." or ".." */
	FAT_FOUND_ENTRY,
};

struct fat_entry {
	struct name name;
	struct name alias; /* the short name, also when name is a long one */
	uint8_t attributes;
	uint32_t cluster;
	uint32_t size;
	size_t raw_size; /* slots and short entry */
	uint8_t raw[(FAT_SLOTS_MAX + 1) * FAT_ENTRY_SIZE];
};

struct fat_reader {
	unsigned bits; /* of the volume: only FAT32 has upper halves of cluster numbers */
	bool ended;
	unsigned slots;  /* of the name being gathered, 0: none */
	unsigned wanted; /* next slot number, 0: complete */
	uint8_t checksum;
	size_t raw_size;
	uint8_t raw[(FAT_SLOTS_MAX + 1) * FAT_ENTRY_SIZE];
};

/* Feeds one 32-byte entry. 0 with *ret_found, and *ret_entry for FAT_FOUND_ENTRY (FAT_FOUND_DOTS: cluster
 * only), or an outcome. */
int fat_reader_feed(struct fat_reader *reader, const uint8_t bytes[static FAT_ENTRY_SIZE],
	enum fat_found *ret_found, struct fat_entry *ret_entry);
