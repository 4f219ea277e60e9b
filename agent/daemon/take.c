/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From names to registered devices. See take.h. */

#include "daemon/take.h"

#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"

#include <string.h>

void take_clear(struct take *take)
{
	free(TAKE_PTR(take->device));
	take->count = 0;
}

bool take_is_good(const struct js *names)
{
	bool good = js_is_array(names) && js_length(names) <= OUTING_DEVICES_MAX;

	for (size_t i = 0; good && i < js_length(names); i++) {
		const char *name = js_string(js_at(names, i));

		good = name && *name && strlen(name) < REGISTER_NAME_SIZE;
	}
	return good;
}

struct js *take_parse(const char *text, struct bus_answer *answer)
{
	_cleanup_js_ struct js *names = NULL;

	if (js_parse(text, strlen(text), &names) < 0 || !take_is_good(names)) {
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"What is meant must be a JSON array of at most %d names, for example "
			"[\"Blue Room camera\"].",
			OUTING_DEVICES_MAX);
		return NULL;
	}
	return TAKE_PTR(names);
}

static bool has(const struct take *take, int64_t number)
{
	for (size_t i = 0; i < take->count; i++)
		if (take->device[i].number == number)
			return true;
	return false;
}

static bool add_named(struct daemon *daemon, const char *name, struct take *take, struct bus_answer *answer)
{
	struct registered_device *entry = &take->device[take->count];
	struct medium *medium;
	bool registered = false;

	if (!device_named(daemon, name, &medium, entry, &registered, answer))
		return false;
	if (!registered) {
		answer_error(answer, BUS_NOT_FOUND,
			"\"%s\" is not registered, so it cannot be taken along. If it belongs to the "
			"setting, "
			"the manager can register it.",
			name);
		return false;
	}
	if (!has(take, entry->number))
		take->count++;
	return true;
}

static int add_portable(const struct registered_device *entry, void *data)
{
	struct take *take = data;

	if (entry->role == ROLE_READER || entry->role == ROLE_NONE)
		return 0;
	if (take->count == OUTING_DEVICES_MAX)
		return -E2BIG;
	take->device[take->count++] = *entry;
	return 0;
}

static bool add_all(struct daemon *daemon, struct take *take, struct bus_answer *answer)
{
	int r = register_each(daemon->state, add_portable, take);

	if (r == -E2BIG)
		answer_error(answer, BUS_REFUSED,
			"More than %d devices are registered, too many for one check. Name what is to "
			"travel.",
			OUTING_DEVICES_MAX);
	else if (r < 0)
		answer_errno(answer, r, "The register could not be read");
	return r >= 0;
}

bool take_find(
	struct daemon *daemon, const struct js *names, struct take *ret_take, struct bus_answer *answer)
{
	_cleanup_take_ struct take take = {0, calloc(OUTING_DEVICES_MAX, sizeof *take.device)};
	bool good = true;

	if (!take.device) {
		answer_errno(answer, -ENOMEM, "The register could not be read");
		return false;
	}
	if (js_length(names) == 0)
		good = add_all(daemon, &take, answer);
	for (size_t i = 0; good && i < js_length(names); i++)
		good = add_named(daemon, js_string(js_at(names, i)), &take, answer);
	if (!good)
		return false;
	ret_take->count = take.count;
	ret_take->device = TAKE_PTR(take.device);
	return true;
}
