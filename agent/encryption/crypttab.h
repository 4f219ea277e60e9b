/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where a volume's key comes from, as /etc/crypttab (Debian's and systemd's) and the kernel's command line
 * say it. Pure parsers of text; nothing is opened and nothing is judged here.
 */

#include "base/cleanup.h"

#define CRYPTTAB_TEXT 1024

struct crypttab_entry {
	char name[256];              /* "" from a command line */
	char device[CRYPTTAB_TEXT];  /* "UUID=...", a path; "" for every volume */
	char key[CRYPTTAB_TEXT];     /* third field; "" when there is none */
	char options[CRYPTTAB_TEXT]; /* comma-separated; "" when there are none */
};

enum crypttab_key {
	CRYPTTAB_KEY_NONE,   /* a person is asked */
	CRYPTTAB_KEY_RANDOM, /* new at each start: swap */
	CRYPTTAB_KEY_FILE,
	CRYPTTAB_KEY_ON_DEVICE, /* a file on a device that is mounted for it, or a device that is the key */
	CRYPTTAB_KEY_OTHER,     /* a name or argument for a script */
};

typedef int (*crypttab_visit)(const struct crypttab_entry *entry, void *data);

/* Calls visit for each line that is an entry, until it returns non-zero, which is then returned. -EBADMSG
 * for a line that is too long, after the others were visited. */
int crypttab_parse(const char *text, crypttab_visit visit, void *data);

/* The same for rd.luks.key=, luks.key=, rd.luks.options=, cryptkey= and cryptopts= in a text with words in
 * it: a command line, or a boot loader's configuration. */
int crypttab_parse_cmdline(const char *text, crypttab_visit visit, void *data);

/* Is there the option `name` or `name=value`? The value goes to ret_value ("" without one; cut if longer). */
bool crypttab_option(const struct crypttab_entry *entry, const char *name, char *ret_value, size_t size);

/* What kind of key the key field names. For FILE the path goes to ret_path, for ON_DEVICE the device
 * ("UUID=x", a path) goes to ret_device and the path on it, if any, to ret_path. */
enum crypttab_key crypttab_key_of(const struct crypttab_entry *entry, char ret_path[static CRYPTTAB_TEXT],
	char ret_device[static CRYPTTAB_TEXT]);
