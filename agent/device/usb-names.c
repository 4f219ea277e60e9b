/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Asking a device for the names of its interfaces (USB 2.0, chapter 9.4.3) through usbfs: the only thing that
 * can be asked of a device that is not authorised. Each answer has a time limit and a size limit, and is
 * nothing but text to look for words in.
 */

#include "device/usb.h"

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>

#define GET_DESCRIPTOR 6
#define FROM_DEVICE    0x80
#define STRING         3
#define ANSWER_MAX     255
#define ANSWER_MS      250
#define ENGLISH        0x0409

static size_t ask(int fd, uint8_t index, uint16_t language, uint8_t answer[static ANSWER_MAX])
{
	struct usbdevfs_ctrltransfer request = {.bRequestType = FROM_DEVICE,
		.bRequest = GET_DESCRIPTOR,
		.wValue = (uint16_t)(STRING << 8 | index),
		.wIndex = language,
		.wLength = ANSWER_MAX,
		.timeout = ANSWER_MS,
		.data = answer};
	int n = ioctl(fd, USBDEVFS_CONTROL, &request);

	return n < 0 ? 0 : (size_t)n;
}

static uint16_t first_language(int fd)
{
	uint8_t answer[ANSWER_MAX];

	if (ask(fd, 0, 0, answer) < 4 || answer[1] != STRING)
		return ENGLISH;
	return (uint16_t)(answer[2] | answer[3] << 8);
}

enum usb_hint usb_ask_names(const char *node, const struct usb_names *names)
{
	_cleanup_close_ int fd = -1;
	enum usb_hint hint = USB_HINT_NONE;
	uint16_t language;

	if (names->count == 0)
		return USB_HINT_NONE;
	fd = open(node, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return USB_HINT_NONE;
	language = first_language(fd);
	for (size_t i = 0; i < names->count && hint == USB_HINT_NONE; i++) {
		uint8_t answer[ANSWER_MAX];
		char name[USB_NAME_SIZE];

		usb_string_parse(answer, ask(fd, names->index[i], language, answer), name);
		hint = usb_hint_of_name(name);
	}
	return hint;
}
