/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A computer made of files: builds a /sys and /proc below a temporary folder, for tests of what reads them.
 */

#include "base/fd.h"
#include "folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char *prefix;

static inline int up(void **state)
{
	int r = folder_up(state);

	prefix = ((struct folder *)*state)->path;
	return r;
}

static inline void make_parents(char *path)
{
	for (char *at = path + strlen(prefix) + 1; (at = strchr(at, '/')); at++) {
		*at = 0;
		assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
		*at = '/';
	}
}

static inline void put(const char *text, const char *format, ...) _printf_(2, 3);

static inline void put(const char *text, const char *format, ...)
{
	char path[512];
	va_list arguments;
	int n = snprintf(path, sizeof path, "%s", prefix), fd;

	va_start(arguments, format);
	(void)vsnprintf(path + n, sizeof path - (size_t)n, format, arguments);
	va_end(arguments);
	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, text, strlen(text)), 0);
	assert_int_equal(fd_write_full(fd, "\n", 1), 0);
	(void)close_fd(fd);
}

/* A block device that hangs at devices/<where>. */
static inline void device(const char *number, const char *where)
{
	char path[512], target[512];

	put(number, "/sys/devices/%s/dev", where);
	put("2048", "/sys/devices/%s/size", where);
	(void)snprintf(path, sizeof path, "%s/sys/dev/block/%s", prefix, number);
	make_parents(path);
	(void)snprintf(target, sizeof target, "../../devices/%s", where);
	assert_int_equal(symlink(target, path), 0);
	(void)snprintf(path, sizeof path, "%s/sys/class/block/%s", prefix, strrchr(where, '/') + 1);
	make_parents(path);
	assert_int_equal(symlink(target, path), 0);
}

static inline void disk_with_partition(void)
{
	device("8:0", "pci0/block/sda");
	put("Invented Disk", "/sys/devices/pci0/block/sda/device/model");
	device("8:2", "pci0/block/sda/sda2");
	put("2", "/sys/devices/pci0/block/sda/sda2/partition");
}

static inline void mapped(const char *number, const char *kernel_name, const char *name, const char *table)
{
	char where[128];

	(void)snprintf(where, sizeof where, "virtual/block/%s", kernel_name);
	device(number, where);
	put(name, "/sys/devices/%s/dm/name", where);
	put(table, "/dm/%s", number);
}

static inline void several(const char *number, const char *name, const char *leg_a, const char *leg_b)
{
	const char *legs[] = {leg_a, leg_b};

	put("raid1", "/sys/devices/virtual/block/%s/md/level", name);
	for (size_t i = 0; i < 2; i++)
		put(legs[i], "/sys/devices/virtual/block/%s/slaves/leg%zu/dev", name, i);
	char where[128];
	(void)snprintf(where, sizeof where, "virtual/block/%s", name);
	device(number, where);
}

static inline void mounted(
	const char *id, const char *number, const char *point, const char *type, const char *options)
{
	char line[512];

	(void)snprintf(line, sizeof line, "%s 1 %s / %s rw,relatime shared:1 - %s /dev/somewhere %s", id,
		number, point, type, options);
	put(line, "/proc/self/mountinfo");
}
