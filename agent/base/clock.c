/* SPDX-License-Identifier: GPL-3.0-or-later */

/* RFC 3339 in UTC, and monotonic durations. See clock.h. */

#include "base/clock.h"

#include <string.h>

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

/* Takes exactly count digits. */
static bool take_number(const char **text, unsigned count, int *ret_number)
{
	int number = 0;

	for (; count > 0; count--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		number = number * 10 + (**text - '0');
	}
	*ret_number = number;
	return true;
}

static bool take_date_and_time(const char **text, struct tm *ret_tm)
{
	static const struct {
		char before;
		unsigned digits;
	} fields[] = {{0, 4}, {'-', 2}, {'-', 2}, {'T', 2}, {':', 2}, {':', 2}};
	int value[ELEMENTS(fields)];

	for (size_t i = 0; i < ELEMENTS(fields); i++) {
		if (fields[i].before && *(*text)++ != fields[i].before)
			return false;
		if (!take_number(text, fields[i].digits, &value[i]))
			return false;
	}
	*ret_tm = (struct tm){.tm_year = value[0] - 1900,
		.tm_mon = value[1] - 1,
		.tm_mday = value[2],
		.tm_hour = value[3],
		.tm_min = value[4],
		.tm_sec = value[5]};
	return value[3] <= 23 && value[4] <= 59 && value[5] <= 59;
}

/* "Z", "+01:00", "-05:30": seconds east of Greenwich. */
static bool take_zone(const char **text, int64_t *ret_offset)
{
	char sign = *(*text)++;
	int hours, minutes;

	*ret_offset = 0;
	if (sign == 'Z')
		return true;
	if ((sign != '+' && sign != '-') || !take_number(text, 2, &hours) || *(*text)++ != ':' ||
		!take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_offset = (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
	return true;
}

static bool take_fraction(const char **text)
{
	if (**text != '.')
		return true;
	(*text)++;
	if (**text < '0' || **text > '9')
		return false;
	*text += strspn(*text, "0123456789");
	return true;
}

int clock_parse(const char *text, int64_t *ret_seconds)
{
	struct tm tm, again;
	int64_t offset;
	time_t seconds;

	if (!take_date_and_time(&text, &tm) || !take_fraction(&text) || !take_zone(&text, &offset) || *text)
		return -EINVAL;
	again = tm;
	seconds = timegm(&again);
	/* timegm() makes 3 March of 31 February. */
	if (again.tm_mday != tm.tm_mday || again.tm_mon != tm.tm_mon)
		return -EINVAL;
	*ret_seconds = (int64_t)seconds - offset;
	return 0;
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
