/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Order-independent digest of a set of files. See setdigest.h. */

#include "base/setdigest.h"

#include "base/number.h"

#include <limits.h>
#include <string.h>

static void add_512(uint8_t sum[static SHA512_SIZE], const uint8_t term[static SHA512_SIZE])
{
	unsigned carry = 0;

	for (size_t i = 0; i < SHA512_SIZE; i++) {
		unsigned digit = carry + sum[i] + term[i];

		sum[i] = (uint8_t)digit;
		carry = digit >> 8;
	}
}

int set_digest_add(struct set_digest *set, const char *path, size_t path_size, uint64_t file_size)
{
	uint8_t message[PATH_MAX + 9], digest[SHA512_SIZE];
	uint64_t bytes;
	int r;

	if (path_size == 0 || path_size > PATH_MAX)
		return -ENAMETOOLONG;
	if (add_overflows(set->bytes, file_size, &bytes))
		return -EOVERFLOW;
	memcpy(message, path, path_size);
	message[path_size] = 0;
	store_le64(message + path_size + 1, file_size);
	r = sha512_of(message, path_size + 9, digest);
	if (r < 0)
		return r;
	set->files++;
	set->bytes = bytes;
	add_512(set->sum, digest);
	return 0;
}

bool set_digest_equal(const struct set_digest *a, const struct set_digest *b)
{
	return a->files == b->files && a->bytes == b->bytes && memcmp(a->sum, b->sum, SHA512_SIZE) == 0;
}
