/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What was tried before, in a file that only root can read. It must not help a thief: names of headers, of
 * files as they were (place, size, times) and results are in it, never a key nor a digest of one.
 *
 * A cache that is missing, damaged, too large or readable by others counts as empty.
 */

#include "base/json.h"
#include "base/sha512.h"

struct keys_cache;

/* path NULL: remembers nothing beyond this object. -ENOMEM only. */
int keys_cache_load(const char *path, struct keys_cache **ret_cache);
struct keys_cache *keys_cache_free(struct keys_cache *cache);
DEFINE_CLEANUP(struct keys_cache, keys_cache_free);

/* Was this key tried on this lock? *ret_slot: the slot that it opened, -1 for none. */
bool keys_cache_find_trial(const struct keys_cache *cache, const uint8_t lock[static SHA512_SIZE],
	const uint8_t key[static SHA512_SIZE], int *ret_slot);
void keys_cache_add_trial(struct keys_cache *cache, const uint8_t lock[static SHA512_SIZE],
	const uint8_t key[static SHA512_SIZE], int slot);

/* The texts of a start-up image in which no key was found: [[name, text], ...]; NULL when it is not known. */
const struct js *keys_cache_find_image(
	const struct keys_cache *cache, const uint8_t image[static SHA512_SIZE]);
/* Takes texts over. */
void keys_cache_add_image(
	struct keys_cache *cache, const uint8_t image[static SHA512_SIZE], struct js *texts);

/* Writes it if anything was added. A negative errno costs the next run some time and nothing else. */
int keys_cache_save(struct keys_cache *cache);
