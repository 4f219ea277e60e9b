/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * libdevmapper. See mapper.h.
 *
 * A table line may contain a volume key: the task is marked as holding secret data, which makes the library
 * wipe what it got from the kernel. The library's own messages are switched off for the same reason. Its
 * semaphores are not used: whoever waits for udev there waits for ever when udev is not running.
 */

#include "device/mapper.h"

#include <libdevmapper.h>
#include <sys/sysmacros.h>

/* For ours: no probing, no names, no mounting by others. */
#define NOT_FOR_UDEV                                                                  \
	(DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG | DM_UDEV_DISABLE_DISK_RULES_FLAG |     \
		DM_UDEV_DISABLE_OTHER_RULES_FLAG | DM_UDEV_DISABLE_LIBRARY_FALLBACK | \
		DM_UDEV_PRIMARY_SOURCE_FLAG)

static _printf_(5, 6) void say_nothing(
	int level, const char *file, int line, int error, const char *format, ...)
{
}

static void destroy_task(struct dm_task **task)
{
	if (*task)
		dm_task_destroy(*task);
}

#define _cleanup_task_ _cleanup_(destroy_task)

static struct dm_task *new_task(int type, const char *name)
{
	struct dm_task *task;

	dm_log_with_errno_init(say_nothing);
	(void)dm_udev_set_sync_support(0);
	task = dm_task_create(type);
	if (task && name && !dm_task_set_name(task, name)) {
		dm_task_destroy(task);
		return NULL;
	}
	return task;
}

static int run_task(struct dm_task *task)
{
	int error;

	if (dm_task_run(task))
		return 0;
	error = dm_task_get_errno(task);
	return error ? -error : -EIO;
}

int mapper_targets(uint32_t major, uint32_t minor, mapper_visit visit, void *data)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_TABLE, NULL);
	struct dm_info info;
	void *next = NULL;

	if (!task)
		return -ENOMEM;
	if (!dm_task_set_major(task, (int)major) || !dm_task_set_minor(task, (int)minor) ||
		!dm_task_secure_data(task) || !dm_task_run(task) || !dm_task_get_info(task, &info))
		return -EIO;
	if (!info.exists)
		return -ENXIO;
	do {
		char *type = NULL, *arguments = NULL;
		uint64_t start, size;
		int r;

		next = dm_get_next_target(task, next, &start, &size, &type, &arguments);
		r = type ? visit(start, size, type, arguments ? arguments : "", data) : 0;
		if (r < 0)
			return r;
	} while (next);
	return 0;
}

static int create_empty(const struct mapper_linear *linear)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_CREATE, linear->name);

	return task && dm_task_set_uuid(task, linear->uuid) ? run_task(task) : -ENOMEM;
}

static int load_table(const struct mapper_linear *linear)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_RELOAD, linear->name);
	char line[48];

	(void)snprintf(line, sizeof line, "%u:%u 0", major(linear->below), minor(linear->below));
	return task && dm_task_add_target(task, 0, linear->sectors, "linear", line) ? run_task(task)
										    : -ENOMEM;
}

static int resume(const struct mapper_linear *linear, dev_t *ret_number)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_RESUME, linear->name);
	struct dm_info info;
	uint32_t cookie = 0;
	int r;

	if (!task || !dm_task_set_cookie(task, &cookie, NOT_FOR_UDEV))
		return -ENOMEM;
	r = run_task(task);
	if (r < 0)
		return r;
	if (!dm_task_get_info(task, &info) || !info.exists)
		return -EIO;
	*ret_number = makedev(info.major, info.minor);
	return 0;
}

int mapper_create_linear(const struct mapper_linear *linear, dev_t *ret_number)
{
	int r = create_empty(linear);

	if (r < 0)
		return r == -EEXIST ? -EBUSY : r;
	r = load_table(linear);
	if (r >= 0)
		r = resume(linear, ret_number);
	if (r < 0)
		(void)mapper_remove(linear->name);
	return r;
}

static int load_error(const char *name, uint64_t sectors)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_RELOAD, name);

	return task && dm_task_add_target(task, 0, sectors, "error", "") ? run_task(task) : -ENOMEM;
}

/* Neither the file system on it nor what is queued is waited for: it would be written to the wrong medium. */
static int suspend_at_once(const char *name)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_SUSPEND, name);

	return task && dm_task_no_flush(task) && dm_task_skip_lockfs(task) ? run_task(task) : -ENOMEM;
}

static int go_on(const char *name)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_RESUME, name);

	return task ? run_task(task) : -ENOMEM;
}

/* Resumed in any case: with the new table when there is one, else with the old one. */
int mapper_cut_off(const char *name, uint64_t sectors)
{
	int r = load_error(name, sectors), resumed;

	if (r < 0)
		return r;
	r = suspend_at_once(name);
	resumed = go_on(name);
	return r < 0 ? r : resumed;
}

static int remove_by(const char *name, int (*way)(struct dm_task *))
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_REMOVE, name);
	uint32_t cookie = 0;

	if (!task || !way(task) || !dm_task_set_cookie(task, &cookie, NOT_FOR_UDEV))
		return -ENOMEM;
	return run_task(task);
}

/* udev may be looking at it, for a moment. */
int mapper_remove(const char *name)
{
	int r = remove_by(name, dm_task_retry_remove);

	if (r != -EBUSY)
		return r;
	r = remove_by(name, dm_task_deferred_remove);
	return r < 0 ? r : -EBUSY;
}
