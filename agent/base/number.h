/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Numbers from text and from other people's bytes, checked.
 *
 * A number that does not fit, has anything behind it, or is empty is an error, never a best guess.
 * Little-endian loads read unaligned card bytes without undefined behaviour.
 */

#include "base/cleanup.h"

/* Whole string, base 10, no sign, no spaces. -EINVAL not a number, -ERANGE too large. */
int number_parse_u64(const char *text, uint64_t *ret_value);

/* As above, with an optional suffix K, M, G or T (powers of 1024), for example "512M". Bytes. */
int number_parse_size(const char *text, uint64_t *ret_bytes);

/* Days ("31d"), weeks ("2w"), months of 30 days ("6m") or years of 365 ("1y"); seconds in *ret_seconds. */
int number_parse_span(const char *text, uint64_t *ret_seconds);

/* "3.4 GB": powers of 1000, at most 15 characters with the terminator; returns buffer. */
#define NUMBER_SIZE_TEXT 16
const char *number_format_size(uint64_t bytes, char buffer[static NUMBER_SIZE_TEXT]);

static inline uint16_t load_le16(const void *p)
{
	const uint8_t *b = p;
	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t load_le32(const void *p)
{
	const uint8_t *b = p;
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t load_le64(const void *p)
{
	const uint8_t *b = p;
	return load_le32(b) | (uint64_t)load_le32(b + 4) << 32;
}

static inline void store_le16(void *p, uint16_t v)
{
	uint8_t *b = p;
	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}

static inline void store_le32(void *p, uint32_t v)
{
	store_le16(p, (uint16_t)v);
	store_le16((uint8_t *)p + 2, (uint16_t)(v >> 16));
}

static inline void store_le64(void *p, uint64_t v)
{
	store_le32(p, (uint32_t)v);
	store_le32((uint8_t *)p + 4, (uint32_t)(v >> 32));
}

/* True on overflow; *ret is then undefined and must not be used. */
static inline bool add_overflows(uint64_t a, uint64_t b, uint64_t *ret)
{
	return __builtin_add_overflow(a, b, ret);
}

static inline bool mul_overflows(uint64_t a, uint64_t b, uint64_t *ret)
{
	return __builtin_mul_overflow(a, b, ret);
}
