/* SPDX-License-Identifier: GPL-3.0-or-later */

/* libudev. See udev-link.h. */

#include "device/udev-link.h"

#define QUEUE_BYTES (4 * 1024 * 1024)

struct udev_link {
	struct udev *udev;
	struct udev_monitor *monitor;
};

static void enumerate_unrefp(struct udev_enumerate **list)
{
	(void)udev_enumerate_unref(*list);
}

static int open_monitor(struct udev_link *link, const struct udev_link_match *matches, size_t count)
{
	link->udev = udev_new();
	if (!link->udev)
		return -ENOMEM;
	link->monitor = udev_monitor_new_from_netlink(link->udev, "udev");
	if (!link->monitor)
		return errno ? -errno : -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int r = udev_monitor_filter_add_match_subsystem_devtype(
			link->monitor, matches[i].subsystem, matches[i].type);

		if (r < 0)
			return r;
	}
	/* A larger queue is a comfort, not a need: an overrun is noticed. */
	(void)udev_monitor_set_receive_buffer_size(link->monitor, QUEUE_BYTES);
	return udev_monitor_enable_receiving(link->monitor);
}

int udev_link_new(const struct udev_link_match *matches, size_t count, struct udev_link **ret_link)
{
	_cleanup_(udev_link_freep) struct udev_link *link = calloc(1, sizeof *link);
	int r;

	if (!link)
		return -ENOMEM;
	r = open_monitor(link, matches, count);
	if (r >= 0)
		*ret_link = TAKE_PTR(link);
	return r < 0 ? r : 0;
}

struct udev_link *udev_link_free(struct udev_link *link)
{
	if (!link)
		return NULL;
	(void)udev_monitor_unref(link->monitor);
	(void)udev_unref(link->udev);
	free(link);
	return NULL;
}

int udev_link_fd(const struct udev_link *link)
{
	return udev_monitor_get_fd(link->monitor);
}

struct udev *udev_link_context(const struct udev_link *link)
{
	return link->udev;
}

static int scan(struct udev_enumerate *list, const struct udev_link_match *match)
{
	int r = udev_enumerate_add_match_subsystem(list, match->subsystem);

	if (r >= 0)
		r = udev_enumerate_add_match_property(list, "DEVTYPE", match->type);
	return r < 0 ? r : udev_enumerate_scan_devices(list);
}

int udev_link_each(
	struct udev_link *link, const struct udev_link_match *match, udev_link_visit visit, void *data)
{
	_cleanup_(enumerate_unrefp) struct udev_enumerate *list = udev_enumerate_new(link->udev);
	struct udev_list_entry *entry;
	int r = list ? scan(list, match) : -ENOMEM;

	if (r < 0)
		return r;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list))
	{
		_cleanup_device_ struct udev_device *device =
			udev_device_new_from_syspath(link->udev, udev_list_entry_get_name(entry));

		r = device ? visit(device, UDEV_LINK_PRESENT, data) : 0;
		if (r != 0)
			return r;
	}
	return 0;
}

int udev_link_dispatch(struct udev_link *link, udev_link_visit visit, void *data)
{
	for (;;) {
		_cleanup_device_ struct udev_device *device = NULL;
		const char *action;
		int r;

		errno = 0;
		device = udev_monitor_receive_device(link->monitor);
		if (!device && errno == ENOBUFS)
			return -ENOBUFS;
		if (!device)
			return 0;
		action = udev_device_get_action(device);
		r = visit(device, action ? action : "", data);
		if (r != 0)
			return r;
	}
}

const char *udev_link_property(struct udev_device *device, const char *name)
{
	const char *value = udev_device_get_property_value(device, name);

	return value ? value : "";
}
