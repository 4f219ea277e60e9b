/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Names from cards as the Linux kernel shows them: UTF-16 long names and 8.3 names in code page 437.
 *
 * Where the kernel would drop, replace or trim something, or where a name could reach a different file than
 * its own entry, there is no name but a refusal: the offload then could not have read that file for sure.
 */

#include "wipe/outcome.h"

#define NAME_UNITS_MAX 255
#define NAME_BYTES_MAX (NAME_UNITS_MAX * 3)

struct name {
	size_t size;
	char bytes[NAME_BYTES_MAX + 1]; /* UTF-8, NUL behind it */
};

/* WIPE_BAD_NAME for unpaired surrogates, characters that the file systems forbid and names of dots only. A
 * dot at the end is shown by the kernel and cut off when it looks the name up: dot_at_end says that the
 * offload has another way to such a file. units are in host order. */
int name_from_utf16(const uint16_t *units, size_t count, bool dot_at_end, struct name *ret_name);

/* Size without the dots at the end. */
size_t name_undotted(const struct name *name);

/* The 11 bytes of a FAT directory entry; lower_base and lower_extension are the kernel's reading of the
 * NT case byte. */
int name_from_short(
	const uint8_t raw[static 11], bool lower_base, bool lower_extension, struct name *ret_name);

/* A label of code page 437 or UTF-16, for people: never refused, odd characters become '?'. */
void name_label_from_short(const uint8_t raw[static 11], char *ret_text, size_t room);
void name_label_from_utf16(const uint16_t *units, size_t count, char *ret_text, size_t room);
