/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * libudev's monitor and enumeration, for the two who watch devices: disks and cameras (udev.h), USB devices
 * authorised or not (usb-monitor.h). Nothing else includes its header.
 *
 * Only events that udev has finished with are delivered. Nothing here blocks but the enumeration (sysfs
 * only).
 */

#include "base/cleanup.h"

#include <libudev.h>

/* What udev_link_each() says instead of an event's action. */
#define UDEV_LINK_PRESENT "present"

struct udev_link;

struct udev_link_match {
	const char *subsystem, *type;
};

/* Returns 0 to go on; anything else stops and is returned by the calling function. action is never NULL. */
typedef int (*udev_link_visit)(struct udev_device *device, const char *action, void *data);

/* Listens from here on to devices of any of the matches; udev_link_each() afterwards, and nothing falls
 * between the two. */
int udev_link_new(const struct udev_link_match *matches, size_t count, struct udev_link **ret_link);
struct udev_link *udev_link_free(struct udev_link *link);
DEFINE_CLEANUP(struct udev_link, udev_link_free);

/* Readable when events wait; owned by the link. */
int udev_link_fd(const struct udev_link *link);

/* Borrowed, to look up single devices. */
struct udev *udev_link_context(const struct udev_link *link);

int udev_link_each(
	struct udev_link *link, const struct udev_link_match *match, udev_link_visit visit, void *data);

/* All waiting events, without blocking. After an overrun of the kernel's queue it returns -ENOBUFS: look at
 * all again. */
int udev_link_dispatch(struct udev_link *link, udev_link_visit visit, void *data);

/* "" when it has none; borrowed from the device. */
const char *udev_link_property(struct udev_device *device, const char *name);

static inline struct udev_device *udev_link_unref(struct udev_device *device)
{
	return udev_device_unref(device);
}
DEFINE_CLEANUP(struct udev_device, udev_link_unref);
#define _cleanup_device_ _cleanup_(udev_link_unrefp)
