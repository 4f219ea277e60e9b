/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The request of RecordOuting, taken apart. */

#include "base/json.h"
#include "bus/bus.h"
#include "state/outing.h"

/* Fills destination, leader, people and due_back. *ret_names: what is to travel, owned by the caller, also on
 * failure. now: Unix seconds. False and the answer's error when a member is missing, unknown or not as it
 * must be, when it is due in the past, or nobody has acknowledged the sentence. Pure. */
bool outing_request_parse(const char *text, int64_t now, struct outing *outing, struct js **ret_names,
	bool *ret_leave_laptop, struct bus_answer *answer);
