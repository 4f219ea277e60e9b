/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One connection to the service of the gates: one medium, from the wish to open it to the end (the protocol
 * is gate/service.h).
 *
 * Nothing here waits: what the socket does not take at once is an error. What comes is believed only if it
 * fits its type exactly and its texts can be printed; anything else ends the connection, and with it the
 * gate.
 */

#include "daemon/gate-report.h"
#include "gate/service.h"
#include "job/loop.h"

struct gate_link;

/* All borrowed during the call. The link must not be freed from inside, but in ended(), where it must. */
struct gate_link_events {
	void (*opened)(const char *mountpoint, void *data);
	void (*report)(const struct gate_report *report, void *data);
	void (*allowed)(const struct gate_allowed *allowed, void *data);
	/* closed NULL: the connection broke, or something was said that is no message (error). Once. */
	void (*ended)(const struct gate_closed *closed, int error, void *data);
};

/* Calls the service and asks for the gate. Negative errno: nothing was begun; as dial_service(). */
int gate_link_open(struct loop *loop, const char *socket, const struct gate_open *open,
	const struct gate_link_events *events, void *data, struct gate_link **ret_link);

/* Negative errno: it was not passed on, and the caller does not go on as if it had been. */
int gate_link_allow(struct gate_link *link, const struct gate_allow *allow);
int gate_link_names(struct gate_link *link);
int gate_link_shut(struct gate_link *link);

/* Hangs up; the service then does what it does for gate_link_shut(), unseen. */
struct gate_link *gate_link_free(struct gate_link *link);
DEFINE_CLEANUP(struct gate_link, gate_link_free);
