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

/* user, if this is root and there is one of that name; NULL otherwise: a worker that is run without root, or
 * on a computer without our users, stays who it is. */
const char *sandbox_user(const char *user);

/* No core file, and no more than so many bytes of address space (not held in sanitized builds, which need
 * more) and seconds of processor time, after which the process is ended. */
int sandbox_limits(uint64_t memory_max, unsigned cpu_seconds);

/* For a worker that needs some of root's rights to the end: all capabilities but these (numbers) are given up
 * for good, none is added, no_new_privs is set. */
int sandbox_keep(const unsigned *capabilities, size_t count);

int sandbox_landlock(const struct sandbox_path *paths, size_t count);

/* Names as seccomp knows them ("read", "pread64", ...); unknown names of other architectures are an error.
 * A set common to every worker (memory, clocks, exit, signals, futex, the wire socket) is always allowed. */
struct sandbox_calls {
	const char *const *allowed;
	size_t allowed_count;
	/* What a library tries and can do without, also of the common set: answers EACCES and ends nobody. */
	const char *const *refused;
	size_t refused_count;
	const uint32_t *ioctls; /* the only requests that "ioctl" is allowed for */
	size_t ioctl_count;
};

int sandbox_restrict(const struct sandbox_calls *calls);

/* The same where nothing needs to be refused. */
int sandbox_seccomp(const char *const *syscalls, size_t count, const uint32_t *ioctls, size_t ioctl_count);

/* The same for a process that confines many children: the filter is worked out once and entered by each
 * child. */
struct sandbox_filter;

int sandbox_filter_new(const struct sandbox_calls *calls, struct sandbox_filter **ret_filter);

/* For children of a process that entered a filter itself: of what is left to them, these calls end them, and
 * refused ones answer EACCES. A short filter over a long one costs a child a tenth of a long one of its own.
 */
int sandbox_filter_less(const char *const *killed, size_t count, const char *const *refused,
	size_t refused_count, struct sandbox_filter **ret_filter);
int sandbox_filter_enter(const struct sandbox_filter *filter);
struct sandbox_filter *sandbox_filter_free(struct sandbox_filter *filter);
DEFINE_CLEANUP(struct sandbox_filter, sandbox_filter_free);
