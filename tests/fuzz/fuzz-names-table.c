/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Tables, sealed or not: nothing is believed that does not hold together. */

#include "inspect/names-table.h"

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[NAMES_KEY_SIZE];
	struct names_body body;
	struct names_keys keys;
	struct names *names = NULL;
	int r = names_body_decode(data, size, &body);

	if (r == 0 && names_keys_derive(key, &keys) == 0) {
		for (uint32_t i = 0; i < body.count; i++)
			CHECK(body.entries[i].child < body.children && body.entries[i].first <= body.firsts);
		if (names_of_body(&body, &keys, &names) == 0)
			CHECK(names_children(names) <= NAMES_CHILDREN_MAX);
		names = names_free(names);
	} else {
		names_body_clear(&body);
	}
	CHECK(names_parse(data, size, key, &names) < 0);
	return 0;
}
