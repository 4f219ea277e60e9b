/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One call between its arrival and its answer: who asks, what for, and the question to polkit about it.
 * Internal to bus/. A pending call is on its bus's list until bus_pending_free().
 */

#include "bus/bus.h"
#include "bus/rate.h"

#include <systemd/sd-bus.h>

#define PENDING_MAX          64
#define PENDING_A_SENDER_MAX 8

struct bus {
	sd_bus *connection;
	sd_bus_slot *object;
	const struct bus_calls *calls;
	void *data;
	struct rate rate;
	struct bus_pending *pending;
};

struct bus_pending {
	struct bus *bus;
	sd_bus_message *call;
	sd_bus_slot *slot; /* the question that is being asked */
	struct bus_request request;
	struct bus_pending *next;
};

/* Takes a reference on the message and reads its arguments; a bus_error with *ret_sentence, or -ENOMEM. */
int bus_pending_new(struct bus *bus, const struct bouncer_rule *rule, sd_bus_message *call,
	struct bus_pending **ret_pending, const char **ret_sentence);
struct bus_pending *bus_pending_free(struct bus_pending *pending);
DEFINE_CLEANUP(struct bus_pending, bus_pending_free);

/* Finds out who asks, asks polkit, then calls or refuses. Never blocks; takes over pending. */
void bus_authorize(struct bus_pending *pending);

/* Authorised: hands it to the agent. */
void bus_dispatch(struct bus_pending *pending);

/* Answers with an error and frees pending. name: D-Bus error name. */
void bus_refuse(struct bus_pending *pending, const char *name, const char *sentence);
