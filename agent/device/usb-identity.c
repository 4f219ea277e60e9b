/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keys and descriptions. See usb-identity.h. */

#include "device/usb-identity.h"

#include <inttypes.h>
#include <string.h>

#define LINE_MAX_SIZE (8 + SHA512_HEX_SIZE + USB_CLASSES_SIZE)

bool usb_serial_is_sane(const struct usb_facts *facts)
{
	return !facts->serial_cut && identity_serial_is_sane(facts->serial);
}

void usb_key(const struct usb_facts *facts, char ret_key[static IDENTITY_KEY_SIZE])
{
	struct device_facts device = {
		.kind = DEVICE_PTP, .vendor_id = facts->vendor_id, .product_id = facts->product_id};

	memcpy(device.serial, facts->serial, sizeof(device.serial));
	memcpy(device.syspath, facts->syspath, sizeof(device.syspath));
	device.serial_cut = facts->serial_cut;
	identity_device_key(&device, ret_key);
}

enum device_kind usb_kind(enum usb_brings brings, enum usb_hint hint)
{
	if (brings == USB_BRINGS_STORAGE)
		return DEVICE_DISK;
	if (brings == USB_BRINGS_IMAGES)
		return hint == USB_HINT_MTP ? DEVICE_MTP : DEVICE_PTP;
	return DEVICE_OTHER;
}

static void line_of(const struct usb_facts *facts, char ret_line[static LINE_MAX_SIZE])
{
	char classes[USB_CLASSES_SIZE];

	usb_classes(&facts->interfaces, classes);
	(void)snprintf(ret_line, LINE_MAX_SIZE, "%u:%s:%s", facts->speed, facts->sum, classes);
}

/* The line of this speed, up to a space; NULL when there is none. */
static const char *find_speed(const char *list, unsigned speed)
{
	char begin[16];
	size_t length = (size_t)snprintf(begin, sizeof(begin), "%u:", speed);

	for (const char *at = list; *at; at += strspn(at, " ")) {
		if (strncmp(at, begin, length) == 0)
			return at;
		at += strcspn(at, " ");
	}
	return NULL;
}

static bool same_line(const char *at, const char *line)
{
	size_t length = strlen(line);

	return strncmp(at, line, length) == 0 && (at[length] == ' ' || at[length] == '\0');
}

/* The classes behind the second colon. */
static const char *classes_at(const char *line)
{
	const char *colon = strchr(line, ':');

	colon = colon ? strchr(colon + 1, ':') : NULL;
	return colon ? colon + 1 : "";
}

enum usb_likeness usb_compare(const char *list, const struct usb_facts *facts)
{
	char line[LINE_MAX_SIZE];
	const char *at;

	if (!*list)
		return USB_NOT_RECORDED;
	if (!facts->readable)
		return USB_DIFFERENT;
	line_of(facts, line);
	at = find_speed(list, facts->speed);
	if (at)
		return same_line(at, line) ? USB_SAME : USB_DIFFERENT;
	return same_line(classes_at(list), classes_at(line)) ? USB_SAME_AT_NEW_SPEED : USB_DIFFERENT;
}

int usb_describe(const char *list, const struct usb_facts *facts, char *ret_list, size_t size)
{
	const char *old = find_speed(list, facts->speed);
	size_t before = old ? (size_t)(old - list) : strlen(list), used;
	const char *after = old ? old + strcspn(old, " ") : "";
	char line[LINE_MAX_SIZE];

	if (!facts->readable)
		return -ENODATA;
	line_of(facts, line);
	used = (size_t)snprintf(
		ret_list, size, "%.*s%s%s%s", (int)before, list, !old && before > 0 ? " " : "", line, after);
	return used >= size ? -ENOBUFS : 0;
}
