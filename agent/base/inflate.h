/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Deflate (RFC 1951), bare or in a zlib wrapper (RFC 1950), from memory into memory, over libdeflate and
 * zlib; no other file includes their headers.
 */

#include "base/cleanup.h"

enum inflate_outcome {
	INFLATE_OK = 0,
	INFLATE_TOO_LARGE = 1, /* more than max comes out; nothing is returned */
	INFLATE_DAMAGED = 2,   /* no such stream, or it breaks off; what came out before is returned */
};

/* Owned by the caller, NULL when empty; NUL behind the last byte. */
struct inflated {
	uint8_t *bytes;
	size_t size;
	size_t consumed; /* bytes of input that belonged to the stream */
};

/* -ENOMEM, or an outcome. */
int inflate_bytes(const void *bytes, size_t size, bool bare, size_t max, struct inflated *ret);

void inflated_clear(struct inflated *inflated);

/* CRC-32 as ZIP files have it. */
uint32_t inflate_crc32(const void *bytes, size_t size);
