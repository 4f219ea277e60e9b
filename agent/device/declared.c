/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One property in one file of udev's. See declared.h. */

#include "device/declared.h"

#include "base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#define ENTRY_SIZE_MAX (1024 * 1024)
#define DECLARATION    "E:OUTING_GUARD=1"

bool declared_in(const char *entry)
{
	for (const char *line = entry; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strcspn(line, "\n") == strlen(DECLARATION) &&
			strncmp(line, DECLARATION, strlen(DECLARATION)) == 0)
			return true;
	}
	return false;
}

bool declared_external(const char *udev, dev_t disk)
{
	_cleanup_free_ char *entry = NULL;
	char path[PATH_MAX];
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/data/b%u:%u", udev, major(disk), minor(disk));
	return fd_read_file_at(AT_FDCWD, path, ENTRY_SIZE_MAX, &entry, &size) == 0 && declared_in(entry);
}
