/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What lies on a medium, as far as one must know to leave it writable: is every byte that can be mounted
 * behind encryption? Pure, over a read callback; the bytes are hostile.
 *
 * "Encrypted" is said only when all of this holds: the whole disk, or each of its partitions as the kernel
 * sees them, starts with a LUKS or BitLocker header that is consistent in itself and names a real cipher (not
 * the null cipher, not a part in clear, no clear key stored beside it), and nothing that looks like another
 * file system lies over it. Everything else that could be read is "plain". What could not be read is
 * "unknown". One plain partition beside an encrypted one makes the medium plain: it is not to be written to.
 * Which of its partitions can be opened all the same, for reading, is said beside that.
 */

#include "base/cleanup.h"

#define MEDIUM_PARTS_MAX 64

enum medium_verdict {
	MEDIUM_UNKNOWN = 0,
	MEDIUM_PLAIN,
	MEDIUM_ENCRYPTED,
};

struct medium_part {
	uint64_t start, size; /* bytes */
};

struct medium_source {
	/* Exactly size bytes at offset: 0, or a negative errno. */
	int (*read)(void *data, uint64_t offset, void *buffer, size_t size);
	void *data;
	uint64_t size;
	unsigned sector; /* logical sector size in bytes */
	struct medium_part part[MEDIUM_PARTS_MAX];
	size_t parts;
	bool more_parts; /* the kernel has more: never encrypted */
};

struct medium {
	enum medium_verdict verdict;
	uint64_t locked;   /* bit n: part n, by itself, is encrypted with LUKS */
	char table_id[40]; /* as blkid prints it: "6a1b2c3d" or a GUID; empty without a partition table */
	char serial[16]; /* volume serial of the first FAT or exFAT volume: "1A2B-3C4D"; empty without one */
};

/* 0 and *ret_medium; a read error at the start of the disk is returned, any later one makes the verdict
 * unknown. */
int medium_judge(const struct medium_source *source, struct medium *ret_medium);

/* The word for it: "encrypted", "plain", "unknown". */
const char *medium_verdict_name(enum medium_verdict verdict);
