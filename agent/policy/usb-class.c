/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One table of classes; what is not in it is refused. See usb-class.h. Pure. */

#include "policy/usb-class.h"

#include <string.h>

#define ANY (-1)

enum {
	ALWAYS = 0,     /* whatever the configuration says */
	NEVER = 1 << 16 /* whatever the configuration says */
};

/* The first row that fits decides. */
static const struct row {
	int class, subclass, protocol;
	unsigned needs; /* any of these bits */
	enum usb_brings otherwise;
} rows[] = {
	{0x08, ANY, ANY, NEVER, USB_BRINGS_STORAGE},
	{0x06, ANY, ANY, NEVER, USB_BRINGS_IMAGES},
	{0x03, ANY, ANY, ALWAYS, USB_BRINGS_OTHER},
	{0x05, ANY, ANY, ALWAYS, USB_BRINGS_OTHER},
	{0x09, ANY, ANY, ALWAYS, USB_BRINGS_OTHER},
	{0x11, ANY, ANY, ALWAYS, USB_BRINGS_OTHER},
	{0x12, ANY, ANY, ALWAYS, USB_BRINGS_OTHER},
	{0xfe, 0x01, 0x01, ALWAYS, USB_BRINGS_OTHER},
	{0x01, ANY, ANY, USB_ALLOW_AUDIO, USB_BRINGS_OTHER},
	{0x0e, ANY, ANY, USB_ALLOW_VIDEO, USB_BRINGS_OTHER},
	{0x10, ANY, ANY, USB_ALLOW_VIDEO, USB_BRINGS_OTHER},
	{0x0d, ANY, ANY, USB_ALLOW_AUDIO | USB_ALLOW_VIDEO, USB_BRINGS_OTHER},
	{0x07, ANY, ANY, USB_ALLOW_PRINTER, USB_BRINGS_OTHER},
	{0x0b, ANY, ANY, USB_ALLOW_SMART_CARD, USB_BRINGS_OTHER},
	/* Abstract modems are serial lines, but Microsoft's dialect of them (RNDIS) is a telephone's network.
	 */
	{0x02, 0x02, 0xff, NEVER, USB_BRINGS_PHONE},
	{0x02, 0x02, ANY, USB_ALLOW_SERIAL, USB_BRINGS_OTHER},
	{0x02, 0x06, ANY, USB_ALLOW_NETWORK, USB_BRINGS_OTHER},
	{0x02, 0x0c, ANY, USB_ALLOW_NETWORK, USB_BRINGS_OTHER},
	{0x02, 0x0d, ANY, USB_ALLOW_NETWORK, USB_BRINGS_OTHER},
	{0x02, 0x0e, ANY, USB_ALLOW_NETWORK, USB_BRINGS_OTHER},
	{0x0a, ANY, ANY, USB_ALLOW_NETWORK | USB_ALLOW_SERIAL, USB_BRINGS_OTHER},
	{0xe0, 0x01, 0x01, USB_ALLOW_BLUETOOTH, USB_BRINGS_OTHER},
	{0xe0, 0x01, 0x04, USB_ALLOW_BLUETOOTH, USB_BRINGS_OTHER},
	{0xe0, 0x01, 0x03, NEVER, USB_BRINGS_PHONE},
	{0xef, 0x04, 0x01, NEVER, USB_BRINGS_PHONE},
	{0xef, 0x01, ANY, NEVER, USB_BRINGS_PHONE},
	/* Android's debugging and boot loader, Apple's multiplexer and network. */
	{0xff, 0x42, ANY, NEVER, USB_BRINGS_PHONE},
	{0xff, 0xfe, 0x02, NEVER, USB_BRINGS_PHONE},
	{0xff, 0xfd, 0x01, NEVER, USB_BRINGS_PHONE},
	{0xff, ANY, ANY, USB_ALLOW_VENDOR, USB_BRINGS_OTHER},
};

static bool same(struct usb_interface a, struct usb_interface b)
{
	return a.class == b.class && a.subclass == b.subclass && a.protocol == b.protocol;
}

void usb_interfaces_add(struct usb_interfaces *interfaces, struct usb_interface interface)
{
	for (size_t i = 0; i < interfaces->count; i++)
		if (same(interfaces->list[i], interface))
			return;
	if (interfaces->count == USB_INTERFACES_MAX)
		interfaces->more = true;
	else
		interfaces->list[interfaces->count++] = interface;
}

bool usb_interfaces_have(const struct usb_interfaces *interfaces, uint8_t class)
{
	for (size_t i = 0; i < interfaces->count; i++)
		if (interfaces->list[i].class == class)
			return true;
	return false;
}

static enum usb_brings one(struct usb_interface interface, unsigned allowed)
{
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		const struct row *row = &rows[i];

		if (row->class != interface.class ||
			(row->subclass != ANY && row->subclass != interface.subclass) ||
			(row->protocol != ANY && row->protocol != interface.protocol))
			continue;
		if (row->needs == ALWAYS || (row->needs & allowed) != 0)
			return USB_BRINGS_ALLOWED;
		return row->otherwise;
	}
	return USB_BRINGS_OTHER;
}

/* Which of two says more about what people plugged in. */
static enum usb_brings stronger(enum usb_brings a, enum usb_brings b)
{
	static const enum usb_brings order[] = {USB_BRINGS_UNKNOWN, USB_BRINGS_IMAGES, USB_BRINGS_STORAGE,
		USB_BRINGS_PHONE, USB_BRINGS_OTHER};

	for (size_t i = 0; i < ELEMENTS(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return USB_BRINGS_ALLOWED;
}

static enum usb_brings hinted(enum usb_hint hint)
{
	switch (hint) {
	case USB_HINT_NONE:
		break;
	case USB_HINT_PTP:
	case USB_HINT_MTP:
		return USB_BRINGS_IMAGES;
	case USB_HINT_PHONE:
		return USB_BRINGS_PHONE;
	}
	return USB_BRINGS_ALLOWED;
}

enum usb_brings usb_brings(const struct usb_interfaces *interfaces, enum usb_hint hint, unsigned allowed)
{
	enum usb_brings brings = hinted(hint);

	if (!interfaces || interfaces->count == 0 || interfaces->more)
		return USB_BRINGS_UNKNOWN;
	for (size_t i = 0; i < interfaces->count; i++)
		brings = stronger(brings, one(interfaces->list[i], allowed));
	return brings;
}

static bool types_or_connects(struct usb_interface interface)
{
	return interface.class == 0x02 || interface.class == 0x03 || interface.class == 0x0a ||
	       interface.class == 0xe0 || interface.class == 0xff;
}

bool usb_is_only_storage(const struct usb_interfaces *interfaces, unsigned allowed)
{
	bool storage = false;

	for (size_t i = 0; i < interfaces->count; i++) {
		enum usb_brings brings = one(interfaces->list[i], allowed);

		storage |= brings == USB_BRINGS_STORAGE;
		if (brings != USB_BRINGS_STORAGE &&
			(brings != USB_BRINGS_ALLOWED || types_or_connects(interfaces->list[i])))
			return false;
	}
	return storage && !interfaces->more;
}

void usb_classes(const struct usb_interfaces *interfaces, char ret_text[static USB_CLASSES_SIZE])
{
	int used = 0;

	ret_text[0] = '\0';
	for (unsigned class = 0; class <= 0xff; class ++)
		if (usb_interfaces_have(interfaces, (uint8_t) class))
			used += snprintf(ret_text + used, USB_CLASSES_SIZE - (size_t)used, "%s%02x",
				used ? "+" : "", class);
}

static const char *const names[] = {
	[USB_BRINGS_ALLOWED] = "allowed",
	[USB_BRINGS_STORAGE] = "storage",
	[USB_BRINGS_IMAGES] = "images",
	[USB_BRINGS_PHONE] = "phone",
	[USB_BRINGS_OTHER] = "class",
	[USB_BRINGS_UNKNOWN] = "unreadable",
};

const char *usb_brings_name(enum usb_brings brings)
{
	return (size_t)brings < ELEMENTS(names) ? names[brings] : "unreadable";
}

int usb_brings_parse(const char *word, enum usb_brings *ret_brings)
{
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (strcmp(names[i], word) == 0) {
			*ret_brings = (enum usb_brings)i;
			return 0;
		}
	return -EINVAL;
}

enum usb_hint usb_hint_parse(const char *word)
{
	if (strcmp(word, "ptp") == 0)
		return USB_HINT_PTP;
	if (strcmp(word, "mtp") == 0 || strcmp(word, "player") == 0)
		return USB_HINT_MTP;
	if (strcmp(word, "phone") == 0 || strcmp(word, "debug") == 0)
		return USB_HINT_PHONE;
	return USB_HINT_NONE;
}

static bool has_word(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

enum usb_hint usb_hint_of_name(const char *name)
{
	if (has_word(name, "mtp") || has_word(name, "media transfer"))
		return USB_HINT_MTP;
	if (has_word(name, "ptp") || has_word(name, "still image"))
		return USB_HINT_PTP;
	if (has_word(name, "adb") || has_word(name, "fastboot") || has_word(name, "usb multiplexor"))
		return USB_HINT_PHONE;
	return USB_HINT_NONE;
}
