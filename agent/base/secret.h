/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key material in memory: locked where the limit allows, left out of core dumps, wiped before it is freed.
 * A secret never reaches a log, a command line, an environment or a file that is not sealed.
 */

#include "base/cleanup.h"

struct secret {
	size_t size;
	size_t mapped;
	uint8_t *bytes;
};

/* Zero-filled buffer of size bytes (1 to 1 MiB). */
int secret_new(size_t size, struct secret **ret_secret);

/* Fresh random bytes from the kernel. */
int secret_random(size_t size, struct secret **ret_secret);

/* Everything readable from fd, at most max bytes; -EFBIG if there is more, -ENODATA if nothing. */
int secret_read(int fd, size_t max, struct secret **ret_secret);

struct secret *secret_free(struct secret *secret);
DEFINE_CLEANUP(struct secret, secret_free);

/* No core dump, no ptrace by other processes of the same user. Called first by every program that holds
 * secrets. */
int secret_harden_process(void);
