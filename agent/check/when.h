/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Times as people type them ("15:30", "tomorrow 09:00") and as they read them, in the computer's own time
 * zone.
 *
 * Never guesses: a time that is over, that the clocks skip or that they show twice is an outcome of its own,
 * and the person is asked to be exact. Pure but for the time zone (TZ, /etc/localtime).
 */

#include "base/cleanup.h"

enum when_outcome {
	WHEN_OK = 0,
	WHEN_NOT_UNDERSTOOD,
	WHEN_PAST,
	WHEN_TOO_FAR, /* more than WHEN_DAYS_MAX ahead */
	WHEN_SKIPPED, /* the clocks are put forward over it */
	WHEN_TWICE,   /* the clocks are put back over it */
};

#define WHEN_DAYS_MAX 366

/* "15:30", "today 15:30", "tomorrow 09:00", "2026-11-27 15:30", or RFC 3339 with its zone. now and
 * *ret_seconds are Unix seconds. */
enum when_outcome when_parse(const char *text, int64_t now, int64_t *ret_seconds);

/* One sentence for an outcome that is not WHEN_OK, with examples; borrowed. */
const char *when_problem(enum when_outcome outcome);

/* "Friday 27 November 2026, 15:30"; "unknown" for what cannot be shown. Returns buffer. */
#define WHEN_TEXT 64
const char *when_show(int64_t seconds, char buffer[static WHEN_TEXT]);
