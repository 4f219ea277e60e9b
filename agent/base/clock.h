/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Times as people and other programs read them: RFC 3339, UTC. A wall clock may jump in either direction, so
 * durations come from clock_monotonic_ns() only, and nothing that decides about deleting compares wall-clock
 * times.
 */

#include "base/cleanup.h"

#include <time.h>

#define CLOCK_TEXT 32

/* "2026-11-22T05:31:46Z"; returns buffer. Unix seconds in, years 0000 to 9999, else "unknown". */
const char *clock_format(int64_t seconds, char buffer[static CLOCK_TEXT]);

/* "2026-11-22T053146Z": as above but safe as a file name. */
const char *clock_format_name(int64_t seconds, char buffer[static CLOCK_TEXT]);

/* "2026-11-22T05:31:46Z" or "2026-11-22T06:31:46.5+01:00" (a fraction is left out); Unix seconds. -EINVAL for
 * anything else, a time without a zone and a day that the calendar does not have included. */
int clock_parse(const char *text, int64_t *ret_seconds);

int64_t clock_now(void);
uint64_t clock_monotonic_ns(void);
