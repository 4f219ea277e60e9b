/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One gate from outside: the FUSE mount and the worker that serves it. Shared by outing-gate alone and by the
 * service; what the worker says is theirs to read.
 *
 * The order: prepare, start, attach (the mount becomes visible), unmount, end. Nothing here reads a byte of
 * the medium or of what is copied.
 */

#include "gate/worker.h"

struct supervisor {
	struct gate_start start;
	const char *names, *key; /* the register of children's names; NULL: the installed one. Borrowed */
	int root_fd;             /* top folder of the medium; owned */
	int staging_fd;          /* -1: memory; owned */
	int wire_fd;             /* to the worker, non-blocking */
	int pidfd;               /* of the worker: readable when it has ended */
	int fuse_fd, mount_fd;
	char at[512]; /* where it is attached, "": nowhere */
};

#define SUPERVISOR_NULL       \
	((struct supervisor){ \
		.root_fd = -1, .staging_fd = -1, .wire_fd = -1, .pidfd = -1, .fuse_fd = -1, .mount_fd = -1})

/* A FUSE mount at no path yet. source: what mount tables show as its device. Who start.uid is may unmount it.
 */
int supervisor_prepare(struct supervisor *supervisor, const char *source);

/* Starts the worker; GATE_READY will come on the wire. May block for seconds, to unseal the key of the names.
 */
int supervisor_start(struct supervisor *supervisor);

/* The register of names as it is now, to a worker that has started. */
int supervisor_send_names(const struct supervisor *supervisor);

/* At an existing folder; from now on people can use it. */
int supervisor_attach(struct supervisor *supervisor, const char *path);

/* Who still has a file open loses it: what he wrote and did not close was never promised. The worker writes
 * what was judged clean and ends. Harmless when repeated, and when a person was faster. */
void supervisor_unmount(struct supervisor *supervisor);

/* Unmounts, waits grace_ms for the worker, then kills it; closes everything but root_fd and wire_fd, so that
 * the last words can be read. The worker's status as process_wait(), -1: there was none. */
int supervisor_end(struct supervisor *supervisor, int grace_ms);

/* After supervisor_end(), or when nothing was started. */
void supervisor_clear(struct supervisor *supervisor);
