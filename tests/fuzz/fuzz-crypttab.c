/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any text as crypttab and as a command line: fields end, keys are of a kind, and a file has a path. */

#include "encryption/crypttab.h"
#include "encryption/keys-name.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int see(const struct crypttab_entry *entry, void *data)
{
	char path[CRYPTTAB_TEXT], device[CRYPTTAB_TEXT], value[32];
	enum crypttab_key kind = crypttab_key_of(entry, path, device);

	if (!memchr(entry->name, 0, sizeof entry->name) || !memchr(entry->device, 0, sizeof entry->device) ||
		!memchr(entry->key, 0, sizeof entry->key) ||
		!memchr(entry->options, 0, sizeof entry->options))
		abort();
	if ((kind == CRYPTTAB_KEY_FILE && path[0] != '/') || (kind == CRYPTTAB_KEY_ON_DEVICE && !device[0]))
		abort();
	(void)crypttab_option(entry, "keyfile-offset", value, sizeof value);
	(void)crypttab_option(entry, "keyscript", value, 1);
	(void)keys_name_may_be_key(path);
	(void)keys_name_is_image(path);
	(void)keys_name_is_cmdline(path);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	(void)crypttab_parse(text, see, NULL);
	(void)crypttab_parse_cmdline(text, see, NULL);
	return 0;
}
