/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See xts.h. */

#include "encrypt/xts.h"

#include <openssl/evp.h>
#include <string.h>

#define KEY_SIZE 64
#define IV_SIZE  16

struct xts {
	EVP_CIPHER_CTX *context;
};

int xts_new(const struct secret *key, struct xts **ret_xts)
{
	_cleanup_(xts_freep) struct xts *x = calloc(1, sizeof *x);

	if (!x)
		return -ENOMEM;
	if (key->size != KEY_SIZE)
		return -EINVAL;
	x->context = EVP_CIPHER_CTX_new();
	if (!x->context)
		return -ENOMEM;
	if (EVP_EncryptInit_ex(x->context, EVP_aes_256_xts(), NULL, key->bytes, NULL) != 1)
		return -EIO;
	*ret_xts = TAKE_PTR(x);
	return 0;
}

struct xts *xts_free(struct xts *xts)
{
	if (xts)
		EVP_CIPHER_CTX_free(xts->context);
	free(xts);
	return NULL;
}

int xts_encrypt(struct xts *xts, uint64_t offset, uint8_t *bytes, size_t size)
{
	if (offset % XTS_SECTOR != 0 || size % XTS_SECTOR != 0)
		return -EINVAL;
	for (size_t at = 0; at < size; at += XTS_SECTOR) {
		uint64_t number = (offset + at) / XTS_SECTOR;
		uint8_t iv[IV_SIZE] = {0};
		int done;

		for (size_t i = 0; i < sizeof number; i++)
			iv[i] = (uint8_t)(number >> (8 * i));
		if (EVP_EncryptInit_ex(xts->context, NULL, NULL, NULL, iv) != 1 ||
			EVP_EncryptUpdate(xts->context, bytes + at, &done, bytes + at, XTS_SECTOR) != 1)
			return -EIO;
	}
	return 0;
}
