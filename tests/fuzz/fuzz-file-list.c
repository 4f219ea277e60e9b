/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The list of files that go back onto a stick, of any bytes: reading it ends, stays within the list, and
 * hands out no name that leads anywhere but down.
 */

#include "encrypt/file-list.h"

#include <string.h>

static void check_name(const uint8_t *data, size_t size, const char *name, uint32_t name_size)
{
	const char *begin = (const char *)data;

	if (name < begin || name + name_size > begin + size || name[name_size - 1] != 0)
		abort();
	if (*name == '/' || *name == 0 || strcmp(name, "..") == 0 || strncmp(name, "../", 3) == 0 ||
		strstr(name, "/../") || strstr(name, "//"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file_list_entry entry;
	size_t offset = 0, before = 0;

	while (file_list_next((const char *)data, size, &offset, &entry) > 0) {
		if (offset <= before || offset > size)
			abort();
		before = offset;
		check_name(data, size, entry.path, entry.file.path_size);
		check_name(data, size, entry.stored, entry.file.stored_size);
	}
	return 0;
}
