/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Are bytes without a signature blank, random-looking or something readable? From blocks taken all over the
 * device. Pure, over a read callback.
 */

#include "encryption/content.h"

/* Up to this size everything is read before a device is called blank; beyond it, hundreds of places. */
#define SAMPLE_WHOLE (64ULL << 20)

typedef int (*sample_read)(void *data, uint64_t offset, void *buffer, size_t size);

/* Samples size bytes from start. 0, or what read returned. */
int sample_range(
	sample_read read, void *data, uint64_t start, uint64_t size, enum content_sample *ret_sample);

/* Data is worse than random, random worse than blank. */
enum content_sample sample_worse(enum content_sample a, enum content_sample b);
