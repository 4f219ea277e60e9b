/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Xfce locks through a program that is started with the session: xfce4-screensaver, or light-locker, which
 * waits for the blanking that the power manager sets. Another locker, or one that the user keeps from
 * starting, is not taken for granted. See screenlock.h.
 */

#include "base/number.h"
#include "outing/dconf.h"
#include "outing/ini.h"
#include "outing/rootfs.h"
#include "outing/screenlock.h"
#include "outing/xfconf.h"

#include <string.h>

#define IDLE_DEFAULT  5  /* minutes */
#define BLANK_DEFAULT 10 /* minutes */
#define MINUTES_MAX   100000

static int take_hidden(const char *section, const char *key, const char *value, void *data)
{
	bool *hidden = data;

	if (strcmp(section, "Desktop Entry") == 0 && strcmp(key, "Hidden") == 0)
		*hidden = ini_true(value);
	return 0;
}

/* Installed, and not taken out of the session by the user. */
static bool is_started(const struct screenlock_user *user, const char *program)
{
	_cleanup_free_ char *text = NULL;
	char path[ROOTFS_PATH];
	bool hidden = false;

	if (!rootfs_path(path, "/usr/bin/%s", program) || rootfs_exists(user->root, path) <= 0)
		return false;
	if (rootfs_path(path, "%s/.config/autostart/%s.desktop", user->home, program) &&
		rootfs_text(user->root, path, &text) == 0)
		(void)ini_each(text, take_hidden, &hidden);
	return !hidden;
}

static bool read_channel(const struct screenlock_user *user, const char *channel,
	struct xfconf_property *properties, size_t count, struct finding *finding)
{
	char path[ROOTFS_PATH];
	int r = xfconf_read(user->root, user->home, channel, properties, count, path);

	if (r < 0)
		finding_unreadable(finding, path, r);
	return r == 0;
}

static bool is_off(const struct xfconf_property *property)
{
	return property->found && !ini_true(property->value);
}

/* A number that is not understood is treated as "never". */
static int64_t minutes_of(const struct xfconf_property *property, int64_t otherwise)
{
	uint64_t value;

	if (!property->found)
		return otherwise;
	if (number_parse_u64(property->value, &value) < 0 || value > MINUTES_MAX)
		return 0;
	return (int64_t)value;
}

static bool is_presenting(const struct screenlock_user *user, struct finding *finding)
{
	struct xfconf_property mode = {.path = "/xfce4-power-manager/presentation-mode"};

	if (!read_channel(user, "xfce4-power-manager", &mode, 1, finding))
		return true;
	if (mode.found && ini_true(mode.value)) {
		screenlock_never(user, finding, "presentation mode is on");
		return true;
	}
	return false;
}

static void judge_screensaver(const struct screenlock_user *user, struct finding *finding)
{
	struct xfconf_property p[] = {
		{.path = "/lock/enabled"},
		{.path = "/saver/enabled"},
		{.path = "/saver/idle-activation/enabled"},
		{.path = "/lock/saver-activation/enabled"},
		{.path = "/lock/sleep-activation"},
		{.path = "/saver/idle-activation/delay"},
		{.path = "/lock/saver-activation/delay"},
	};
	static const char *const why[] = {"the lock is turned off", "the screen saver is turned off",
		"the screen saver does not start by itself", "the screen saver does not lock",
		"it stays open when the lid is closed"};
	int64_t idle;

	if (!read_channel(user, "xfce4-screensaver", p, ELEMENTS(p), finding))
		return;
	for (size_t i = 0; i < ELEMENTS(why); i++) {
		if (is_off(&p[i])) {
			screenlock_never(user, finding, why[i]);
			return;
		}
	}
	idle = minutes_of(&p[5], IDLE_DEFAULT);
	if (idle == 0)
		screenlock_never(user, finding, "the time without use is set to \"never\"");
	else
		screenlock_after(user, DESKTOP_XFCE, 60 * (idle + minutes_of(&p[6], 0)),
			p[5].found ? "set by the user" : "by default", finding);
}

static bool light_locker_waits(
	const struct screenlock_user *user, int64_t *ret_seconds, struct finding *finding)
{
	_cleanup_dconf_ struct dconf dconf = {0};
	int64_t after = 5, asleep = 1;
	int r = dconf_open(user->root, user->home, &dconf);

	if (r < 0 || dconf.unreadable[0]) {
		finding_unreadable(
			finding, r < 0 ? "The settings" : dconf.unreadable, r < 0 ? r : dconf.error);
		return false;
	}
	if (dconf_read(&dconf, "apps.light-locker", "lock-after-screensaver", &after) == DCONF_DAMAGED ||
		dconf_read(&dconf, "apps.light-locker", "lock-on-suspend", &asleep) == DCONF_DAMAGED) {
		finding_unknown(finding, "Ask the technician to look at the settings of this user (dconf).",
			"The settings of \"%s\" (dconf) are damaged.", user->name);
		return false;
	}
	if (after == 0 || asleep == 0) {
		screenlock_never(user, finding,
			after == 0 ? "the lock is turned off" : "it stays open when the lid is closed");
		return false;
	}
	*ret_seconds = after > MINUTES_MAX ? MINUTES_MAX : after;
	return true;
}

static void judge_light_locker(const struct screenlock_user *user, struct finding *finding)
{
	struct xfconf_property p[] = {
		{.path = "/xfce4-power-manager/blank-on-ac"},
		{.path = "/xfce4-power-manager/blank-on-battery"},
	};
	int64_t ac, battery, after;

	if (!light_locker_waits(user, &after, finding) ||
		!read_channel(user, "xfce4-power-manager", p, ELEMENTS(p), finding))
		return;
	ac = minutes_of(&p[0], BLANK_DEFAULT);
	battery = minutes_of(&p[1], BLANK_DEFAULT);
	if (ac == 0 || battery == 0)
		screenlock_never(user, finding, "the time without use is set to \"never\"");
	else
		screenlock_after(user, DESKTOP_XFCE, 60 * (ac > battery ? ac : battery) + after,
			p[0].found || p[1].found ? "set by the user" : "by default", finding);
}

void screenlock_xfce(const struct screenlock_user *user, struct finding *finding)
{
	if (is_presenting(user, finding))
		return;
	if (is_started(user, "xfce4-screensaver"))
		judge_screensaver(user, finding);
	else if (is_started(user, "light-locker"))
		judge_light_locker(user, finding);
	else if (is_started(user, "xscreensaver"))
		finding_unknown(finding,
			"Ask the technician whether xscreensaver locks the screen of this user.",
			"Whether the screen of \"%s\" locks is not known: xscreensaver is not examined here.",
			user->name);
	else
		screenlock_never(user, finding, "no program that locks the screen is started");
}
