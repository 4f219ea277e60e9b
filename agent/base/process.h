/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Child processes: started with exactly the descriptors, environment and credentials they are given, watched
 * by pidfd.
 *
 * Nothing is inherited by accident: every descriptor but 0, 1, 2 and the listed ones is closed in the child,
 * signals are reset, the environment is the one given. A child dies with its parent unless it is told not to.
 */

#include "base/cleanup.h"

#include <sys/types.h>

struct process_options {
	const char *const *argv;        /* argv[0] is the absolute path of the program */
	const char *const *environment; /* NULL: an empty environment with PATH, LANG=C.UTF-8 */
	const char *user;               /* run as this user with its primary group only; NULL: unchanged */
	const char *directory;          /* working directory, NULL: "/" */
	int wire_fd;      /* becomes WIRE_FD (3) in the child, -1: none. Stays owned by the caller */
	int output_fd;    /* becomes stdout and stderr, -1: inherited */
	bool output_only; /* output_fd becomes stdout only, stderr stays ours */
	bool outlive_parent;
	bool new_session;    /* own session and process group, whose number is the pid */
	bool no_new_privs;   /* set-uid programs give it nothing */
	bool empty_input;    /* stdin is /dev/null instead of ours */
	uint64_t memory_max; /* bytes of address space (RLIMIT_AS), 0: unlimited */
};

/* Returns 0 with the pid and a pidfd (close-on-exec, owned by the caller). exec failures are reported here.
 */
int process_start(const struct process_options *options, pid_t *ret_pid, int *ret_pidfd);

/* Blocks until the child ended. *ret_status: exit code 0-255, or 256 + signal number. */
int process_wait(int pidfd, int *ret_status);

/* As above but waits at most timeout_ms; -ETIMEDOUT then. */
int process_wait_for(int pidfd, int timeout_ms, int *ret_status);

/* Sends a signal to exactly that process; an ended one is not an error. */
int process_signal(int pidfd, int signal_number);

/* Starts this program again with --worker alone, a new wire between them: fds owned by the caller. Test
 * builds hand their environment down. */
int process_start_worker(int *ret_wire_fd, int *ret_pidfd);

/* Waits grace_ms for a process that should be ending (0: for none), then kills it. Its status as of
 * process_wait(), -1 when that is not to be had; also for pidfd -1. */
int process_end(int pidfd, int grace_ms);

/* From now on SIGINT, SIGTERM and SIGHUP arrive here only: a non-blocking descriptor, owned by the caller. */
int process_stop_signals(void);

/* True when one of them has come since; takes it. */
bool process_stop_asked(int signal_fd);
