/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Judging stored password hashes, over libxcrypt; no other file includes its header. */

#include "base/cleanup.h"

enum hash_strength {
	HASH_STRONG,
	HASH_WEAK,   /* a method that libxcrypt calls outdated or too cheap */
	HASH_UNKNOWN /* not a hash that this computer could check a password against */
};

enum hash_strength hash_strength(const char *hash);

/* "DES", "MD5", "SHA-256", ... for a sentence; "an unknown method". Static text. */
const char *hash_method(const char *hash);

/* Does the hash belong to this password? 1 yes, 0 no, -EINVAL: cannot be tried. Takes as long as logging in
 * does (20 ms to a second), and about as much memory (16 MiB). */
int hash_try(const char *hash, const char *password);
