/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Who a USB device is: vendor, product and serial (the key), and how it describes itself. Pure.
 *
 * A serial that is missing or not sane does not identify anything; such a device is known by the socket it
 * hangs at ("port:VID:PID:SOCKET"), which is weaker: whatever says the same of itself at that socket is taken
 * for it.
 *
 * The same stick describes itself differently at a USB 2 and a USB 3 socket. So what the register keeps is a
 * list, "SPEED:HASH:CLASSES" for each speed at which it was seen, with spaces between. At a speed that is not
 * in the list yet, it is the same device if the set of its interface classes is the same; what grows a
 * keyboard is not.
 */

#include "device/identity.h"
#include "device/usb.h"
#include "policy/usb-class.h"

enum usb_likeness {
	USB_SAME,
	USB_SAME_AT_NEW_SPEED,
	USB_NOT_RECORDED, /* the list is empty: registered before descriptors were kept */
	USB_DIFFERENT,
};

/* Empty when there is neither a sane serial nor a known socket. */
void usb_key(const struct usb_facts *facts, char ret_key[static IDENTITY_KEY_SIZE]);
bool usb_serial_is_sane(const struct usb_facts *facts);

/* How it is listed and registered. */
enum device_kind usb_kind(enum usb_brings brings, enum usb_hint hint);

enum usb_likeness usb_compare(const char *list, const struct usb_facts *facts);

/* list with this speed's line added or replaced. -ENOBUFS when it does not fit, -ENODATA when there is
 * nothing to describe. */
int usb_describe(const char *list, const struct usb_facts *facts, char *ret_list, size_t size);
