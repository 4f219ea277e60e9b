/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether bytes are text, and in which characters. Pure.
 *
 * Text is only what can be nothing else: a handful of control characters at most, no broken pairs, mostly
 * letters that a Western European text has. Everything else is CHARSET_NONE, and bytes that are none are
 * never searched as if they were text. A text of bytes may have lines in UTF-8 beside lines in Windows-1252,
 * as mailboxes do.
 */

#include "inspect/buffer.h"

enum charset {
	CHARSET_NONE = 0,
	CHARSET_UTF8,      /* also plain ASCII */
	CHARSET_EIGHT_BIT, /* Windows-1252, or lines of it among UTF-8 */
	CHARSET_UTF16LE,
	CHARSET_UTF16BE,
	CHARSET_UTF32LE,
	CHARSET_UTF32BE,
};

/* *ret_mark: bytes of the byte order mark at the beginning, 0 when there is none. size 0 is CHARSET_UTF8. */
enum charset charset_of(const void *bytes, size_t size, size_t *ret_mark);

/* bytes without the mark, of that charset, appended as UTF-8. Nothing for CHARSET_NONE. */
void charset_decode(enum charset charset, const void *bytes, size_t size, struct buffer *out);

/* One byte of Windows-1252. */
uint32_t charset_windows1252(uint8_t byte);
