/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One character at a time, what it is as a part of a name: its letters without case, accents, width and
 * other decoration (NFKC_Casefold, then without marks and default-ignorable characters), and the letters it
 * can be mistaken for (UTS #39). Over ICU; no other file includes its headers.
 */

#include "base/cleanup.h"

#define FOLD_TEXT 12 /* bytes of UTF-8 that one character may become; what becomes more is a space */

enum fold_kind {
	FOLD_NOTHING = 0, /* invisible: zero width, soft hyphen, a lone accent */
	FOLD_LETTER,
	FOLD_DIGIT,
	FOLD_JOINER, /* hyphens and apostrophes of all kinds */
	FOLD_SPACE,
	FOLD_LINE,    /* ends a line */
	FOLD_REVERSE, /* shows what follows backwards */
};

struct fold {
	uint32_t code_point;
	enum fold_kind kind;
	bool upper;
	bool unspaced;                 /* of a script that puts no spaces between words */
	uint8_t plain_size, look_size; /* bytes */
	char plain[FOLD_TEXT], look[FOLD_TEXT];
};

struct folder; /* ICU's tables; shared, read only */

/* Loads what ICU loads, so that a sandbox can be closed afterwards. -EIO when ICU's data is missing. */
int folder_new(struct folder **ret_folder);
struct folder *folder_free(struct folder *folder);
DEFINE_CLEANUP(struct folder, folder_free);

/* Never fails: what cannot be understood is a space. */
void folder_fold(const struct folder *folder, uint32_t code_point, struct fold *ret_fold);

/* The character that begins at bytes (size >= 1) and its length; what is no UTF-8 is one byte of
 * Windows-1252. */
size_t fold_decode(const char *bytes, size_t size, uint32_t *ret_code_point);

/* Of Windows-1252; what it leaves undefined is the control character of that number. */
uint32_t fold_windows_1252(unsigned char byte);
