/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * sd-event behind five kinds of watch. Timers use the monotonic clock, alarms the wall clock, both sd-event's
 * default accuracy of a quarter of a second, so that they fall together with other wake-ups; an idle agent
 * has none but the watchdog's.
 */

#include "job/loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

struct loop {
	sd_event *event;
};

struct watch {
	sd_event_source *source;
	loop_callback call;
	void *data;
};

int loop_new(struct loop **ret_loop)
{
	static const int watched[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	_cleanup_(loop_freep) struct loop *loop = calloc(1, sizeof *loop);
	sigset_t set;
	int r;

	if (!loop)
		return -ENOMEM;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < ELEMENTS(watched); i++)
		(void)sigaddset(&set, watched[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	r = sd_event_new(&loop->event);
	if (r < 0)
		return r;
	*ret_loop = TAKE_PTR(loop);
	return 0;
}

struct loop *loop_free(struct loop *loop)
{
	if (loop)
		(void)sd_event_unref(loop->event);
	free(loop);
	return NULL;
}

int loop_run(struct loop *loop)
{
	return sd_event_loop(loop->event);
}

void loop_exit(struct loop *loop, int code)
{
	(void)sd_event_exit(loop->event, code);
}

/* A failed callback ends the loop: sd-event alone would only switch the source off. */
static int finish(sd_event_source *source, int r)
{
	if (r < 0)
		(void)sd_event_exit(sd_event_source_get_event(source), r);
	return r < 0 ? r : 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct watch *watch = data;

	return finish(source, watch->call(watch->data));
}

static int on_time(sd_event_source *source, uint64_t usec, void *data)
{
	struct watch *watch = data;

	return finish(source, watch->call(watch->data));
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct watch *watch = data;

	return finish(source, watch->call(watch->data));
}

static int on_defer(sd_event_source *source, void *data)
{
	struct watch *watch = data;

	return finish(source, watch->call(watch->data));
}

static struct watch *watch_new(loop_callback call, void *data)
{
	struct watch *watch = calloc(1, sizeof *watch);

	if (watch)
		*watch = (struct watch){.call = call, .data = data};
	return watch;
}

/* Gives the watch to the caller if its source could be made. */
static int watch_given(int r, struct watch **watch, struct watch **ret_watch)
{
	if (r < 0)
		return r;
	*ret_watch = TAKE_PTR(*watch);
	return 0;
}

int loop_watch_fd(struct loop *loop, int fd, loop_callback ready, void *data, struct watch **ret_watch)
{
	_cleanup_(watch_freep) struct watch *watch = watch_new(ready, data);

	if (!watch)
		return -ENOMEM;
	return watch_given(
		sd_event_add_io(loop->event, &watch->source, fd, EPOLLIN, on_io, watch), &watch, ret_watch);
}

int loop_watch_signal(
	struct loop *loop, int signal_number, loop_callback arrived, void *data, struct watch **ret_watch)
{
	_cleanup_(watch_freep) struct watch *watch = watch_new(arrived, data);

	if (!watch)
		return -ENOMEM;
	return watch_given(sd_event_add_signal(loop->event, &watch->source, signal_number, on_signal, watch),
		&watch, ret_watch);
}

int loop_timer(struct loop *loop, uint64_t delay_ms, loop_callback due, void *data, struct watch **ret_watch)
{
	_cleanup_(watch_freep) struct watch *watch = watch_new(due, data);

	if (!watch)
		return -ENOMEM;
	return watch_given(sd_event_add_time_relative(loop->event, &watch->source, CLOCK_MONOTONIC,
				   delay_ms * 1000, 0, on_time, watch),
		&watch, ret_watch);
}

int loop_alarm(struct loop *loop, int64_t at, loop_callback due, void *data, struct watch **ret_watch)
{
	_cleanup_(watch_freep) struct watch *watch = watch_new(due, data);

	if (!watch)
		return -ENOMEM;
	return watch_given(sd_event_add_time(loop->event, &watch->source, CLOCK_REALTIME,
				   at > 0 ? (uint64_t)at * 1000000 : 0, 0, on_time, watch),
		&watch, ret_watch);
}

int watch_again(struct watch *watch, uint64_t delay_ms)
{
	int r = sd_event_source_set_time_relative(watch->source, delay_ms * 1000);

	return r < 0 ? r : sd_event_source_set_enabled(watch->source, SD_EVENT_ONESHOT);
}

int loop_defer(struct loop *loop, loop_callback call, void *data, struct watch **ret_watch)
{
	_cleanup_(watch_freep) struct watch *watch = watch_new(call, data);

	if (!watch)
		return -ENOMEM;
	return watch_given(
		sd_event_add_defer(loop->event, &watch->source, on_defer, watch), &watch, ret_watch);
}

struct watch *watch_free(struct watch *watch)
{
	if (watch)
		(void)sd_event_source_disable_unref(watch->source);
	free(watch);
	return NULL;
}

int loop_watchdog(struct loop *loop)
{
	int r = sd_event_set_watchdog(loop->event, true);

	return r < 0 ? r : 0;
}

void loop_notify(const char *state)
{
	(void)sd_notify(false, state);
}

struct sd_event *loop_event(struct loop *loop)
{
	return loop->event;
}
