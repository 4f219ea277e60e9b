/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Text out of HTML and XML, for the search for names only. Pure; never fails, never follows anything, expands
 * no entities but the ones that stand for one character.
 *
 * Where a word ends cannot be told without knowing the document's kind, so there are two readings and both
 * are searched: one in which tags vanish, save those that begin a paragraph, a line or a cell, and one in
 * which each tag is a space. The second also has what is not shown: comments, instructions, attributes. Names
 * of fonts are left out, some of them are first names.
 */

#include "inspect/buffer.h"

enum markup_reading {
	MARKUP_JOINED,
	MARKUP_DIVIDED,
};

/* Whether it is worth reading as such. */
bool markup_likely(const char *utf8, size_t size);

/* It defines abbreviations of its own, by which a name can be put together. */
bool markup_defines_entities(const char *utf8, size_t size);

void markup_strip(const char *utf8, size_t size, enum markup_reading reading, struct buffer *out);

/* Both readings of one pass: the joined one in pieces that follow one another, cut anywhere, the divided one
 * as a whole. Ends with what take returns as soon as that is not 0, or with the error of a buffer. */
typedef int (*markup_take)(void *data, const char *utf8, size_t size);

int markup_read(const char *utf8, size_t size, struct buffer *divided, markup_take take, void *data);
