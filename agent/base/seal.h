/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Sealing a small file so that without its key it is noise, and with it any change is noticed: ChaCha20 and
 * Poly1305 (RFC 8439) over OpenSSL's libcrypto. Never seals two texts with one nonce: each gets a fresh one.
 */

#include "base/cleanup.h"

#define SEAL_KEY_SIZE 32
#define SEAL_OVERHEAD 28 /* bytes that sealing adds: nonce and tag */

/* ret_sealed has room for size + SEAL_OVERHEAD bytes. 0, -EIO (libcrypto refused), or getrandom's error. */
int seal_close(const uint8_t key[static SEAL_KEY_SIZE], const void *plain, size_t size, uint8_t *ret_sealed);

/* ret_plain has room for size - SEAL_OVERHEAD bytes. -EBADMSG: damaged, too short, or another key. */
int seal_open(const uint8_t key[static SEAL_KEY_SIZE], const void *sealed, size_t size, uint8_t *ret_plain);
