/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The rows of a spreadsheet (OOXML) as a person sees them. Each text is kept once in a list of its own and
 * cells refer to it by number, so first and last name of a child stand side by side only after this. Pure;
 * never fails: what it does not understand it leaves out, and all texts are searched where they stand as
 * well.
 */

#include "inspect/buffer.h"

struct sheet_strings {
	struct buffer text;
	struct buffer starts; /* of size_t: where each begins in text; one more at the end */
	size_t count;
};

/* xml: UTF-8. Cleared by the caller with sheet_strings_clear(), also after an error (text.error,
 * starts.error). */
void sheet_strings_read(const char *xml, size_t size, struct sheet_strings *ret);
void sheet_strings_clear(struct sheet_strings *strings);

/* Rows as lines, cells divided by tabs; whole numbers that may be dates are given as dates as well. */
void sheet_rows(const char *xml, size_t size, const struct sheet_strings *strings, struct buffer *out);
