/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Every member is needed and none beside them is known: a misspelt one would be a wish that is not heard. See
 * outing-request.h. */

#include "daemon/outing-request.h"

#include "base/clock.h"
#include "daemon/answer.h"
#include "daemon/take.h"
#include "state/name.h"

#include <string.h>

#define YEAR_SECONDS (366LL * 86400)

static const char *const members[] = {
	"take", "leave_laptop", "destination", "due_back", "leader", "people", "acknowledged"};

static int known(const char *key, const struct js *value, void *data)
{
	unsigned *seen = data;

	for (size_t i = 0; i < ELEMENTS(members); i++)
		if (strcmp(key, members[i]) == 0) {
			*seen |= 1U << i;
			return 0;
		}
	return -EINVAL;
}

static bool is_made_right(const struct js *request, struct bus_answer *answer)
{
	unsigned seen = 0;

	if (js_each(request, known, &seen) == 0 && seen == (1U << ELEMENTS(members)) - 1 &&
		take_is_good(js_get(request, "take")))
		return true;
	answer_error(answer, BUS_INVALID_ARGUMENT,
		"The request must be a JSON object of take, leave_laptop, destination, due_back, leader, "
		"people "
		"and acknowledged.");
	return false;
}

static bool take_text(const struct js *value, const char *what, char *ret_text, struct bus_answer *answer)
{
	const char *text = js_string(value);

	if (text && *text && name_is_text(text, OUTING_TEXT_SIZE)) {
		(void)snprintf(ret_text, OUTING_TEXT_SIZE, "%s", text);
		return true;
	}
	answer_error(answer, BUS_INVALID_ARGUMENT,
		"%s is missing, longer than %d bytes, or has characters that cannot be printed.", what,
		OUTING_TEXT_SIZE - 1);
	return false;
}

static bool take_people(const struct js *people, struct outing *outing, struct bus_answer *answer)
{
	if (!js_is_array(people) || js_length(people) > OUTING_PEOPLE_MAX) {
		answer_error(answer, BUS_INVALID_ARGUMENT, "People must be an array of at most %d names.",
			OUTING_PEOPLE_MAX);
		return false;
	}
	outing->person_count = js_length(people);
	for (size_t i = 0; i < js_length(people); i++)
		if (!take_text(js_at(people, i), "The name of a person", outing->person[i], answer))
			return false;
	return true;
}

static bool take_due(const char *text, int64_t now, struct outing *outing, struct bus_answer *answer)
{
	if (!text || clock_parse(text, &outing->due_back) < 0)
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"When it is due back must be a time with its zone, for example "
			"2026-11-22T15:30:00Z.");
	else if (outing->due_back <= now)
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"The time at which the outing is due back is in the past.");
	else if (outing->due_back > now + YEAR_SECONDS)
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"The time at which the outing is due back is more than a year from now.");
	else
		return true;
	return false;
}

static bool take_flags(const struct js *request, bool *ret_leave_laptop, struct bus_answer *answer)
{
	bool acknowledged = false;

	if (js_get_bool(request, "leave_laptop", ret_leave_laptop) < 0 ||
		js_get_bool(request, "acknowledged", &acknowledged) < 0)
		answer_error(
			answer, BUS_INVALID_ARGUMENT, "leave_laptop and acknowledged must be true or false.");
	else if (!acknowledged)
		answer_error(answer, BUS_REFUSED,
			"The outing was not recorded, because not everybody has acknowledged the setting's "
			"rule.");
	return answer->error == BUS_DONE;
}

bool outing_request_parse(const char *text, int64_t now, struct outing *outing, struct js **ret_names,
	bool *ret_leave_laptop, struct bus_answer *answer)
{
	_cleanup_js_ struct js *request = NULL;
	_cleanup_free_ char *names = NULL;

	if (js_parse(text, strlen(text), &request) < 0)
		request = NULL;
	if (!is_made_right(request, answer) ||
		!take_text(js_get(request, "destination"), "The destination", outing->destination, answer) ||
		!take_text(js_get(request, "leader"), "The name of who leads the outing", outing->leader,
			answer) ||
		!take_people(js_get(request, "people"), outing, answer) ||
		!take_due(js_get_string(request, "due_back"), now, outing, answer) ||
		!take_flags(request, ret_leave_laptop, answer))
		return false;
	if (js_text(js_get(request, "take"), false, &names) >= 0)
		*ret_names = take_parse(names, answer);
	else
		answer_errno(answer, -ENOMEM, "The outing could not be recorded");
	return *ret_names;
}
