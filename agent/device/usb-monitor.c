/* SPDX-License-Identifier: GPL-3.0-or-later */

/* libudev for USB devices. See usb-monitor.h. */

#include "device/usb-monitor.h"

#include <libudev.h>
#include <string.h>

struct usb_monitor {
	struct udev *udev;
	struct udev_monitor *monitor;
};

static void device_unrefp(struct udev_device **d)
{
	(void)udev_device_unref(*d);
}

static void enumerate_unrefp(struct udev_enumerate **e)
{
	(void)udev_enumerate_unref(*e);
}

static int open_monitor(struct usb_monitor *monitor)
{
	int r;

	monitor->udev = udev_new();
	if (!monitor->udev)
		return -ENOMEM;
	monitor->monitor = udev_monitor_new_from_netlink(monitor->udev, "udev");
	if (!monitor->monitor)
		return errno ? -errno : -ENOMEM;
	r = udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, "usb", "usb_device");
	return r < 0 ? r : udev_monitor_enable_receiving(monitor->monitor);
}

int usb_monitor_new(struct usb_monitor **ret_monitor)
{
	struct usb_monitor *monitor = calloc(1, sizeof(*monitor));
	int r;

	if (!monitor)
		return -ENOMEM;
	r = open_monitor(monitor);
	if (r < 0) {
		(void)usb_monitor_free(monitor);
		return r;
	}
	*ret_monitor = monitor;
	return 0;
}

struct usb_monitor *usb_monitor_free(struct usb_monitor *monitor)
{
	if (monitor) {
		(void)udev_monitor_unref(monitor->monitor);
		(void)udev_unref(monitor->udev);
		free(monitor);
	}
	return NULL;
}

int usb_monitor_fd(const struct usb_monitor *monitor)
{
	return udev_monitor_get_fd(monitor->monitor);
}

static const char *said(struct udev_device *device, const char *name)
{
	const char *value = udev_device_get_property_value(device, name);

	return value ? value : "";
}

static int report(struct udev_device *device, const char *action, usb_callback callback, void *data)
{
	struct usb_event event = {.type = strcmp(action, "remove") == 0 ? USB_EVENT_GONE : USB_EVENT_PRESENT,
		.is_new = strcmp(action, "add") == 0,
		.syspath = udev_device_get_syspath(device),
		.said = said(device, "OUTING_USB"),
		.exit = said(device, "OUTING_EXIT"),
		.technician = said(device, "OUTING_GUARD_USB")};

	return event.syspath ? callback(&event, data) : 0;
}

int usb_monitor_look(struct usb_monitor *monitor, usb_callback callback, void *data)
{
	_cleanup_(enumerate_unrefp) struct udev_enumerate *list = udev_enumerate_new(monitor->udev);
	struct udev_list_entry *entry;
	int r;

	if (!list)
		return -ENOMEM;
	r = udev_enumerate_add_match_subsystem(list, "usb");
	if (r >= 0)
		r = udev_enumerate_add_match_property(list, "DEVTYPE", "usb_device");
	if (r >= 0)
		r = udev_enumerate_scan_devices(list);
	if (r < 0)
		return r;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list))
	{
		_cleanup_(device_unrefp) struct udev_device *device =
			udev_device_new_from_syspath(monitor->udev, udev_list_entry_get_name(entry));

		/* What udev has not finished with has its event still to come. */
		if (!device || udev_device_get_is_initialized(device) <= 0)
			continue;
		r = report(device, "", callback, data);
		if (r != 0)
			return r;
	}
	return 0;
}

int usb_monitor_dispatch(struct usb_monitor *monitor, usb_callback callback, void *data)
{
	for (;;) {
		_cleanup_(device_unrefp) struct udev_device *device = NULL;
		const char *action;
		int r;

		errno = 0;
		device = udev_monitor_receive_device(monitor->monitor);
		if (!device && errno == ENOBUFS)
			return -ENOBUFS;
		if (!device)
			return 0;
		action = udev_device_get_action(device);
		r = report(device, action ? action : "", callback, data);
		if (r != 0)
			return r;
	}
}
