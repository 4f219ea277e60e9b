/* SPDX-License-Identifier: GPL-3.0-or-later */

/* USB devices, as udev tells of them. See usb-monitor.h. */

#include "device/usb-monitor.h"

#include "device/udev-link.h"

#include <string.h>

static const struct udev_link_match usb_devices = {"usb", "usb_device"};

struct usb_monitor {
	struct udev_link *link;
};

struct report {
	usb_callback callback;
	void *data;
};

int usb_monitor_new(struct usb_monitor **ret_monitor)
{
	_cleanup_(usb_monitor_freep) struct usb_monitor *monitor = calloc(1, sizeof *monitor);
	int r = monitor ? udev_link_new(&usb_devices, 1, &monitor->link) : -ENOMEM;

	if (r >= 0)
		*ret_monitor = TAKE_PTR(monitor);
	return r;
}

struct usb_monitor *usb_monitor_free(struct usb_monitor *monitor)
{
	if (monitor)
		(void)udev_link_free(monitor->link);
	free(monitor);
	return NULL;
}

int usb_monitor_fd(const struct usb_monitor *monitor)
{
	return udev_link_fd(monitor->link);
}

static int tell(struct udev_device *device, const char *action, void *data)
{
	const struct report *report = data;
	struct usb_event event = {.type = strcmp(action, "remove") == 0 ? USB_EVENT_GONE : USB_EVENT_PRESENT,
		.is_new = strcmp(action, "add") == 0,
		.syspath = udev_device_get_syspath(device),
		.said = udev_link_property(device, "OUTING_USB"),
		.exit = udev_link_property(device, "OUTING_EXIT"),
		.technician = udev_link_property(device, "OUTING_GUARD_USB")};

	/* What udev has not finished with has its event still to come. */
	if (!event.syspath ||
		(strcmp(action, UDEV_LINK_PRESENT) == 0 && udev_device_get_is_initialized(device) <= 0))
		return 0;
	return report->callback(&event, report->data);
}

int usb_monitor_look(struct usb_monitor *monitor, usb_callback callback, void *data)
{
	struct report report = {callback, data};

	return udev_link_each(monitor->link, &usb_devices, tell, &report);
}

int usb_monitor_dispatch(struct usb_monitor *monitor, usb_callback callback, void *data)
{
	struct report report = {callback, data};

	return udev_link_dispatch(monitor->link, tell, &report);
}
