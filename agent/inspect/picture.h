/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How large a PNG, GIF, BMP, ICO or JPEG picture is, and whether it is nothing but that picture. Pure;
 * decodes nothing.
 *
 * Whole means that the format's own structure ends where the bytes end and that it holds no place where
 * something else could lie: only then may a small picture pass for clip art.
 */

#include "inspect/buffer.h"

struct picture {
	uint32_t width, height; /* pixels, the larger of several */
};

/* 0 with the size; -EBADMSG when the first bytes do not say it (JPEG: anywhere in what is there). */
int picture_size(const void *bytes, size_t size, struct picture *ret);

/* PNG, GIF, BMP, ICO: whole as above. JPEG: it ends with its end mark. */
bool picture_whole(const void *bytes, size_t size);

/* What is written in it, for the search for names; of a whole picture. */
void picture_texts(const void *bytes, size_t size, struct buffer *out);
