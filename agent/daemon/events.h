/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * First recorded, then reported: the one way by which the agent tells anybody that something happened.
 *
 * event_report() appends to the audit log (durable), and only when that succeeded sends the signal and starts
 * the hooks. If it fails, nobody hears of the event and the caller does not go on with what it announces.
 */

#include "audit/events.h"
#include "base/json.h"
#include "job/hooks.h"

struct daemon;
struct events;

int events_new(struct daemon *daemon, struct events **ret_events);
/* Ends running hooks. */
struct events *events_free(struct events *events);
DEFINE_CLEANUP(struct events, events_free);

/* The first half alone: durable when it returns 0. fields is taken over, also on failure. *ret_text is the
 * fields' text for event_tell(), owned by the caller. */
int event_record(struct daemon *daemon, enum audit_event event, struct js *fields, char **ret_text);

/* The second half, after everything that must be durable is. */
void event_tell(struct daemon *daemon, enum audit_event event, const char *text, struct hooks_event *hook);

/* The hooks alone, for what was recorded and told already; hook as above. */
void event_hook(struct daemon *daemon, enum audit_event event, struct hooks_event *hook);

/* Both. fields is taken over, also on failure. hook: what hooks are told beside the event's name, NULL: no
 * hooks for this event. 0 or negative errno of the audit log. */
int event_report(struct daemon *daemon, enum audit_event event, struct js *fields, struct hooks_event *hook);
