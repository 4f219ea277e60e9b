/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Refused USB devices: recorded, told of, listed. See usb.h. */

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/events.h"
#include "daemon/usb.h"

#include <string.h>

/* Of two with one number, the second is nobody's. */
static bool is_known(const struct usb_device *device)
{
	return device->known != USB_STRANGER && !device->clone;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

void usb_compose(struct usb_device *device)
{
	struct usb_sentence_facts facts = {.reason = device->reason,
		.brings = device->brings,
		.hint = device->hint,
		.vendor_id = device->facts.vendor_id,
		.id = device->id,
		.name = is_known(device) ? device->entry.name : NULL};

	usb_sentence(&facts, device->sentence);
}

static struct js *fields_of(const struct usb_device *device)
{
	const struct usb_facts *f = &device->facts;
	struct js *fields = js_object();

	js_set_string(fields, "device", device->id);
	js_set_string(fields, "name", is_known(device) ? device->entry.name : NULL);
	js_set_string(fields, "role", is_known(device) ? role_name(device->entry.role) : NULL);
	js_set_string(fields, "kind", device_kind_name(usb_kind(device->brings, device->hint)));
	js_set_string(fields, "bus", "usb");
	js_set_string(fields, "vendor", f->vendor);
	js_set_string(fields, "product", f->product);
	js_set_string(fields, "serial", f->serial);
	js_set_string(fields, "node", f->node);
	js_set_string(fields, "port", f->port);
	js_set_string(fields, "brings", usb_brings_name(device->brings));
	js_set_string(fields, "decision", "refuse");
	js_set_string(fields, "why", usb_reason_name(device->reason));
	js_set_string(fields, "reason", device->sentence);
	return fields;
}

static const char *called(const struct usb_device *device, char *buffer, size_t size)
{
	const struct usb_facts *f = &device->facts;

	if (is_known(device))
		return device->entry.name;
	if (!*f->vendor && !*f->product)
		return device->id;
	(void)snprintf(buffer, size, "%s%s%s", f->vendor, *f->vendor && *f->product ? " " : "", f->product);
	return buffer;
}

static void signal_refusal(struct daemon *daemon, const struct usb_device *device)
{
	_cleanup_js_ struct js *refusal = js_object();
	_cleanup_free_ char *text = NULL;

	js_set_string(refusal, "id", device->id);
	js_set_string(refusal, "name", is_known(device) ? device->entry.name : NULL);
	js_set_string(refusal, "reason", usb_reason_name(device->reason));
	js_set_string(refusal, "sentence", device->sentence);
	if (daemon->bus && js_text(refusal, false, &text) >= 0)
		bus_signal_refused(daemon->bus, text);
}

int usb_tell_refused(struct daemon *daemon, struct usb_device *device)
{
	char name[2 * DEVICE_TEXT + 2];
	struct hooks_event hook = {.device = called(device, name, sizeof name),
		.role = is_known(device) ? role_name(device->entry.role) : NULL,
		.room = is_known(device) ? device->entry.room : NULL,
		.reason = device->sentence};
	enum audit_event event =
		device->reason == USB_REASON_STRANGER ? AUDIT_DEVICE_UNKNOWN : AUDIT_DEVICE_REFUSED;
	int r = event_report(daemon, event, fields_of(device), &hook);

	if (r < 0)
		return r;
	log_info("%s: %s", device->id, device->sentence);
	device->told = true;
	device->told_reason = device->reason;
	signal_refusal(daemon, device);
	device_changed(daemon, device->id);
	return 0;
}

void usb_tell_gone(struct daemon *daemon, const struct usb_device *device)
{
	char name[2 * DEVICE_TEXT + 2];
	struct hooks_event hook = {.device = called(device, name, sizeof name)};
	struct js *fields;

	if (!device->told || daemon->stopping)
		return;
	if (!device->facts.authorized) {
		fields = js_object();
		js_set_string(fields, "device", device->id);
		js_set_string(fields, "name", is_known(device) ? device->entry.name : NULL);
		js_set_string(fields, "role", is_known(device) ? role_name(device->entry.role) : NULL);
		js_set_string(fields, "node", device->facts.node);
		(void)event_report(daemon, AUDIT_DEVICE_GONE, fields, &hook);
	}
	device_changed(daemon, device->id);
}

struct js *usb_json(const struct usb_device *device)
{
	const struct usb_facts *f = &device->facts;
	bool known = is_known(device);
	struct js *o = js_object();

	js_set_string(o, "id", device->id);
	js_set_string(o, "name", known ? device->entry.name : NULL);
	js_set_string(o, "role", known ? role_name(device->entry.role) : NULL);
	js_set_bool(o, "registered", known);
	js_set_bool(o, "by_socket", known && *device->entry.port);
	js_set_bool(o, "present", true);
	js_set_string(o, "kind", device_kind_name(usb_kind(device->brings, device->hint)));
	js_set_string(o, "vendor", or_null(f->vendor));
	js_set_string(o, "product", or_null(f->product));
	js_set_string(o, "serial", or_null(f->serial));
	js_set_string(o, "state", device->registering ? "looking" : "refused");
	js_set_time(o, "last_offload", known ? device->entry.last_offload : 0);
	js_set_time(o, "last_clear", known ? device->entry.last_clear : 0);
	js_set_string(o, "room", known ? or_null(device->entry.room) : NULL);
	js_set_string(o, "person", known ? or_null(device->entry.person) : NULL);
	js_set_null(o, "bytes");
	js_set_null(o, "node");
	js_set_null(o, "mountpoint");
	js_set_string(o, "reason", device->sentence);
	js_set_null(o, "job");
	return o;
}
