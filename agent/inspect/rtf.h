/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Text out of RTF, for the search for names, and whether there is more in it than text. Pure; never fails.
 *
 * All groups are read, also those that a word processor would not show, save the list of fonts.
 */

#include "inspect/buffer.h"

struct rtf_findings {
	bool pictures; /* of any kind and size */
	bool objects;  /* embedded files, raw bytes */
};

void rtf_strip(const void *bytes, size_t size, struct buffer *out, struct rtf_findings *ret);
