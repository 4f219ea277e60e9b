/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Detached mounts by the mount API of Linux 5.2, loop devices by LOOP_CONFIGURE (5.8). See mount.h. */

#include "offload/mount.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define LOOP_TRIES 16

struct option {
	const char *key, *value; /* value NULL: a flag */
};

struct known_type {
	const char *type;   /* as libblkid names it */
	const char *driver; /* as the kernel names it */
	struct option options[4];
};

static const struct known_type known_types[] = {
	{"vfat", "vfat", {{"utf8", "1"}, {"tz", "UTC"}, {"umask", "0022"}}},
	{"exfat", "exfat", {{"iocharset", "utf8"}, {"umask", "0022"}}},
	{"ext2", "ext4", {{NULL, NULL}}},
	{"ext3", "ext4", {{"noload", NULL}}},
	{"ext4", "ext4", {{"noload", NULL}}},
	{"btrfs", "btrfs", {{NULL, NULL}}},
	{"xfs", "xfs", {{"norecovery", NULL}}},
	{"udf", "udf", {{NULL, NULL}}},
	{"hfsplus", "hfsplus", {{NULL, NULL}}},
	{"ntfs", "ntfs3", {{NULL, NULL}}},
};

static const struct known_type *find_type(const char *type)
{
	for (size_t i = 0; i < ELEMENTS(known_types); i++)
		if (strcmp(known_types[i].type, type) == 0)
			return &known_types[i];
	return NULL;
}

bool mount_knows(const char *type)
{
	return find_type(type) != NULL;
}

static int configure(int context, unsigned command, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, context, command, key, value, 0) < 0 ? -errno : 0;
}

static int set_options(int context, const struct known_type *known, const char *device)
{
	int r = configure(context, FSCONFIG_SET_STRING, "source", device);

	if (r >= 0)
		r = configure(context, FSCONFIG_SET_FLAG, "ro", NULL);
	for (size_t i = 0; r >= 0 && i < ELEMENTS(known->options) && known->options[i].key; i++)
		r = configure(context, known->options[i].value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			known->options[i].key, known->options[i].value);
	return r;
}

/* The context is a log: "e fat: ..." lines, one per read. Only the last error is kept. */
static void last_error(int context, char ret_text[static MOUNT_ERROR])
{
	char line[MOUNT_ERROR];
	ssize_t n;

	ret_text[0] = 0;
	while ((n = read(context, line, sizeof line - 1)) > 2) {
		line[n] = 0;
		line[strcspn(line, "\n")] = 0;
		for (char *c = line; *c; c++)
			if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
				*c = '?';
		(void)snprintf(ret_text, MOUNT_ERROR, "%s", line + 2);
	}
}

int mount_detached(const char *device, const char *type, char ret_text[static MOUNT_ERROR])
{
	const unsigned attributes =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	const struct known_type *known = find_type(type);
	_cleanup_close_ int context = -1;
	int fd, r;

	ret_text[0] = 0;
	if (!known)
		return -EOPNOTSUPP;
	context = (int)syscall(SYS_fsopen, known->driver, FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	r = set_options(context, known, device);
	if (r >= 0)
		r = configure(context, FSCONFIG_CMD_CREATE, NULL, NULL);
	if (r < 0) {
		last_error(context, ret_text);
		return r;
	}
	fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
	return fd < 0 ? -errno : fd;
}

static int free_loop(int control, char ret_path[static MOUNT_LOOP_PATH])
{
	int number = ioctl(control, LOOP_CTL_GET_FREE), fd;

	if (number < 0)
		return -errno;
	(void)snprintf(ret_path, MOUNT_LOOP_PATH, "/dev/loop%d", number);
	fd = open(ret_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int mount_loop(int image_fd, uint64_t start, uint64_t size, char ret_path[static MOUNT_LOOP_PATH])
{
	_cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = {
		.fd = (unsigned)image_fd,
		.info = {.lo_offset = start,
			.lo_sizelimit = size,
			.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO},
	};

	if (control < 0)
		return -errno;
	/* Somebody else may take it between the two calls: then the next one. */
	for (int i = 0; i < LOOP_TRIES; i++) {
		_cleanup_close_ int fd = free_loop(control, ret_path);

		if (fd < 0)
			return fd;
		if (ioctl(fd, LOOP_CONFIGURE, &config) == 0)
			return TAKE_FD(fd);
		if (errno != EBUSY)
			return -errno;
	}
	return -EBUSY;
}
