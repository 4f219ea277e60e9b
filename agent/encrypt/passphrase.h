/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether a passphrase is good enough for a stick that may be lost in a street. libpwquality judges (its
 * header is included by passphrase.c only), with the word list of cracklib; here stand the length, which no
 * setting of the computer can lower, and the sentences that people read.
 *
 * A passphrase is never logged, shown or kept. What could not be judged is refused, never let through.
 */

#include "base/secret.h"

#define PASSPHRASE_CHARACTERS_MIN 12
#define PASSPHRASE_BYTES_MAX      512
#define PASSPHRASE_SENTENCE       256

enum passphrase_outcome {
	PASSPHRASE_OK = 0,
	PASSPHRASE_UNTYPABLE = 1, /* not UTF-8, or has characters that cannot be typed */
	PASSPHRASE_SHORT = 2,
	PASSPHRASE_WEAK = 3, /* easy to guess: the sentence says why */
	PASSPHRASE_UNJUDGED = 4,
};

/* Blocks on the word list's files. ret_sentence: "" when good, else why not and what to do. */
enum passphrase_outcome passphrase_check(
	const struct secret *passphrase, char ret_sentence[static PASSPHRASE_SENTENCE]);

/* For whoever must not wait: 0 when reading from fd ends at once (a file in memory, or a pipe, which is made
 * non-blocking), -EINVAL for anything else. */
int passphrase_check_fd(int fd);

/* Everything in fd, without a newline at its end. -EAGAIN: a non-blocking pipe whose other end is still open;
 * -ENODATA, -EFBIG. */
int passphrase_read(int fd, struct secret **ret_passphrase);
