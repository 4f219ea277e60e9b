/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The record of encrypted sticks that somebody has opened. They are opened from the file manager, without
 * asking the agent; what it sees is that there is a live, encrypted volume on an external disk, once per
 * opening.
 */

#include "device/facts.h"

#define UNLOCKS_KEPT 64

struct daemon;

/* Starts zeroed. */
struct unlocks {
	uint64_t diskseq[UNLOCKS_KEPT]; /* the openings that were recorded last */
	size_t next;
};

/* facts as of DEVICE_UNLOCKED. 0, also when it could not be recorded, which is logged: nothing waits for it.
 */
int unlock_seen(struct unlocks *unlocks, struct daemon *daemon, const struct device_facts *facts);
