/* SPDX-License-Identifier: GPL-3.0-or-later */

/* <channel><property name="lock"><property name="enabled" type="bool" value="true"/>... See xfconf.h. */

#include "outing/xfconf.h"

#include "outing/rootfs.h"
#include "vault/xml.h"

#include <string.h>

#define FILE_MAX      (1024 * 1024)
#define PATH_MAX_HERE 512

struct reading {
	struct xfconf_property *properties;
	size_t count;
	char path[PATH_MAX_HERE];
	size_t length[XML_DEPTH_MAX + 1]; /* of path at each depth */
	unsigned depth;
};

static void take(struct reading *reading, const char *value)
{
	for (size_t i = 0; i < reading->count; i++) {
		struct xfconf_property *property = &reading->properties[i];

		if (strcmp(property->path, reading->path) != 0)
			continue;
		(void)snprintf(property->value, sizeof property->value, "%.63s", value);
		property->found = true;
	}
}

static int on_start(const char *name, const char *const *attributes, void *data)
{
	struct reading *reading = data;
	const char *part = xml_attribute(attributes, "name"), *value = xml_attribute(attributes, "value");
	size_t at = reading->length[reading->depth];

	if (reading->depth >= XML_DEPTH_MAX)
		return -EBADMSG;
	if (part && strcmp(name, "property") == 0) {
		int n = snprintf(reading->path + at, sizeof reading->path - at, "/%s", part);

		if (n < 0 || (size_t)n >= sizeof reading->path - at)
			return -EBADMSG;
		at += (size_t)n;
		if (value)
			take(reading, value);
	}
	reading->length[++reading->depth] = at;
	return 0;
}

static int on_end(const char *name, void *data)
{
	struct reading *reading = data;

	if (reading->depth > 0)
		reading->depth--;
	return 0;
}

static int on_text(const char *bytes, size_t size, void *data)
{
	return 0;
}

int xfconf_parse(int fd, struct xfconf_property *properties, size_t count)
{
	struct reading reading = {.properties = properties, .count = count};
	const struct xml_events events = {on_start, on_end, on_text, &reading};

	return xml_read(fd, FILE_MAX, NULL, &events);
}

int xfconf_read(const char *root, const char *home, const char *channel, struct xfconf_property *properties,
	size_t count, char *ret_path)
{
	const char *const folders[] = {"/etc/xdg", home};
	const char *const between[] = {"", "/.config"};

	for (size_t i = 0; i < ELEMENTS(folders); i++) {
		_cleanup_close_ int fd = -1;
		int r;

		if (!rootfs_path(ret_path, "%s%s/xfce4/xfconf/xfce-perchannel-xml/%s.xml", folders[i],
			    between[i], channel))
			return -ENAMETOOLONG;
		fd = rootfs_open(root, ret_path);
		if (fd == -ENOENT)
			continue;
		r = fd < 0 ? fd : xfconf_parse(fd, properties, count);
		if (r < 0)
			return r;
	}
	return 0;
}
