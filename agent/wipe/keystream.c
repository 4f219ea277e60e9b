/* SPDX-License-Identifier: GPL-3.0-or-later */

/* AES-256-CTR by sector number. See keystream.h. */

#include "wipe/keystream.h"

#include "base/number.h"
#include "base/secret.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#define KEY_SIZE   32
#define BLOCK      16
#define SECTOR     512
#define PER_SECTOR (SECTOR / BLOCK)

struct keystream {
	struct secret *key;
	EVP_CIPHER_CTX *forward;
	EVP_CIPHER_CTX *backward;
};

/* Counter block of a sector's first 16 bytes: its block number, big-endian. */
static void counter_of(uint64_t number, uint8_t ret_block[static BLOCK])
{
	uint64_t value = number * PER_SECTOR;

	memset(ret_block, 0, BLOCK);
	for (size_t i = 0; i < 8; i++)
		ret_block[BLOCK - 1 - i] = (uint8_t)(value >> (8 * i));
}

int keystream_new(struct keystream **ret_keystream)
{
	_cleanup_(keystream_freep) struct keystream *k = calloc(1, sizeof *k);
	int r;

	if (!k)
		return -ENOMEM;
	r = secret_random(KEY_SIZE, &k->key);
	if (r < 0)
		return r;
	k->forward = EVP_CIPHER_CTX_new();
	k->backward = EVP_CIPHER_CTX_new();
	if (!k->forward || !k->backward)
		return -ENOMEM;
	if (EVP_EncryptInit_ex(k->forward, EVP_aes_256_ctr(), NULL, k->key->bytes, NULL) != 1 ||
		EVP_DecryptInit_ex(k->backward, EVP_aes_256_ecb(), NULL, k->key->bytes, NULL) != 1 ||
		EVP_CIPHER_CTX_set_padding(k->backward, 0) != 1)
		return -EIO;
	*ret_keystream = TAKE_PTR(k);
	return 0;
}

struct keystream *keystream_free(struct keystream *keystream)
{
	if (keystream) {
		EVP_CIPHER_CTX_free(keystream->forward);
		EVP_CIPHER_CTX_free(keystream->backward);
		(void)secret_free(keystream->key);
	}
	free(keystream);
	return NULL;
}

int keystream_fill(struct keystream *keystream, uint64_t number, uint8_t *ret_bytes, size_t count)
{
	uint8_t counter[BLOCK];
	int size;

	if (count > INT_MAX / SECTOR)
		return -EINVAL;
	counter_of(number, counter);
	memset(ret_bytes, 0, count * SECTOR);
	if (EVP_EncryptInit_ex(keystream->forward, NULL, NULL, NULL, counter) != 1 ||
		EVP_EncryptUpdate(keystream->forward, ret_bytes, &size, ret_bytes, (int)(count * SECTOR)) !=
			1)
		return -EIO;
	return 0;
}

int keystream_identify(
	struct keystream *keystream, const uint8_t *bytes, bool *ret_known, uint64_t *ret_number)
{
	uint8_t block[BLOCK + BLOCK], expected[BLOCK];
	uint64_t value = 0;
	int size;

	if (EVP_DecryptUpdate(keystream->backward, block, &size, bytes, BLOCK) != 1)
		return -EIO;
	for (size_t i = 8; i < BLOCK; i++)
		value = value << 8 | block[i];
	counter_of(value / PER_SECTOR, expected);
	*ret_known = memcmp(block, expected, BLOCK) == 0;
	*ret_number = value / PER_SECTOR;
	return 0;
}
