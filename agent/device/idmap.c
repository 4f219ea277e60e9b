/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A user namespace lives as long as a process in it or a descriptor of it: a child makes it and hands the
 * descriptor over (nobody else may open it without CAP_SYS_PTRACE), and is ended. See idmap.h.
 */

#include "device/idmap.h"

#include "base/fd.h"
#include "base/wire.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static _noreturn_ void be_child(int parent)
{
	_cleanup_close_ int fd = -1;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && unshare(CLONE_NEWUSER) == 0)
		fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && wire_send_fds(parent, 0, NULL, 0, &fd, 1) >= 0)
		for (;;)
			(void)pause();
	_exit(errno);
}

static int write_map(pid_t pid, const char *file, uint32_t on_medium, uint32_t shown)
{
	_cleanup_close_ int fd = -1;
	char path[64], line[64];
	int n = snprintf(line, sizeof line, "%u %u 1\n", on_medium, shown);

	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd_write_full(fd, line, (size_t)n);
}

static int receive_namespace(int child)
{
	struct wire_message *message = malloc(sizeof *message);
	int r, fd = -EPERM;

	if (!message)
		return -ENOMEM;
	wire_message_init(message);
	r = wire_receive(child, message);
	if (r > 0 && message->fd_count == 1)
		fd = TAKE_FD(message->fds[0]);
	wire_message_clear(message);
	free(message);
	return r < 0 ? r : fd;
}

int idmap_open(const struct idmap_owner *on_medium, const struct idmap_owner *shown)
{
	_cleanup_close_ int ours = -1, theirs = -1, namespace = -1;
	int fds[2], r = wire_pair(fds);
	pid_t pid;

	if (r < 0)
		return r;
	ours = fds[0];
	theirs = fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		be_child(theirs);
	theirs = close_fd(theirs);
	r = namespace = receive_namespace(ours);
	if (r >= 0)
		r = write_map(pid, "uid_map", on_medium->uid, shown->uid);
	if (r >= 0)
		r = write_map(pid, "gid_map", on_medium->gid, shown->gid);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return r < 0 ? r : TAKE_FD(namespace);
}
