/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Walking the chain. See usb-descriptors.h. */

#include "device/usb-descriptors.h"

#include <string.h>

#define TYPE_DEVICE        1
#define TYPE_CONFIGURATION 2
#define TYPE_STRING        3
#define TYPE_INTERFACE     4
#define DEVICE_SIZE        18
#define CONFIGURATION_SIZE 9
#define INTERFACE_SIZE     9

static void take_name(const uint8_t *descriptor, struct usb_names *names)
{
	uint8_t index = descriptor[8];

	if (descriptor[5] != 0xff || index == 0)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (names->index[i] == index)
			return;
	if (names->count < USB_NAMES_MAX)
		names->index[names->count++] = index;
}

/* One descriptor that lies within the chain. */
static int take(const uint8_t *descriptor, struct usb_interfaces *interfaces, struct usb_names *names)
{
	if (descriptor[1] != TYPE_INTERFACE)
		return 0;
	if (descriptor[0] < INTERFACE_SIZE)
		return -EBADMSG;
	usb_interfaces_add(interfaces, (struct usb_interface){descriptor[5], descriptor[6], descriptor[7]});
	take_name(descriptor, names);
	return 0;
}

int usb_descriptors_parse(
	const uint8_t *bytes, size_t size, struct usb_interfaces *ret_interfaces, struct usb_names *ret_names)
{
	struct usb_interfaces interfaces = {0};
	struct usb_names names = {0};
	size_t at = DEVICE_SIZE;
	int r = 0;

	if (size > USB_DESCRIPTORS_MAX || size < DEVICE_SIZE + CONFIGURATION_SIZE || bytes[0] < DEVICE_SIZE ||
		bytes[1] != TYPE_DEVICE || bytes[at + 1] != TYPE_CONFIGURATION)
		return -EBADMSG;
	while (at < size && r == 0) {
		if (size - at < 2 || bytes[at] < 2 || bytes[at] > size - at)
			return -EBADMSG;
		r = take(bytes + at, &interfaces, &names);
		at += bytes[at];
	}
	if (r < 0)
		return r;
	*ret_interfaces = interfaces;
	if (ret_names)
		*ret_names = names;
	return 0;
}

void usb_string_parse(const uint8_t *bytes, size_t size, char ret_text[static USB_NAME_SIZE])
{
	size_t used = 0;

	if (size >= 2 && bytes[1] == TYPE_STRING && bytes[0] < size)
		size = bytes[0];
	for (size_t i = 2; i + 1 < size && bytes[1] == TYPE_STRING && used + 1 < USB_NAME_SIZE; i += 2) {
		bool plain = bytes[i + 1] == 0 && bytes[i] >= 0x20 && bytes[i] < 0x7f;

		ret_text[used++] = plain ? (char)bytes[i] : '?';
	}
	ret_text[used] = '\0';
}
