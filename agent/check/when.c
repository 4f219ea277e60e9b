/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Times as people type and read them. See when.h. */

#include "check/when.h"

#include "base/clock.h"

#include <string.h>
#include <time.h>

#define DAY_SECONDS 86400

/* Exactly `digits` digits; moves *text behind them. */
static bool number(const char **text, int digits, int *ret)
{
	int value = 0;

	for (int i = 0; i < digits; i++) {
		if ((*text)[i] < '0' || (*text)[i] > '9')
			return false;
		value = value * 10 + (*text)[i] - '0';
	}
	*text += digits;
	*ret = value;
	return true;
}

static bool character(const char **text, char wanted)
{
	if (**text != wanted)
		return false;
	(*text)++;
	return true;
}

/* "9:05" or "15:30". */
static bool clock_time(const char **text, struct tm *tm)
{
	int hour_digits = (*text)[0] != '\0' && (*text)[1] == ':' ? 1 : 2;

	return number(text, hour_digits, &tm->tm_hour) && character(text, ':') &&
	       number(text, 2, &tm->tm_min) && tm->tm_hour < 24 && tm->tm_min < 60;
}

static bool date(const char **text, struct tm *tm)
{
	if (!number(text, 4, &tm->tm_year) || !character(text, '-') || !number(text, 2, &tm->tm_mon) ||
		!character(text, '-') || !number(text, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31;
}

static bool same(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday &&
	       a->tm_hour == b->tm_hour && a->tm_min == b->tm_min;
}

/* True if a clock on the wall, with or without summer time, shows exactly this at one moment. */
static bool shown(const struct tm *wanted, int summer, int64_t *ret)
{
	struct tm tm = *wanted, back;
	time_t t;

	tm.tm_isdst = summer;
	t = mktime(&tm);
	if (t == (time_t)-1 || !localtime_r(&t, &back))
		return false;
	*ret = (int64_t)t;
	return same(wanted, &back) && (back.tm_isdst > 0) == (summer > 0);
}

static enum when_outcome local(const struct tm *wanted, int64_t *ret)
{
	int64_t winter = 0, summer = 0;
	bool in_winter = shown(wanted, 0, &winter), in_summer = shown(wanted, 1, &summer);

	if (in_winter && in_summer && winter != summer)
		return WHEN_TWICE;
	if (!in_winter && !in_summer)
		return WHEN_SKIPPED;
	*ret = in_winter ? winter : summer;
	return WHEN_OK;
}

static bool day_exists(const struct tm *tm)
{
	struct tm noon = {
		.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday, .tm_hour = 12};

	return timegm(&noon) != (time_t)-1 && noon.tm_mon == tm->tm_mon && noon.tm_mday == tm->tm_mday;
}

/* The day that a text begins with, today if it names none; moves *text to the time. */
static bool day(const char **text, int64_t now, struct tm *ret)
{
	time_t t = (time_t)now;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return false;
	*ret = (struct tm){.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
	if (strncasecmp(*text, "today ", 6) == 0) {
		*text += 6;
	} else if (strncasecmp(*text, "tomorrow ", 9) == 0) {
		*text += 9;
		tm = (struct tm){.tm_year = ret->tm_year,
			.tm_mon = ret->tm_mon,
			.tm_mday = ret->tm_mday + 1,
			.tm_hour = 12};
		(void)timegm(&tm);
		*ret = (struct tm){.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
	} else if (strlen(*text) > 5 && (*text)[4] == '-') {
		return date(text, ret) && day_exists(ret) && character(text, ' ');
	}
	return true;
}

enum when_outcome when_parse(const char *text, int64_t now, int64_t *ret_seconds)
{
	const char *at = text;
	enum when_outcome outcome = WHEN_OK;
	int64_t seconds = 0;
	struct tm tm;

	if (clock_parse(text, &seconds) < 0) {
		if (!day(&at, now, &tm) || !clock_time(&at, &tm) || *at)
			return WHEN_NOT_UNDERSTOOD;
		outcome = local(&tm, &seconds);
	}
	if (outcome != WHEN_OK)
		return outcome;
	if (seconds <= now)
		return WHEN_PAST;
	if (seconds - now > (int64_t)WHEN_DAYS_MAX * DAY_SECONDS)
		return WHEN_TOO_FAR;
	*ret_seconds = seconds;
	return WHEN_OK;
}

#define EXAMPLES                                                                  \
	"Examples: \"15:30\" (today), \"tomorrow 09:00\", \"2026-11-27 15:30\", " \
	"\"2026-11-27T15:30:00+00:00\""

const char *when_problem(enum when_outcome outcome)
{
	switch (outcome) {
	case WHEN_OK:
		return "";
	case WHEN_NOT_UNDERSTOOD:
		return "That is not a time this program understands. " EXAMPLES;
	case WHEN_PAST:
		return "That time is over already. " EXAMPLES;
	case WHEN_TOO_FAR:
		return "That is more than a year ahead. " EXAMPLES;
	case WHEN_SKIPPED:
		return "The clocks are put forward in that night, so that time does not exist. " EXAMPLES;
	case WHEN_TWICE:
		return "The clocks are put back in that night, so that time comes twice; say which with its "
		       "time zone. " EXAMPLES;
	}
	return "";
}

const char *when_show(int64_t seconds, char buffer[static WHEN_TEXT])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(buffer, WHEN_TEXT, "%A %-d %B %Y, %H:%M", &tm) == 0)
		(void)snprintf(buffer, WHEN_TEXT, "unknown");
	return buffer;
}
