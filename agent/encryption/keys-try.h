/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One key on one slot of one header, in a process of its own: no capabilities, no files (where the kernel has
 * Landlock), no core dump, limited memory and time. The header is hostile when it lies on somebody's stick,
 * and the library that reads it is large. The key goes over a socket, never over a command line or a file.
 */

#include "base/secret.h"

enum keys_try {
	KEYS_TRY_OPENS = 0,
	KEYS_TRY_NOT = 1,
};

/* To be called once before the first try. */
void keys_try_prepare(void);

/* copy: as luks_copy() made it. key NULL: the empty passphrase. -ETIMEDOUT after that many seconds, -EBADMSG
 * when the header is not accepted, -ENOMEM when the slot asks for more memory than there is, -EIO else. */
int keys_try(int copy, unsigned slot, const struct secret *key, unsigned seconds);
