/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Lines of crypttab(5), and what an entry's key field means. See crypttab.h. */

#include "encryption/crypttab.h"

#include <string.h>

static int octal(const char *text)
{
	for (int i = 0; i < 3; i++)
		if (text[i] < '0' || text[i] > '7')
			return -1;
	return (text[0] - '0') * 64 + (text[1] - '0') * 8 + (text[2] - '0');
}

/* The next field of a line; *rest moves behind it. False when it does not fit. */
static bool take_field(const char **rest, char *ret_text, size_t size)
{
	const char *at = *rest + strspn(*rest, " \t");
	size_t used = 0;

	for (; *at && !strchr(" \t\n\r", *at); at++) {
		int value = *at == '\\' ? octal(at + 1) : -1;

		if (used + 1 >= size)
			return false;
		ret_text[used++] = value > 0 && value < 256 ? (char)value : *at;
		at += value > 0 && value < 256 ? 3 : 0;
	}
	ret_text[used] = 0;
	*rest = at;
	return true;
}

static int parse_line(const char *line, crypttab_visit visit, void *data)
{
	struct crypttab_entry entry = {0};

	line += strspn(line, " \t");
	if (*line == '#' || *line == '\n' || *line == '\r' || *line == 0)
		return 0;
	if (!take_field(&line, entry.name, sizeof entry.name) ||
		!take_field(&line, entry.device, sizeof entry.device) ||
		!take_field(&line, entry.key, sizeof entry.key) ||
		!take_field(&line, entry.options, sizeof entry.options))
		return -EBADMSG;
	if (entry.key[0] == '#')
		entry.key[0] = entry.options[0] = 0;
	return entry.device[0] ? visit(&entry, data) : 0;
}

int crypttab_parse(const char *text, crypttab_visit visit, void *data)
{
	int worst = 0;

	while (text && *text) {
		int r = parse_line(text, visit, data);

		if (r == -EBADMSG)
			worst = r;
		else if (r != 0)
			return r;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return worst;
}

bool crypttab_option(const struct crypttab_entry *entry, const char *name, char *ret_value, size_t size)
{
	size_t length = strlen(name);

	for (const char *at = entry->options; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		size_t whole = strcspn(at, ",");

		if (strncmp(at, name, length) != 0 || (at[length] != '=' && at[length] != ',' && at[length]))
			continue;
		if (ret_value && size > 0)
			(void)snprintf(ret_value, size, "%.*s",
				at[length] == '=' ? (int)(whole - length - 1) : 0, at + length + 1);
		return true;
	}
	return false;
}

static bool is_device(const char *text)
{
	static const char *const tags[] = {
		"/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID=", "SERIAL="};

	for (size_t i = 0; i < ELEMENTS(tags); i++)
		if (strncmp(text, tags[i], strlen(tags[i])) == 0)
			return true;
	return false;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* "device:/path[:timeout]" as Debian's passdev wants it, or "/path:device" as systemd does. */
static bool split_on_device(const char *key, char *ret_path, char *ret_device)
{
	const char *colon = strchr(key, ':'), *last = strrchr(key, ':');

	if (!colon)
		return false;
	if (is_device(key) && colon[1] == '/') {
		(void)snprintf(ret_device, CRYPTTAB_TEXT, "%.*s", (int)(colon - key), key);
		(void)snprintf(ret_path, CRYPTTAB_TEXT, "%.*s", (int)strcspn(colon + 1, ":"), colon + 1);
		return true;
	}
	if (key[0] != '/' || !is_device(last + 1))
		return false;
	(void)snprintf(ret_device, CRYPTTAB_TEXT, "%s", last + 1);
	(void)snprintf(ret_path, CRYPTTAB_TEXT, "%.*s", (int)(last - key), key);
	return true;
}

enum crypttab_key crypttab_key_of(const struct crypttab_entry *entry, char ret_path[static CRYPTTAB_TEXT],
	char ret_device[static CRYPTTAB_TEXT])
{
	static const char *const none[] = {"", "none", "-"};
	static const char *const random[] = {"/dev/urandom", "/dev/random", "/dev/hwrng", "/dev/hw_random"};
	const char *key = entry->key;

	ret_path[0] = ret_device[0] = 0;
	if (is_one_of(key, none, ELEMENTS(none)))
		return CRYPTTAB_KEY_NONE;
	if (is_one_of(key, random, ELEMENTS(random)))
		return CRYPTTAB_KEY_RANDOM;
	if (split_on_device(key, ret_path, ret_device))
		return CRYPTTAB_KEY_ON_DEVICE;
	if (is_device(key)) {
		(void)snprintf(ret_device, CRYPTTAB_TEXT, "%s", key);
		return CRYPTTAB_KEY_ON_DEVICE;
	}
	if (key[0] != '/')
		return CRYPTTAB_KEY_OTHER;
	(void)snprintf(ret_path, CRYPTTAB_TEXT, "%s", key);
	return CRYPTTAB_KEY_FILE;
}
