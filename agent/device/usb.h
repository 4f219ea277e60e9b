/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One USB device as sysfs shows it, also one that nobody may talk to yet, and the kernel's switch for that
 * (`authorized`; Documentation/usb/authorization).
 *
 * A device is held by an open directory: when it goes, the directory leads nowhere any more, so what was
 * decided about one device is never done to another one that comes to the same socket. Everything the device
 * says is hostile text; it is bounded and cut.
 */

#include "base/sha512.h"
#include "device/facts.h"
#include "device/usb-descriptors.h"

struct usb_facts {
	char syspath[DEVICE_PATH];
	char port[DEVICE_TEXT]; /* where it hangs, "0000:00:14.0-usb-2.3"; "" when that cannot be said */
	char node[DEVICE_TEXT]; /* "/dev/bus/usb/001/004" */
	unsigned vendor_id, product_id;
	char vendor[DEVICE_TEXT], product[DEVICE_TEXT];
	char serial[DEVICE_TEXT];
	bool serial_cut;
	unsigned speed; /* Mbit/s; descriptors differ with it */
	bool root_hub;
	bool authorized;
	bool readable;             /* the descriptors make sense; else the two below are empty */
	char sum[SHA512_HEX_SIZE]; /* of all descriptors; "" when there are none */
	struct usb_interfaces interfaces;
	struct usb_names names;
};

/* The directory of the device, O_PATH; negative errno. syspath must be below /sys/devices. */
int usb_open(const char *syspath);

/* -ENODEV when it has gone. */
int usb_read(int dir, const char *syspath, struct usb_facts *ret_facts);

/* 0, or -ENODEV when it has gone. The kernel unbinds everything from a device that is not authorised. */
int usb_authorize(int dir, bool authorize);

/* The node for reading and writing; a negative errno: -ENODEV when the device has gone, -ENOTTY when that is
 * no node of a USB device. Waits as long as the kernel resets the device. */
int usb_open_node(const char *node);

/* Whether fd, as usb_open_node() gave it, is the device that was judged: 0; -ENODEV when that one has gone,
 * -ESTALE when fd is another one or it describes itself otherwise. Does not wait for the device. */
int usb_is_opened(int dir, const struct usb_facts *judged, int fd);

/* Asks for a "change" event, so that whoever listens looks at the device again. */
int usb_announce(int dir);

/* Hubs that are no device but the computer's own sockets: whether what is plugged in there is let in. */
int usb_set_default(int dir, bool authorize);

/* 1: a disk behind it is mounted, swapped on, held by another device or claimed; 0: not. -errno when that
 * cannot be found out. Opens the disks' nodes. */
int usb_in_use(const char *syspath);

/* 1: the running system stands on a disk behind it, or it is in use, or that cannot be found out. */
bool usb_stands_under_system(const char *syspath);

/* The names of interfaces (usb_names) as the device gives them, asked over usbfs with a time limit; what they
 * say about it. */
enum usb_hint usb_ask_names(const char *node, const struct usb_names *names);

/* Text of a socket that stays the same after the next start, from a sysfs path alone; "" when it is none. */
void usb_port_of(const char *syspath, char ret_port[static DEVICE_TEXT]);
