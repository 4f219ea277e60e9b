/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Lists of children: whatever is taken opens with its key and holds as many children as were said. */

#include "inspect/names-import.h"

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[NAMES_KEY_SIZE];
	struct names_import import;
	int r = names_import(data, size, "Daisy,Poppy", key, &import);

	if (r == NAMES_IMPORT_OK) {
		struct names *names = NULL;

		CHECK(names_parse(import.table, import.table_size, key, &names) == 0);
		CHECK(names_children(names) == import.children && import.children > 0);
		names = names_free(names);
	} else {
		CHECK(!import.table && (r < 0 || *import.problem));
	}
	names_import_clear(&import);
	return 0;
}
