/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What is known at this moment about one registered device, as readiness_judge() wants to hear it. Gathered
 * from the register, the plugged-in media, the jobs and the records; nothing is read from a device.
 */

#include "daemon/take.h"
#include "outing/readiness.h"

struct daemon;

/* Texts are borrowed from entry and from the media table, valid until its next event. *ret_state: as
 * ListDevices shows it. What cannot be found out is left as "not proven". */
void device_facts_of(struct daemon *daemon, const struct registered_device *entry, const struct take *take,
	struct readiness_device *ret_facts, const char **ret_state);
