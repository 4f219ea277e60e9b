/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Setting up, running and taking down, in the order that the parts depend on each other: without the state
 * database and the audit log there is no agent at all; the bus comes before the devices, so that nothing is
 * decided that nobody could hear of.
 */

#include "daemon/daemon.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/calls.h"
#include "daemon/check.h"
#include "daemon/devices.h"
#include "daemon/events.h"
#include "daemon/gates.h"
#include "daemon/hotplug.h"
#include "daemon/media.h"
#include "daemon/name-list.h"
#include "daemon/outings.h"
#include "daemon/task-encrypt.h"
#include "daemon/tasks.h"
#include "daemon/usb.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

#define AUDIT_GROUP "outing-managers"

static int open_state(struct daemon *daemon)
{
	struct state_problem problem = {{0}};
	int r = state_open(daemon->options.state_path, &daemon->state, &problem);

	if (r != STATE_OK)
		log_error("state database: %s", r > 0 ? problem.text : strerror(-r));
	if (r > 0)
		return -EUCLEAN;
	if (r < 0)
		return r;
	daemon->state_dir_fd = open(daemon->options.state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return daemon->state_dir_fd < 0 ? -errno : 0;
}

static int open_audit(struct daemon *daemon)
{
	struct audit_anchor_store anchor = {state_anchor_load, state_anchor_store, daemon->state};
	struct audit_options options = {.path = daemon->options.audit_path,
		.anchor = &anchor,
		.group = AUDIT_GROUP,
		.retention_days = (unsigned)daemon->config.audit.retention_days,
		.mirror = !daemon->options.bus_address};
	struct audit_report report;
	int r = audit_open(&options, &daemon->audit, &report);

	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "audit log %s", daemon->options.audit_path);
		return r;
	}
	if (report.verdict != AUDIT_WHOLE && report.verdict != AUDIT_EMPTY)
		log_error("audit log: %s", report.sentence);
	return 0;
}

static void remember_problem(struct daemon *daemon, const struct config_errors *errors, int error)
{
	free(daemon->config_problem);
	daemon->config_problem = errors->count > 0 ? config_errors_text(errors) : strdup(strerror(-error));
	if (daemon->config_problem)
		log_error("configuration: %s", daemon->config_problem);
}

/* At start a broken file does not keep the agent from protecting devices: it runs with the defaults, without
 * starting anything by itself, and says so. */
static void load_first_config(struct daemon *daemon)
{
	_cleanup_free_ struct config_errors *errors = calloc(1, sizeof *errors);
	int r = errors ? config_load(daemon->options.config_file, &daemon->config, errors) : -ENOMEM;

	if (r >= 0)
		return;
	config_defaults(&daemon->config);
	if (r == -ENOENT) {
		log_notice("no configuration file, the defaults are in use");
		return;
	}
	daemon->config.offload.automatic = false;
	daemon->config.hooks.enabled = false;
	if (errors)
		remember_problem(daemon, errors, r);
}

static int reject(struct daemon *daemon, const struct config_errors *errors, int error)
{
	struct js *fields = js_object();
	struct hooks_event hook = {0};

	remember_problem(daemon, errors, error);
	js_set_string(fields, "file", daemon->options.config_file);
	js_set_string(fields, "reason", daemon->config_problem);
	hook.reason = daemon->config_problem;
	(void)event_report(daemon, AUDIT_CONFIG_REJECTED, fields, &hook);
	return error;
}

int daemon_reload(struct daemon *daemon)
{
	_cleanup_free_ struct config_errors *errors = calloc(1, sizeof *errors);
	_cleanup_free_ struct config *fresh = malloc(sizeof *fresh);
	struct hooks_event hook = {0};
	struct js *fields;
	bool other_rules;
	int r;

	if (!errors || !fresh)
		return -ENOMEM;
	r = config_load(daemon->options.config_file, fresh, errors);
	if (r < 0)
		return reject(daemon, errors, r);
	fields = js_object();
	js_set_string(fields, "file", daemon->options.config_file);
	r = event_report(daemon, AUDIT_CONFIG_RELOADED, fields, &hook);
	if (r < 0)
		return r;
	other_rules = memcmp(&daemon->config.removable, &fresh->removable, sizeof fresh->removable) != 0;
	daemon->config = *fresh;
	free(TAKE_PTR(daemon->config_problem));
	log_set_level(daemon->config.log.level);
	r = usb_judge_all(daemon->usb);
	if (r >= 0)
		r = media_judge(daemon->media);
	if (other_rules)
		devices_look_again(daemon);
	return r;
}

static int on_reload(void *data)
{
	struct daemon *daemon = data;

	loop_notify("RELOADING=1");
	(void)daemon_reload(daemon);
	loop_notify("READY=1");
	return 0;
}

static int on_stop(void *data)
{
	daemon_stop(data);
	return 0;
}

static int watch_signals(struct daemon *daemon)
{
	int r = loop_watch_signal(daemon->loop, SIGTERM, on_stop, daemon, &daemon->signals[0]);

	if (r >= 0)
		r = loop_watch_signal(daemon->loop, SIGINT, on_stop, daemon, &daemon->signals[1]);
	if (r >= 0)
		r = loop_watch_signal(daemon->loop, SIGHUP, on_reload, daemon, &daemon->signals[2]);
	return r < 0 ? r : loop_watchdog(daemon->loop);
}

static int open_parts(struct daemon *daemon)
{
	int r = loop_new(&daemon->loop);

	if (r >= 0)
		r = watch_signals(daemon);
	if (r >= 0)
		r = open_state(daemon);
	if (r >= 0)
		r = open_audit(daemon);
	if (r >= 0)
		r = events_new(daemon, &daemon->events);
	if (r >= 0)
		r = media_new(daemon, &daemon->media);
	if (r >= 0)
		r = job_table_new(&daemon->jobs);
	if (r >= 0)
		r = tasks_new(daemon, &daemon->tasks);
	if (r >= 0)
		r = gates_new(daemon, &daemon->gates);
	if (r >= 0)
		r = checks_new(daemon, &daemon->checks);
	if (r >= 0)
		r = outings_new(daemon, &daemon->outings);
	return r;
}

static int open_bus(struct daemon *daemon)
{
	struct bus_options options = {.address = daemon->options.bus_address};
	int r = bus_open(daemon->loop, &options, &daemon_calls, daemon, &daemon->bus);

	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "D-Bus name %s", BUS_NAME);
	return r;
}

static int record_start(struct daemon *daemon)
{
	struct js *fields = js_object();

	js_set_string(fields, "version", OUTING_VERSION);
	js_set_string(fields, "config_problem", daemon->config_problem);
	return event_report(daemon, AUDIT_AGENT_STARTED, fields, NULL);
}

int daemon_setup(struct daemon *daemon, const struct daemon_options *options)
{
	int r;

	daemon->options = *options;
	daemon->started_at = clock_now();
	load_first_config(daemon);
	log_set_level(daemon->config.log.level);
	r = open_parts(daemon);
	if (r >= 0)
		r = open_bus(daemon);
	if (r >= 0)
		r = record_start(daemon);
	if (r >= 0)
		r = outings_start(daemon);
	if (r >= 0)
		r = devices_publish(daemon);
	if (r >= 0)
		r = usb_table_open(daemon, &daemon->usb);
	if (r >= 0)
		r = hotplug_open(daemon, &daemon->hotplug);
	if (r < 0)
		return r;
	daemon->ready = true;
	bus_signal_ready(daemon->bus);
	loop_notify("READY=1\nSTATUS=Watching for cameras and sticks.");
	return 0;
}

void daemon_stop(struct daemon *daemon)
{
	if (daemon->stopping)
		return;
	daemon->stopping = true;
	loop_notify("STOPPING=1\nSTATUS=Ending jobs, shutting gates.");
	checks_stop(daemon->checks);
	name_list_stop(daemon);
	gates_stop(daemon);
	tasks_stop(daemon);
}

int daemon_run(struct daemon *daemon)
{
	int r = loop_run(daemon->loop), recorded;
	struct js *fields = js_object();

	js_set_bool(fields, "clean", r >= 0);
	recorded = event_report(daemon, AUDIT_AGENT_STOPPED, fields, NULL);
	return r < 0 ? r : recorded;
}

void daemon_clear(struct daemon *daemon)
{
	daemon->hotplug = hotplug_close(daemon->hotplug);
	daemon->usb = usb_table_free(daemon->usb);
	name_list_stop(daemon);
	daemon->outings = outings_free(daemon->outings);
	daemon->checks = checks_free(daemon->checks);
	daemon->gates = gates_free(daemon->gates);
	daemon->tasks = tasks_free(daemon->tasks);
	task_encrypt_forget(daemon);
	daemon->jobs = job_table_free(daemon->jobs);
	daemon->media = media_free(daemon->media);
	daemon->events = events_free(daemon->events);
	daemon->bus = bus_close(daemon->bus);
	daemon->audit = audit_close(daemon->audit);
	daemon->state = state_close(daemon->state);
	daemon->state_dir_fd = close_fd(daemon->state_dir_fd);
	for (size_t i = 0; i < ELEMENTS(daemon->signals); i++)
		daemon->signals[i] = watch_free(daemon->signals[i]);
	daemon->loop = loop_free(daemon->loop);
	free(TAKE_PTR(daemon->config_problem));
}
