/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * SHA-512 (FIPS 180-4) over OpenSSL's libcrypto; no other file includes its header. SHA-256 is there to check
 * what others wrote.
 */

#include "base/cleanup.h"

#define SHA512_SIZE     64
#define SHA512_HEX_SIZE (2 * SHA512_SIZE + 1)
#define SHA256_SIZE     32

struct sha512;

int sha512_new(struct sha512 **ret_state);
struct sha512 *sha512_free(struct sha512 *state);
DEFINE_CLEANUP(struct sha512, sha512_free);

/* Starts again; a state may be reused for any number of messages. All return 0 or -EIO (libcrypto refused).
 */
int sha512_reset(struct sha512 *state);
int sha512_update(struct sha512 *state, const void *data, size_t size);
int sha512_final(struct sha512 *state, uint8_t ret_digest[static SHA512_SIZE]);

/* Whole message at once. */
int sha512_of(const void *data, size_t size, uint8_t ret_digest[static SHA512_SIZE]);
int sha256_of(const void *data, size_t size, uint8_t ret_digest[static SHA256_SIZE]);
