/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads /proc/swaps and the limits of our control groups. See swap.h. */

#include "gate/swap.h"

#include "base/fd.h"
#include "device/system-disk.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define TEXT_MAX 65536

const struct swap_view swap_live = {.prefix = "", .storage = storage_of_path};

static int read_text(const struct swap_view *view, const char *name, char **ret_text)
{
	char path[PATH_MAX];
	size_t size;
	int n = snprintf(path, sizeof path, "%s%s", view->prefix, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG
				      : fd_read_file_at(AT_FDCWD, path, TEXT_MAX, ret_text, &size);
}

static bool says_none(const struct swap_view *view, const char *group)
{
	_cleanup_free_ char *text = NULL;
	char name[PATH_MAX];
	int n = snprintf(name, sizeof name, "/sys/fs/cgroup%s/memory.swap.max", group);

	return n > 0 && n < PATH_MAX && read_text(view, name, &text) >= 0 && strcmp(text, "0\n") == 0;
}

/* The limit of a group counts for those below it. */
static bool forbidden(const struct swap_view *view)
{
	_cleanup_free_ char *text = NULL;
	char *group, *slash;

	if (read_text(view, "/proc/self/cgroup", &text) < 0)
		return false;
	group = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!group)
		return false;
	group = strchr(group, '/');
	if (!group)
		return false;
	group[strcspn(group, "\n")] = 0;
	while ((slash = strrchr(group, '/'))) {
		if (says_none(view, group))
			return true;
		*slash = 0;
	}
	return false;
}

static bool encrypted(const struct swap_view *view, const char *path)
{
	struct storage_report report;

	return view->storage(path, &report) >= 0 && report.verdict == STORAGE_ENCRYPTED;
}

int swap_check(const struct swap_view *view, char ret_place[static SWAP_PLACE])
{
	_cleanup_free_ char *text = NULL;
	int r = read_text(view, "/proc/swaps", &text);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (system_swap_line(line, ret_place, SWAP_PLACE) && !encrypted(view, ret_place))
			return forbidden(view) ? 0 : 1;
	}
	return 0;
}
