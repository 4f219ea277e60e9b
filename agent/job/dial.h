/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Calling a service of ours that listens on a local socket. Whoever answers there must be the superuser, or
 * our own user (in tests): anybody else could only have put the socket there.
 */

#include "base/cleanup.h"

/* type: SOCK_STREAM or SOCK_SEQPACKET. A connected, non-blocking descriptor; never waits. -ENOENT or
 * -ECONNREFUSED when nobody listens, -EAGAIN when too many call, -EPERM when the socket is somebody else's.
 */
int dial_service(const char *path, int type, int *ret_fd);
