/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The table of configuration keys: name, type, range, default, and where in struct config the value lives.
 * Private to policy/config*.c. A key exists when it is in this table and in no other case; the shipped file
 * is held against it by a test.
 */

#include "policy/config.h"

enum config_type {
	CONFIG_IS_PATH,
	CONFIG_IS_SIZE,
	CONFIG_IS_BOOL,
	CONFIG_IS_WORD,
	CONFIG_IS_NAME,
	CONFIG_IS_TEXT, /* one line for people; may be empty */
	CONFIG_IS_NUMBER,
	CONFIG_IS_WORDS, /* any of the words, with spaces between; their values are bits of an unsigned */
};

struct config_word {
	const char *word;
	int value;
};

struct config_entry {
	const char *key; /* "group.name" */
	enum config_type type;
	size_t offset;
	const struct config_word *words; /* CONFIG_IS_WORD, CONFIG_IS_WORDS: ends with a NULL word */
	uint64_t min, max;
	const char *preset;  /* the default, spelled as in the file without quotes */
	const char *allowed; /* completes "must be ..." */
};

/* The table and its end; keys of one group stand together. */
const struct config_entry *config_entry_at(size_t i);
const struct config_entry *config_entry_find(const char *key);

/* True when some key starts with "group.". */
bool config_group_known(const char *group, size_t length);

/* Each stores a checked value in *config; false when the value is not allowed. The type must be the entry's.
 */
bool config_store_text(const struct config_entry *entry, const char *text, struct config *config);
bool config_store_number(const struct config_entry *entry, int64_t number, struct config *config);
bool config_store_bool(const struct config_entry *entry, bool value, struct config *config);
