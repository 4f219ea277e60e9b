/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Outings and incidents as the interface shows them. See outings.h. */

#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/outings.h"
#include "state/incident.h"

#define OUTINGS_MAX   200
#define INCIDENTS_MAX 500

static struct js *devices_of(const struct outing *outing)
{
	struct js *array = js_array();

	for (size_t i = 0; i < outing->device_count; i++) {
		const struct outing_device *device = &outing->device[i];
		struct js *o = js_object();

		js_set_string(o, "id", device->id);
		js_set_string(o, "name", device->name);
		js_set_string(o, "role", role_name(device->role));
		js_set_time(o, "returned_at", device->returned_at);
		js_set_time(o, "seen_at", device->seen_at);
		js_append(array, o);
	}
	return array;
}

static struct js *people_of(const struct outing *outing)
{
	struct js *array = js_array();

	for (size_t i = 0; i < outing->person_count; i++)
		js_append_string(array, outing->person[i]);
	return array;
}

struct js *outing_json(const struct outing *outing)
{
	struct js *o = js_object(), *check = js_object();

	js_set_u64(o, "number", outing->number);
	js_set_string(o, "destination", outing->destination);
	js_set_string(o, "leader", outing->leader);
	js_set(o, "people", people_of(outing));
	js_set_string(o, "requested_by", outing->requested_by);
	js_set_string(o, "sentence", outing->sentence);
	js_set_time(o, "left_at", outing->left_at);
	js_set_time(o, "due_back", outing->due_back);
	js_set_time(o, "returned_at", outing->returned_at);
	js_set_string(o, "state", outing_state_name(outing));
	js_set_bool(o, "laptop", outing->laptop);
	js_set_time(o, "laptop_returned_at", outing->laptop_returned_at);
	js_set(o, "devices", devices_of(outing));
	js_set_string(check, "verdict", "ready"); /* no other is ever recorded */
	js_set_time(check, "checked_at", outing->checked_at);
	js_set(o, "check", check);
	return o;
}

struct js *outing_names(const struct outing *outing, bool only_out)
{
	struct js *array = js_array();

	for (size_t i = 0; i < outing->device_count; i++)
		if (!only_out || outing->device[i].returned_at == 0)
			js_append_string(array, outing->device[i].name);
	if (outing->laptop && (!only_out || outing->laptop_returned_at == 0))
		js_append_string(array, "this computer");
	return array;
}

static int add_outing(const struct outing *outing, void *data)
{
	js_append(data, outing_json(outing));
	return 0;
}

void outings_list(struct daemon *daemon, struct bus_answer *answer)
{
	struct js *array = js_array();

	if (outing_each(daemon->state, OUTING_ALL, OUTINGS_MAX, add_outing, array) < 0)
		array = js_free(array);
	answer_json(answer, array);
}

static int add_incident(const struct incident *incident, void *data)
{
	struct js *array = data, *o = js_object();

	js_set_u64(o, "number", incident->number);
	js_set_string(o, "kind", incident->kind);
	js_set_string(o, "sentence", incident->sentence);
	js_set_time(o, "at", incident->at);
	if (incident->outing > 0)
		js_set_u64(o, "outing", incident->outing);
	else
		js_set_null(o, "outing");
	js_set_string(o, "device", *incident->device ? incident->device : NULL);
	js_set_time(o, "closed_at", incident->closed_at);
	js_append(array, o);
	return 0;
}

void outings_list_incidents(struct daemon *daemon, struct bus_answer *answer)
{
	struct js *array = js_array();

	if (incident_each(daemon->state, INCIDENTS_MAX, add_incident, array) < 0)
		array = js_free(array);
	answer_json(answer, array);
}
