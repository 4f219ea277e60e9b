/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where a card's one volume lies: in the only primary partition of an MBR, or from the first sector on.
 *
 * Everything else is a named refusal: GPT (also a stale one in the second sector), a second partition, an
 * extended one, a partition outside the device, and a first sector that can be read both ways. Nothing is
 * guessed: a wrong answer would zero somebody's other partition.
 */

#include "wipe/source.h"

#define MBR_SECTOR 512

struct mbr_layout {
	bool partitioned;
	uint8_t type; /* of the partition, 0 without */
	uint32_t disk_id;
	uint64_t start; /* of the volume's room, in bytes */
	uint64_t size;
};

/* 0, an outcome or a negative errno. */
int mbr_parse(const struct source *device, struct mbr_layout *ret_layout);
