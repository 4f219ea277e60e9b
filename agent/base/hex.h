/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Lower-case hexadecimal, both ways. */

#include "base/cleanup.h"

/* ret_text has room for 2 * size + 1 bytes; returns ret_text. */
char *hex_encode(const void *data, size_t size, char *ret_text);

/* Exactly 2 * size digits of either case, else -EINVAL. */
int hex_decode(const char *text, void *ret_data, size_t size);
