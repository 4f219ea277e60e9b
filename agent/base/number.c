/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Numbers from text, checked. See number.h. */

#include "base/number.h"

#include <string.h>

static int parse_digits(const char *text, const char **ret_end, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (mul_overflows(value, 10, &value) || add_overflows(value, (uint64_t)(*p - '0'), &value))
			return -ERANGE;
	if (p == text)
		return -EINVAL;
	*ret_end = p;
	*ret_value = value;
	return 0;
}

int number_parse_u64(const char *text, uint64_t *ret_value)
{
	const char *end;
	uint64_t value;
	int r = parse_digits(text, &end, &value);

	if (r < 0)
		return r;
	if (*end)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

/* One digit string and one unit letter out of units; each unit's weight is in weights. */
static int parse_with_unit(
	const char *text, const char *units, const uint64_t *weights, bool optional, uint64_t *ret)
{
	const char *end, *unit;
	uint64_t value;
	int r = parse_digits(text, &end, &value);

	if (r < 0)
		return r;
	if (!*end) {
		if (!optional)
			return -EINVAL;
		*ret = value;
		return 0;
	}
	unit = strchr(units, *end);
	if (!unit || end[1])
		return -EINVAL;
	if (mul_overflows(value, weights[unit - units], &value))
		return -ERANGE;
	*ret = value;
	return 0;
}

int number_parse_size(const char *text, uint64_t *ret_bytes)
{
	static const uint64_t weights[] = {1ULL << 10, 1ULL << 20, 1ULL << 30, 1ULL << 40};

	return parse_with_unit(text, "KMGT", weights, true, ret_bytes);
}

int number_parse_span(const char *text, uint64_t *ret_seconds)
{
	static const uint64_t weights[] = {86400, 7 * 86400, 30 * 86400, 365 * 86400};

	return parse_with_unit(text, "dwmy", weights, false, ret_seconds);
}

const char *number_format_size(uint64_t bytes, char buffer[static NUMBER_SIZE_TEXT])
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 999.95 && unit + 1 < ELEMENTS(units)) {
		value /= 1000;
		unit++;
	}
	if (unit == 0)
		(void)snprintf(buffer, NUMBER_SIZE_TEXT, "%u %s", (unsigned)bytes, units[0]);
	else
		(void)snprintf(buffer, NUMBER_SIZE_TEXT, "%.1f %s", value, units[unit]);
	return buffer;
}
