/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * PDF files without their tables: each stream that stands in the bytes, whether anything leads to it or not,
 * and the texts in what was unpacked. A second reading beside poppler's, for what is not shown. Pure.
 */

#include "inspect/buffer.h"

struct pdf_stream {
	const char *dictionary; /* with its names spelt out, no escapes; not terminated */
	size_t dictionary_size;
	const uint8_t *bytes; /* as they stand in the file */
	size_t size;
	bool image;
	uint32_t width, height;              /* of an image; UINT32_MAX when it does not say */
	bool text;                           /* metadata, an embedded file, a script */
	bool filtered;                       /* bytes are packed */
	bool deflated, ascii85, hexadecimal; /* packed so, with nothing else; ascii over deflate */
};

struct pdf_raw {
	const uint8_t *bytes;
	size_t size, at;
	struct buffer dictionary; /* cleared by the caller with buffer_clear() */
};

/* Start value: bytes and size. False at the end. */
bool pdf_raw_next(struct pdf_raw *raw, struct pdf_stream *ret);

/* Whether a password is needed for any reading that is not poppler's. */
bool pdf_raw_encrypted(const void *bytes, size_t size);

/* All strings, as UTF-8; those of one line of text joined. */
void pdf_raw_strings(const void *bytes, size_t size, struct buffer *out);

/* Undoes ASCII85 or hexadecimal. */
void pdf_raw_ascii85(const void *bytes, size_t size, struct buffer *out);
void pdf_raw_hexadecimal(const void *bytes, size_t size, struct buffer *out);

/* The largest picture that is drawn within a content stream, by its sides; false when there is none. */
bool pdf_raw_inline_image(const void *bytes, size_t size, uint32_t *ret_side);
