/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The same facts from a kernel command line: systemd's and dracut's rd.luks.key=, Arch's cryptkey=, Debian's
 * cryptopts=. Boot loader files are read the same way, word by word, because the words are what the kernel
 * gets in the end.
 */

#include "encryption/crypttab.h"

#include <string.h>

/* "6f2b...-c0de=rest": the length of the UUID, 0 when it does not start with one. */
static size_t uuid_size(const char *text)
{
	size_t size = strspn(text, "0123456789abcdefABCDEF-");

	return size == 36 && text[size] == '=' ? size : 0;
}

/* "UUID=" stands before it where a tool writes it so. */
static const char *take_uuid(const char *value, struct crypttab_entry *entry)
{
	const char *start = strncmp(value, "luks-", 5) == 0 ? value + 5 : value;
	size_t size = uuid_size(start);

	if (size == 0)
		return value;
	(void)snprintf(entry->device, sizeof entry->device, "UUID=%.*s", (int)size, start);
	return start + size + 1;
}

/* systemd: "[UUID=]PATH[:DEVICE]", dracut: "PATH[:DEVICE[:VOLUME]]". */
static void from_luks_key(const char *value, struct crypttab_entry *entry)
{
	const char *rest = take_uuid(value, entry);
	const char *first = strchr(rest, ':'), *second = first ? strchr(first + 1, ':') : NULL;

	if (second) {
		(void)snprintf(entry->device, sizeof entry->device, "%s", second + 1);
		(void)snprintf(entry->key, sizeof entry->key, "%.*s", (int)(second - rest), rest);
	} else {
		(void)snprintf(entry->key, sizeof entry->key, "%s", rest);
	}
}

/* "rootfs:PATH", "DEVICE:FSTYPE:PATH", "DEVICE:OFFSET:SIZE" */
static void from_cryptkey(const char *value, struct crypttab_entry *entry)
{
	const char *first = strchr(value, ':'), *second = first ? strchr(first + 1, ':') : NULL;

	if (strncmp(value, "rootfs:", 7) == 0)
		(void)snprintf(entry->key, sizeof entry->key, "%s", value + 7);
	else if (second && second[1] == '/')
		(void)snprintf(
			entry->key, sizeof entry->key, "%.*s:%s", (int)(first - value), value, second + 1);
	else
		(void)snprintf(entry->key, sizeof entry->key, "%.*s",
			(int)(first ? (size_t)(first - value) : strlen(value)), value);
}

static void from_cryptopts(const char *value, struct crypttab_entry *entry)
{
	(void)snprintf(entry->options, sizeof entry->options, "%s", value);
	(void)crypttab_option(entry, "source", entry->device, sizeof entry->device);
	(void)crypttab_option(entry, "key", entry->key, sizeof entry->key);
	(void)crypttab_option(entry, "target", entry->name, sizeof entry->name);
}

static void from_options(const char *value, struct crypttab_entry *entry)
{
	(void)snprintf(entry->options, sizeof entry->options, "%s", take_uuid(value, entry));
}

struct word_kind {
	const char *prefix;
	void (*parse)(const char *value, struct crypttab_entry *entry);
};

static const struct word_kind kinds[] = {
	{"rd.luks.key=", from_luks_key},
	{"luks.key=", from_luks_key},
	{"rd.luks.options=", from_options},
	{"luks.options=", from_options},
	{"cryptkey=", from_cryptkey},
	{"cryptopts=", from_cryptopts},
};

static const struct word_kind *kind_of(const char *word, size_t size)
{
	for (size_t i = 0; i < ELEMENTS(kinds); i++)
		if (size >= strlen(kinds[i].prefix) &&
			memcmp(word, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return &kinds[i];
	return NULL;
}

/* Words end at white space and at quotes, but for a quote that opens the value of a word that we know:
 * NAME="a b" in a boot loader's configuration holds words of its own. */
static const char *take_word(const char *at, char *ret_word, size_t size, bool *ret_cut)
{
	size_t used = 0;

	for (at += strspn(at, " \t\r\n\"'"); *at && !strchr(" \t\r\n", *at); at++) {
		const struct word_kind *kind = kind_of(ret_word, used);

		if (*at == '"' || *at == '\'') {
			if (kind && used == strlen(kind->prefix))
				continue;
			break;
		}
		if (used + 1 < size)
			ret_word[used++] = *at;
		else
			*ret_cut = true;
	}
	ret_word[used] = 0;
	return at;
}

int crypttab_parse_cmdline(const char *text, crypttab_visit visit, void *data)
{
	char word[CRYPTTAB_TEXT];
	int worst = 0;

	while (*text) {
		struct crypttab_entry entry = {0};
		const struct word_kind *kind;
		bool cut = false;
		int r;

		text = take_word(text, word, sizeof word, &cut);
		kind = kind_of(word, strlen(word));
		if (!kind)
			continue;
		if (cut)
			worst = -EBADMSG;
		kind->parse(word + strlen(kind->prefix), &entry);
		r = visit(&entry, data);
		if (r != 0)
			return r;
	}
	return worst;
}
