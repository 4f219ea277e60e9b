/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which login screen runs, and what its files say. See check-autologin.h. */

#include "outing/check-autologin.h"

#include "outing/getty.h"
#include "outing/ini.h"
#include "outing/login.h"
#include "outing/rootfs.h"

#include <string.h>
#include <strings.h>

#define FIX_OFF                                                                                             \
	"Ask the technician to turn automatic login off, so that the computer asks for a password when it " \
	"is switched on."

enum rule_kind {
	RULE_NONE,
	RULE_USER,     /* a name means that it is logged in */
	RULE_ENABLED,  /* the same, but only if the other key is true */
	RULE_GUEST,    /* true means a guest is logged in */
	RULE_NO_GUEST, /* false means that guests are not offered; logs nobody in */
};

/* Sections are compared up to the length given here, so "Seat" stands for "Seat:*" and "SeatDefaults". */
struct rule {
	enum rule_kind kind;
	const char *section, *key, *enable;
};

struct manager {
	const char *name;
	const char *units[4];  /* names of its service */
	const char *places[6]; /* files, or folders of *.conf; later ones override */
	struct rule rules[AUTOLOGIN_RULES_MAX];
};

static const struct manager managers[] = {
	{"gdm", {"gdm", "gdm3"},
		{"/etc/gdm/custom.conf", "/etc/gdm3/daemon.conf", "/etc/gdm3/custom.conf",
			"/run/gdm/custom.conf", "/run/gdm3/custom.conf"},
		{{RULE_ENABLED, "daemon", "AutomaticLogin", "AutomaticLoginEnable"},
			{RULE_ENABLED, "daemon", "TimedLogin", "TimedLoginEnable"}}},
	{"lightdm", {"lightdm"},
		{"/usr/share/lightdm/lightdm.conf.d/", "/etc/xdg/lightdm/lightdm.conf.d/",
			"/etc/lightdm/lightdm.conf.d/", "/etc/lightdm/lightdm.conf"},
		{{RULE_USER, "Seat", "autologin-user"}, {RULE_GUEST, "Seat", "autologin-guest"},
			{RULE_NO_GUEST, "Seat", "allow-guest"}}},
	{"sddm", {"sddm"}, {"/usr/lib/sddm/sddm.conf.d/", "/etc/sddm.conf.d/", "/etc/sddm.conf"},
		{{RULE_USER, "Autologin", "User"}}},
	{"plasmalogin", {"plasmalogin"},
		{"/usr/lib/plasmalogin/plasmalogin.conf.d/", "/etc/plasmalogin.conf.d/",
			"/etc/plasmalogin.conf"},
		{{RULE_USER, "Autologin", "User"}}},
	{"greetd", {"greetd", "cosmic-greeter"},
		{"/etc/greetd/config.toml", "/etc/greetd/cosmic-greeter.toml"},
		{{RULE_USER, "initial_session", "user"}, {RULE_USER, "initial_session", "command"}}},
	{"lxdm", {"lxdm"}, {"/etc/lxdm/default.conf", "/etc/lxdm/lxdm.conf"},
		{{RULE_USER, "base", "autologin"}}},
	{"slim", {"slim"}, {"/etc/slim.conf", "/etc/slim.local.conf"}, {{RULE_GUEST, "", "auto_login"}}},
	{"emptty", {"emptty"}, {"/etc/emptty/conf"}, {{RULE_GUEST, "", "AUTOLOGIN"}}},
	{"ly", {"ly", "ly@"}, {"/etc/ly/config.ini"}, {{RULE_USER, "", "auto_login_user"}}},
	{"nodm", {"nodm"}, {"/etc/default/nodm"}, {{RULE_USER, "", "NODM_USER"}}},
	{"xdm", {"xdm", "wdm"}, {NULL}, {{RULE_NONE}}},
};

static const struct manager *find_manager(const char *name)
{
	for (size_t i = 0; i < ELEMENTS(managers); i++)
		if (strcmp(managers[i].name, name) == 0)
			return &managers[i];
	return NULL;
}

/* "gdm3.service", "ly@tty2.service" */
static const struct manager *manager_of_unit(const char *unit)
{
	size_t size = strcspn(unit, ".@");

	for (size_t i = 0; i < ELEMENTS(managers); i++)
		for (size_t u = 0; u < ELEMENTS(managers[i].units) && managers[i].units[u]; u++)
			if (strlen(managers[i].units[u]) == size &&
				strncmp(managers[i].units[u], unit, size) == 0)
				return &managers[i];
	return NULL;
}

/* --- what files say --- */

struct feeding {
	const struct manager *manager;
	struct autologin_memory *memory;
};

static bool is_nobody(const char *value)
{
	return !*value || strcmp(value, "null") == 0;
}

static void remember(struct autologin_memory *memory, size_t i, const char *section, const char *value)
{
	bool same = strcmp(memory->rule[i].section, section) == 0;

	/* An empty value takes back what the same section said, not what another seat's does. */
	if (is_nobody(value) && memory->rule[i].value[0] && !same)
		return;
	(void)snprintf(memory->rule[i].section, sizeof memory->rule[i].section, "%s", section);
	(void)snprintf(
		memory->rule[i].value, sizeof memory->rule[i].value, "%s", is_nobody(value) ? "" : value);
}

static const char *meaning(enum rule_kind kind, const char *value)
{
	switch (kind) {
	case RULE_GUEST:
		return ini_true(value) ? "a guest" : "";
	case RULE_NO_GUEST:
		return ini_false(value) ? "off" : "";
	case RULE_USER:
	case RULE_ENABLED:
	case RULE_NONE:
		break;
	}
	return value;
}

static void feed_rule(
	const struct feeding *feeding, size_t i, const char *section, const char *key, const char *value)
{
	const struct rule *rule = &feeding->manager->rules[i];

	if (rule->kind == RULE_NONE || strncasecmp(section, rule->section, strlen(rule->section)) != 0)
		return;
	if (strcmp(section, "SeatDefaults") == 0)
		section = "Seat:*";
	if (rule->enable && strcasecmp(key, rule->enable) == 0)
		feeding->memory->rule[i].enabled = ini_true(value);
	if (strcasecmp(key, rule->key) == 0)
		remember(feeding->memory, i, section, meaning(rule->kind, value));
}

static int feed(const char *section, const char *key, const char *value, void *data)
{
	char copy[256], *text = copy;

	/* slim writes "key value". */
	if (!value) {
		(void)snprintf(copy, sizeof copy, "%s", key);
		key = ini_word(&text);
		value = text ? ini_trim(text) : NULL;
	}
	for (size_t i = 0; key && value && i < AUTOLOGIN_RULES_MAX; i++)
		feed_rule(data, i, section, key, value);
	return 0;
}

void autologin_feed(const char *manager, char *text, struct autologin_memory *memory)
{
	struct feeding feeding = {find_manager(manager), memory};

	if (feeding.manager)
		(void)ini_each(text, feed, &feeding);
}

const char *autologin_user(const char *name, const struct autologin_memory *memory)
{
	const struct manager *manager = find_manager(name);

	for (size_t i = 0; manager && i < AUTOLOGIN_RULES_MAX; i++) {
		if (!memory->rule[i].value[0] || manager->rules[i].kind == RULE_NO_GUEST)
			continue;
		if (manager->rules[i].kind != RULE_ENABLED || memory->rule[i].enabled)
			return memory->rule[i].value;
	}
	return NULL;
}

/* --- which files, which login screen --- */

static int feed_file(
	const char *root, const struct manager *manager, const char *path, struct autologin_memory *memory)
{
	_cleanup_free_ char *text = NULL;
	int r = rootfs_text(root, path, &text);

	if (r == 0)
		autologin_feed(manager->name, text, memory);
	return r == -ENOENT ? 0 : r;
}

static int feed_place(const char *root, const struct manager *manager, const char *place,
	struct autologin_memory *memory, char *path)
{
	_cleanup_names_ struct rootfs_names names = {0};
	int r;

	(void)rootfs_path(path, "%s", place);
	if (place[strlen(place) - 1] != '/')
		return feed_file(root, manager, place, memory);
	r = rootfs_list(root, place, ".conf", &names);
	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = rootfs_path(path, "%s%s", place, names.name[i]) ? feed_file(root, manager, path, memory)
								    : -ENAMETOOLONG;
	return r;
}

/* LightDM offers a guest session where a script for it is installed, unless it is told not to. */
static void judge_guest(const char *root, const struct manager *manager,
	const struct autologin_memory *memory, struct finding *finding)
{
	static const char *const scripts[] = {"/usr/sbin/guest-account", "/usr/bin/guest-account"};
	bool offered = false;

	for (size_t i = 0; i < AUTOLOGIN_RULES_MAX; i++)
		if (manager->rules[i].kind == RULE_NO_GUEST)
			offered = !memory->rule[i].value[0];
	for (size_t i = 0; offered && i < ELEMENTS(scripts); i++)
		if (rootfs_exists(root, scripts[i]) > 0)
			finding_fail(finding,
				"Ask the technician to turn guest sessions off (allow-guest=false in "
				"/etc/lightdm/lightdm.conf).",
				"The login screen lets guests in without a password (%s).", scripts[i]);
}

static void judge_manager(
	const char *root, const struct manager *manager, bool enabled, struct finding *finding)
{
	struct autologin_memory memory = {0};
	char path[ROOTFS_PATH], name[FINDING_NAME];
	const char *user;

	for (size_t i = 0; i < ELEMENTS(manager->places) && manager->places[i]; i++) {
		int r = feed_place(root, manager, manager->places[i], &memory, path);

		if (r < 0 && enabled)
			finding_unreadable(finding, path, r);
	}
	if (enabled)
		judge_guest(root, manager, &memory, finding);
	user = autologin_user(manager->name, &memory);
	if (!user)
		return;
	(void)finding_name(user, name);
	if (enabled)
		finding_fail(finding, FIX_OFF, "The login screen (%s) logs \"%s\" in without a password.",
			manager->name, name);
	else
		finding_detail(finding,
			"%s is set to log \"%s\" in without a password, but it is not the login screen in "
			"use.",
			manager->name, name);
}

/* 1 and the unit's name, 0 when no login screen is enabled. */
static int enabled_unit(const char *root, char *ret_unit, size_t size)
{
	static const char *const links[] = {"/etc/systemd/system/display-manager.service",
		"/run/systemd/system/display-manager.service",
		"/usr/lib/systemd/system/display-manager.service"};
	_cleanup_free_ char *text = NULL;
	char target[ROOTFS_PATH];
	const char *name;
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < ELEMENTS(links); i++)
		r = rootfs_link(root, links[i], target, sizeof target);
	if (r == -ENOENT) {
		r = rootfs_text(root, "/etc/X11/default-display-manager", &text);
		if (r == 0)
			(void)snprintf(target, sizeof target, "%.*s", (int)strcspn(text, " \t\n"), text);
	}
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	name = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	memcpy(ret_unit, name, strlen(name) + 1);
	return strcmp(target, "/dev/null") != 0 && *target;
}

static void judge_screens(const char *root, struct finding *finding)
{
	char unit[256] = "", name[FINDING_NAME];
	const struct manager *enabled = NULL;
	int r = enabled_unit(root, unit, sizeof unit);

	if (r < 0)
		finding_unreadable(finding, "/etc/systemd/system/display-manager.service", r);
	if (r > 0) {
		enabled = manager_of_unit(unit);
		if (!enabled)
			finding_unknown(finding,
				"Ask the technician whether this login screen logs anybody in by itself.",
				"The login screen \"%s\" is not known here.", finding_name(unit, name));
	}
	/* Without an answer to which one is in use, each may be. */
	for (size_t i = 0; i < ELEMENTS(managers); i++)
		judge_manager(root, &managers[i], r < 0 || &managers[i] == enabled, finding);
}

static int judge_getty(const char *unit, enum getty_answer answer, void *data)
{
	char name[FINDING_NAME];

	(void)finding_name(unit, name);
	switch (answer) {
	case GETTY_ASKS:
		break;
	case GETTY_AUTOLOGIN:
		finding_fail(data, FIX_OFF, "A text console logs somebody in without a password (%s).", name);
		break;
	case GETTY_NO_LOGIN:
		finding_fail(data, FIX_OFF,
			"A text console starts a program without asking who is there (%s).", name);
		break;
	}
	return 0;
}

static void judge_consoles(const char *root, struct finding *finding)
{
	static const char *const credentials[] = {"/etc/credstore/agetty.autologin",
		"/run/credstore/agetty.autologin", "/usr/lib/credstore/agetty.autologin",
		"/run/credentials/@system/agetty.autologin", "/run/credentials/@system/login.noauth"};
	static const char *const shells[] = {"/etc/systemd/system/sysinit.target.wants/debug-shell.service",
		"/run/systemd/system/sysinit.target.wants/debug-shell.service",
		"/run/systemd/generator.early/sysinit.target.wants/debug-shell.service",
		"/run/systemd/generator/sysinit.target.wants/debug-shell.service"};
	char path[ROOTFS_PATH], target[ROOTFS_PATH];
	int r;

	if (rootfs_exists(root, "/usr/lib/systemd/system") <= 0 &&
		rootfs_exists(root, "/lib/systemd/system") <= 0)
		finding_unknown(finding,
			"Ask the technician whether a text console of this computer logs anybody in by "
			"itself. The "
			"manager may turn this check off (checks.automatic_login).",
			"How the text consoles of this computer start is not known: only systemd is "
			"examined.");
	r = getty_each(root, judge_getty, finding, path);
	if (r < 0)
		finding_unreadable(finding, path, r);
	for (size_t i = 0; i < ELEMENTS(credentials); i++)
		if (rootfs_exists(root, credentials[i]) > 0)
			finding_fail(finding, FIX_OFF,
				"The text consoles log somebody in without a password (%s).", credentials[i]);
	/* The link alone counts, wherever it leads. */
	for (size_t i = 0; i < ELEMENTS(shells); i++)
		if (rootfs_link(root, shells[i], target, sizeof target) == 0)
			finding_fail(finding,
				"Ask the technician to turn it off (command: systemctl disable --now "
				"debug-shell).",
				"A text console is open to everybody as administrator (debug-shell).");
}

static void judge_sessions(const char *root, struct finding *finding)
{
	_cleanup_free_ struct logins *logins = malloc(sizeof *logins);
	char name[FINDING_NAME];
	int r = logins ? logins_load(root, logins) : -ENOMEM;

	if (r < 0 && r != -ENOENT)
		finding_unreadable(finding, "/run/systemd/sessions", r);
	for (size_t i = 0; r == 0 && i < logins->count; i++)
		if (strstr(logins->list[i].service, "autologin"))
			finding_fail(finding,
				"Log out and in again with the password. If this comes back, ask the "
				"technician to "
				"turn automatic login off.",
				"\"%s\" was logged in without a password.",
				finding_name(logins->list[i].user, name));
}

void check_autologin(const struct checks_input *input, struct finding *finding)
{
	judge_screens(input->root, finding);
	judge_consoles(input->root, finding);
	judge_sessions(input->root, finding);
	finding_pass(finding, "Nobody is logged in when the computer is switched on.");
}
