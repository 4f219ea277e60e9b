/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Kinds that need more than a fixed signature to be recognised: for kind.c only. Each function is false when
 * the bytes are too few to say.
 */

#include "inspect/kind.h"

/* ISO base media (MP4, MOV, HEIC, AVIF, CR3, ...) and its forerunner QuickTime. */
bool kind_box(const uint8_t *bytes, size_t size, struct kind *ret);

/* RIFF, RF64 and FORM containers. */
bool kind_riff(const uint8_t *bytes, size_t size, struct kind *ret);

/* Streams that are recognised by a rhythm rather than a beginning: MPEG transport, MP3, AAC. */
bool kind_rhythm(const uint8_t *bytes, size_t size, struct kind *ret);

/* Pictures with short signatures: BMP, ICO, CUR, PCX, TGA, JPEG XL, PNM. */
bool kind_short_picture(const uint8_t *bytes, size_t size, struct kind *ret);

/* Boot sectors and file systems. */
bool kind_disk(const uint8_t *bytes, size_t size, struct kind *ret);
