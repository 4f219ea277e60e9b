/* SPDX-License-Identifier: GPL-3.0-or-later */

/* RFC 3339 in UTC, and monotonic durations. See clock.h. */

#include "base/clock.h"

static bool broken_down(int64_t seconds, struct tm *ret_time)
{
	time_t t = (time_t)seconds;

	return gmtime_r(&t, ret_time) && ret_time->tm_year >= -1900 && ret_time->tm_year <= 8099;
}

const char *clock_format(int64_t seconds, char buffer[static CLOCK_TEXT])
{
	struct tm tm;

	if (!broken_down(seconds, &tm) || strftime(buffer, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(buffer, CLOCK_TEXT, "unknown");
	return buffer;
}

const char *clock_format_name(int64_t seconds, char buffer[static CLOCK_TEXT])
{
	struct tm tm;

	if (!broken_down(seconds, &tm) || strftime(buffer, CLOCK_TEXT, "%Y-%m-%dT%H%M%SZ", &tm) == 0)
		(void)snprintf(buffer, CLOCK_TEXT, "unknown");
	return buffer;
}

int64_t clock_now(void)
{
	return (int64_t)time(NULL);
}

uint64_t clock_monotonic_ns(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}
