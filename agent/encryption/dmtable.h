/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a live device-mapper table says: which targets there are, whether a `crypt` target really encrypts,
 * and which devices the others hand their data to.
 *
 * dmtable_parse() is a pure function of the kernel's text. The text may hold a volume key in hexadecimal:
 * the parser looks at its length only and copies nothing of it; device/mapper.c, which reads live tables, has
 * libdevmapper wipe its buffers.
 */

#include "base/cleanup.h"

#define DMTABLE_DEVICES_MAX 64
#define DMTABLE_TARGETS_MAX 65536
#define DMTABLE_TYPE        24
#define DMTABLE_CIPHER      96

enum dmtable_kind {
	DMTABLE_CRYPT,
	DMTABLE_PASS,    /* data goes on to the devices as it is */
	DMTABLE_NOTHING, /* zero, error: holds no data */
	DMTABLE_UNKNOWN, /* a type, or arguments, that we do not know */
};

enum dmtable_strength {
	DMTABLE_STRONG,
	DMTABLE_WEAK,        /* dmtable_target.weakness says why */
	DMTABLE_NULL_CIPHER, /* stores everything in clear */
	DMTABLE_UNKNOWN_CIPHER,
};

struct dmtable_device {
	uint32_t major, minor;
};

struct dmtable_target {
	uint64_t start, size; /* sectors of 512 bytes */
	enum dmtable_kind kind;
	char type[DMTABLE_TYPE];
	/* crypt only */
	char cipher[DMTABLE_CIPHER];
	unsigned key_bits;
	enum dmtable_strength strength;
	const char *weakness; /* static text, "" when strong */
	size_t device_count;
	struct dmtable_device devices[DMTABLE_DEVICES_MAX];
	uint64_t offsets[DMTABLE_DEVICES_MAX]; /* sectors into the device, where the table names one */
};

struct dmtable {
	size_t count;
	struct dmtable_target *targets;
};

/* One target from its type and arguments as the kernel prints them. Never fails: what is not understood is
 * DMTABLE_UNKNOWN. */
void dmtable_parse(uint64_t start, uint64_t size, const char *type, const char *arguments,
	struct dmtable_target *ret_target);

/* A line that dmtable_parse() understands in the same way and that holds nothing else: no key, no digest, no
 * salt. Returns the length as snprintf(3). */
int dmtable_format(const struct dmtable_target *target, char *ret_text, size_t size);

/* Adds a parsed target. -E2BIG beyond DMTABLE_TARGETS_MAX, -ENOMEM. */
int dmtable_add(struct dmtable *table, const struct dmtable_target *target);
void dmtable_clear(struct dmtable *table);

/* Do the targets cover sectors 0 to size without a gap and without overlap? */
bool dmtable_covers(const struct dmtable *table, uint64_t size);

/* The live table of a mapped device. Needs root; -ENXIO: no such device, -EIO: device-mapper refused. */
int dmtable_read(uint32_t major, uint32_t minor, struct dmtable *ret_table);
