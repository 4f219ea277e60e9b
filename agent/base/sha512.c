/* SPDX-License-Identifier: GPL-3.0-or-later */

/* SHA-512 over libcrypto. See sha512.h. */

#include "base/sha512.h"

#include <openssl/evp.h>

struct sha512 {
	EVP_MD_CTX *context;
};

int sha512_new(struct sha512 **ret_state)
{
	_cleanup_(sha512_freep) struct sha512 *state = calloc(1, sizeof *state);
	int r;

	if (!state)
		return -ENOMEM;
	state->context = EVP_MD_CTX_new();
	if (!state->context)
		return -ENOMEM;
	r = sha512_reset(state);
	if (r < 0)
		return r;
	*ret_state = TAKE_PTR(state);
	return 0;
}

struct sha512 *sha512_free(struct sha512 *state)
{
	if (state)
		EVP_MD_CTX_free(state->context);
	free(state);
	return NULL;
}

int sha512_reset(struct sha512 *state)
{
	return EVP_DigestInit_ex(state->context, EVP_sha512(), NULL) == 1 ? 0 : -EIO;
}

int sha512_update(struct sha512 *state, const void *data, size_t size)
{
	return EVP_DigestUpdate(state->context, data, size) == 1 ? 0 : -EIO;
}

int sha512_final(struct sha512 *state, uint8_t ret_digest[static SHA512_SIZE])
{
	unsigned size = 0;

	if (EVP_DigestFinal_ex(state->context, ret_digest, &size) != 1 || size != SHA512_SIZE)
		return -EIO;
	return 0;
}

int sha512_of(const void *data, size_t size, uint8_t ret_digest[static SHA512_SIZE])
{
	unsigned length = 0;

	if (EVP_Digest(data, size, ret_digest, &length, EVP_sha512(), NULL) != 1 || length != SHA512_SIZE)
		return -EIO;
	return 0;
}

int sha256_of(const void *data, size_t size, uint8_t ret_digest[static SHA256_SIZE])
{
	unsigned length = 0;

	if (EVP_Digest(data, size, ret_digest, &length, EVP_sha256(), NULL) != 1 || length != SHA256_SIZE)
		return -EIO;
	return 0;
}
