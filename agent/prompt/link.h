/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The agent as its prompt hears it: signals and calls on the system bus, none of which blocks.
 *
 * Signals are believed only from the owner of the agent's name. The agent is never started from here.
 */

#include "base/json.h"
#include "job/loop.h"

#include <stdarg.h>

struct link;

struct link_events {
	/* Borrowed trees. */
	void (*refused)(const struct js *refusal, void *data);
	void (*device_refused)(const struct js *refusal, void *data);
	void (*device)(const struct js *device, void *data);
	void (*job)(uint32_t number, const struct js *job, void *data);
	void (*event)(const char *name, const struct js *details, void *data);
	void (*lost)(void *data); /* the agent has left the bus */
};

/* The system bus (DBUS_SYSTEM_BUS_ADDRESS is honoured). The loop ends with 1 when it goes away. */
int link_open(struct loop *loop, const struct link_events *events, void *data, struct link **ret_link);
struct link *link_close(struct link *link);
DEFINE_CLEANUP(struct link, link_close);

struct link_answer {
	bool ok;
	const struct js *tree; /* of an answer that is JSON text, else NULL; borrowed */
	uint32_t number;       /* of an answer that is one */
	const char *error;     /* last part of the error's name: "Refused", "AccessDenied", ...; "" when ok */
	const char *sentence;  /* for people, may be "" */
};

typedef void (*link_answered)(const struct link_answer *answer, void *data);

/* types and what follows: as sd_bus_message_append(). The person may be asked for a password. answered is
 * called once, unless the link is closed before or the call forgotten. 0 or a negative errno: then it is
 * never called. */
int link_call(
	struct link *link, link_answered answered, void *data, const char *method, const char *types, ...);

/* Nobody waits for answers for data any more; the agent does what it was asked all the same. */
void link_forget(struct link *link, const void *data);
