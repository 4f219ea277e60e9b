/* SPDX-License-Identifier: GPL-3.0-or-later */

/* SipHash-2-4, as its authors published it, and where its keys come from. See names-hash.h. */

#include "inspect/names-hash.h"

#include "base/sha512.h"

static const char label[] = "outing-guard names 1";

int names_keys_derive(const uint8_t key[static 32], struct names_keys *ret_keys)
{
	uint8_t input[sizeof label + 32], digest[SHA512_SIZE];
	int r;

	memcpy(input, label, sizeof label);
	memcpy(input + sizeof label, key, 32);
	r = sha512_of(input, sizeof input, digest);
	memcpy(ret_keys->sip, digest, 16);
	memcpy(ret_keys->mark, digest + 16, 16);
	memcpy(ret_keys->seal, digest + 32, 32);
	ret_keys->mark[1] |= 1;
	explicit_bzero(input, sizeof input);
	explicit_bzero(digest, sizeof digest);
	return r;
}

static inline uint64_t rotate(uint64_t x, unsigned by)
{
	return (x << by) | (x >> (64 - by));
}

static inline void sip_round(uint64_t v[static 4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_start(uint64_t v[static 4], const uint64_t key[static 2])
{
	v[0] = le64toh(key[0]) ^ 0x736f6d6570736575ULL;
	v[1] = le64toh(key[1]) ^ 0x646f72616e646f6dULL;
	v[2] = le64toh(key[0]) ^ 0x6c7967656e657261ULL;
	v[3] = le64toh(key[1]) ^ 0x7465646279746573ULL;
}

static void sip_word(uint64_t v[static 4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

uint64_t names_siphash(const uint64_t key[static 2], const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint64_t v[4], word, last = (uint64_t)(size & 0xff) << 56;
	size_t i;

	sip_start(v, key);
	for (i = 0; i + 8 <= size; i += 8) {
		memcpy(&word, bytes + i, sizeof word);
		sip_word(v, le64toh(word));
	}
	for (size_t shift = 0; i < size; i++, shift += 8)
		last |= (uint64_t)bytes[i] << shift;
	sip_word(v, last);
	v[2] ^= 0xff;
	for (int n = 0; n < 4; n++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t names_hash(const struct names_keys *keys, enum names_domain domain, const void *word, size_t size)
{
	uint8_t text[1 + NAMES_WORD_MAX];
	uint64_t hash;

	if (size > NAMES_WORD_MAX)
		size = NAMES_WORD_MAX;
	text[0] = (uint8_t)domain;
	memcpy(text + 1, word, size);
	hash = names_siphash(keys->sip, text, 1 + size);
	explicit_bzero(text, sizeof text);
	return hash;
}
