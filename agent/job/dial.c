/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See dial.h. */

#include "job/dial.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int check_peer(int fd)
{
	struct ucred peer = {0};
	socklen_t size = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	return peer.uid == 0 || peer.uid == geteuid() ? 0 : -EPERM;
}

int dial_service(const char *path, int type, int *ret_fd)
{
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r;

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	r = check_peer(fd);
	if (r >= 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}
