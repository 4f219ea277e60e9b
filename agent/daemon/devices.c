/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Devices as JSON, and the four changes of the register. The register itself checks names and texts; here
 * only what needs to know the plugged-in media is decided. See devices.h.
 */

#include "daemon/devices.h"

#include "base/fd.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/events.h"
#include "daemon/gates.h"
#include "daemon/usb.h"
#include "device/known-media.h"

#include <string.h>

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static void entry_json(struct js *o, const struct registered_device *entry, bool registered)
{
	js_set_string(o, "name", registered ? entry->name : NULL);
	js_set_string(o, "role", registered ? role_name(entry->role) : NULL);
	js_set_bool(o, "registered", registered);
	js_set_bool(o, "by_socket", registered && *entry->port);
}

static void history_json(struct js *o, const struct registered_device *entry, bool registered)
{
	js_set_time(o, "last_offload", registered ? entry->last_offload : 0);
	js_set_time(o, "last_clear", registered ? entry->last_clear : 0);
	js_set_string(o, "room", registered ? or_null(entry->room) : NULL);
	js_set_string(o, "person", registered ? or_null(entry->person) : NULL);
}

/* What a person should know about it; NULL for most. */
static const char *reason_of(const struct medium *medium, const char *gate_sentence)
{
	if (medium->ambiguous || medium->encryption != 0 || medium->decision == DECISION_REFUSE)
		return medium->reason;
	if (gate_sentence)
		return gate_sentence;
	if (medium->decision == DECISION_LEAVE && medium->registered && medium->entry.role == ROLE_STICK &&
		!medium_is_encrypted(medium))
		return medium->reason;
	return NULL;
}

static struct js *medium_json(struct daemon *daemon, const struct medium *medium)
{
	const struct device_facts *f = &medium->facts;
	const struct job *job = job_of_device(daemon->jobs, medium->identity.id);
	const char *mountpoint, *sentence;
	struct js *o = js_object();

	(void)gates_state(daemon, medium, &mountpoint, &sentence);
	js_set_string(o, "id", medium->identity.id);
	entry_json(o, &medium->entry, medium->registered);
	js_set_bool(o, "present", true);
	js_set_string(o, "kind", device_kind_name(f->kind));
	js_set_string(o, "vendor", or_null(f->vendor));
	js_set_string(o, "product", or_null(f->product));
	js_set_string(o, "serial", or_null(f->serial));
	js_set_string(o, "state", medium_state(daemon, medium));
	history_json(o, &medium->entry, medium->registered);
	js_set_u64(o, "bytes", f->size);
	js_set_string(o, "node", or_null(f->node));
	js_set_string(o, "mountpoint", mountpoint);
	js_set_string(o, "reason", reason_of(medium, sentence));
	if (job)
		js_set_u64(o, "job", job->id);
	else
		js_set_null(o, "job");
	return o;
}

/* A registered device that no medium stands for: absent, or a reader that is plugged in. */
static struct js *absent_json(const struct registered_device *entry, bool present)
{
	struct js *o = js_object();

	js_set_string(o, "id", entry->id);
	entry_json(o, entry, true);
	js_set_bool(o, "present", present);
	js_set_string(o, "kind", or_null(entry->kind));
	js_set_string(o, "vendor", or_null(entry->vendor));
	js_set_string(o, "product", or_null(entry->product));
	js_set_string(o, "serial", or_null(entry->serial));
	js_set_string(o, "state", present ? "present" : "absent");
	history_json(o, entry, true);
	js_set_null(o, "bytes");
	js_set_null(o, "node");
	js_set_null(o, "mountpoint");
	js_set_null(o, "reason");
	js_set_null(o, "job");
	return o;
}

static bool reader_present(struct daemon *daemon, const char *id)
{
	for (struct medium *m = media_first(daemon->media); m; m = m->next)
		if (strcmp(m->reader_id, id) == 0)
			return true;
	return false;
}

static bool shown(const struct medium *medium)
{
	return medium->decision != DECISION_IGNORE && !(*medium->reader_id && medium->facts.size == 0);
}

struct list {
	struct daemon *daemon;
	struct js *array;
	const char *only; /* id, NULL: all */
};

static int add_absent(const struct registered_device *entry, void *data)
{
	struct list *list = data;
	struct medium *medium = media_find_id(list->daemon->media, entry->id);

	if ((medium && shown(medium)) || usb_find_refused_entry(list->daemon, entry->number))
		return 0;
	if (!list->only || strcmp(list->only, entry->id) == 0)
		js_append(list->array, absent_json(entry, reader_present(list->daemon, entry->id)));
	return 0;
}

static struct js *list_devices(struct daemon *daemon, const char *only)
{
	struct list list = {.daemon = daemon, .array = js_array(), .only = only};

	for (struct medium *m = media_first(daemon->media); m; m = m->next)
		if (shown(m) && (!only || strcmp(only, m->identity.id) == 0))
			js_append(list.array, medium_json(daemon, m));
	for (struct usb_device *d = usb_first(daemon->usb); d; d = d->next)
		if (d->decision == USB_REFUSE && !d->kept && (!only || strcmp(only, d->id) == 0))
			js_append(list.array, usb_json(d));
	if (register_each(daemon->state, add_absent, &list) < 0)
		list.array = js_free(list.array);
	return list.array;
}

struct js *devices_json(struct daemon *daemon)
{
	return list_devices(daemon, NULL);
}

struct js *device_json(struct daemon *daemon, const char *id)
{
	_cleanup_js_ struct js *list = list_devices(daemon, id);
	struct js *copy = NULL;
	_cleanup_free_ char *text = NULL;

	if (js_length(list) == 0 || js_text(js_at(list, 0), false, &text) < 0 ||
		js_parse(text, strlen(text), &copy) < 0)
		return NULL;
	return copy;
}

void device_changed(struct daemon *daemon, const char *id)
{
	_cleanup_js_ struct js *json = device_json(daemon, id);
	_cleanup_free_ char *text = NULL;

	if (!json) {
		json = js_object();
		js_set_string(json, "id", id);
		js_set_bool(json, "registered", false);
		js_set_bool(json, "present", false);
		js_set_string(json, "state", "absent");
	}
	if (daemon->bus && js_text(json, false, &text) >= 0)
		bus_signal_device(daemon->bus, text);
}

bool device_named(struct daemon *daemon, const char *text, struct medium **ret_medium,
	struct registered_device *ret_entry, bool *ret_registered, struct bus_answer *answer)
{
	const struct usb_device *refused;
	struct medium *medium;
	int r = register_find_by_id(daemon->state, text, ret_entry);

	if (r == REGISTER_NONE)
		r = register_find_by_name(daemon->state, text, ret_entry);
	if (r < 0) {
		answer_errno(answer, r, "The register could not be read");
		return false;
	}
	medium = media_find_id(daemon->media, r == REGISTER_OK ? ret_entry->id : text);
	refused = r == REGISTER_OK ? NULL : usb_find_refused(daemon, text);
	if (refused && !medium) {
		answer_error(answer, BUS_REFUSED, "%s", refused->sentence);
		return false;
	}
	if (r != REGISTER_OK && !medium) {
		answer_error(answer, BUS_NOT_FOUND,
			"There is no device \"%s\", neither plugged in nor registered. \"outingctl devices\" "
			"shows "
			"what is there.",
			text);
		return false;
	}
	*ret_registered = r == REGISTER_OK;
	*ret_medium = medium;
	return true;
}

static void describe(const struct medium *medium, const struct bus_request *request, enum role role,
	struct registered_device *ret)
{
	const struct device_facts *f = &medium->facts;

	*ret = (struct registered_device){.role = role};
	(void)snprintf(ret->id, sizeof ret->id, "%s", medium->identity.id);
	(void)snprintf(ret->name, sizeof ret->name, "%s", request->text[0]);
	(void)snprintf(ret->room, sizeof ret->room, "%s", request->text[3]);
	(void)snprintf(ret->key, sizeof ret->key, "%s", medium->identity.key);
	(void)snprintf(ret->device_key, sizeof ret->device_key, "%s", medium->identity.device_key);
	(void)snprintf(ret->media_key, sizeof ret->media_key, "%s", medium->identity.media_key);
	(void)snprintf(ret->vendor, sizeof ret->vendor, "%s", f->vendor);
	(void)snprintf(ret->product, sizeof ret->product, "%s", f->product);
	(void)snprintf(ret->serial, sizeof ret->serial, "%s", f->serial);
	(void)snprintf(ret->kind, sizeof ret->kind, "%s", device_kind_name(f->kind));
	(void)snprintf(ret->added_by, sizeof ret->added_by, "uid %u", (unsigned)request->uid);
}

/* A reader is registered by what the reader is, not by the card that happens to be in it. */
static int describe_reader(const struct medium *medium, struct registered_device *entry)
{
	if (!*medium->identity.device_key)
		return -ENOENT;
	(void)snprintf(entry->key, sizeof entry->key, "%s", medium->identity.device_key);
	entry->media_key[0] = 0;
	return identity_id("disk-", entry->key, entry->id);
}

bool devices_check_register(struct bus_answer *answer, int r, const char *name)
{
	const char *sentence = NULL;

	switch (r) {
	case REGISTER_OK:
		return true;
	case REGISTER_NONE:
		answer_error(answer, BUS_NOT_FOUND, "\"%s\" is not registered.", name);
		return false;
	case REGISTER_NAME_TAKEN:
		answer_error(answer, BUS_REFUSED,
			"There is a device called \"%s\" already. Choose another name.", name);
		return false;
	case REGISTER_KEY_TAKEN:
		answer_error(answer, BUS_REFUSED, "This device is registered already, under another name.");
		return false;
	case REGISTER_NAME_BAD:
		(void)register_name_check(name, &sentence);
		answer_error(answer, BUS_INVALID_ARGUMENT, "%s",
			sentence ? sentence : "That name cannot be used.");
		return false;
	case REGISTER_TEXT_BAD:
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"The room or person is too long, or cannot be printed.");
		return false;
	default:
		answer_errno(answer, r, "The register could not be changed");
		return false;
	}
}

static int report_change(struct daemon *daemon, const char *what, const struct registered_device *entry,
	const char *new_value, uid_t uid)
{
	struct hooks_event hook = {
		.device = entry->name, .role = role_name(entry->role), .room = entry->room, .reason = what};
	struct js *fields = js_object();
	int r;

	js_set_string(fields, "change", what);
	js_set_string(fields, "device", entry->id);
	js_set_string(fields, "name", entry->name);
	js_set_string(fields, "role", role_name(entry->role));
	js_set_string(fields, "new", new_value);
	js_set_u64(fields, "uid", uid);
	r = event_report(daemon, AUDIT_REGISTER_CHANGED, fields, &hook);
	if (r < 0)
		return r;
	return devices_publish(daemon);
}

/* Recorded, published, judged again: the end of every change. */
void devices_changed(struct daemon *daemon, const char *what, const struct registered_device *entry,
	const char *new_value, const struct bus_request *request, struct bus_answer *answer)
{
	int r = report_change(daemon, what, entry, new_value, request->uid);

	if (r >= 0)
		r = usb_judge_all(daemon->usb);
	if (r >= 0)
		r = media_judge(daemon->media);
	if (r < 0)
		answer_errno(
			answer, r, "The register was changed, but that could not be recorded or made known");
	device_changed(daemon, entry->id);
}

static struct medium *medium_to_add(struct daemon *daemon, const char *id, struct bus_answer *answer)
{
	struct medium *medium = media_find_id(daemon->media, id);

	if (!medium || medium->decision == DECISION_IGNORE)
		answer_error(answer, BUS_NOT_FOUND,
			"Nothing with the id \"%s\" is plugged in. \"outingctl devices\" shows what is "
			"there.",
			id);
	else if (medium->ambiguous)
		answer_error(answer, BUS_REFUSED,
			"Two devices that are plugged in cannot be told apart. Unplug one of them and try "
			"again.");
	else if (!*medium->identity.key)
		answer_error(answer, BUS_REFUSED,
			"This device has neither a serial number nor a formatted card by which it could be "
			"known "
			"again. Format the card in the camera and plug it in again.");
	else
		return medium;
	return NULL;
}

/* A device that is registered under this very name, but not yet with what its USB device says of itself. */
static int describe_known(
	struct daemon *daemon, const struct medium *medium, struct registered_device *entry, bool *ret_done)
{
	_cleanup_free_ struct registered_device *old = malloc(sizeof *old), *same = malloc(sizeof *same);
	int r = old && same ? register_find_by_key(daemon->state, medium->identity.key, old) : -ENOMEM;

	*ret_done = false;
	if (r == REGISTER_OK)
		r = register_find_by_name(daemon->state, entry->name, same);
	if (r != REGISTER_OK || same->number != old->number || !*entry->descriptors)
		return r < 0 ? r : 0;
	r = register_redescribe(daemon->state, old->number, entry->descriptors, entry->port);
	*ret_done = r == REGISTER_OK;
	if (*ret_done)
		*entry = *old;
	return r < 0 ? r : 0;
}

/* True when it is registered now. */
static bool put_into_register(struct daemon *daemon, const struct medium *medium,
	struct registered_device *entry, const char **ret_what, struct bus_answer *answer)
{
	bool done;
	int r;

	usb_describe_entry(daemon, medium->facts.syspath, entry);
	r = describe_known(daemon, medium, entry, &done);
	*ret_what = done ? "described" : "added";
	if (r >= 0 && !done)
		r = register_add(daemon->state, entry, NULL);
	return devices_check_register(answer, r, entry->name);
}

void devices_add(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer)
{
	struct usb_device *device = usb_find_refused(daemon, request->text[2]);

	if (device)
		usb_add(daemon, device, request, pending, answer);
	else
		devices_add_medium(daemon, request, answer);
}

void devices_add_medium(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	struct medium *medium = medium_to_add(daemon, request->text[2], answer);
	const char *what;
	enum role role;

	if (!medium)
		return;
	if (!entry) {
		answer_errno(answer, -ENOMEM, "The register could not be changed");
		return;
	}
	if (role_parse(request->text[1], &role) < 0) {
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"\"%s\" is not a role. Use camera, stick, phone, tablet or reader.",
			request->text[1]);
		return;
	}
	describe(medium, request, role, entry);
	if (role == ROLE_READER && describe_reader(medium, entry) < 0) {
		answer_error(answer, BUS_REFUSED,
			"This reader has no serial number, so it cannot be told from others of its kind. "
			"Register "
			"the cards that are used in it instead.");
		return;
	}
	if (!put_into_register(daemon, medium, entry, &what, answer))
		return;
	devices_changed(daemon, what, entry, NULL, request, answer);
	if (answer->error == BUS_DONE)
		answer_json(answer, device_json(daemon, entry->id));
}

/* The registered device of the request's first text, in memory that the caller frees; NULL with an answer. */
static struct registered_device *named(
	struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	struct medium *medium;
	bool registered;

	if (!entry) {
		answer_errno(answer, -ENOMEM, "The register could not be read");
		return NULL;
	}
	if (!device_named(daemon, request->text[0], &medium, entry, &registered, answer))
		return NULL;
	if (!registered) {
		answer_error(answer, BUS_NOT_FOUND, "\"%s\" is not registered.", request->text[0]);
		return NULL;
	}
	return TAKE_PTR(entry);
}

void devices_rename(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = named(daemon, request, answer);

	if (entry && devices_check_register(answer,
			     register_rename(daemon->state, entry->name, request->text[1]), request->text[1]))
		devices_changed(daemon, "renamed", entry, request->text[1], request, answer);
}

void devices_assign(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = named(daemon, request, answer);

	if (entry &&
		devices_check_register(answer,
			register_assign(daemon->state, entry->name, request->text[1], NULL), entry->name))
		devices_changed(daemon, "assigned", entry, request->text[1], request, answer);
}

void devices_assign_person(
	struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = named(daemon, request, answer);

	if (entry &&
		devices_check_register(answer,
			register_assign(daemon->state, entry->name, NULL, request->text[1]), entry->name))
		devices_changed(daemon, "assigned", entry, request->text[1], request, answer);
}

void devices_remove(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = named(daemon, request, answer);
	char by[32];

	if (!entry)
		return;
	if (job_of_device(daemon->jobs, entry->id)) {
		answer_error(answer, BUS_BUSY,
			"%s has a job that is not finished. Wait for it or cancel it first.", entry->name);
		return;
	}
	(void)snprintf(by, sizeof by, "uid %u", (unsigned)request->uid);
	if (devices_check_register(answer, register_remove(daemon->state, entry->name, by), entry->name))
		devices_changed(daemon, "removed", entry, NULL, request, answer);
}

struct known_list {
	struct known_medium *media;
	char (*keys)[REGISTER_KEY_SIZE];
	size_t count, room;
};

static int add_known(const struct registered_device *entry, void *data)
{
	struct known_list *list = data;

	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		void *keys = reallocarray(list->keys, room, sizeof *list->keys);

		if (!keys)
			return -ENOMEM;
		list->keys = keys;
		list->media = reallocarray(list->media, room, sizeof *list->media);
		if (!list->media)
			return -ENOMEM;
		list->room = room;
	}
	(void)snprintf(list->keys[list->count], REGISTER_KEY_SIZE, "%s", entry->key);
	list->media[list->count++].role = entry->role;
	return 0;
}

static int write_if_new(struct daemon *daemon, const struct known_list *list, bool *ret_changed)
{
	_cleanup_free_ char *text = NULL, *before = NULL;
	int r = known_media_format(list->media, list->count, &text);

	if (r < 0)
		return r;
	r = fd_read_file_at(daemon->state_dir_fd, KNOWN_MEDIA_NAME, KNOWN_MEDIA_SIZE_MAX, &before, NULL);
	*ret_changed = r < 0 || strcmp(text, before) != 0;
	return *ret_changed ? known_media_write(daemon->state_dir_fd, list->media, list->count) : 0;
}

void devices_look_again(struct daemon *daemon)
{
	if (!daemon->options.use_udev)
		return;
	for (struct medium *m = media_first(daemon->media); m; m = m->next)
		if (m->facts.kind == DEVICE_DISK && device_retrigger(m->facts.syspath) < 0)
			log_warning("%s: the rules could not be asked to look again", m->identity.id);
}

int devices_publish(struct daemon *daemon)
{
	struct known_list list = {0};
	bool changed_file = false;
	int r = register_each(daemon->state, add_known, &list);

	for (size_t i = 0; i < list.count; i++)
		list.media[i].key = list.keys[i];
	if (r >= 0)
		r = write_if_new(daemon, &list, &changed_file);
	free(list.keys);
	free(list.media);
	if (r >= 0 && changed_file)
		devices_look_again(daemon);
	return r;
}
