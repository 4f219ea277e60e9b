/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Checking what was asked. See request.h. */

#include "gate/request.h"

#include "base/utf8.h"
#include "device/mount-options.h"

#include <string.h>

#define PLAIN_NAME "Stick"

static bool has_end(const char *text, size_t size)
{
	return memchr(text, 0, size) != NULL;
}

/* "/dev/sdb1", "/dev/mmcblk0p1"; nothing that leads elsewhere. */
static bool is_node(const char *node)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/";

	return strncmp(node, "/dev/", 5) == 0 && node[5] && strspn(node, letters) == strlen(node);
}

int request_open(const void *payload, size_t size, struct gate_open *ret_open)
{
	const struct mount_writer anybody = {0};
	struct mount_options options;
	struct gate_open open;

	if (size != sizeof open)
		return -EBADMSG;
	memcpy(&open, payload, sizeof open);
	if (!has_end(open.node, sizeof open.node) || !has_end(open.type, sizeof open.type) ||
		!has_end(open.label, sizeof open.label) || !is_node(open.node) || open.flags != 0 ||
		open.uid == 0 || open.uid == UINT32_MAX || open.keep_seconds > REQUEST_SECONDS_MAX)
		return -EBADMSG;
	if (mount_options(open.type, &anybody, &options) < 0)
		return -EOPNOTSUPP;
	*ret_open = open;
	return 0;
}

int request_allow(const void *payload, size_t size, struct gate_allow *ret_allow)
{
	if (size != sizeof *ret_allow)
		return -EBADMSG;
	memcpy(ret_allow, payload, sizeof *ret_allow);
	return ret_allow->seconds > REQUEST_SECONDS_MAX ? -EBADMSG : 0;
}

/* Marks that turn text around, or that nobody sees: U+200B..200F, U+2028..202E, U+2060..206F, U+FEFF; and the
 * control characters U+0080..009F. */
static bool is_unseen(const uint8_t *c, size_t length)
{
	if (length == 1)
		return c[0] < 0x20 || c[0] == 0x7f;
	if (length == 2)
		return c[0] == 0xc2 && c[1] < 0xa0;
	if (length != 3)
		return false;
	if (c[0] == 0xe2 && c[1] == 0x80)
		return (c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae);
	return (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xaf) ||
	       (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf);
}

static size_t copy_visible(const char *label, char *ret)
{
	size_t size = strlen(label), used = 0;

	for (size_t at = 0; at < size;) {
		size_t length = utf8_character(label + at, size - at);
		bool leading = used == 0 && (label[at] == '.' || label[at] == ' ');

		if (length == 0) {
			ret[used++] = '_';
			at++;
			continue;
		}
		if (label[at] == '/' || label[at] == '\\') {
			ret[used++] = '_';
		} else if (!leading && !is_unseen((const uint8_t *)label + at, length)) {
			memcpy(ret + used, label + at, length);
			used += length;
		}
		at += length;
	}
	while (used > 0 && ret[used - 1] == ' ')
		used--;
	ret[used] = 0;
	return used;
}

void request_name(const char *label, unsigned attempt, char ret_name[static GATE_LABEL_SIZE + 8])
{
	size_t used = copy_visible(label, ret_name);

	if (used == 0)
		used = (size_t)snprintf(ret_name, GATE_LABEL_SIZE, "%s", PLAIN_NAME);
	if (attempt > 0)
		(void)snprintf(ret_name + used, GATE_LABEL_SIZE + 8 - used, " %u", attempt + 1);
}
