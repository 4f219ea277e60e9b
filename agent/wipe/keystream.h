/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Pseudo-random sectors from a throw-away key (AES-256 in counter mode over libcrypto; no other file includes
 * its cipher header). Each sector's bytes follow from the key and its number, so nothing has to be stored to
 * check them, and a sector that holds another one's bytes says which: that is how a card shows that it
 * answers for more room than it has.
 */

#include "base/cleanup.h"

struct keystream;

/* With a fresh random key that nobody else will know. */
int keystream_new(struct keystream **ret_keystream);
struct keystream *keystream_free(struct keystream *keystream);
DEFINE_CLEANUP(struct keystream, keystream_free);

/* count sectors of 512 bytes from number on. */
int keystream_fill(struct keystream *keystream, uint64_t number, uint8_t *ret_bytes, size_t count);

/* *ret_number: the sector whose bytes these 512 are; *ret_known false if they come from no sector. */
int keystream_identify(
	struct keystream *keystream, const uint8_t *bytes, bool *ret_known, uint64_t *ret_number);
