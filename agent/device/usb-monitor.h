/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * USB devices coming and going, whether they are authorised or not, with what the rules have said of each. A
 * device is reported only after udev has finished with it.
 */

#include "base/cleanup.h"

struct usb_monitor;

enum usb_event_type {
	USB_EVENT_PRESENT, /* it is there: added, changed, or found when looking at all */
	USB_EVENT_GONE,
};

struct usb_event {
	enum usb_event_type type;
	bool is_new; /* the kernel has just added it */
	const char *syspath;
	/* "" when the rules have said nothing; borrowed until the callback returns, as all the texts. */
	const char *said;       /* OUTING_USB */
	const char *exit;       /* OUTING_EXIT */
	const char *technician; /* OUTING_GUARD_USB */
};

/* 0 goes on; anything else stops and is returned. */
typedef int (*usb_callback)(const struct usb_event *event, void *data);

/* Listens from here on; look at all afterwards, and nothing falls between the two. */
int usb_monitor_new(struct usb_monitor **ret_monitor);
struct usb_monitor *usb_monitor_free(struct usb_monitor *monitor);
DEFINE_CLEANUP(struct usb_monitor, usb_monitor_free);

/* Readable when events wait; owned by the monitor. */
int usb_monitor_fd(const struct usb_monitor *monitor);

/* Reports every device, root hubs too. */
int usb_monitor_look(struct usb_monitor *monitor, usb_callback callback, void *data);

/* All waiting events. -ENOBUFS after an overrun of the kernel's queue: look at all again. */
int usb_monitor_dispatch(struct usb_monitor *monitor, usb_callback callback, void *data);
