/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which external devices are there, and what happens to them, as udev tells (udev-link.h).
 *
 * Only events that udev has finished with are delivered, so the read-only rules have already run. A
 * partition's event is reported as a change of its disk: callers see whole disks, and cameras, phones and
 * tablets as USB devices, as soon as they are authorised. facts.settled says whether every partition has been
 * looked at. Nothing here blocks but the enumeration at start (sysfs only), and no medium is ever read.
 */

#include "device/facts.h"

struct device_monitor;

enum device_event {
	DEVICE_UNLOCKED, /* an encrypted volume on the disk was opened; facts.opened and opened_diskseq say
			    which */
	DEVICE_ADDED,
	DEVICE_CHANGED,
	DEVICE_REMOVED, /* only syspath, node, number and diskseq of the facts are set; also for USB devices
			   never reported */
};

/* Returns 0 to go on; anything else stops and is returned by the calling function. */
typedef int (*device_callback)(enum device_event event, const struct device_facts *facts, void *data);

/* Listens from here on; enumerate afterwards, and nothing falls between the two. */
int device_monitor_new(struct device_monitor **ret_monitor);
struct device_monitor *device_monitor_free(struct device_monitor *monitor);
DEFINE_CLEANUP(struct device_monitor, device_monitor_free);

/* Readable when events wait; owned by the monitor. */
int device_monitor_fd(const struct device_monitor *monitor);

/* Reports every present external disk and every PTP or MTP device as DEVICE_ADDED. */
int device_monitor_enumerate(struct device_monitor *monitor, device_callback callback, void *data);

/* Handles all waiting events without blocking. After an overrun of the kernel's queue it returns -ENOBUFS:
 * enumerate again. */
int device_monitor_dispatch(struct device_monitor *monitor, device_callback callback, void *data);

/* Facts of the disk behind a block device node or number; also of internal ones. -ENODEV when there is none.
 */
int device_monitor_lookup(struct device_monitor *monitor, dev_t number, struct device_facts *ret_facts);

/* Asks the kernel for a "change" event, so that the rules judge the device again (after the register
 * changed). */
int device_retrigger(const char *syspath);
