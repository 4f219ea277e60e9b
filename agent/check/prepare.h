/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Offloading and clearing what stands in the way of an outing, after asking.
 *
 * Nothing is started that the agent did not offer, that the person did not agree to, or when nobody can be
 * asked and --yes was not given. Pictures that were protected in the camera are a question of their own,
 * which
 * --yes does not answer.
 */

#include "check/inquiry.h"

enum prepare_outcome {
	PREPARE_NOTHING = 0, /* nothing was started: the result stands */
	PREPARE_CHANGED,     /* something ended: check again */
	PREPARE_LEFT,        /* the person went away; a job goes on */
};

/* An outcome or a negative errno. What does not work is said and does not stop the others. */
int prepare_devices(struct inquiry *inquiry);

/* "This takes up to about 20 minutes." for clearing a card of that many bytes; "" for 0. Returns buffer. */
#define PREPARE_TIME_TEXT 64
const char *prepare_time(uint64_t bytes, char buffer[static PREPARE_TIME_TEXT]);
