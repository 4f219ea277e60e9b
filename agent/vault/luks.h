/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One LUKS2 volume in a file, over libcryptsetup; no other file includes its header.
 *
 * aes-xts-plain64 with a 512-bit volume key. The passphrase is 64 random bytes, so the key slot's function
 * adds nothing to its strength. It is Argon2id all the same, so that nobody has to wonder, with a cost (32
 * MiB, 4 passes) that an old laptop with 1 GB pays in a second or two at each boot.
 *
 * All functions block, need root where they say so, and log nothing.
 */

#include "base/secret.h"

enum luks_outcome {
	LUKS_OK = 0,
	LUKS_WRONG_KEY = 1,
	LUKS_NOT_LUKS2 = 2,
	LUKS_IN_USE = 3, /* a mapping of that name exists, or is in use */
};

/* Writes a header into an existing file (at least 32 MiB) and adds the key. What was there is lost. With a
 * mapping name the new volume is activated too, which needs root. */
int luks_format(const char *path, const struct secret *key, const char *mapping);

/* Does the key open it? Activates nothing. The header is read from a private copy, because loading one may
 * rewrite it. */
int luks_try(const char *path, const struct secret *key);

/* /dev/mapper/<name>, over a loop device that goes away with the mapping. Root. */
int luks_activate(const char *path, const char *name, const struct secret *key);
int luks_deactivate(const char *name);

/* Is there a mapping of that name? Root. */
bool luks_active(const char *name);
