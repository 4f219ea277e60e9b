/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Sorting fixed-size records where they lie, also in a mapped file: no memory of its own (the C library's
 * qsort takes as much again), and no input that makes it slow. Not stable. */

#include "base/cleanup.h"

#define SORT_RECORD_MAX 256

/* By the key_size bytes at key_offset of each record, as memcmp() orders them. */
void sort_records(void *records, size_t count, size_t record_size, size_t key_offset, size_t key_size);

/* Does a sorted array of plain keys hold this one? */
bool sort_holds(const void *keys, size_t count, size_t key_size, const void *key);
