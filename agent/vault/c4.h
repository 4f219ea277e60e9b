/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* C4 identifiers (SMPTE ST 2114): "c4" and a SHA-512 as 88 base-58 digits, most significant first, padded
 * with '1'. Text order is number order. */

#include "base/sha512.h"

#define C4_LENGTH 90
#define C4_TEXT   (C4_LENGTH + 1)

/* Returns ret_text. */
char *c4_format(const uint8_t digest[static SHA512_SIZE], char ret_text[static C4_TEXT]);

/* Exactly 90 characters, a value below 2^512; else -EINVAL. */
int c4_parse(const char *text, size_t size, uint8_t ret_digest[static SHA512_SIZE]);
