/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Live tables, from device/mapper.h. A line may contain the volume key: each is parsed where it lies and
 * nothing of it is copied or logged.
 */

#include "device/mapper.h"
#include "encryption/dmtable.h"

static int add(uint64_t start, uint64_t size, const char *type, const char *arguments, void *data)
{
	struct dmtable_target target;

	dmtable_parse(start, size, type, arguments, &target);
	return dmtable_add(data, &target);
}

int dmtable_read(uint32_t major, uint32_t minor, struct dmtable *ret_table)
{
	struct dmtable table = {0};
	int r = mapper_targets(major, minor, add, &table);

	if (r < 0)
		dmtable_clear(&table);
	else
		*ret_table = table;
	return r;
}
