/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Looking for what opens the door, not for what a rule means in full. See polkit.h. */

#include "outing/polkit.h"

#include "outing/ini.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

/* Whoever may do one of these may bring software onto the computer. */
static const char *const actions[] = {"org.freedesktop.packagekit.package-install",
	"org.freedesktop.packagekit.package-install-untrusted",
	"org.freedesktop.packagekit.package-reinstall", "org.freedesktop.packagekit.system-sources-configure",
	"org.freedesktop.Flatpak.app-install", "org.freedesktop.Flatpak.runtime-install",
	"org.freedesktop.Flatpak.configure-remote", "org.freedesktop.Flatpak.modify-repo",
	"io.snapcraft.snapd.manage", "org.debian.apt.install-or-remove-packages",
	"org.debian.apt.install-file", "org.debian.apt.change-repository",
	"com.ubuntu.softwareproperties.applychanges", "org.freedesktop.policykit.exec",
	"org.rpm.dnf.v0.rpm.execute-transaction", "org.dpkg.pkexec.gdebi-gtk", "com.linuxmint.mintinstall"};

/* --- .rules --- */

/* Comments become spaces; strings stay. */
static void blank_comments(char *text)
{
	char quote = 0;

	for (char *at = text; *at; at++) {
		if (quote) {
			if (*at == '\\' && at[1])
				at++;
			else if (*at == quote)
				quote = 0;
		} else if (*at == '"' || *at == '\'' || *at == '`') {
			quote = *at;
		} else if (at[0] == '/' && at[1] == '/') {
			while (*at && *at != '\n')
				*at++ = ' ';
			if (!*at)
				return;
		} else if (at[0] == '/' && at[1] == '*') {
			char *end = strstr(at + 2, "*/");

			for (; *at && (!end || at < end + 2); at++)
				*at = ' ';
			if (!*at)
				return;
			at--;
		}
	}
}

/* The next string literal, copied without its quotes; *at moves behind it. False: none left. */
static bool next_string(const char **at, char *ret_text, size_t size)
{
	const char *start = strpbrk(*at, "\"'`");
	size_t used = 0;
	char quote;

	if (!start)
		return false;
	quote = *start++;
	for (; *start && *start != quote; start++) {
		if (*start == '\\' && start[1])
			start++;
		if (used + 1 < size)
			ret_text[used++] = *start;
	}
	ret_text[used] = 0;
	*at = *start ? start + 1 : start;
	return true;
}

/* An id, or the beginning of one, as "action.id.indexOf('org.freedesktop.packagekit.') == 0" uses it. */
static bool concerns_install(const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < ELEMENTS(actions); i++)
		if (strncasecmp(actions[i], text, size) == 0)
			return true;
	return false;
}

static bool is_action_like(const char *text)
{
	return strchr(text, '.') && islower((unsigned char)text[0]) && !strchr(text, ' ') &&
	       !strchr(text, '/');
}

/* A rule without any id is about every action. So is one that takes ids apart by a regular expression. */
static bool rule_concerns_install(const char *rule)
{
	const char *at = rule;
	char text[256];
	bool any = false;

	while (next_string(&at, text, sizeof text)) {
		if (!is_action_like(text))
			continue;
		any = true;
		if (concerns_install(text))
			return true;
	}
	return !any || strstr(rule, ".match(") || strstr(rule, ".test(");
}

static bool is_administrators(const char *group)
{
	static const char *const groups[] = {"sudo", "wheel", "admin", "root", "outing-managers"};

	for (size_t i = 0; i < ELEMENTS(groups); i++)
		if (strcmp(group, groups[i]) == 0)
			return true;
	return false;
}

/* Every isInGroup("...") of the rule. Administrators' groups are what check-rights.c looks at anyway. */
static unsigned grant_groups(const char *rule, const char *where, struct grants *grants)
{
	unsigned count = 0;

	for (const char *at = rule; (at = strstr(at, "isInGroup")); count++) {
		char group[GRANT_NAME];

		at += strlen("isInGroup");
		if (!next_string(&at, group, sizeof group))
			break;
		if (!is_administrators(group))
			grants_add(grants, GRANT_GROUP, group, where);
	}
	return count;
}

/* Asks another program. The one that reads .pkla files is known: those are read here as well. */
static bool asks_elsewhere(const char *rule)
{
	return strstr(rule, "polkit.spawn") && !strstr(rule, "pkla-check-authorization") &&
	       !strstr(rule, "pkla-admin-identities");
}

static void judge_rule(const char *rule, const char *where, struct grants *grants)
{
	if (asks_elsewhere(rule)) {
		grants_unclear(grants, where);
		return;
	}
	/* AUTH_SELF asks for the person's own password, which is as good as yes. */
	if (!strstr(rule, "Result.YES") && !strstr(rule, "AUTH_SELF") && !strstr(rule, "\"yes\"") &&
		!strstr(rule, "'yes'") && !strstr(rule, "auth_self"))
		return;
	if (!rule_concerns_install(rule))
		return;
	/* A negation, or a user by name, is more than is understood here. */
	if (strstr(rule, "!subject.isInGroup") || strstr(rule, "subject.user") ||
		grant_groups(rule, where, grants) == 0)
		grants_unclear(grants, where);
}

/* return ["unix-group:sudo", "unix-user:anna"]; */
static void judge_admin_rule(const char *rule, const char *where, struct grants *grants)
{
	const char *at = rule;
	char text[GRANT_NAME];

	if (asks_elsewhere(rule))
		grants_unclear(grants, where);
	while (next_string(&at, text, sizeof text)) {
		if (strncmp(text, "unix-group:", 11) == 0 && !is_administrators(text + 11))
			grants_add(grants, GRANT_GROUP, text + 11, where);
		else if (strncmp(text, "unix-user:", 10) == 0 && strcmp(text + 10, "root") != 0 &&
			 strcmp(text + 10, "0") != 0)
			grants_add(grants, GRANT_USER, text + 10, where);
		else if (strncmp(text, "unix-netgroup:", 14) == 0)
			grants_unclear(grants, where);
	}
}

/* The next call that adds a rule, NULL: none. */
static char *find_rule(char *text, bool *ret_admin)
{
	char *rule = strstr(text, "addRule"), *admin = strstr(text, "addAdminRule");

	*ret_admin = admin && (!rule || admin < rule);
	return *ret_admin ? admin : rule;
}

void polkit_parse_rules(char *text, const char *where, struct grants *grants)
{
	bool admin, next_admin;
	char *rule;

	blank_comments(text);
	rule = find_rule(text, &admin);
	/* What stands before the first rule may be functions that rules use. */
	if (rule) {
		char saved = *rule;

		*rule = 0;
		if (strstr(text, "Result.YES"))
			grants_unclear(grants, where);
		*rule = saved;
	}
	while (rule) {
		char *next = find_rule(rule + 1, &next_admin), saved = 0;

		if (next) {
			saved = *next;
			*next = 0;
		}
		if (admin)
			judge_admin_rule(rule, where, grants);
		else
			judge_rule(rule, where, grants);
		if (next)
			*next = saved;
		rule = next;
		admin = next_admin;
	}
}

/* --- .pkla --- */

struct section {
	const char *where;
	struct grants *grants;
	char name[128];
	char identities[1024];
	bool installs, open;
};

static void grant_identity(const struct section *section, const char *identity)
{
	if (strncmp(identity, "unix-user:", 10) == 0) {
		if (strpbrk(identity + 10, "*?["))
			grants_add(section->grants, GRANT_EVERYBODY, "", section->where);
		else if (strcmp(identity + 10, "root") != 0 && strcmp(identity + 10, "0") != 0)
			grants_add(section->grants, GRANT_USER, identity + 10, section->where);
	} else if (strncmp(identity, "unix-group:", 11) == 0) {
		if (strpbrk(identity + 11, "*?["))
			grants_add(section->grants, GRANT_EVERYBODY, "", section->where);
		else if (!is_administrators(identity + 11))
			grants_add(section->grants, GRANT_GROUP, identity + 11, section->where);
	} else if (strcmp(identity, "*") == 0 || strcmp(identity, "default") == 0) {
		grants_add(section->grants, GRANT_EVERYBODY, "", section->where);
	} else if (*identity) {
		grants_unclear(section->grants, section->where);
	}
}

static void close_section(struct section *section)
{
	char *list = section->identities, *identity;

	if (section->installs && section->open)
		while ((identity = strsep(&list, ";")))
			grant_identity(section, ini_trim(identity));
	section->identities[0] = 0;
	section->installs = section->open = false;
}

static bool globs_install(const char *list)
{
	char copy[2048], *at = copy, *glob;

	if ((size_t)snprintf(copy, sizeof copy, "%s", list) >= sizeof copy)
		return true;
	while ((glob = strsep(&at, ";")))
		for (size_t i = 0; i < ELEMENTS(actions); i++)
			if (fnmatch(ini_trim(glob), actions[i], 0) == 0)
				return true;
	return false;
}

static int take(const char *name, const char *key, const char *value, void *data)
{
	struct section *section = data;

	if (strcmp(name, section->name) != 0) {
		close_section(section);
		(void)snprintf(section->name, sizeof section->name, "%.127s", name);
	}
	if (!value)
		return 0;
	if (strcmp(key, "Identity") == 0 && (size_t)snprintf(section->identities, sizeof section->identities,
						    "%s", value) >= sizeof section->identities)
		grants_unclear(section->grants, section->where);
	else if (strcmp(key, "Action") == 0)
		section->installs = globs_install(value);
	else if (strncmp(key, "Result", 6) == 0 &&
		 (strcmp(value, "yes") == 0 || strncmp(value, "auth_self", 9) == 0))
		section->open = true;
	return 0;
}

static int take_admins(const char *name, const char *key, const char *value, void *data)
{
	struct section *section = data;

	if (strcmp(name, "Configuration") != 0 || strcmp(key, "AdminIdentities") != 0 || !value)
		return 0;
	(void)take("", "Identity", value, section);
	section->installs = section->open = true;
	return 0;
}

void polkit_parse_admins(char *text, const char *where, struct grants *grants)
{
	struct section section = {.where = where, .grants = grants};

	(void)ini_each(text, take_admins, &section);
	close_section(&section);
}

void polkit_parse_pkla(char *text, const char *where, struct grants *grants)
{
	struct section section = {.where = where, .grants = grants};

	(void)ini_each(text, take, &section);
	close_section(&section);
}
