/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What was judged clean and is written under a number of ours, and where it belongs: one line each, so that
 * a gate that was killed between the verdict and the rename finishes at its next start what it had promised.
 *
 * Pure text. The lines were on a medium that was in other hands: nothing in them is trusted. A line without
 * its checksum, of another form, or with a path that leads anywhere but down is no line.
 */

#include "base/cleanup.h"
#include "base/xxh128.h"

#define JOURNAL_LINE_MAX (2 * 4096 + 128)
#define JOURNAL_MAX      ((size_t)4 << 20) /* bytes that are looked at */

struct journal_entry {
	uint64_t number; /* the file in our folder */
	uint64_t size;
	uint8_t digest[XXH128_SIZE];
	const char *path; /* borrowed from the text */
};

/* With its line feed; returns the length, or -ENAMETOOLONG. A folder of the medium may have any name. */
int journal_format(const struct journal_entry *entry, char ret_line[static JOURNAL_LINE_MAX]);

/* Takes the next whole entry from *at, which is changed (line feeds become NULs), and moves *at behind it.
 * False: no more. What is no entry is passed over. */
bool journal_next(char **at, struct journal_entry *ret_entry);
