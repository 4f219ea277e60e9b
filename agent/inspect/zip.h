/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * ZIP files, strictly: one that two programs could read in two ways is none. Pure; unpacks nothing.
 *
 * Its table at the end and the heads before the members must say the same, members lie one behind the other
 * from the first byte to the table, nothing lies between, before or behind them, and no two have one name.
 */

#include "base/cleanup.h"

enum zip_outcome {
	ZIP_OK = 0,
	ZIP_DAMAGED = 1,   /* cut off, or its parts contradict each other */
	ZIP_ENCRYPTED = 2, /* a member needs a password */
	ZIP_UNKNOWN = 3,   /* packed in a way that is not known here, or of many parts, or larger than 4 GB */
	ZIP_TOO_MANY = 4,  /* members */
};

struct zip_member {
	const char *name; /* bytes, not terminated */
	size_t name_length;
	const char *comment; /* likewise */
	size_t comment_length;
	const uint8_t *packed;
	size_t packed_size, size;
	uint32_t crc;
	bool deflated; /* else as it is */
	bool directory;
};

struct zip {
	struct zip_member *members; /* owned; they point into the bytes */
	size_t count;
	const char *comment; /* of the archive */
	size_t comment_length;
};

/* bytes is borrowed as long as the result. -ENOMEM, or an outcome; the result is to be cleared in any case.
 */
int zip_parse(const void *bytes, size_t size, size_t members_max, struct zip *ret);

void zip_clear(struct zip *zip);

/* NULL when there is none of that name. */
const struct zip_member *zip_find(const struct zip *zip, const char *name);
