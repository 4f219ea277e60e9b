/* SPDX-License-Identifier: GPL-3.0-or-later */

/* XXH3-128 over xxHash. See xxh128.h. */

#include "base/xxh128.h"

#include <string.h>
#include <xxhash.h>

struct xxh128 {
	XXH3_state_t *state;
};

int xxh128_new(struct xxh128 **ret_state)
{
	_cleanup_(xxh128_freep) struct xxh128 *state = calloc(1, sizeof *state);

	if (!state)
		return -ENOMEM;
	state->state = XXH3_createState();
	if (!state->state)
		return -ENOMEM;
	xxh128_reset(state);
	*ret_state = TAKE_PTR(state);
	return 0;
}

struct xxh128 *xxh128_free(struct xxh128 *state)
{
	if (state)
		(void)XXH3_freeState(state->state);
	free(state);
	return NULL;
}

void xxh128_reset(struct xxh128 *state)
{
	(void)XXH3_128bits_reset(state->state);
}

void xxh128_update(struct xxh128 *state, const void *data, size_t size)
{
	(void)XXH3_128bits_update(state->state, data, size);
}

static void canonical(XXH128_hash_t hash, uint8_t ret_digest[static XXH128_SIZE])
{
	XXH128_canonical_t bytes;

	XXH128_canonicalFromHash(&bytes, hash);
	memcpy(ret_digest, bytes.digest, XXH128_SIZE);
}

void xxh128_final(struct xxh128 *state, uint8_t ret_digest[static XXH128_SIZE])
{
	canonical(XXH3_128bits_digest(state->state), ret_digest);
}

void xxh128_of(const void *data, size_t size, uint8_t ret_digest[static XXH128_SIZE])
{
	canonical(XXH3_128bits(data, size), ret_digest);
}
