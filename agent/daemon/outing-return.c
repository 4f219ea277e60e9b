/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What comes back: which parts of which outings the names mean, the log, the records, and then the cameras
 * that are plugged in are offloaded, so that what was photographed is safe. See outings.h.
 */

#include "base/clock.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/events.h"
#include "daemon/outings.h"
#include "daemon/take.h"
#include "daemon/tasks.h"

#include <string.h>

#define LAPTOP_NAME "laptop"

struct out_part {
	struct outing_part part;
	char id[REGISTER_ID_SIZE];
	char name[REGISTER_NAME_SIZE];
	enum role role;
	int64_t due_back;
	bool back; /* it is what the person means */
};

struct out_list {
	struct out_part *part;
	size_t count, room;
};

static void out_list_clear(struct out_list *list)
{
	free(TAKE_PTR(list->part));
}

static int add_part(struct out_list *list, const struct outing *outing, const struct outing_device *device)
{
	struct out_part *part;

	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct out_part *more = reallocarray(list->part, room, sizeof *more);

		if (!more)
			return -ENOMEM;
		list->part = more;
		list->room = room;
	}
	part = &list->part[list->count++];
	*part = (struct out_part){.part = {outing->number, device ? device->device : OUTING_LAPTOP},
		.role = device ? device->role : ROLE_NONE,
		.due_back = outing->due_back};
	(void)snprintf(part->id, sizeof part->id, "%s", device ? device->id : "");
	(void)snprintf(part->name, sizeof part->name, "%s", device ? device->name : LAPTOP_NAME);
	return 0;
}

static int add_outing(const struct outing *outing, void *data)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < outing->device_count; i++)
		if (outing->device[i].returned_at == 0)
			r = add_part(data, outing, &outing->device[i]);
	if (r >= 0 && outing->laptop && outing->laptop_returned_at == 0)
		r = add_part(data, outing, NULL);
	return r;
}

/* The row of the device that is called so today; OUTING_LAPTOP for none. */
static int64_t called(struct daemon *daemon, const char *name)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);

	if (!entry || register_find_by_name(daemon->state, name, entry) != REGISTER_OK)
		return OUTING_LAPTOP;
	return entry->number;
}

static bool means(const struct out_part *part, const char *name, int64_t number)
{
	if (part->part.device == OUTING_LAPTOP)
		return strcmp(name, LAPTOP_NAME) == 0;
	return part->part.device == number || strcmp(part->id, name) == 0 || strcmp(part->name, name) == 0;
}

static bool mark(struct daemon *daemon, struct out_list *list, const char *name, struct bus_answer *answer)
{
	int64_t number = called(daemon, name);
	bool found = false;

	for (size_t i = 0; i < list->count; i++)
		if (means(&list->part[i], name, number))
			found = list->part[i].back = true;
	if (!found)
		answer_error(answer, BUS_REFUSED,
			"\"%s\" is not out, so it cannot be booked in; nothing was. \"outingctl outings\" "
			"shows "
			"what is out.",
			name);
	return found;
}

static bool choose(
	struct daemon *daemon, const struct js *names, struct out_list *list, struct bus_answer *answer)
{
	int r = outing_each(daemon->state, OUTING_OPEN, 0, add_outing, list);
	bool good = true;

	if (r < 0) {
		answer_errno(answer, r, "The records of outings could not be read");
		return false;
	}
	for (size_t i = 0; i < list->count; i++)
		list->part[i].back = js_length(names) == 0;
	for (size_t i = 0; good && i < js_length(names); i++)
		good = mark(daemon, list, js_string(js_at(names, i)), answer);
	return good;
}

static struct js *names_of(const struct out_list *list)
{
	struct js *array = js_array();

	for (size_t i = 0; i < list->count; i++)
		if (list->part[i].back)
			js_append_string(array, list->part[i].name);
	return array;
}

static struct js *still_out(const struct out_list *list)
{
	struct js *array = js_array();

	for (size_t i = 0; i < list->count; i++) {
		struct js *o;

		if (list->part[i].back)
			continue;
		o = js_object();
		js_set_string(o, "name", list->part[i].name);
		js_set_u64(o, "outing", list->part[i].part.outing);
		js_set_time(o, "due_back", list->part[i].due_back);
		js_append(array, o);
	}
	return array;
}

static int book_in(struct daemon *daemon, const struct out_list *list)
{
	_cleanup_free_ struct outing_part *parts = calloc(list->count, sizeof *parts);
	size_t count = 0;

	if (!parts)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		if (list->part[i].back)
			parts[count++] = list->part[i].part;
	return outing_book_in(daemon->state, parts, count, clock_now());
}

static int record(struct daemon *daemon, const struct out_list *list, uid_t uid)
{
	_cleanup_free_ char *text = NULL;
	struct js *fields = js_object();
	struct hooks_event hook = {0};
	int r;

	js_set(fields, "returned", names_of(list));
	js_set(fields, "still_out", still_out(list));
	js_set_u64(fields, "uid", uid);
	r = event_record(daemon, AUDIT_OUTING_RETURNED, fields, &text);
	if (r >= 0)
		r = book_in(daemon, list);
	if (r == OUTING_OK)
		event_tell(daemon, AUDIT_OUTING_RETURNED, text, &hook);
	return r == OUTING_IS_NOT_OUT ? -ESTALE : r;
}

static bool is_readable(const struct medium *medium)
{
	return medium && medium->registered && !medium->ambiguous && medium->decision != DECISION_REFUSE &&
	       medium_has_content(medium);
}

/* Offloads it if it is there; otherwise it is to be plugged in. */
static void secure_pictures(
	struct daemon *daemon, const struct out_part *part, struct js *plug_in, struct js *jobs)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;
	const struct medium *medium = media_find_id(daemon->media, part->id);

	if (!is_readable(medium)) {
		js_append_string(plug_in, part->name);
		return;
	}
	if (medium->offloaded || medium->cleared)
		return;
	tasks_ask(daemon,
		&(struct job_request){
			.kind = JOB_OFFLOAD, .device = medium->identity.id, .name = medium->entry.name},
		&answer);
	if (answer.error == BUS_DONE)
		js_append_u64(jobs, answer.number);
	else
		log_notice("%s: %s", part->name, answer.sentence);
}

static struct js *result_of(struct daemon *daemon, const struct out_list *list)
{
	struct js *result = js_object(), *plug_in = js_array(), *jobs = js_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct out_part *part = &list->part[i];

		if (part->back &&
			(part->role == ROLE_CAMERA || part->role == ROLE_PHONE || part->role == ROLE_TABLET))
			secure_pictures(daemon, part, plug_in, jobs);
	}
	js_set(result, "returned", names_of(list));
	js_set(result, "still_out", still_out(list));
	js_set(result, "plug_in", plug_in);
	js_set(result, "jobs", jobs);
	return result;
}

void outings_return(struct daemon *daemon, const char *what, uid_t uid, struct bus_answer *answer)
{
	_cleanup_js_ struct js *names = take_parse(what, answer);
	_cleanup_(out_list_clear) struct out_list list = {NULL, 0, 0};
	int r = 0;

	if (!names || !choose(daemon, names, &list, answer))
		return;
	if (list.count > 0)
		r = record(daemon, &list, uid);
	if (r < 0) {
		answer_errno(answer, r, "What is back could not be booked in");
		return;
	}
	outings_look(daemon);
	answer_json(answer, result_of(daemon, &list));
}
