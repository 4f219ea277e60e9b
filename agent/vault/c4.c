/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Base 58 of a 512-bit number, by long division and multiplication over its bytes. See c4.h. */

#include "vault/c4.h"

#include <string.h>

#define BASE   58
#define DIGITS (C4_LENGTH - 2)

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static unsigned divide(uint8_t number[static SHA512_SIZE])
{
	unsigned rest = 0;

	for (size_t i = 0; i < SHA512_SIZE; i++) {
		unsigned value = rest << 8 | number[i];
		number[i] = (uint8_t)(value / BASE);
		rest = value % BASE;
	}
	return rest;
}

char *c4_format(const uint8_t digest[static SHA512_SIZE], char ret_text[static C4_TEXT])
{
	uint8_t number[SHA512_SIZE];

	memcpy(number, digest, sizeof number);
	ret_text[0] = 'c';
	ret_text[1] = '4';
	for (size_t i = DIGITS; i > 0; i--)
		ret_text[i + 1] = alphabet[divide(number)];
	ret_text[C4_LENGTH] = 0;
	return ret_text;
}

static bool multiply_add(uint8_t number[static SHA512_SIZE], unsigned digit)
{
	unsigned carry = digit;

	for (size_t i = SHA512_SIZE; i > 0; i--) {
		unsigned value = number[i - 1] * BASE + carry;
		number[i - 1] = (uint8_t)value;
		carry = value >> 8;
	}
	return carry == 0;
}

int c4_parse(const char *text, size_t size, uint8_t ret_digest[static SHA512_SIZE])
{
	uint8_t number[SHA512_SIZE] = {0};

	if (size != C4_LENGTH || text[0] != 'c' || text[1] != '4')
		return -EINVAL;
	for (size_t i = 2; i < C4_LENGTH; i++) {
		const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;

		if (!digit || !multiply_add(number, (unsigned)(digit - alphabet)))
			return -EINVAL;
	}
	memcpy(ret_digest, number, sizeof number);
	return 0;
}
