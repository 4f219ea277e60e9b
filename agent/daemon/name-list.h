/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * ImportNames, CountNames and ClearNames: passed on to outing-names, one at a time, recorded in the audit log
 * (how many, never who), then answered. The descriptor of a list goes through unread.
 */

#include "bus/bus.h"

struct daemon;

void name_list_call(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer);

/* A running request is ended and answered; none is not an error. */
void name_list_stop(struct daemon *daemon);
