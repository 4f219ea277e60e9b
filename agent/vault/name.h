/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * From a card's names to the vault's: valid UTF-8 without control characters, so that any manifest and any
 * screen can hold them, and two different names never become the same one.
 *
 * What cannot be kept is written %XX, byte by byte; a '%' that would then read as such an escape is written
 * %25. Names that mean something to the history's tools (ascmhl, .DS_Store) get their first letter escaped.
 * A name that grows beyond what a directory can hold is cut and ends in '~' and 16 digits of the raw name's
 * hash. Pure functions.
 */

#include "base/cleanup.h"

#include <limits.h>

#define VAULT_NAME (NAME_MAX + 1)

/* Stored form of one name of a card. raw: any bytes but '/' and NUL, not empty, "." or ".."; else -EINVAL. */
int vault_name_store(const char *raw, size_t size, char ret_name[static VAULT_NAME]);

/* The same for a device's name as it stands in the register: '/' is allowed and escaped, a leading '.' too.
 */
int vault_name_device(const char *device, char ret_name[static VAULT_NAME]);

/* Every name of a relative '/'-joined path of a card; ret_path owned by the caller. */
int vault_path_store(const char *raw, size_t size, char **ret_path);

/* `IMG_0001~2.JPG`: the number-th name (2 or more) for other content under the same stored name. */
int vault_name_variant(const char *name, unsigned number, char ret_name[static VAULT_NAME]);

/* A name that vault_name_store() may have made: what the vault itself creates and what a manifest may name.
 */
bool vault_name_safe(const char *name, size_t size);
