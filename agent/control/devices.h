/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Finding the device that a person means.
 *
 * Only a whole id or a whole name is ever taken: the beginning of one, or the same name in other letters, is
 * offered as a suggestion and never acted on, because the next thing that happens may be a clear.
 */

#include "control/control.h"

/* The member of a ListDevices array whose id or name is exactly `word`; borrowed, NULL if there is none. */
const struct js *devices_find(const struct js *devices, const char *word);

/* A device whose id or name begins with `word`, letters' case aside; borrowed, NULL if there is none or more
 * than one. */
const struct js *devices_suggest(const struct js *devices, const char *word);

/* The registered name or else the id; borrowed. */
const char *devices_title(const struct js *device);

/* True of what speaks PTP or MTP: it can be emptied, but not cleared. */
bool devices_emptied_only(const char *id);

/* Asks the agent for its devices and finds one; *ret_devices (owned by the caller) keeps *ret_device alive.
 * CONTROL_DONE, or an exit status after saying why. */
int devices_lookup(
	struct control *control, const char *word, struct js **ret_devices, const struct js **ret_device);
