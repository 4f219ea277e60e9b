/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One volume being read, shared by the readers of the several kinds of header. Nobody else includes this; the
 * readers only fill facts in and never judge them.
 */

#include "base/number.h"
#include "device/cryptheader.h"

struct cryptheader_volume {
	const struct medium_source *source;
	uint64_t start, size; /* bytes; all offsets below count from start */
	const uint8_t *head;  /* CRYPTHEADER_HEAD bytes */
};

/* Each: 0 and facts (with a fault when it is not as it should be), or a negative errno. */
int cryptheader_read_luks2(const struct cryptheader_volume *volume, struct cryptheader *header);
int cryptheader_read_bitlocker(
	const struct cryptheader_volume *volume, uint64_t metadata, struct cryptheader *header);

/* Copies a NUL-terminated, printable word out of a field; false when it is none. */
bool cryptheader_word(const uint8_t *field, size_t field_size, char *ret_text, size_t size);

static inline int cryptheader_pread(
	const struct cryptheader_volume *volume, uint64_t offset, void *buffer, size_t size)
{
	if (offset > volume->size || size > volume->size - offset)
		return -ERANGE;
	return volume->source->read(volume->source->data, volume->start + offset, buffer, size);
}

static inline uint16_t load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_be64(const uint8_t *p)
{
	return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}
