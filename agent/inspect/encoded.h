/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Bytes that were written down as text (base64, hexadecimal numbers, uuencode), and text whose characters
 * were written down in other characters (quoted-printable, %41, \u0041, UTF-7, overstriking). Pure. Undoes
 * one layer; what comes out is somebody else's to judge.
 *
 * Nothing depends on a mail's structure: a piece counts wherever it stands, so that a false boundary or a
 * missing header hides nothing.
 */

#include "inspect/buffer.h"

enum encoded_form {
	ENCODED_BASE64,
	ENCODED_HEX,
	ENCODED_UUENCODE,
};

/* bytes are valid during the call. mixed: the letters are as mixed as those of packed or encrypted data.
 * Anything but 0 ends the search and is returned. */
typedef int (*encoded_visit)(
	void *data, enum encoded_form form, const uint8_t *bytes, size_t size, bool mixed);

/* -ENOMEM, or what the visitor returned. */
int encoded_find(const char *utf8, size_t size, encoded_visit visit, void *data);

enum encoded_text {
	ENCODED_QUOTED_PRINTABLE,
	ENCODED_PERCENT,
	ENCODED_BACKSLASH,
	ENCODED_UTF7,
	ENCODED_OVERSTRIKE, /* with backspaces and terminal colours */
	ENCODED_TEXT_COUNT,
};

/* A bit, 1 << form, for each form whose marks are in the text; without them it can have none of it. */
unsigned encoded_text_forms(const char *utf8, size_t size);

/* Appends the whole text with that encoding undone, in bytes of any charset. False, and nothing appended,
 * when there is none of it. */
bool encoded_undo(enum encoded_text how, const char *utf8, size_t size, struct buffer *out);
