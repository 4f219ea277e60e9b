/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Live tables over libdevmapper; no other file includes its header.
 *
 * A table line may contain the volume key. The task is marked as holding secret data, which makes the library
 * wipe what it got from the kernel; here each line is parsed where it lies and nothing of it is copied or
 * logged. The library's own messages are switched off for the same reason.
 */

#include "encryption/dmtable.h"

#include <libdevmapper.h>

static _printf_(5, 6) void say_nothing(
	int level, const char *file, int line, int error, const char *format, ...)
{
}

static void destroy_task(struct dm_task **task)
{
	if (*task)
		dm_task_destroy(*task);
}

static int read_targets(struct dm_task *task, struct dmtable *table)
{
	void *next = NULL;

	do {
		struct dmtable_target target;
		char *type = NULL, *arguments = NULL;
		uint64_t start, size;
		int r;

		next = dm_get_next_target(task, next, &start, &size, &type, &arguments);
		if (!type)
			continue;
		dmtable_parse(start, size, type, arguments ? arguments : "", &target);
		r = dmtable_add(table, &target);
		if (r < 0)
			return r;
	} while (next);
	return 0;
}

int dmtable_read(uint32_t major, uint32_t minor, struct dmtable *ret_table)
{
	_cleanup_(destroy_task) struct dm_task *task = NULL;
	struct dmtable table = {0};
	struct dm_info info;
	int r;

	dm_log_with_errno_init(say_nothing);
	task = dm_task_create(DM_DEVICE_TABLE);
	if (!task)
		return -ENOMEM;
	if (!dm_task_set_major(task, (int)major) || !dm_task_set_minor(task, (int)minor) ||
		!dm_task_secure_data(task) || !dm_task_run(task) || !dm_task_get_info(task, &info))
		return -EIO;
	if (!info.exists)
		return -ENXIO;
	r = read_targets(task, &table);
	if (r < 0) {
		dmtable_clear(&table);
		return r;
	}
	*ret_table = table;
	return 0;
}
