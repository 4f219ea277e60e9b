/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Giving up everything that is not needed, for good. A worker prepares (opens what it must as root), then
 * calls these in this order and from then on touches hostile bytes:
 *
 *   sandbox_become(user)      own user, no groups, no capabilities (also not in the bounding set),
 * no_new_privs sandbox_landlock(rules)   file system reachable only below the given descriptors (kernel 5.13;
 * fewer rights on older ABIs) sandbox_seccomp(list)     only the listed system calls; anything else ends the
 * process
 *
 * A kernel without Landlock is reported as SANDBOX_NO_LANDLOCK and the caller says so; every other failure is
 * fatal: a worker never goes on without its sandbox. libseccomp's header is included by sandbox.c only.
 */

#include "base/cleanup.h"

enum sandbox_outcome {
	SANDBOX_OK = 0,
	SANDBOX_NO_LANDLOCK = 1,
};

enum sandbox_access {
	SANDBOX_READ = 1 << 0,  /* read files, list directories */
	SANDBOX_WRITE = 1 << 1, /* create, write, link, rename and remove below it */
};

struct sandbox_path {
	int fd; /* directory (or file) descriptor, O_PATH or opened */
	unsigned access;
};

/* user NULL: keep the user, drop capabilities and set no_new_privs all the same (standalone use without
 * root). -ESRCH: no such user. As root, this never leaves any way back to root. */
int sandbox_become(const char *user);

int sandbox_landlock(const struct sandbox_path *paths, size_t count);

/* Names as seccomp knows them ("read", "pread64", ...); unknown names of other architectures are an error.
 * A set common to every worker (memory, clocks, exit, signals, futex, the wire socket) is always added.
 * ioctls: request numbers that "ioctl" is allowed for; ioctl is otherwise denied. */
int sandbox_seccomp(const char *const *syscalls, size_t count, const uint32_t *ioctls, size_t ioctl_count);
