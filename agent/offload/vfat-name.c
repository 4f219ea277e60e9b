/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * vfat lists names that end in dots but cuts the dots off when it looks a name up, so such a file answers
 * ENOENT, or worse: the file without the dots is opened instead. Its short name finds it; the driver tells
 * both together.
 */

#include "offload/source.h"

#include <fcntl.h>
#include <linux/msdos_fs.h>
#include <string.h>
#include <sys/ioctl.h>

int source_vfat_alias(int dirfd, const char *name, char ret_alias[static SOURCE_ALIAS])
{
	_cleanup_close_ int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct __fat_dirent entries[2];

	if (fd < 0)
		return -errno;
	for (;;) {
		int n = ioctl(fd, VFAT_IOCTL_READDIR_BOTH, entries);

		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENOENT;
		entries[0].d_name[sizeof entries[0].d_name - 1] = 0;
		entries[1].d_name[sizeof entries[1].d_name - 1] = 0;
		if (strcmp(entries[1].d_name, name) == 0 && strlen(entries[0].d_name) < SOURCE_ALIAS &&
			entries[0].d_name[0] != 0 && !strchr(entries[0].d_name, '/'))
			break;
	}
	memcpy(ret_alias, entries[0].d_name, strlen(entries[0].d_name) + 1);
	return 0;
}
