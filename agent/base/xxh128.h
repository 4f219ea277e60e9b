/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* XXH3-128, seed 0, canonical (big-endian) bytes as ASC MHL writes them; over xxHash, whose header only
 * xxh128.c includes. */

#include "base/cleanup.h"

#define XXH128_SIZE 16

struct xxh128;

int xxh128_new(struct xxh128 **ret_state);
struct xxh128 *xxh128_free(struct xxh128 *state);
DEFINE_CLEANUP(struct xxh128, xxh128_free);

void xxh128_reset(struct xxh128 *state);
void xxh128_update(struct xxh128 *state, const void *data, size_t size);
void xxh128_final(struct xxh128 *state, uint8_t ret_digest[static XXH128_SIZE]);
void xxh128_of(const void *data, size_t size, uint8_t ret_digest[static XXH128_SIZE]);
