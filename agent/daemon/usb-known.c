/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Who a USB device is by the register, and keeping the register's description of it. See usb.h.
 *
 * A device with a sane serial is looked for by its key. One without is known by its description together with
 * its socket: the cards and cameras that were registered at it have both in their entries.
 */

#include "daemon/daemon.h"
#include "daemon/events.h"
#include "daemon/usb.h"

#include <string.h>

static enum usb_known compared(const struct usb_device *device, const struct registered_device *entry)
{
	switch (usb_compare(entry->descriptors, &device->facts)) {
	case USB_SAME:
	case USB_SAME_AT_NEW_SPEED:
	case USB_NOT_RECORDED:
		return USB_REGISTERED;
	case USB_DIFFERENT:
		break;
	}
	return USB_CHANGED;
}

/* Entries of devices without a serial of their own; those of cards in a registered reader have its key. */
static int see_socket(const struct registered_device *entry, void *data)
{
	struct usb_device *device = data;

	if (!*entry->port || !*entry->descriptors ||
		usb_compare(entry->descriptors, &device->facts) != USB_SAME)
		return 0;
	device->entry = *entry;
	device->known = strcmp(entry->port, device->facts.port) == 0 ? USB_REGISTERED : USB_MOVED;
	return device->known == USB_REGISTERED;
}

int usb_know(struct daemon *daemon, struct usb_device *device)
{
	int r;

	device->known = USB_STRANGER;
	r = register_find_usb(daemon->state, device->key, &device->entry);
	if (r == REGISTER_OK)
		device->known = compared(device, &device->entry);
	else if (r >= 0 && !usb_serial_is_sane(&device->facts))
		r = register_each(daemon->state, see_socket, device);
	return r < 0 ? r : 0;
}

int usb_learn(struct daemon *daemon, struct usb_device *device)
{
	struct registered_device *entry = &device->entry;
	char list[REGISTER_DESCRIPTORS_SIZE];
	const char *port = usb_serial_is_sane(&device->facts) ? "" : device->facts.port;
	struct js *fields;
	int r;

	if (usb_compare(entry->descriptors, &device->facts) == USB_SAME)
		return 0;
	r = usb_describe(entry->descriptors, &device->facts, list, sizeof list);
	if (r < 0)
		return 0;
	fields = js_object();
	js_set_string(fields, "change", "described");
	js_set_string(fields, "device", entry->id);
	js_set_string(fields, "name", entry->name);
	js_set_string(fields, "role", role_name(entry->role));
	js_set_string(fields, "new", list);
	js_set_u64(fields, "uid", 0);
	r = event_report(daemon, AUDIT_REGISTER_CHANGED, fields, NULL);
	if (r >= 0)
		r = register_redescribe(daemon->state, entry->number, list, port);
	if (r == REGISTER_OK)
		(void)snprintf(entry->descriptors, sizeof entry->descriptors, "%s", list);
	return r == -ENOMEM ? r : 0;
}
