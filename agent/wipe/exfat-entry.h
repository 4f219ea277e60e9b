/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * exFAT directory entries, one after the other, into entry sets: a file entry, a stream extension and its
 * name. A set counts only when its checksum, its name hash and every length in it fit; what does not belong
 * to a set, and anything behind the end mark, is refused.
 */

#include "wipe/exfat.h"
#include "wipe/name.h"
#include "wipe/upcase.h"

#define EXFAT_SET_MAX 19 /* entries: file, stream, 17 of name */

enum exfat_found {
	EXFAT_FOUND_NOTHING, /* deleted, or part of a set that is not complete */
	EXFAT_FOUND_END,
	EXFAT_FOUND_SET,
	EXFAT_FOUND_SYSTEM, /* bitmap, up-case table, label, GUID: only in the root */
};

struct exfat_entry {
	struct name name;
	uint16_t folded[NAME_UNITS_MAX]; /* name as the volume compares it */
	size_t folded_count;
	uint16_t attributes;
	bool contiguous;
	uint32_t cluster;
	uint64_t size;
	size_t raw_size;
	uint8_t raw[EXFAT_SET_MAX * EXFAT_ENTRY_SIZE];
};

struct exfat_reader {
	const struct upcase *upcase;
	bool ended;
	size_t wanted; /* entries of the set, 0: none begun */
	size_t have;
	uint8_t raw[EXFAT_SET_MAX * EXFAT_ENTRY_SIZE];
};

/* Feeds one 32-byte entry; *ret_entry is filled for EXFAT_FOUND_SET. */
int exfat_reader_feed(struct exfat_reader *reader, const uint8_t bytes[static EXFAT_ENTRY_SIZE],
	enum exfat_found *ret_found, struct exfat_entry *ret_entry);

/* At the end of a folder: no set is left half. */
int exfat_reader_finish(const struct exfat_reader *reader);
