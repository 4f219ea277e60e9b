/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The profile's databases, opened once and asked often. See dconf.h. */

#include "outing/dconf.h"

#include "base/number.h"
#include "outing/gvdb.h"
#include "outing/ini.h"
#include "outing/rootfs.h"

#include <string.h>

#define DATABASE_MAX (16 * 1024 * 1024)

static void add_source(struct dconf *dconf, const char *path)
{
	char *data;
	size_t size;
	int r;

	if (dconf->count >= DCONF_SOURCES_MAX)
		return;
	r = rootfs_read(dconf->root, path, DATABASE_MAX, &data, &size);
	if (r == -ENOENT)
		return;
	if (r < 0 || strlen(path) >= sizeof dconf->source[0].path) {
		(void)snprintf(dconf->unreadable, sizeof dconf->unreadable, "%.500s", path);
		dconf->error = r < 0 ? r : -ENAMETOOLONG;
		if (r == 0)
			free(data);
		return;
	}
	(void)snprintf(dconf->source[dconf->count].path, sizeof dconf->source[dconf->count].path, "%s", path);
	dconf->source[dconf->count].data = data;
	dconf->source[dconf->count].size = size;
	dconf->count++;
}

static void add_user(struct dconf *dconf, const char *home, const char *name)
{
	char path[ROOTFS_PATH];

	if (rootfs_path(path, "%s/.config/dconf/%s", home, name))
		add_source(dconf, path);
}

static void add_line(struct dconf *dconf, const char *home, const char *line)
{
	char path[ROOTFS_PATH];

	if (strncmp(line, "user-db:", 8) == 0)
		add_user(dconf, home, line + 8);
	else if (strncmp(line, "system-db:", 10) == 0 && rootfs_path(path, "/etc/dconf/db/%s", line + 10))
		add_source(dconf, path);
	else if (strncmp(line, "file-db:", 8) == 0)
		add_source(dconf, line + 8);
}

static void read_profile(struct dconf *dconf, const char *home)
{
	static const char *const paths[] = {"/etc/dconf/profile/user", "/usr/share/dconf/profile/user"};
	_cleanup_free_ char *text = NULL;
	char *at, *line;
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < ELEMENTS(paths); i++)
		r = rootfs_text(dconf->root, paths[i], &text);
	if (r < 0) {
		if (r != -ENOENT) {
			(void)snprintf(dconf->unreadable, sizeof dconf->unreadable, "%s", paths[0]);
			dconf->error = r;
		}
		add_user(dconf, home, "user");
		return;
	}
	at = text;
	while ((line = ini_line(&at))) {
		line[strcspn(line, "#")] = 0;
		add_line(dconf, home, ini_trim(line));
	}
}

static int read_overrides(struct dconf *dconf)
{
	static const char folder[] = "/usr/share/glib-2.0/schemas";
	_cleanup_names_ struct rootfs_names names = {0};
	_cleanup_fclose_ FILE *writer = NULL;
	size_t size = 0;
	int r = rootfs_list(dconf->root, folder, ".gschema.override", &names);

	if (r == -ENOMEM)
		return r;
	writer = open_memstream(&dconf->overrides, &size);
	if (!writer)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_free_ char *text = NULL;
		char path[ROOTFS_PATH];

		if (rootfs_path(path, "%s/%s", folder, names.name[i]) &&
			rootfs_text(dconf->root, path, &text) == 0)
			(void)fprintf(writer, "%s\n", text);
	}
	return 0;
}

int dconf_open(const char *root, const char *home, struct dconf *ret_dconf)
{
	*ret_dconf = (struct dconf){.root = root};
	read_profile(ret_dconf, home);
	return read_overrides(ret_dconf);
}

void dconf_close(struct dconf *dconf)
{
	for (size_t i = 0; i < dconf->count; i++)
		free(dconf->source[i].data);
	free(dconf->overrides);
	*dconf = (struct dconf){0};
}

/* Schemas lie at the path that their name spells, but for these. */
static const char *place_of(const char *schema)
{
	static const struct {
		const char *schema, *place;
	} elsewhere[] = {
		{"org.mate.session", "org.mate.desktop.session"},
		{"org.mate.lockdown", "org.mate.desktop.lockdown"},
	};

	for (size_t i = 0; i < ELEMENTS(elsewhere); i++)
		if (strcmp(schema, elsewhere[i].schema) == 0)
			return elsewhere[i].place;
	return schema;
}

static bool path_of(const char *schema, const char *key, char *path, size_t size)
{
	int n = snprintf(path, size, "/%s/%s", place_of(schema), key);

	for (char *at = path; *at; at++)
		if (*at == '.')
			*at = '/';
	return n > 0 && (size_t)n < size;
}

/* The last source that locks the key; those before it do not count then. */
static size_t first_that_counts(const struct dconf *dconf, const char *path, bool *ret_damaged)
{
	for (size_t i = dconf->count; i-- > 1;) {
		enum gvdb_answer answer =
			gvdb_lookup_in(dconf->source[i].data, dconf->source[i].size, ".locks", path);

		if (answer == GVDB_FOUND)
			return i;
		*ret_damaged |= answer == GVDB_DAMAGED;
	}
	return 0;
}

static bool is_users_own(const struct dconf *dconf, size_t i)
{
	return strstr(dconf->source[i].path, "/.config/dconf/") != NULL;
}

enum dconf_origin dconf_read(
	const struct dconf *dconf, const char *schema, const char *key, int64_t *ret_value)
{
	char path[256];
	bool damaged = false;
	int64_t value;
	size_t first;

	if (!path_of(schema, key, path, sizeof path))
		return DCONF_DAMAGED;
	first = first_that_counts(dconf, path, &damaged);
	for (size_t i = first; i < dconf->count && !damaged; i++) {
		switch (gvdb_lookup(dconf->source[i].data, dconf->source[i].size, path, &value)) {
		case GVDB_FOUND:
			*ret_value = value;
			if (is_users_own(dconf, i))
				return DCONF_USER;
			return first > 0 ? DCONF_LOCKED : DCONF_SYSTEM;
		case GVDB_DAMAGED:
			damaged = true;
			break;
		case GVDB_ABSENT:
			break;
		}
	}
	if (damaged)
		return DCONF_DAMAGED;
	return dconf_override(dconf->overrides ? dconf->overrides : "", schema, key, ret_value)
		       ? DCONF_OVERRIDE
		       : DCONF_DEFAULT;
}

struct wanted {
	const char *schema, *key;
	int64_t value;
	bool found;
};

/* "uint32 300", "true", "300" */
static bool parse_value(const char *text, int64_t *ret_value)
{
	const char *space = strrchr(text, ' ');
	uint64_t number;

	if (space)
		text = space + 1;
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
		*ret_value = text[0] == 't';
		return true;
	}
	if (number_parse_u64(text, &number) < 0 || number > INT64_MAX)
		return false;
	*ret_value = (int64_t)number;
	return true;
}

/* Sections may carry the desktop they are for: "org.gnome.desktop.session:ubuntu"; each counts here. */
static int take_override(const char *section, const char *key, const char *value, void *data)
{
	struct wanted *wanted = data;
	size_t size = strlen(wanted->schema);

	if (strncmp(section, wanted->schema, size) != 0 || (section[size] && section[size] != ':'))
		return 0;
	if (value && strcmp(key, wanted->key) == 0 && parse_value(value, &wanted->value))
		wanted->found = true;
	return 0;
}

bool dconf_override(const char *text, const char *schema, const char *key, int64_t *ret_value)
{
	struct wanted wanted = {.schema = schema, .key = key};
	_cleanup_free_ char *copy = NULL;

	if (!strstr(text, schema))
		return false;
	copy = strdup(text);
	if (!copy)
		return false;
	(void)ini_each(copy, take_override, &wanted);
	if (wanted.found)
		*ret_value = wanted.value;
	return wanted.found;
}
