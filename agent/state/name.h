/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Texts that people type into the register: checked, and folded so that "Blue Room" and "BLUE ROOM" are one
 * name. Pure functions; the same on every machine, whatever its locale.
 */

#include "base/cleanup.h"

/* Printable UTF-8 without control characters, fewer than size bytes; may be empty. */
bool name_is_text(const char *text, size_t size);

/* A copy of at most size - 1 bytes that is name_is_text(): bad bytes become U+FFFD, characters that cannot be
 * printed become '?', what does not fit is left out. Owned by the caller, NULL when out of memory. */
char *name_clean(const char *text, size_t size);

/* Lower case of each character that has one, owned by the caller. NULL when out of memory or not UTF-8. */
char *name_fold(const char *name);

/* Number of characters; name is valid UTF-8. */
size_t name_characters(const char *name);
