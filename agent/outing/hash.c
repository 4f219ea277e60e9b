/* SPDX-License-Identifier: GPL-3.0-or-later */

/* libxcrypt. See hash.h. */

#include "outing/hash.h"

#include <crypt.h>
#include <string.h>

enum hash_strength hash_strength(const char *hash)
{
	switch (crypt_checksalt(hash)) {
	case CRYPT_SALT_OK:
		return HASH_STRONG;
	case CRYPT_SALT_METHOD_LEGACY:
	case CRYPT_SALT_TOO_CHEAP:
		return HASH_WEAK;
	default:
		return HASH_UNKNOWN;
	}
}

const char *hash_method(const char *hash)
{
	static const struct {
		const char *start, *name;
	} methods[] = {
		{"$1$", "MD5"},
		{"$md5", "MD5 (Sun)"},
		{"$sha1", "SHA-1"},
		{"$3$", "NT"},
		{"$2", "bcrypt"},
		{"$5$", "SHA-256"},
		{"$6$", "SHA-512"},
		{"$7$", "scrypt"},
		{"$y$", "yescrypt"},
		{"$gy$", "gost-yescrypt"},
		{"_", "BSDi DES"},
	};

	for (size_t i = 0; i < ELEMENTS(methods); i++)
		if (strncmp(hash, methods[i].start, strlen(methods[i].start)) == 0)
			return methods[i].name;
	return hash[0] == '$' ? "an unknown method" : "DES";
}

int hash_try(const char *hash, const char *password)
{
	_cleanup_free_ struct crypt_data *data = calloc(1, sizeof *data);
	const char *result;

	if (!data)
		return -ENOMEM;
	result = crypt_r(password, hash, data);
	if (!result || result[0] == '*')
		return -EINVAL;
	return strcmp(result, hash) == 0;
}
