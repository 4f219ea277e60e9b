/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Everything that belongs to the running agent, and the order in which it is set up and taken down. The files
 * of this folder share this struct and nothing else; none of them reads from a device, hashes, copies or
 * waits.
 *
 *   media.c     what is plugged in, who it is, what is decided about it
 *   usb.c       which USB devices the computer talks to
 *   devices.c   the register as people see and change it
 *   tasks.c     jobs that run: their worker, their recorder, their end
 *   gates.c     the gates in front of plain sticks: opened, shut, what they refuse
 *   check.c     whether what is to travel is ready
 *   look.c      what is on a device that speaks PTP or MTP at this moment
 *   node.c      opens such a device for a worker
 *   outings.c   what is out, when it is due, what comes back
 *   events.c    first recorded, then reported
 *   name-list.c the children's names: asked for and recorded, never read here
 *   calls.c     what callers on the bus may ask
 */

#include "audit/audit.h"
#include "bus/bus.h"
#include "daemon/options.h"
#include "job/job.h"
#include "job/loop.h"
#include "policy/config.h"
#include "state/state.h"

struct media;
struct tasks;
struct events;
struct hotplug;
struct checks;
struct outings;
struct name_list;
struct gates;
struct encrypt_task;
struct look;
struct usb_table;

struct daemon {
	struct daemon_options options;
	struct loop *loop;
	struct bus *bus;
	struct state *state;
	struct audit *audit;
	struct config config;
	char *config_problem; /* why the file on disk is not in use, NULL: it is */
	struct events *events;
	struct media *media;
	struct job_table *jobs;
	struct tasks *tasks;
	struct gates *gates;
	struct checks *checks;
	struct look *looks; /* that are under way */
	struct outings *outings;
	struct name_list *name_list;          /* a request about it, while it runs */
	struct encrypt_task *encrypt_waiting; /* encryptions whose job has not begun */
	struct hotplug *hotplug;              /* where device events come from */
	struct usb_table *usb;                /* NULL where udev is not asked */
	struct watch *signals[3];
	int state_dir_fd;
	bool ready;
	bool stopping;
	int64_t started_at;
};

#define DAEMON_NULL ((struct daemon){.state_dir_fd = -1})

/* Sets everything up and looks at the devices that are there. options is copied. */
int daemon_setup(struct daemon *daemon, const struct daemon_options *options);

/* Until SIGTERM or SIGINT and the clean end of all jobs; then 0. */
int daemon_run(struct daemon *daemon);

/* Accepts half of a set-up. */
void daemon_clear(struct daemon *daemon);

/* Starts the clean stop: no new jobs, running ones are cancelled, then the loop ends. */
void daemon_stop(struct daemon *daemon);

/* Reads the configuration again. 0, or -EBADMSG and such with the reason in config_problem; the settings in
 * use stay then. The event is recorded and reported. */
int daemon_reload(struct daemon *daemon);
