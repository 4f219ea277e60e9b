/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The configuration file: read with a limit, handed to libconfig, and walked against the table of keys. The
 * only file that includes libconfig's header.
 *
 * Before the library sees the text it is looked at once: no NUL bytes, no @include (it would open other files
 * with our rights), and no nesting deeper than a configuration needs. The result is all or nothing:
 * *ret_config is touched only when there was no error.
 */

#include "policy/config.h"

#include "base/fd.h"
#include "policy/config-keys.h"

#include <fcntl.h>
#include <libconfig.h>
#include <stdarg.h>
#include <string.h>

#define NESTING_MAX 8

static void config_destroyp(config_t *c)
{
	config_destroy(c);
}

static void vcomplain(struct config_errors *errors, unsigned line, const char *key, const char *format,
	va_list arguments) _printf_(4, 0);

static void vcomplain(
	struct config_errors *errors, unsigned line, const char *key, const char *format, va_list arguments)
{
	struct config_error *e;

	if (errors->count == CONFIG_ERRORS_MAX) {
		errors->dropped++;
		return;
	}
	e = &errors->list[errors->count++];
	memset(e, 0, sizeof(*e));
	e->line = line;
	(void)snprintf(e->key, sizeof(e->key), "%s", key);
	(void)vsnprintf(e->text, sizeof(e->text), format, arguments);
}

static void complain(struct config_errors *errors, unsigned line, const char *key, const char *format, ...)
	_printf_(4, 5);

static void complain(struct config_errors *errors, unsigned line, const char *key, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vcomplain(errors, line, key, format, arguments);
	va_end(arguments);
}

static void errors_begin(struct config_errors *errors, const char *file)
{
	memset(errors, 0, sizeof(*errors));
	(void)snprintf(errors->file, sizeof(errors->file), "%s", file);
}

static const char *type_word(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "a number";
	case CONFIG_TYPE_FLOAT:
		return "a decimal number";
	case CONFIG_TYPE_STRING:
		return "text in quotes";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	case CONFIG_TYPE_GROUP:
		return "a group";
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		return "a list";
	}
	return "something else";
}

static unsigned line_of(const config_setting_t *setting)
{
	return config_setting_source_line(setting);
}

/* False when the value has the wrong type or is out of range; nothing is stored then. */
static bool take_value(
	const config_setting_t *setting, const struct config_entry *entry, struct config *config)
{
	const char *text;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		text = config_setting_get_string(setting);
		return text && config_store_text(entry, text, config);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return config_store_number(entry, config_setting_get_int64(setting), config);
	case CONFIG_TYPE_BOOL:
		return config_store_bool(entry, config_setting_get_bool(setting) != 0, config);
	}
	return false;
}

static bool type_fits(const config_setting_t *setting, const struct config_entry *entry)
{
	int type = config_setting_type(setting);

	switch (entry->type) {
	case CONFIG_IS_PATH:
	case CONFIG_IS_SIZE:
	case CONFIG_IS_WORD:
	case CONFIG_IS_WORDS:
	case CONFIG_IS_NAME:
	case CONFIG_IS_TEXT:
		return type == CONFIG_TYPE_STRING;
	case CONFIG_IS_BOOL:
		return type == CONFIG_TYPE_BOOL;
	case CONFIG_IS_NUMBER:
		return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
	}
	return false;
}

static void take_setting(const char *group, const config_setting_t *setting, struct config *config,
	struct config_errors *errors)
{
	const char *name = config_setting_name(setting);
	const struct config_entry *entry;
	char key[96];

	(void)snprintf(key, sizeof(key), "%.40s.%.40s", group, name ? name : "");
	entry = config_entry_find(key);
	if (!entry)
		complain(errors, line_of(setting), key,
			"there is no such key; see outing-guard.conf(5) for the keys of \"%.40s\"", group);
	else if (!type_fits(setting, entry))
		complain(errors, line_of(setting), key, "is %s but must be %s", type_word(setting),
			entry->allowed);
	else if (!take_value(setting, entry, config))
		complain(errors, line_of(setting), key, "must be %s", entry->allowed);
}

static void take_group(const config_setting_t *group, struct config *config, struct config_errors *errors)
{
	const char *name = config_setting_name(group);
	int count;

	if (!name)
		name = "";
	if (!config_group_known(name, strlen(name))) {
		complain(errors, line_of(group), name,
			"there is no such key; see outing-guard.conf(5) for the groups and their keys");
		return;
	}
	if (config_setting_type(group) != CONFIG_TYPE_GROUP) {
		complain(errors, line_of(group), name,
			"is %s but must be a group: %.40s: { name = value; ... };", type_word(group), name);
		return;
	}
	count = config_setting_length(group);
	for (int i = 0; i < count; i++) {
		const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);

		if (setting)
			take_setting(name, setting, config, errors);
	}
}

static bool line_is_include(const char *line, const char *end)
{
	static const char word[] = "@include";

	while (line < end && (*line == ' ' || *line == '\t' || *line == '\r' || *line == '\f'))
		line++;
	return (size_t)(end - line) >= sizeof(word) - 1 && memcmp(line, word, sizeof(word) - 1) == 0;
}

/* What must not even reach the library. Braces in comments and strings count too: that only makes it
 * stricter. */
static void look_once(const char *text, size_t size, struct config_errors *errors)
{
	const char *end = text + size, *line = text;
	unsigned number = 1, depth = 0;

	for (const char *p = text; p < end; p++) {
		if (*p == '\0') {
			complain(errors, number, "", "contains a NUL byte; a configuration is plain text");
			return;
		}
		if (p == line && line_is_include(line, end))
			complain(errors, number, "@include", "is not allowed; put everything in one file");
		if (*p == '{' || *p == '(' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ')' || *p == ']') && depth > 0)
			depth--;
		if (depth > NESTING_MAX) {
			complain(
				errors, number, "", "brackets are nested too deep (at most %d)", NESTING_MAX);
			return;
		}
		if (*p == '\n') {
			number++;
			line = p + 1;
		}
	}
}

static int read_settings(const char *copy, struct config *config, struct config_errors *errors)
{
	_cleanup_(config_destroyp) config_t parsed = {0};
	const config_setting_t *root;
	int count;

	config_init(&parsed);
	if (config_read_string(&parsed, copy) != CONFIG_TRUE) {
		const char *what = config_error_text(&parsed);
		int line = config_error_line(&parsed);

		complain(errors, line > 0 ? (unsigned)line : 0, "", "%s",
			what ? what : "is not in the configuration's syntax");
		return -EBADMSG;
	}
	root = config_root_setting(&parsed);
	count = config_setting_length(root);
	for (int i = 0; i < count; i++) {
		const config_setting_t *group = config_setting_get_elem(root, (unsigned)i);

		if (group)
			take_group(group, config, errors);
	}
	return errors->count ? -EBADMSG : 0;
}

int config_parse(const char *file, const char *text, size_t size, struct config *ret_config,
	struct config_errors *errors)
{
	_cleanup_free_ char *copy = NULL;
	struct config config;
	int r;

	errors_begin(errors, file);
	if (size > CONFIG_SIZE_MAX)
		complain(errors, 0, "", "is larger than %d bytes", CONFIG_SIZE_MAX);
	else
		look_once(text, size, errors);
	if (errors->count)
		return -EBADMSG;
	copy = malloc(size + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, size);
	copy[size] = '\0';
	config_defaults(&config);
	r = read_settings(copy, &config, errors);
	if (r < 0)
		return r;
	*ret_config = config;
	return 0;
}

int config_load(const char *path, struct config *ret_config, struct config_errors *errors)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t size = 0;
	int r;

	if (!path)
		path = CONFIG_FILE;
	errors_begin(errors, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	r = fd < 0 ? -errno : fd_read_file(fd, CONFIG_SIZE_MAX, &text, &size);
	if (r >= 0 && !text)
		r = -EIO;
	if (r == -EFBIG) {
		complain(errors, 0, "", "is larger than %d bytes", CONFIG_SIZE_MAX);
		return -EBADMSG;
	}
	if (r < 0) {
		complain(errors, 0, "", "cannot be read: %s", strerror(-r));
		return r;
	}
	return config_parse(path, text, size, ret_config, errors);
}

static void print_error(FILE *out, const char *file, const struct config_error *e)
{
	(void)fprintf(out, "%s:", file);
	if (e->line)
		(void)fprintf(out, "%u:", e->line);
	if (e->key[0])
		(void)fprintf(out, " %s:", e->key);
	(void)fprintf(out, " %s\n", e->text);
}

char *config_errors_text(const struct config_errors *errors)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < errors->count; i++)
		print_error(out, errors->file, &errors->list[i]);
	if (errors->dropped)
		(void)fprintf(out, "%s: and %zu more errors\n", errors->file, errors->dropped);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
