/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Mounting the front and keeping its worker. See supervisor.h. The mount is made at no path and moved into
 * its place afterwards, so that nobody ever finds a file system there that nobody serves.
 */

#include "gate/supervisor.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "base/wire.h"
#include "gate/gate-names.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define SUBTYPE "outing-gate"

static int set(int context, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value,
		       0) < 0
		       ? -errno
		       : 0;
}

static int set_number(int context, const char *key, unsigned value)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%u", value);
	return set(context, key, text);
}

static int configure(int context, const struct supervisor *supervisor, const char *source)
{
	int r = set(context, "source", source);

	if (r >= 0)
		r = set(context, "subtype", SUBTYPE);
	if (r >= 0)
		r = set_number(context, "fd", (unsigned)supervisor->fuse_fd);
	if (r >= 0)
		r = set(context, "rootmode", "40000");
	if (r >= 0)
		r = set_number(context, "user_id", supervisor->start.uid);
	if (r >= 0)
		r = set_number(context, "group_id", supervisor->start.gid);
	if (r >= 0)
		r = set(context, "allow_other", NULL);
	if (r >= 0)
		r = set(context, "default_permissions", NULL);
	if (r >= 0)
		r = syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
	return r;
}

int supervisor_prepare(struct supervisor *supervisor, const char *source)
{
	const unsigned attributes =
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME;
	_cleanup_close_ int context = -1;
	int r;

	supervisor->fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (supervisor->fuse_fd < 0)
		return -errno;
	context = (int)syscall(SYS_fsopen, "fuse", FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	r = configure(context, supervisor, source);
	if (r < 0)
		return r;
	supervisor->mount_fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
	return supervisor->mount_fd < 0 ? -errno : 0;
}

/* Each staged file needs a descriptor. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int supervisor_send_names(const struct supervisor *supervisor)
{
	return supervisor->names
		       ? gate_names_send_files(supervisor->wire_fd, supervisor->names, supervisor->key)
		       : gate_names_send(supervisor->wire_fd, NULL);
}

int supervisor_start(struct supervisor *supervisor)
{
	const int fds[] = {supervisor->root_fd, supervisor->fuse_fd, supervisor->staging_fd};
	int r;

	allow_descriptors();
	r = process_start_worker(&supervisor->wire_fd, &supervisor->pidfd);
	if (r >= 0)
		r = supervisor_send_names(supervisor);
	if (r >= 0)
		r = wire_send_fds(supervisor->wire_fd, GATE_START, &supervisor->start,
			sizeof supervisor->start, fds, supervisor->staging_fd >= 0 ? 3 : 2);
	if (r >= 0)
		r = fd_set_nonblocking(supervisor->wire_fd, true);
	supervisor->fuse_fd = close_fd(supervisor->fuse_fd);
	return r;
}

int supervisor_attach(struct supervisor *supervisor, const char *path)
{
	if ((size_t)snprintf(supervisor->at, sizeof supervisor->at, "%s", path) >= sizeof supervisor->at) {
		supervisor->at[0] = 0;
		return -ENAMETOOLONG;
	}
	if (syscall(SYS_move_mount, supervisor->mount_fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0) {
		supervisor->at[0] = 0;
		return -errno;
	}
	/* An open descriptor would keep everybody else from unmounting it. */
	supervisor->mount_fd = close_fd(supervisor->mount_fd);
	return 0;
}

void supervisor_unmount(struct supervisor *supervisor)
{
	const char *at = supervisor->at;

	if (*at && umount2(at, UMOUNT_NOFOLLOW) < 0 &&
		umount2(at, UMOUNT_NOFOLLOW | MNT_FORCE | MNT_DETACH) < 0 && errno != EINVAL &&
		errno != ENOENT)
		log_errno(LOG_LEVEL_WARNING, errno, "Cannot unmount");
	supervisor->at[0] = 0;
	supervisor->mount_fd = close_fd(supervisor->mount_fd);
}

int supervisor_end(struct supervisor *supervisor, int grace_ms)
{
	int status;

	supervisor_unmount(supervisor);
	status = process_end(supervisor->pidfd, grace_ms);
	supervisor->pidfd = close_fd(supervisor->pidfd);
	supervisor->fuse_fd = close_fd(supervisor->fuse_fd);
	supervisor->staging_fd = close_fd(supervisor->staging_fd);
	return status;
}

void supervisor_clear(struct supervisor *supervisor)
{
	supervisor->mount_fd = close_fd(supervisor->mount_fd);
	supervisor->fuse_fd = close_fd(supervisor->fuse_fd);
	supervisor->pidfd = close_fd(supervisor->pidfd);
	supervisor->wire_fd = close_fd(supervisor->wire_fd);
	supervisor->staging_fd = close_fd(supervisor->staging_fd);
	supervisor->root_fd = close_fd(supervisor->root_fd);
}
