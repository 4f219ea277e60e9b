/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Characters and names taken apart: nothing is longer than its place, and folding what is folded changes
 * nothing. */

#include "inspect/names-spell.h"

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct folder *folder, const struct spelled *part)
{
	struct spelling again;

	CHECK(part->plain_size <= NAMES_WORD_MAX && part->look_size <= NAMES_WORD_MAX);
	CHECK(part->pairs_size <= NAMES_WORD_MAX && part->letters > 0);
	if (spell(folder, part->plain, part->plain_size, &again) == 0 && again.count == 1)
		CHECK(again.part[0].plain_size <= part->plain_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct folder *folder;
	struct spelling spelling;

	if (!folder && folder_new(&folder) < 0)
		return 0;
	if (spell(folder, (const char *)data, size, &spelling) < 0)
		return 0;
	CHECK(spelling.count <= SPELL_WORDS);
	for (size_t i = 0; i < spelling.count; i++)
		check(folder, &spelling.part[i]);
	return 0;
}
