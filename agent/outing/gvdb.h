/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Looking one key up in a GVDB file (the format of dconf databases), given as bytes.
 *
 * The file may be anybody's: every offset is checked against the size, chains of parents are limited, nothing
 * is allocated and nothing is written. Only what screen locks need is understood: numbers and booleans in a
 * variant. A file of a computer with the other byte order is read as such.
 */

#include "base/cleanup.h"

enum gvdb_answer {
	GVDB_ABSENT,
	GVDB_FOUND,
	GVDB_DAMAGED, /* not a GVDB file, or its offsets lead nowhere */
};

/* A boolean, byte, or 16, 32 or 64 bit number of either sign as a number; other types are GVDB_ABSENT with
 * *ret_value 0. */
enum gvdb_answer gvdb_lookup(const void *data, size_t size, const char *key, int64_t *ret_value);

/* Is the key in the nested table of that name (dconf keeps its locks in ".locks")? */
enum gvdb_answer gvdb_lookup_in(const void *data, size_t size, const char *name, const char *key);
