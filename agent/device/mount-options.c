/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Options by file system. See mount-options.h. */

#include "device/mount-options.h"

#include <string.h>

enum writing {
	NEVER,
	WITHOUT_OWNERS,
	WITH_OWNERS,
};

struct pair {
	const char *key, *value; /* value NULL: a flag */
};

struct known_type {
	const char *type, *driver;
	enum writing writing;
	bool local_time; /* of a writer */
	struct pair read[3], write[2];
};

static const struct known_type known_types[] = {
	{"vfat", "vfat", WITHOUT_OWNERS, true, {{"utf8", "1"}, {"tz", "UTC"}, {"umask", "0022"}},
		{{"utf8", "1"}, {"errors", "remount-ro"}}},
	{"exfat", "exfat", WITHOUT_OWNERS, true, {{"iocharset", "utf8"}, {"umask", "0022"}},
		{{"iocharset", "utf8"}, {"errors", "remount-ro"}}},
	{"ext2", "ext4", WITH_OWNERS, false, {{NULL}}, {{"errors", "remount-ro"}}},
	{"ext3", "ext4", WITH_OWNERS, false, {{"noload", NULL}}, {{"errors", "remount-ro"}}},
	{"ext4", "ext4", WITH_OWNERS, false, {{"noload", NULL}}, {{"errors", "remount-ro"}}},
	{"btrfs", "btrfs", NEVER, false, {{NULL}}, {{NULL}}},
	{"xfs", "xfs", NEVER, false, {{"norecovery", NULL}}, {{NULL}}},
	{"udf", "udf", NEVER, false, {{NULL}}, {{NULL}}},
	{"hfsplus", "hfsplus", NEVER, false, {{NULL}}, {{NULL}}},
	{"ntfs", "ntfs3", WITHOUT_OWNERS, false, {{NULL}}, {{"iocharset", "utf8"}}},
};

static const struct known_type *find_type(const char *type)
{
	for (size_t i = 0; i < ELEMENTS(known_types); i++)
		if (strcmp(known_types[i].type, type) == 0)
			return &known_types[i];
	return NULL;
}

static void add(struct mount_options *options, const char *key, const char *value)
{
	struct mount_option *option = &options->list[options->count++];

	option->key = key;
	(void)snprintf(option->value, sizeof option->value, "%s", value ? value : "");
}

static void add_number(struct mount_options *options, const char *key, long value)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%ld", value);
	add(options, key, text);
}

static void add_writer(
	const struct known_type *known, const struct mount_writer *writer, struct mount_options *options)
{
	if (known->local_time)
		add_number(options, "time_offset", writer->minutes_east);
	if (known->writing != WITHOUT_OWNERS)
		return;
	add(options, "umask", "0077");
	add_number(options, "uid", (long)writer->uid);
	add_number(options, "gid", (long)writer->gid);
}

int mount_options(const char *type, const struct mount_writer *writer, struct mount_options *ret)
{
	const struct known_type *known = find_type(type);

	if (!known || (writer && known->writing == NEVER))
		return -EOPNOTSUPP;
	*ret = (struct mount_options){.driver = known->driver, .has_owners = known->writing == WITH_OWNERS};
	if (!writer) {
		for (size_t i = 0; i < ELEMENTS(known->read) && known->read[i].key; i++)
			add(ret, known->read[i].key, known->read[i].value);
		return 0;
	}
	for (size_t i = 0; i < ELEMENTS(known->write) && known->write[i].key; i++)
		add(ret, known->write[i].key, known->write[i].value);
	add_writer(known, writer, ret);
	return 0;
}
