/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Names on cards are
 * bytes until they passed here.
 */

#include "base/cleanup.h"

/* Length in bytes (1 to 4) of the character at bytes, or 0 if the next bytes are not one. size >= 1. */
size_t utf8_character(const char *bytes, size_t size);

bool utf8_valid(const char *bytes, size_t size);

/* Copy with each bad byte replaced by U+FFFD; owned by the caller, NULL when out of memory. */
char *utf8_sanitize(const char *bytes, size_t size);

/* Writes the code point's 1 to 4 bytes, returns how many; surrogates and too large values become U+FFFD. */
size_t utf8_encode(uint32_t code_point, char ret_bytes[static 4]);
