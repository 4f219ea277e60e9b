/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Descriptors of any bytes: understood or refused as a whole; a storage interface that lies anywhere in the
 * chain is never missed; names are text.
 */

#include "device/usb-descriptors.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The plainest reading there is: every descriptor of the chain, by its own length. */
static bool chain_has_storage(const uint8_t *data, size_t size)
{
	bool found = false;

	for (size_t at = 18; at + 1 < size && data[at] >= 2; at += data[at])
		found |= data[at + 1] == 4 && data[at] >= 6 && at + 5 < size && data[at + 5] == 8;
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct usb_interfaces interfaces;
	struct usb_names names;
	char text[USB_NAME_SIZE], classes[USB_CLASSES_SIZE];
	enum usb_brings brings = USB_BRINGS_UNKNOWN;

	if (usb_descriptors_parse(data, size, &interfaces, &names) == 0) {
		brings = usb_brings(&interfaces, USB_HINT_NONE, 0xff);
		usb_classes(&interfaces, classes);
		if (names.count > USB_NAMES_MAX || interfaces.count > USB_INTERFACES_MAX ||
			strlen(classes) >= sizeof classes)
			abort();
	}
	if (size >= 18 && brings == USB_BRINGS_ALLOWED && chain_has_storage(data, size))
		abort();
	usb_string_parse(data, size, text);
	for (const char *p = text; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			abort();
	return 0;
}
