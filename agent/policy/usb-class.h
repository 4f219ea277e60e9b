/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a USB device brings, by the classes of its interfaces (USB-IF "Defined Class Codes"), and whether that
 * may be used without the register. Pure: who the device is, is not asked here (usb-decide.h).
 *
 * A list of what is allowed, never of what is forbidden: what is on no list is refused. Every interface of
 * every configuration counts, because the device, not the computer, may choose which of them appear. One
 * that is not allowed makes the whole device not allowed: a keyboard that is also a disk is no keyboard.
 *
 * Allowed whatever the configuration says: hubs (09, and what stands in docks beside them: billboard 11,
 * type-C bridge 12) and keyboards and mice (03, and 05 of game controllers), so that nobody locks himself
 * out. Allowed by a word of the configuration (usb.allow): audio, video, printer, network, serial,
 * smart-card, bluetooth, vendor. Never: storage (08), still images (06), telephones by any of their names
 * (Apple's multiplexer, Android's debugging, RNDIS and ActiveSync), firmware download mode (fe/01/02), and
 * the rest. fe/01/01 is allowed: headsets have it, and it holds nothing until the device leaves and comes
 * back as another.
 */

#include "base/cleanup.h"

#define USB_INTERFACES_MAX 64

struct usb_interface {
	uint8_t class, subclass, protocol;
};

/* The different ones, in the order they were met. */
struct usb_interfaces {
	size_t count;
	bool more; /* there were more than fit */
	struct usb_interface list[USB_INTERFACES_MAX];
};

/* Bits of usb.allow. */
enum usb_allow {
	USB_ALLOW_AUDIO = 1,
	USB_ALLOW_VIDEO = 2,
	USB_ALLOW_PRINTER = 4,
	USB_ALLOW_NETWORK = 8,
	USB_ALLOW_SERIAL = 16,
	USB_ALLOW_SMART_CARD = 32,
	USB_ALLOW_BLUETOOTH = 64,
	USB_ALLOW_VENDOR = 128,
};

/* What others know about the model: the rules' OUTING_EXIT, and what the device calls its own interfaces. */
enum usb_hint {
	USB_HINT_NONE,
	USB_HINT_PTP,
	USB_HINT_MTP,
	USB_HINT_PHONE,
};

/* Words are stable: the rules, the log and the register's list use them. */
enum usb_brings {
	USB_BRINGS_ALLOWED, /* "allowed": nothing but what may be used by everybody */
	USB_BRINGS_STORAGE, /* "storage" */
	USB_BRINGS_IMAGES,  /* "images": PTP or MTP */
	USB_BRINGS_PHONE,   /* "phone": a telephone or tablet that shows neither, as it is set now */
	USB_BRINGS_OTHER,   /* "class": an interface of a class that is not allowed */
	USB_BRINGS_UNKNOWN, /* "unreadable": its descriptors make no sense */
};

/* Adds one; a second of the same kind changes nothing. */
void usb_interfaces_add(struct usb_interfaces *interfaces, struct usb_interface interface);
bool usb_interfaces_have(const struct usb_interfaces *interfaces, uint8_t class);

/* interfaces NULL: they could not be read. allowed: bits of enum usb_allow. */
enum usb_brings usb_brings(const struct usb_interfaces *interfaces, enum usb_hint hint, unsigned allowed);

/* Where unknown sticks go to the gate: a disk, and nothing that types or opens a network beside it. */
bool usb_is_only_storage(const struct usb_interfaces *interfaces, unsigned allowed);

/* The set of its classes as text, "08" or "03+08", whatever order they came in. */
#define USB_CLASSES_SIZE (3 * USB_INTERFACES_MAX + 1)
void usb_classes(const struct usb_interfaces *interfaces, char ret_text[static USB_CLASSES_SIZE]);

const char *usb_brings_name(enum usb_brings brings);
/* -EINVAL for any other word. */
int usb_brings_parse(const char *word, enum usb_brings *ret_brings);

/* The word of OUTING_EXIT; USB_HINT_NONE for others. */
enum usb_hint usb_hint_parse(const char *word);

/* A name that phones and players give to interfaces of a class of their own ("MTP", "ADB Interface"). */
enum usb_hint usb_hint_of_name(const char *name);
