/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How often one user may call: a bucket of RATE_BURST calls that refills with RATE_PER_SECOND. Users beyond
 * RATE_USERS_MAX share the bucket of the one that called least recently. Pure; time is given.
 */

#include "base/cleanup.h"

#include <sys/types.h>

#define RATE_USERS_MAX  16
#define RATE_BURST      200
#define RATE_PER_SECOND 50

struct rate {
	struct rate_user {
		bool used;
		uid_t uid;
		double tokens;
		uint64_t last_ns;
	} users[RATE_USERS_MAX];
};

#define RATE_NULL ((struct rate){0})

/* False: too many calls, refuse this one. */
bool rate_take(struct rate *rate, uid_t uid, uint64_t now_ns);
