/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where the register of names lies: `names`, the sealed table, and `names.key`, both root's alone. Where
 * there is a TPM2 chip the key file is a credential that systemd-creds sealed to this computer, else the bare
 * 32 bytes. Anything else than "there is none" and "here it is" is an error, never an empty register.
 */

#include "base/secret.h"
#include "inspect/names.h"

#define NAMES_TABLE_FILE "names"
#define NAMES_KEY_FILE   "names.key"

enum names_store_outcome {
	NAMES_STORE_OK = 0,
	NAMES_STORE_NONE,   /* no list was ever imported, or it was cleared */
	NAMES_STORE_LOCKED, /* the key is missing or cannot be opened */
};

/* The table's bytes (owned by the caller) and its key. An outcome or a negative errno. */
int names_store_load(const char *directory, struct secret **ret_key, char **ret_table, size_t *ret_size);

/* The key that is there, or a new one, durable. A key that cannot be opened is replaced: the table that
 * belonged to it is to be replaced as well. May block for seconds. */
int names_store_key(const char *directory, struct secret **ret_key);

/* Replaces the table, durably. */
int names_store_save(const char *directory, const void *table, size_t size);

/* Removes table and key; NAMES_STORE_NONE when there was no table. */
int names_store_clear(const char *directory);
