/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Detached mounts by the mount API of Linux 5.2, loop devices by LOOP_CONFIGURE (5.8). See mount.h. */

#include "device/mount.h"

#include "device/idmap.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define LOOP_TRIES 16

/* Linux 6.6: fails where there is a mount of it already, instead of sharing that. */
#define CONFIG_CREATE_EXCL 8

bool mount_knows(const char *type)
{
	struct mount_options options;

	return mount_options(type, NULL, &options) >= 0;
}

static int configure(int context, unsigned command, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, context, command, key, value, 0) < 0 ? -errno : 0;
}

static int set_options(int context, const struct mount_options *options, const char *device, bool writing)
{
	int r = configure(context, FSCONFIG_SET_STRING, "source", device);

	if (r >= 0 && !writing)
		r = configure(context, FSCONFIG_SET_FLAG, "ro", NULL);
	for (size_t i = 0; r >= 0 && i < options->count; i++) {
		const struct mount_option *option = &options->list[i];

		r = option->value[0] ? configure(context, FSCONFIG_SET_STRING, option->key, option->value)
				     : configure(context, FSCONFIG_SET_FLAG, option->key, NULL);
	}
	return r;
}

static int create(int context, bool writing)
{
	int r = writing ? configure(context, CONFIG_CREATE_EXCL, NULL, NULL) : -EOPNOTSUPP;

	return r == -EOPNOTSUPP ? configure(context, FSCONFIG_CMD_CREATE, NULL, NULL) : r;
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

/* Who owns the top of the medium is shown as the writer. */
static int map_owner(int root, const struct mount_writer *writer)
{
	const struct idmap_owner shown = {writer->uid, writer->gid};
	struct idmap_owner on_medium;
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP};
	_cleanup_close_ int namespace = -1;
	struct stat st;

	if (fstat(root, &st) < 0)
		return -errno;
	on_medium = (struct idmap_owner){st.st_uid, st.st_gid};
	namespace = idmap_open(&on_medium, &shown);
	if (namespace < 0)
		return namespace;
	attributes.userns_fd = (uint32_t) namespace;
	return syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0
		       ? -errno
		       : 0;
}

int mount_detached(const char *device, const char *type, const struct mount_writer *writer,
	char ret_text[static MOUNT_ERROR])
{
	const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
				    (writer ? MOUNT_ATTR_NOSYMFOLLOW : MOUNT_ATTR_RDONLY);
	_cleanup_close_ int context = -1, root = -1;
	struct mount_options options;
	int r;

	ret_text[0] = 0;
	r = mount_options(type, writer, &options);
	if (r < 0)
		return r;
	context = (int)syscall(SYS_fsopen, options.driver, FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	r = set_options(context, &options, device, writer != NULL);
	if (r >= 0)
		r = create(context, writer != NULL);
	if (r < 0) {
		last_error(context, ret_text);
		return r;
	}
	root = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
	if (root < 0)
		return -errno;
	r = writer && options.has_owners ? map_owner(root, writer) : 0;
	return r < 0 ? r : TAKE_FD(root);
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
