/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Outings while the agent runs: recorded after a check of its own that said "ready", watched until they are
 * due, booked in again.
 *
 * outings.c        recording, and the alarm for the one that is due next
 * outing-json.c    outings and incidents as the interface shows them
 * outing-return.c  what comes back
 */

#include "base/json.h"
#include "bus/bus.h"
#include "state/outing.h"

struct daemon;
struct outings;

int outings_new(struct daemon *daemon, struct outings **ret_outings);
struct outings *outings_free(struct outings *outings);
DEFINE_CLEANUP(struct outings, outings_free);

/* Finishes what a crash has cut short, and reports what became overdue meanwhile. */
int outings_start(struct daemon *daemon);

/* Reports what is overdue by now, and sets the alarm for what will be. An outing whose incident cannot be
 * recorded is tried again later. */
void outings_look(struct daemon *daemon);

/* That device was plugged in here. */
void outings_see(struct daemon *daemon, const struct registered_device *entry);

/* The calls. */
void outings_record(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer);
void outings_return(struct daemon *daemon, const char *what, uid_t uid, struct bus_answer *answer);
void outings_list(struct daemon *daemon, struct bus_answer *answer);
void outings_list_incidents(struct daemon *daemon, struct bus_answer *answer);

/* As ListOutings shows it. */
struct js *outing_json(const struct outing *outing);

/* Names of what of it is out (only_out) or travelled at all, "this computer" among them. */
struct js *outing_names(const struct outing *outing, bool only_out);
