/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Registering a refused device in one step. See usb.h.
 *
 * A camera, phone or tablet is registered by what the device says of itself, and let in then. A disk or card
 * reader is let in first, for a short time and with nothing told or done about it, because what the register
 * keeps of it is also what is behind it; if that does not appear, or cannot be registered, it is put out
 * again.
 */

#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/media.h"
#include "daemon/usb.h"

#include <string.h>

#define WAIT_MS 20000

struct usb_adding {
	struct daemon *daemon;
	struct bus_pending *pending;
	uint64_t plug;
	char text[BUS_TEXTS_MAX][BUS_TEXT_MAX + 1];
	uid_t uid;
	const struct bouncer_rule *rule;
	bool late;
	struct watch *timer;
};

static struct usb_device *device_of(const struct usb_adding *adding)
{
	for (struct usb_device *d = usb_first(adding->daemon->usb); d; d = d->next)
		if (d->plug == adding->plug)
			return d;
	return NULL;
}

/* Takes it off the table, answers, and has the device judged for what it is now. */
static void end(struct usb_adding *adding, const struct bus_answer *answer)
{
	struct daemon *daemon = adding->daemon;
	struct usb_device *device = device_of(adding);

	*usb_adding_of(daemon) = NULL;
	if (device)
		device->registering = false;
	bus_reply(adding->pending, answer);
	adding->timer = watch_free(adding->timer);
	free(adding);
	(void)usb_judge_all(daemon->usb);
	if (device)
		device_changed(daemon, device->id);
}

struct usb_adding *usb_adding_free(struct usb_adding *adding)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;

	if (!adding)
		return NULL;
	answer_error(&answer, BUS_BUSY, "The agent is being stopped. Try again when it runs again.");
	bus_reply(adding->pending, &answer);
	adding->timer = watch_free(adding->timer);
	free(adding);
	return NULL;
}

static bool is_behind(const struct medium *medium, const struct usb_device *device)
{
	size_t length = strlen(device->facts.syspath);

	return strncmp(medium->facts.syspath, device->facts.syspath, length) == 0 &&
	       medium->facts.syspath[length] == '/';
}

/* With a card in it, or an empty one where nothing else is to be had. */
static struct medium *find_behind(const struct usb_adding *adding, const struct usb_device *device)
{
	bool empty_will_do = adding->late || strcmp(adding->text[1], "reader") == 0;
	struct medium *found = NULL;

	for (struct medium *m = media_first(adding->daemon->media); m; m = m->next) {
		if (!is_behind(m, device) || m->decision == DECISION_WAIT || !m->facts.settled)
			continue;
		if (m->facts.size > 0)
			return m;
		if (empty_will_do)
			found = m;
	}
	return found;
}

static void add_medium(struct usb_adding *adding, struct usb_device *device, const struct medium *medium)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;
	struct bus_request request = {.rule = adding->rule, .fd = -1, .uid = adding->uid};
	char id[IDENTITY_ID_SIZE];

	(void)snprintf(id, sizeof id, "%s", medium->identity.id);
	for (size_t i = 0; i < BUS_TEXTS_MAX; i++)
		request.text[i] = adding->text[i];
	request.text[2] = id;
	device->registering = false;
	devices_add_medium(adding->daemon, &request, &answer);
	end(adding, &answer);
}

void usb_adding_look(struct daemon *daemon)
{
	struct usb_adding **at = usb_adding_of(daemon), *adding = at ? *at : NULL;
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;
	struct usb_device *device;
	struct medium *medium;

	if (!adding)
		return;
	device = device_of(adding);
	if (!device) {
		answer_error(&answer, BUS_REFUSED,
			"The device was unplugged before it could be registered. Plug it in and try again.");
		end(adding, &answer);
		return;
	}
	medium = find_behind(adding, device);
	if (medium) {
		add_medium(adding, device, medium);
	} else if (adding->late) {
		answer_error(&answer, BUS_REFUSED,
			"The device was let in for %d seconds, but no disk and no card appeared behind it, "
			"so it was not registered. Put the card in, or try another cable.",
			WAIT_MS / 1000);
		end(adding, &answer);
	}
}

static int on_late(void *data)
{
	struct usb_adding *adding = data;

	adding->late = true;
	usb_adding_look(adding->daemon);
	return 0;
}

static void wait_for_what_is_behind(struct daemon *daemon, struct usb_device *device,
	const struct bus_request *request, struct bus_pending *pending, struct bus_answer *answer)
{
	struct usb_adding *adding = calloc(1, sizeof *adding);
	int r = adding ? 0 : -ENOMEM;

	if (r >= 0) {
		*adding = (struct usb_adding){.daemon = daemon,
			.pending = pending,
			.plug = device->plug,
			.uid = request->uid,
			.rule = request->rule};
		for (size_t i = 0; i < BUS_TEXTS_MAX; i++)
			(void)snprintf(adding->text[i], sizeof adding->text[i], "%s",
				request->text[i] ? request->text[i] : "");
		r = loop_timer(daemon->loop, WAIT_MS, on_late, adding, &adding->timer);
	}
	if (r < 0) {
		free(adding);
		answer_errno(answer, r, "The device could not be registered");
		return;
	}
	*usb_adding_of(daemon) = adding;
	device->registering = true;
	answer->error = BUS_LATER;
	(void)usb_judge_all(daemon->usb);
}

static void fill(const struct usb_device *device, const struct bus_request *request, enum role role,
	struct registered_device *entry)
{
	const struct usb_facts *f = &device->facts;

	*entry = (struct registered_device){.role = role};
	(void)snprintf(entry->id, sizeof entry->id, "%s", device->id);
	(void)snprintf(entry->name, sizeof entry->name, "%s", request->text[0]);
	(void)snprintf(entry->room, sizeof entry->room, "%s", request->text[3]);
	(void)snprintf(entry->key, sizeof entry->key, "%s", device->key);
	(void)snprintf(entry->device_key, sizeof entry->device_key, "%s", device->key);
	(void)snprintf(entry->vendor, sizeof entry->vendor, "%s", f->vendor);
	(void)snprintf(entry->product, sizeof entry->product, "%s", f->product);
	(void)snprintf(entry->serial, sizeof entry->serial, "%s", f->serial);
	(void)snprintf(entry->kind, sizeof entry->kind, "%s",
		device_kind_name(usb_kind(device->brings, device->hint)));
	(void)snprintf(entry->added_by, sizeof entry->added_by, "uid %u", (unsigned)request->uid);
}

static void add_camera(struct daemon *daemon, struct usb_device *device, const struct bus_request *request,
	enum role role, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = malloc(sizeof *entry);

	if (!entry) {
		answer_errno(answer, -ENOMEM, "The register could not be changed");
		return;
	}
	if (!*device->key) {
		answer_error(answer, BUS_REFUSED,
			"This device has no serial number, and it cannot be said which socket it is plugged "
			"into, so it could not be known again.");
		return;
	}
	if (role == ROLE_STICK || role == ROLE_READER) {
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"This device does not answer like a %s. Use camera, phone or tablet.",
			role_name(role));
		return;
	}
	fill(device, request, role, entry);
	usb_describe_entry(daemon, device->facts.syspath, entry);
	if (!devices_check_register(answer, register_add(daemon->state, entry, NULL), entry->name))
		return;
	devices_changed(daemon, "added", entry, NULL, request, answer);
	if (answer->error == BUS_DONE)
		answer_json(answer, device_json(daemon, entry->id));
}

/* The same device, as it describes itself now, or at the socket where it is now. */
static void describe_again(struct daemon *daemon, struct usb_device *device,
	const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = malloc(sizeof *entry);
	int r = entry ? register_find_by_name(daemon->state, request->text[0], entry) : -ENOMEM;

	if (r < 0) {
		answer_errno(answer, r, "The register could not be read");
		return;
	}
	if (r != REGISTER_OK || entry->number != device->entry.number) {
		answer_error(answer, BUS_REFUSED,
			"This device says that it is %s. To register it again as it is now, use that name; "
			"to make another device of it, take %s out of the register first.",
			device->entry.name, device->entry.name);
		return;
	}
	*entry->descriptors = *entry->port = '\0';
	usb_describe_entry(daemon, device->facts.syspath, entry);
	r = register_redescribe(daemon->state, entry->number, entry->descriptors, entry->port);
	if (devices_check_register(answer, r, entry->name))
		devices_changed(daemon, "described", entry, entry->descriptors, request, answer);
	if (answer->error == BUS_DONE)
		answer_json(answer, device_json(daemon, entry->id));
}

static bool may_be_registered(
	struct daemon *daemon, const struct usb_device *device, struct bus_answer *answer)
{
	switch (device->reason) {
	case USB_REASON_NONE:
	case USB_REASON_STRANGER:
	case USB_REASON_CHANGED:
	case USB_REASON_MOVED:
		break;
	case USB_REASON_CLONE:
	case USB_REASON_CHARGING:
	case USB_REASON_CLASS:
	case USB_REASON_UNKNOWN:
		answer_error(answer, BUS_REFUSED, "%s", device->sentence);
		return false;
	}
	if (*usb_adding_of(daemon)) {
		answer_error(answer, BUS_BUSY, "Another device is being registered. Try again in a moment.");
		return false;
	}
	return true;
}

/* The name is good and nobody has it; asked before a device is let in for it. */
static bool is_free(struct daemon *daemon, const char *name, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *other = malloc(sizeof *other);
	int r = register_name_check(name, NULL);

	if (r == REGISTER_OK)
		r = other ? register_find_by_name(daemon->state, name, other) : -ENOMEM;
	if (r == REGISTER_NONE)
		return true;
	return devices_check_register(answer, r == REGISTER_OK ? REGISTER_NAME_TAKEN : r, name);
}

void usb_add(struct daemon *daemon, struct usb_device *device, const struct bus_request *request,
	struct bus_pending *pending, struct bus_answer *answer)
{
	enum role role;

	if (!may_be_registered(daemon, device, answer))
		return;
	if (role_parse(request->text[1], &role) < 0)
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"\"%s\" is not a role. Use camera, stick, phone, tablet or reader.",
			request->text[1]);
	else if (device->reason == USB_REASON_CHANGED ||
		 (device->reason == USB_REASON_MOVED && device->brings == USB_BRINGS_STORAGE))
		describe_again(daemon, device, request, answer);
	else if (!is_free(daemon, request->text[0], answer))
		return;
	else if (device->brings == USB_BRINGS_STORAGE)
		wait_for_what_is_behind(daemon, device, request, pending, answer);
	else
		add_camera(daemon, device, request, role, answer);
}
