/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which ciphers encrypt a disk well: the one place that decides it, for headers and for live tables. Pure.
 *
 * The lists are of what is accepted: a name that is not in them is unknown, not harmless.
 */

#include "base/cleanup.h"

enum cipher_strength {
	CIPHER_STRONG,
	CIPHER_WEAK,
	CIPHER_NULL, /* stores everything in clear */
	CIPHER_UNKNOWN,
};

/* When the size of the key is not known: it is then not judged. */
#define CIPHER_KEY_UNKNOWN UINT32_MAX

/* text: as dm-crypt writes it, "aes-xts-plain64" or "capi:xts(aes)-plain64"; not NUL-terminated, size bytes.
 * key_bits of the volume's key (two keys for XTS). *ret_weakness: static text, "" unless weak. */
enum cipher_strength cipher_judge(
	const char *text, size_t size, unsigned key_bits, const char **ret_weakness);
