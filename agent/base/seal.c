/* SPDX-License-Identifier: GPL-3.0-or-later */

/* nonce, ciphertext, tag. See seal.h. */

#include "base/seal.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#define NONCE_SIZE 12
#define TAG_SIZE   16

_Static_assert(NONCE_SIZE + TAG_SIZE == SEAL_OVERHEAD, "the header says how much is added");

static void context_freep(EVP_CIPHER_CTX **context)
{
	EVP_CIPHER_CTX_free(*context);
}

int seal_close(const uint8_t key[static SEAL_KEY_SIZE], const void *plain, size_t size, uint8_t *ret_sealed)
{
	_cleanup_(context_freep) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t *text = ret_sealed + NONCE_SIZE;
	int n = 0, rest = 0;

	if (size > INT_MAX)
		return -EFBIG;
	if (getrandom(ret_sealed, NONCE_SIZE, 0) != NONCE_SIZE)
		return errno ? -errno : -EIO;
	if (!context || EVP_EncryptInit_ex(context, EVP_chacha20_poly1305(), NULL, key, ret_sealed) != 1 ||
		EVP_EncryptUpdate(context, text, &n, plain, (int)size) != 1 ||
		EVP_EncryptFinal_ex(context, text + n, &rest) != 1 || (size_t)n + (size_t)rest != size ||
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, text + size) != 1)
		return -EIO;
	return 0;
}

int seal_open(const uint8_t key[static SEAL_KEY_SIZE], const void *sealed, size_t size, uint8_t *ret_plain)
{
	_cleanup_(context_freep) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	const uint8_t *bytes = sealed;
	uint8_t tag[TAG_SIZE];
	size_t length;
	int n = 0, rest = 0;

	if (size < SEAL_OVERHEAD || size > INT_MAX)
		return -EBADMSG;
	length = size - SEAL_OVERHEAD;
	memcpy(tag, bytes + NONCE_SIZE + length, TAG_SIZE);
	if (!context || EVP_DecryptInit_ex(context, EVP_chacha20_poly1305(), NULL, key, bytes) != 1 ||
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1 ||
		EVP_DecryptUpdate(context, ret_plain, &n, bytes + NONCE_SIZE, (int)length) != 1)
		return -EIO;
	if (EVP_DecryptFinal_ex(context, ret_plain + n, &rest) != 1) {
		explicit_bzero(ret_plain, length);
		return -EBADMSG;
	}
	return 0;
}
