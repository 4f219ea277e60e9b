/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a normalised word becomes: a SipHash-2-4 of 64 bits under the register's key, which is what is kept
 * and compared; and, before that, a quick mark by which nearly all words of a text are passed over. The mark
 * is no protection of anything: it is kept only in memory and inside the sealed table.
 */

#include "base/cleanup.h"

#include <endian.h>
#include <string.h>

#define NAMES_WORD_MAX 128 /* bytes of a normalised word; the rest is not looked at */
#define NAMES_HASH_PAD 8   /* bytes behind a word that names_mark() may read */

struct names_keys {
	uint64_t sip[2];
	uint64_t mark[2];
	uint8_t seal[32];
};

/* What is hashed: the same letters mean different things in different places. */
enum names_domain {
	NAMES_OF_WORD = 'w',    /* a name, as written */
	NAMES_OF_LOOKS = 's',   /* a name with l and i made one letter */
	NAMES_OF_INITIAL = 'i', /* initial, then surname */
	NAMES_OF_DATE = 'd',    /* yyyymmdd */
	NAMES_OF_NUMBER = 'n',  /* an id's letters and digits */
};

/* From the 32 bytes of the key file. 0 or -EIO. */
int names_keys_derive(const uint8_t key[static 32], struct names_keys *ret_keys);

uint64_t names_hash(const struct names_keys *keys, enum names_domain domain, const void *word, size_t size);

/* SipHash-2-4 itself, for its published test vectors. */
uint64_t names_siphash(const uint64_t key[static 2], const void *data, size_t size);

static inline uint64_t names_eight(const void *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof value);
	return le64toh(value) | 0x2020202020202020ULL;
}

/* Every l becomes an i, eight letters at a time. */
static inline uint64_t names_merge_l(uint64_t letters)
{
	uint64_t x = letters ^ 0x6c6c6c6c6c6c6c6cULL;
	uint64_t zero = ~(((x & 0x7f7f7f7f7f7f7f7fULL) + 0x7f7f7f7f7f7f7f7fULL) | x | 0x7f7f7f7f7f7f7f7fULL);

	return letters ^ ((zero >> 7) * ('l' ^ 'i'));
}

/* The same for either case of a letter, and for l and i. size >= 1; NAMES_HASH_PAD bytes behind the word can
 * be read. */
static inline uint32_t names_mark(const struct names_keys *keys, const void *word, size_t size)
{
	const uint8_t *bytes = word;
	uint64_t head = names_eight(bytes) & ((size < 8 ? 1ULL << (8 * size) : 0) - 1), tail = 0, x;

	if (size > 8)
		tail = names_merge_l(names_eight(bytes + size - 8));
	x = (names_merge_l(head) ^ keys->mark[0]) * keys->mark[1];
	x = (x ^ (x >> 29) ^ (tail * 0x9e3779b97f4a7c15ULL) ^ size) * keys->mark[1];
	return (uint32_t)(x >> 32);
}
