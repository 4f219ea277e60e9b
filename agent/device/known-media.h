/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The file by which outing-media knows a registered camera or stick without asking anybody:
 * /var/lib/outing-guard/known-media, root's, mode 0644, replaced atomically by whoever changes the register.
 *
 *     outing-guard known-media 1
 *     camera HASH
 *     reader HASH
 *     stick HASH
 *
 * HASH is the SHA-512 of a key in hexadecimal; serials and labels themselves are not in it. Of a media key
 * (card:...) the label is left out before hashing, because the helper that runs for every event does not read
 * directories. Order means nothing. A file that cannot be understood knows nobody: everything stays closed
 * that would be closed anyway, and no camera becomes more visible than "read-only".
 */

#include "device/identity.h"
#include "policy/role.h"

#define KNOWN_MEDIA_NAME     "known-media"
#define KNOWN_MEDIA_SIZE_MAX (1024 * 1024)

struct known_medium {
	const char *key; /* as the register has it: usb:... or card:... */
	enum role role;  /* only those three are written; others are left out */
};

/* The file's whole text; owned by the caller. -EINVAL for a key that is neither usb: nor card:. */
int known_media_format(const struct known_medium *media, size_t count, char **ret_text);

/* Writes the file in the state directory dirfd: atomic, fsynced, mode 0644. */
int known_media_write(int dirfd, const struct known_medium *media, size_t count);

/* Role under which key is listed; ROLE_NONE when it is not, or when the text is not such a file. */
enum role known_media_find(const char *text, size_t size, const char *key);
