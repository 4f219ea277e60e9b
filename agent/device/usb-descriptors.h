/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The descriptors of a USB device as the kernel keeps them (sysfs `descriptors`): the device descriptor, then
 * all configurations (USB 2.0, chapter 9.5 and 9.6). Pure: bytes in, a list of interfaces out.
 *
 * The kernel has cut each configuration where it stopped to understand it, so lengths that a configuration
 * states about itself count for nothing: what is there is one chain of descriptors, and each must lie within
 * it. What is not such a chain is refused as a whole (-EBADMSG), because half an answer would hide the
 * interface that matters.
 */

#include "policy/usb-class.h"

#define USB_DESCRIPTORS_MAX (512 * 1024)
#define USB_NAMES_MAX       8

/* String numbers (iInterface) of interfaces whose class is the maker's own: their names say what they are. */
struct usb_names {
	size_t count;
	uint8_t index[USB_NAMES_MAX];
};

/* Returns 0 or -EBADMSG. ret_names may be NULL. */
int usb_descriptors_parse(const uint8_t *bytes, size_t size, struct usb_interfaces *ret_interfaces,
	struct usb_names *ret_names);

/* A string descriptor (chapter 9.6.7, UTF-16LE) as ASCII; what is not becomes '?'. "" for none. */
#define USB_NAME_SIZE 128
void usb_string_parse(const uint8_t *bytes, size_t size, char ret_text[static USB_NAME_SIZE]);
