/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Words for a screen, from strings that other people chose: device names, labels, serials, file names.
 *
 * A string that came from a card may hold escape sequences, line breaks or characters that turn the writing
 * direction round. None of them reaches a terminal: each becomes U+FFFD. Widths are counted in screen
 * columns, so that names in any script line up.
 */

#include "base/cleanup.h"
#include "control/terminal.h"

#include <stdarg.h>

/* True if the code point may be shown: no control, bidirectional, separator or other format character. */
bool text_shows(uint32_t code_point);

/* Copy that is safe on a terminal, one line; NULL for NULL or when out of memory. Owned by the caller. */
char *text_clean(const char *text);

/* Screen columns of a text from text_clean(). */
size_t text_width(const char *clean);

/* Bytes of the longest beginning of a clean text that is at most `columns` wide. */
size_t text_fit(const char *clean, size_t columns);

/* Writes a clean text in exactly `columns` columns: padded with spaces, or cut with a mark at its end. */
void text_put(FILE *out, const struct terminal *terminal, const char *clean, size_t columns, bool right);

/* Writes a sentence of any origin, cleaned and broken between words into lines that fit the screen; each line
 * but the first begins with `indent` spaces. The first starts at column `at`. Ends with a line break. */
void text_wrap(FILE *out, const struct terminal *terminal, size_t at, size_t indent, const char *text);

/* The same for a sentence that is put together; 0, or -ENOMEM when nothing was written. */
int text_wrapf(FILE *out, const struct terminal *terminal, size_t at, size_t indent, const char *format, ...)
	_printf_(5, 6);
int text_vwrapf(FILE *out, const struct terminal *terminal, size_t at, size_t indent, const char *format,
	va_list args) _printf_(5, 0);

/* Writes JSON so that it means the same but holds no character that text_shows() rejects. Ends the line. */
void text_put_json(FILE *out, const char *json);
