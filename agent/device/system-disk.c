/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * mountinfo and swaps, line by line, then down the stack of devices. A line that cannot be read names no
 * disk. A swap file counts through the device it lies on.
 */

#include "device/system-disk.h"

#include "base/fd.h"
#include "device/sysfs.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PROC_FILE_MAX (4 * 1024 * 1024)

static const char *const system_mounts[] = {"/", "/usr", "/boot", "/boot/efi", "/boot/firmware", "/efi"};

/* Three octal digits behind a backslash; 0 when they are not. */
static unsigned octal(const char *text)
{
	unsigned value = 0;

	for (int i = 0; i < 3; i++) {
		if (text[i] < '0' || text[i] > '7')
			return 0;
		value = value * 8 + (unsigned)(text[i] - '0');
	}
	return value < 256 ? value : 0;
}

/* The kernel writes space, tab, newline and backslash as \040 and so on. */
static void unescape(const char *text, size_t length, char *ret_text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < length && used + 1 < size; i++) {
		unsigned value = text[i] == '\\' && i + 3 < length ? octal(text + i + 1) : 0;

		if (value) {
			ret_text[used++] = (char)value;
			i += 3;
		} else {
			ret_text[used++] = text[i];
		}
	}
	ret_text[used] = '\0';
}

/* The n-th space-separated field, 0 being the first; NULL when there is none. */
static const char *field(const char *line, unsigned n, size_t *ret_length)
{
	while (*line) {
		line += strspn(line, " \t");
		*ret_length = strcspn(line, " \t\n");
		if (*ret_length == 0)
			return NULL;
		if (n-- == 0)
			return line;
		line += *ret_length;
	}
	return NULL;
}

/* point, of this length, is name below `mounted`; "/" below "/root" is "/root". */
static bool is_point(const char *point, size_t length, const char *mounted, const char *name)
{
	size_t before = strlen(mounted);

	if (before > 0 && strcmp(name, "/") == 0)
		name = "";
	return length == before + strlen(name) && memcmp(point, mounted, before) == 0 &&
	       memcmp(point + before, name, strlen(name)) == 0;
}

bool system_mount_line(
	const char *line, const char *mounted, dev_t *ret_number, char *ret_source, size_t size)
{
	const char *number = field(line, 2, &(size_t){0}), *point, *rest, *source;
	dev_t device;
	size_t point_length, source_length;
	bool wanted = false;

	point = field(line, 4, &point_length);
	rest = strstr(line, " - ");
	if (!number || !point || !rest || sysfs_parse_number(number, &device) < 0)
		return false;
	source = field(rest + 3, 1, &source_length);
	if (!source)
		return false;
	for (size_t i = 0; i < ELEMENTS(system_mounts); i++)
		wanted |= is_point(point, point_length, mounted, system_mounts[i]);
	if (!wanted)
		return false;
	*ret_number = device;
	unescape(source, source_length, ret_source, size);
	return true;
}

bool system_swap_line(const char *line, char *ret_source, size_t size)
{
	size_t length;
	const char *name = field(line, 0, &length);

	if (!name || name[0] != '/')
		return false;
	unescape(name, length, ret_source, size);
	return true;
}

static int remember(dev_t disk, const char *path, void *data)
{
	struct system_disks *disks = data;

	(void)path;
	if (system_disks_contain(disks, disk))
		return 0;
	if (disks->count == SYSTEM_DISKS_MAX)
		disks->more = true;
	else
		disks->disk[disks->count++] = disk;
	return 0;
}

static void remember_number(const struct system_roots *roots, dev_t number, struct system_disks *disks)
{
	if (major(number) != 0)
		(void)sysfs_lowest_disks(roots->sys, number, remember, disks);
}

/* A device node counts itself, anything else the device it lies on. */
static void remember_source(const struct system_roots *roots, const char *source, struct system_disks *disks)
{
	struct stat st;

	if (source[0] != '/' || stat(source, &st) < 0)
		return;
	remember_number(roots, S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev, disks);
}

static void see_mount(const struct system_roots *roots, const char *line, struct system_disks *disks)
{
	char source[PATH_MAX];
	dev_t number;

	if (!system_mount_line(line, roots->mounted, &number, source, sizeof(source)))
		return;
	if (major(number) != 0)
		remember_number(roots, number, disks);
	else
		remember_source(roots, source, disks);
}

static void see_swap(const struct system_roots *roots, const char *line, struct system_disks *disks)
{
	char source[PATH_MAX];

	if (system_swap_line(line, source, sizeof(source)))
		remember_source(roots, source, disks);
}

static int each_line(const struct system_roots *roots, const char *name,
	void (*see)(const struct system_roots *roots, const char *line, struct system_disks *disks),
	struct system_disks *disks)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX], *cursor, *line;
	size_t size;
	int r;

	(void)snprintf(path, sizeof(path), "%s/%s", roots->proc, name);
	r = fd_read_file_at(AT_FDCWD, path, PROC_FILE_MAX, &text, &size);
	if (r < 0)
		return r;
	cursor = text;
	while ((line = strsep(&cursor, "\n")))
		see(roots, line, disks);
	return 0;
}

int system_disks_find(const struct system_roots *roots, struct system_disks *ret_disks)
{
	struct system_disks disks = {0};
	int r;

	r = each_line(roots, "self/mountinfo", see_mount, &disks);
	if (r < 0)
		return r;
	/* A kernel without swap has no such file. */
	r = each_line(roots, "swaps", see_swap, &disks);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret_disks = disks;
	return 0;
}

bool system_disks_contain(const struct system_disks *disks, dev_t disk)
{
	if (disks->more)
		return true;
	for (size_t i = 0; i < disks->count; i++)
		if (disks->disk[i] == disk)
			return true;
	return false;
}

int system_disks_is_foreign(dev_t disk)
{
	struct system_disks system;
	struct device_facts facts;
	int r = sysfs_disk_facts(SYSFS_ROOT, disk, &facts);

	if (r >= 0)
		r = system_disks_find(&SYSTEM_ROOTS, &system);
	if (r < 0)
		return r;
	return facts.external && !system.more && !system_disks_contain(&system, disk);
}
