/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Audit entry, then signal, then hooks. The audit log is turned over when an entry is about to be written on
 * a later day than the one before: no timer is needed for that, and an idle agent sleeps.
 */

#include "daemon/events.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/daemon.h"

#define HOOK_RUNS_MAX 16
#define DAY_SECONDS   86400

struct run {
	struct events *events;
	struct hooks_run *run;
	struct watch *watch;
	struct run *next;
};

struct events {
	struct daemon *daemon;
	struct run *runs;
	size_t run_count;
	int64_t day;
};

int events_new(struct daemon *daemon, struct events **ret_events)
{
	struct events *events = calloc(1, sizeof *events);

	if (!events)
		return -ENOMEM;
	events->daemon = daemon;
	*ret_events = events;
	return 0;
}

static void run_free(struct run *run)
{
	struct run **at;

	for (at = &run->events->runs; *at; at = &(*at)->next)
		if (*at == run) {
			*at = run->next;
			run->events->run_count--;
			break;
		}
	run->watch = watch_free(run->watch);
	run->run = hooks_run_free(run->run);
	free(run);
}

struct events *events_free(struct events *events)
{
	if (!events)
		return NULL;
	while (events->runs)
		run_free(events->runs);
	free(events);
	return NULL;
}

static int hook_moved(void *data)
{
	struct run *run = data;
	int r = hooks_run_step(run->run);

	if (r == HOOKS_RUNNING)
		return 0;
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "a hook could not be run");
	else if (hooks_run_report(run->run)->failed > 0)
		log_warning("%u hook(s) failed", hooks_run_report(run->run)->failed);
	run_free(run);
	return 0;
}

static int run_watch(struct events *events, struct hooks_run *hooks)
{
	struct run *run = calloc(1, sizeof *run);
	int r;

	if (!run) {
		(void)hooks_run_free(hooks);
		return -ENOMEM;
	}
	*run = (struct run){.events = events, .run = hooks, .next = events->runs};
	events->runs = run;
	events->run_count++;
	r = loop_watch_fd(events->daemon->loop, hooks_run_fd(hooks), hook_moved, run, &run->watch);
	if (r < 0)
		run_free(run);
	return r;
}

static void start_hooks(struct events *events, const struct hooks_event *hook)
{
	const struct config *config = &events->daemon->config;
	struct hooks_options options = {.directory = events->daemon->options.hooks_dir,
		.user = geteuid() == 0 ? config->hooks.user : NULL,
		.timeout_seconds = (unsigned)config->hooks.timeout_seconds};
	struct hooks_run *hooks = NULL;
	int r;

	if (!config->hooks.enabled)
		return;
	if (events->run_count >= HOOK_RUNS_MAX) {
		log_warning("hooks of %s not run: too many are running", hook->event);
		return;
	}
	r = hooks_run_start(&options, hook, &hooks);
	if (r == HOOKS_RUNNING)
		r = run_watch(events, hooks);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "hooks of %s not run", hook->event);
}

static void turn_over(struct events *events)
{
	int64_t today = clock_now() / DAY_SECONDS;
	int r;

	if (today == events->day)
		return;
	events->day = today;
	r = audit_rotate(events->daemon->audit);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "the audit log could not be turned over");
}

int event_record(struct daemon *daemon, enum audit_event event, struct js *fields, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	int r = js_text(fields, false, &text);

	turn_over(daemon->events);
	if (r < 0) {
		(void)js_free(fields);
		return r;
	}
	r = audit_append(daemon->audit, event, fields);
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "%s could not be recorded in the audit log",
			audit_event_info(event)->name);
		return r;
	}
	*ret_text = TAKE_PTR(text);
	return 0;
}

void event_hook(struct daemon *daemon, enum audit_event event, struct hooks_event *hook)
{
	hook->event = audit_event_info(event)->name;
	if (!daemon->stopping)
		start_hooks(daemon->events, hook);
}

void event_tell(struct daemon *daemon, enum audit_event event, const char *text, struct hooks_event *hook)
{
	const char *name = audit_event_info(event)->name;

	if (daemon->bus)
		bus_signal_event(daemon->bus, name, text);
	if (hook)
		event_hook(daemon, event, hook);
}

int event_report(struct daemon *daemon, enum audit_event event, struct js *fields, struct hooks_event *hook)
{
	_cleanup_free_ char *text = NULL;
	int r = event_record(daemon, event, fields, &text);

	if (r >= 0)
		event_tell(daemon, event, text, hook);
	return r;
}
