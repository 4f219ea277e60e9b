/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where the parsers get a card's bytes from: a bounded read callback.
 *
 * The parsers are functions of bytes and know no descriptor, so that tests and fuzzers can feed them from
 * memory. Every read is checked against the size of the device here, in one place: a parser that was led
 * outside the card by hostile numbers gets WIPE_OUT_OF_RANGE and never another device's bytes.
 *
 * Functions of this folder return 0, a negative errno (the device failed), or a positive enum wipe_outcome
 * (the card is refused).
 */

#include "wipe/outcome.h"

struct source {
	/* Reads exactly size bytes or fails with a negative errno. */
	int (*read)(void *data, uint64_t offset, void *buffer, size_t size);
	void *data;
	uint64_t size; /* bytes of the whole device */
};

int source_read(const struct source *source, uint64_t offset, void *ret_buffer, size_t size);

/* *ret_zero: every byte of the range is zero. */
int source_is_zero(const struct source *source, uint64_t offset, uint64_t size, bool *ret_zero);

bool bytes_are_zero(const void *bytes, size_t size);
