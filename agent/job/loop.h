/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The one event loop: descriptors, timers and signals, over sd-event. Only loop.c and the files of bus/
 * include that library's headers.
 *
 * A watch is owned by whoever made it and ends with watch_free(), also from inside its own callback.
 * Callbacks never block. One that returns a negative errno has met something the agent cannot go on from: the
 * loop ends with that error. Watched descriptors stay owned by the caller, who frees the watch before closing
 * them.
 */

#include "base/cleanup.h"

struct loop;
struct watch;
struct sd_event;

typedef int (*loop_callback)(void *data);

/* Blocks SIGTERM, SIGINT, SIGHUP and SIGCHLD in the process, so that they can be watched. */
int loop_new(struct loop **ret_loop);
struct loop *loop_free(struct loop *loop);
DEFINE_CLEANUP(struct loop, loop_free);

/* Runs until loop_exit() (returns its code, 0 or more) or until a callback fails (returns its error). */
int loop_run(struct loop *loop);
void loop_exit(struct loop *loop, int code);

/* Calls ready whenever fd is readable or hung up; a pidfd is "readable" when its process ended. */
int loop_watch_fd(struct loop *loop, int fd, loop_callback ready, void *data, struct watch **ret_watch);
int loop_watch_signal(
	struct loop *loop, int signal_number, loop_callback arrived, void *data, struct watch **ret_watch);

/* Once, delay_ms from now; watch_again() makes it once more. */
int loop_timer(struct loop *loop, uint64_t delay_ms, loop_callback due, void *data, struct watch **ret_watch);
int watch_again(struct watch *watch, uint64_t delay_ms);

/* Once, when the wall clock reaches that time (Unix seconds), also if it was set or the computer slept in
 * between; at once when that is past. */
int loop_alarm(struct loop *loop, int64_t at, loop_callback due, void *data, struct watch **ret_watch);

/* Once, as soon as the present callback is done. */
int loop_defer(struct loop *loop, loop_callback call, void *data, struct watch **ret_watch);

struct watch *watch_free(struct watch *watch);
DEFINE_CLEANUP(struct watch, watch_free);

/* Tells systemd that we are alive, at half of the interval the unit asks for; nothing without one. */
int loop_watchdog(struct loop *loop);

/* "READY=1" and the like to systemd; nothing happens without it. */
void loop_notify(const char *state);

/* For sd-bus; borrowed. */
struct sd_event *loop_event(struct loop *loop);
