/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Every configuration key in one table, with the checks that a value must pass. Pure: no file, no library.
 *
 * Adding a key means one line here, one field in struct config and one paragraph in
 * packaging/outing-guard.conf. A check never repairs a value: what is not allowed is refused, and the caller
 * says so.
 */

#include "policy/config-keys.h"

#include "base/number.h"
#include "base/utf8.h"
#include "policy/usb-class.h"

#include <inttypes.h>
#include <string.h>

static const struct config_word wipe_methods[] = {
	{"clear", CONFIG_WIPE_CLEAR},
	{"clear-2pass", CONFIG_WIPE_CLEAR_2PASS},
	{NULL, 0},
};

static const struct config_word protected_files[] = {
	{"ask", CONFIG_PROTECTED_ASK},
	{"clear", CONFIG_PROTECTED_CLEAR},
	{NULL, 0},
};

static const struct config_word outing_policies[] = {
	{"transfer-all", CONFIG_OUTING_TRANSFER_ALL},
	{"names-only", CONFIG_OUTING_NAMES_ONLY},
	{NULL, 0},
};

static const struct config_word unencrypted_media[] = {
	{"gate", CONFIG_UNENCRYPTED_GATE},
	{"read-only", CONFIG_UNENCRYPTED_READ_ONLY},
	{"refuse", CONFIG_UNENCRYPTED_REFUSE},
	{NULL, 0},
};

static const struct config_word encrypted_media[] = {
	{"allow", CONFIG_ENCRYPTED_ALLOW},
	{"read-only", CONFIG_ENCRYPTED_READ_ONLY},
	{"refuse", CONFIG_ENCRYPTED_REFUSE},
	{NULL, 0},
};

static const struct config_word unknown_devices[] = {
	{"refuse", CONFIG_UNKNOWN_REFUSE},
	{"gate", CONFIG_UNKNOWN_GATE},
	{NULL, 0},
};

static const struct config_word usb_classes_allowed[] = {
	{"audio", USB_ALLOW_AUDIO},
	{"video", USB_ALLOW_VIDEO},
	{"printer", USB_ALLOW_PRINTER},
	{"network", USB_ALLOW_NETWORK},
	{"serial", USB_ALLOW_SERIAL},
	{"smart-card", USB_ALLOW_SMART_CARD},
	{"bluetooth", USB_ALLOW_BLUETOOTH},
	{"vendor", USB_ALLOW_VENDOR},
	{NULL, 0},
};

static const struct config_word log_levels[] = {
	{"error", LOG_LEVEL_ERROR},
	{"warning", LOG_LEVEL_WARNING},
	{"notice", LOG_LEVEL_NOTICE},
	{"info", LOG_LEVEL_INFO},
	{"debug", LOG_LEVEL_DEBUG},
	{NULL, 0},
};

#define AT(field) offsetof(struct config, field)

static const struct config_entry entries[] = {
	{"vault.path", CONFIG_IS_PATH, AT(vault.path), NULL, 0, 0, "/var/lib/outing-guard/vault",
		"an absolute path of at most 500 characters without \"..\", for example "
		"\"/var/lib/outing-guard/vault\""},
	{"vault.reserve", CONFIG_IS_SIZE, AT(vault.reserve), NULL, 0, 16ULL << 40, "1G",
		"a size in quotes from \"0\" to \"16T\", for example \"500M\" or \"1G\""},
	{"offload.automatic", CONFIG_IS_BOOL, AT(offload.automatic), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"wipe.method", CONFIG_IS_WORD, AT(wipe.method), wipe_methods, 0, 0, "clear",
		"\"clear\" or \"clear-2pass\""},
	{"wipe.keep_folders", CONFIG_IS_BOOL, AT(wipe.keep_folders), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"wipe.protected_files", CONFIG_IS_WORD, AT(wipe.protected_files), protected_files, 0, 0, "ask",
		"\"ask\" or \"clear\""},
	{"removable.unencrypted", CONFIG_IS_WORD, AT(removable.unencrypted), unencrypted_media, 0, 0, "gate",
		"\"gate\", \"read-only\" or \"refuse\""},
	{"removable.encrypted", CONFIG_IS_WORD, AT(removable.encrypted), encrypted_media, 0, 0, "allow",
		"\"allow\", \"read-only\" or \"refuse\""},
	{"removable.unknown_device", CONFIG_IS_WORD, AT(removable.unknown_device), unknown_devices, 0, 0,
		"refuse", "\"refuse\" or \"gate\""},
	{"usb.allow", CONFIG_IS_WORDS, AT(usb.allow), usb_classes_allowed, 0, 0,
		"audio video printer network serial smart-card bluetooth vendor",
		"any of the words audio, video, printer, network, serial, smart-card, bluetooth and vendor, "
		"with spaces between them, in quotes"},
	{"audit.retention_days", CONFIG_IS_NUMBER, AT(audit.retention_days), NULL, 31, 3660, "365",
		"a whole number of days from 31 to 3660"},
	{"hooks.enabled", CONFIG_IS_BOOL, AT(hooks.enabled), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"hooks.user", CONFIG_IS_NAME, AT(hooks.user), NULL, 0, 0, "outing-hooks",
		"the name of a user other than root, for example \"nobody\""},
	{"hooks.timeout_seconds", CONFIG_IS_NUMBER, AT(hooks.timeout_seconds), NULL, 1, 600, "30",
		"a whole number of seconds from 1 to 600"},
	{"outing.policy", CONFIG_IS_WORD, AT(outing.policy), outing_policies, 0, 0, "transfer-all",
		"\"transfer-all\" or \"names-only\""},
	{"outing.accept_weak", CONFIG_IS_BOOL, AT(outing.accept_weak), NULL, 0, 0, "false",
		"true or false, without quotes"},
	{"outing.accept_removed", CONFIG_IS_BOOL, AT(outing.accept_removed), NULL, 0, 0, "false",
		"true or false, without quotes"},
	{"outing.encrypted_max_days", CONFIG_IS_NUMBER, AT(outing.encrypted_max_days), NULL, 30, 1100, "365",
		"a whole number of days from 30 to 1100"},
	{"outing.try_keys", CONFIG_IS_BOOL, AT(outing.try_keys), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"outing.sentence", CONFIG_IS_TEXT, AT(outing.sentence), NULL, 0, 0,
		"I take only what is needed, keep it with me, and bring it back the same day.",
		"one line of at most 500 characters in quotes"},
	{"checks.passwords", CONFIG_IS_BOOL, AT(checks.passwords), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"checks.automatic_login", CONFIG_IS_BOOL, AT(checks.automatic_login), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"checks.screen_lock", CONFIG_IS_BOOL, AT(checks.screen_lock), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"checks.malware", CONFIG_IS_BOOL, AT(checks.malware), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"checks.malware_product", CONFIG_IS_TEXT, AT(checks.malware_product), NULL, 0, 0, "",
		"the name of a product in quotes, for example \"Example Shield\", or \"\" for ClamAV"},
	{"checks.malware_max_days", CONFIG_IS_NUMBER, AT(checks.malware_max_days), NULL, 1, 90, "7",
		"a whole number of days from 1 to 90"},
	{"checks.passwords_reviewed", CONFIG_IS_BOOL, AT(checks.passwords_reviewed), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"checks.review_max_days", CONFIG_IS_NUMBER, AT(checks.review_max_days), NULL, 30, 1100, "365",
		"a whole number of days from 30 to 1100"},
	{"checks.install_rights", CONFIG_IS_BOOL, AT(checks.install_rights), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"checks.updates", CONFIG_IS_BOOL, AT(checks.updates), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"checks.updates_max_days", CONFIG_IS_NUMBER, AT(checks.updates_max_days), NULL, 1, 90, "14",
		"a whole number of days from 1 to 90"},
	{"checks.hibernation", CONFIG_IS_BOOL, AT(checks.hibernation), NULL, 0, 0, "true",
		"true or false, without quotes"},
	{"log.level", CONFIG_IS_WORD, AT(log.level), log_levels, 0, 0, "info",
		"\"error\", \"warning\", \"notice\", \"info\" or \"debug\""},
};

const struct config_entry *config_entry_at(size_t i)
{
	return i < ELEMENTS(entries) ? &entries[i] : NULL;
}

const struct config_entry *config_entry_find(const char *key)
{
	for (size_t i = 0; i < ELEMENTS(entries); i++)
		if (strcmp(entries[i].key, key) == 0)
			return &entries[i];
	return NULL;
}

bool config_group_known(const char *group, size_t length)
{
	for (size_t i = 0; i < ELEMENTS(entries); i++)
		if (strncmp(entries[i].key, group, length) == 0 && entries[i].key[length] == '.')
			return true;
	return false;
}

static void *field(const struct config_entry *entry, struct config *config)
{
	return (char *)config + entry->offset;
}

static bool path_allowed(const char *path)
{
	size_t length = strlen(path);

	if (path[0] != '/' || length < 2 || length > 500 || path[length - 1] == '/')
		return false;
	for (const char *p = path; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
		if (*p != '/')
			continue;
		if (p[1] == '/' || (p[1] == '.' && (p[2] == '/' || !p[2])))
			return false;
		if (p[1] == '.' && p[2] == '.' && (p[3] == '/' || !p[3]))
			return false;
	}
	return true;
}

static bool user_allowed(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz_";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz_0123456789-";
	size_t length = strlen(name);

	if (length == 0 || length >= CONFIG_NAME_SIZE || strcmp(name, "root") == 0)
		return false;
	return strspn(name, first) > 0 && strspn(name, rest) == length;
}

static bool text_allowed(const char *text)
{
	if (strlen(text) > 500 || !utf8_valid(text, strlen(text)))
		return false;
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '"' || *p == '\\')
			return false;
	return true;
}

static bool store_word(const struct config_entry *entry, const char *text, struct config *config)
{
	for (const struct config_word *w = entry->words; w->word; w++)
		if (strcmp(w->word, text) == 0) {
			memcpy(field(entry, config), &w->value, sizeof(w->value));
			return true;
		}
	return false;
}

static const struct config_word *find_word(const struct config_entry *entry, const char *text, size_t length)
{
	for (const struct config_word *w = entry->words; w->word; w++)
		if (strlen(w->word) == length && strncmp(w->word, text, length) == 0)
			return w;
	return NULL;
}

static bool store_words(const struct config_entry *entry, const char *text, struct config *config)
{
	unsigned bits = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");
		const struct config_word *w = find_word(entry, text, length);

		if (!w)
			return false;
		bits |= (unsigned)w->value;
		text += length;
	}
	memcpy(field(entry, config), &bits, sizeof(bits));
	return true;
}

static bool store_size(const struct config_entry *entry, const char *text, struct config *config)
{
	uint64_t bytes;

	if (number_parse_size(text, &bytes) < 0 || bytes < entry->min || bytes > entry->max)
		return false;
	memcpy(field(entry, config), &bytes, sizeof(bytes));
	return true;
}

bool config_store_text(const struct config_entry *entry, const char *text, struct config *config)
{
	switch (entry->type) {
	case CONFIG_IS_PATH:
		if (!path_allowed(text))
			return false;
		memcpy(field(entry, config), text, strlen(text) + 1);
		return true;
	case CONFIG_IS_NAME:
		if (!user_allowed(text))
			return false;
		memcpy(field(entry, config), text, strlen(text) + 1);
		return true;
	case CONFIG_IS_TEXT:
		if (!text_allowed(text))
			return false;
		memcpy(field(entry, config), text, strlen(text) + 1);
		return true;
	case CONFIG_IS_SIZE:
		return store_size(entry, text, config);
	case CONFIG_IS_WORD:
		return store_word(entry, text, config);
	case CONFIG_IS_WORDS:
		return store_words(entry, text, config);
	case CONFIG_IS_BOOL:
	case CONFIG_IS_NUMBER:
		return false;
	}
	return false;
}

bool config_store_number(const struct config_entry *entry, int64_t number, struct config *config)
{
	uint64_t value = (uint64_t)number;

	if (entry->type != CONFIG_IS_NUMBER || number < 0 || value < entry->min || value > entry->max)
		return false;
	memcpy(field(entry, config), &value, sizeof(value));
	return true;
}

bool config_store_bool(const struct config_entry *entry, bool value, struct config *config)
{
	if (entry->type != CONFIG_IS_BOOL)
		return false;
	memcpy(field(entry, config), &value, sizeof(value));
	return true;
}

static void store_preset(const struct config_entry *entry, struct config *config)
{
	uint64_t number = 0;

	switch (entry->type) {
	case CONFIG_IS_BOOL:
		(void)config_store_bool(entry, strcmp(entry->preset, "true") == 0, config);
		return;
	case CONFIG_IS_NUMBER:
		(void)number_parse_u64(entry->preset, &number);
		(void)config_store_number(entry, (int64_t)number, config);
		return;
	case CONFIG_IS_PATH:
	case CONFIG_IS_NAME:
	case CONFIG_IS_TEXT:
	case CONFIG_IS_SIZE:
	case CONFIG_IS_WORD:
	case CONFIG_IS_WORDS:
		(void)config_store_text(entry, entry->preset, config);
		return;
	}
}

void config_defaults(struct config *ret_config)
{
	memset(ret_config, 0, sizeof(*ret_config));
	for (size_t i = 0; i < ELEMENTS(entries); i++)
		store_preset(&entries[i], ret_config);
}

const char *config_key(size_t i)
{
	return i < ELEMENTS(entries) ? entries[i].key : NULL;
}

static const char *word_of(const struct config_entry *entry, const void *at)
{
	int value;

	memcpy(&value, at, sizeof(value));
	for (const struct config_word *w = entry->words; w->word; w++)
		if (w->value == value)
			return w->word;
	return "";
}

static void print_words(
	const struct config_entry *entry, const void *at, char buffer[static CONFIG_VALUE_SIZE])
{
	unsigned bits;
	int used = 1;

	memcpy(&bits, at, sizeof(bits));
	buffer[0] = '"';
	for (const struct config_word *w = entry->words; w->word; w++)
		if (bits & (unsigned)w->value)
			used += snprintf(buffer + used, CONFIG_VALUE_SIZE - (size_t)used, "%s%s",
				used > 1 ? " " : "", w->word);
	(void)snprintf(buffer + used, CONFIG_VALUE_SIZE - (size_t)used, "\"");
}

static void print_size(uint64_t bytes, char buffer[static CONFIG_VALUE_SIZE])
{
	static const char suffixes[] = "KMGT";
	size_t step = 0;

	while (step < 4 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		step++;
	}
	if (step)
		(void)snprintf(buffer, CONFIG_VALUE_SIZE, "\"%" PRIu64 "%c\"", bytes, suffixes[step - 1]);
	else
		(void)snprintf(buffer, CONFIG_VALUE_SIZE, "\"%" PRIu64 "\"", bytes);
}

const char *config_value(const struct config *config, size_t i, char buffer[static CONFIG_VALUE_SIZE])
{
	const struct config_entry *entry = config_entry_at(i);
	const char *at;
	uint64_t number;

	if (!entry)
		return NULL;
	at = (const char *)config + entry->offset;
	switch (entry->type) {
	case CONFIG_IS_PATH:
	case CONFIG_IS_NAME:
	case CONFIG_IS_TEXT:
		(void)snprintf(buffer, CONFIG_VALUE_SIZE, "\"%s\"", at);
		break;
	case CONFIG_IS_WORD:
		(void)snprintf(buffer, CONFIG_VALUE_SIZE, "\"%s\"", word_of(entry, at));
		break;
	case CONFIG_IS_WORDS:
		print_words(entry, at, buffer);
		break;
	case CONFIG_IS_BOOL:
		(void)snprintf(buffer, CONFIG_VALUE_SIZE, "%s", *(const bool *)at ? "true" : "false");
		break;
	case CONFIG_IS_SIZE:
		memcpy(&number, at, sizeof(number));
		print_size(number, buffer);
		break;
	case CONFIG_IS_NUMBER:
		memcpy(&number, at, sizeof(number));
		(void)snprintf(buffer, CONFIG_VALUE_SIZE, "%" PRIu64, number);
		break;
	}
	return buffer;
}
