/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * From a list of children to the sealed table. All or nothing: with the first error nothing is made. What is
 * said about an error names line and column, never what stands there. Pure; its memory is locked and wiped.
 */

#include "inspect/names-csv.h"
#include "inspect/names.h"

#define NAMES_IMPORT_NOTES 8

struct names_import {
	uint32_t children, names; /* names: different first names */
	uint8_t *table;           /* owned; names_import_clear() */
	size_t table_size;
	char problem[256]; /* why it was not made; one sentence with its way out */
	char note[NAMES_IMPORT_NOTES][160];
	size_t notes;
};

void names_import_clear(struct names_import *import);

enum names_import_outcome {
	NAMES_IMPORT_OK = 0,
	NAMES_IMPORT_BAD, /* the list has a mistake, problem says which */
};

/* ignore: words divided by commas that are also names of rooms; may be NULL. An outcome or -ENOMEM, -EIO. */
int names_import(const void *csv, size_t size, const char *ignore, const uint8_t key[static NAMES_KEY_SIZE],
	struct names_import *ret_import);
