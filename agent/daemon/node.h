/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The node of a USB device, opened with the agent's rights for a worker that has none.
 *
 * Opening waits while the kernel resets the device, and the agent waits for nothing: a child of its own opens
 * the node and hands the descriptor back, and here it is compared with the device that was judged, so that
 * nothing that was plugged in since is ever given to a worker.
 */

#include "daemon/daemon.h"

struct node;

/* Called once, never from inside node_open(), and not after node_free(). fd is closed behind it; or a
 * negative errno, -ENODEV: it has gone; or PTP_USB_NONE where devices are not real ones. */
typedef void (*node_done)(int fd, void *data);

/* path: its node; syspath: where it hangs. 0 or a negative errno. */
int node_open(struct daemon *daemon, const char *path, const char *syspath, node_done done, void *data,
	struct node **ret_node);
struct node *node_free(struct node *node);
DEFINE_CLEANUP(struct node, node_free);

/* The child: opens path and says so at WIRE_FD. Returns its exit code. */
int node_child(const char *path);
