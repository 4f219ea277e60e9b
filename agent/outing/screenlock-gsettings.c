/* SPDX-License-Identifier: GPL-3.0-or-later */

/* GNOME, Cinnamon, MATE: the same few keys under other names, with other defaults and units. See
 * screenlock.h.
 */

#include "outing/dconf.h"
#include "outing/screenlock.h"

struct schema {
	enum desktop desktop;
	const char *screensaver, *session, *lockdown;
	int64_t idle_default, idle_unit; /* the unit in seconds */
	int64_t delay_default, delay_unit;
	bool activation; /* idle-activation-enabled means something */
};

static const struct schema schemas[] = {
	{DESKTOP_GNOME, "org.gnome.desktop.screensaver", "org.gnome.desktop.session",
		"org.gnome.desktop.lockdown", 300, 1, 0, 1, false},
	{DESKTOP_CINNAMON, "org.cinnamon.desktop.screensaver", "org.cinnamon.desktop.session",
		"org.cinnamon.desktop.lockdown", 900, 1, 2, 1, true},
	{DESKTOP_MATE, "org.mate.screensaver", "org.mate.session", "org.mate.lockdown", 5, 60, 0, 60, true},
};

struct reader {
	const struct dconf *dconf;
	bool damaged;
};

static int64_t value_of(struct reader *reader, const char *schema, const char *key, int64_t otherwise,
	enum dconf_origin *ret_origin)
{
	int64_t value = otherwise;
	enum dconf_origin origin = dconf_read(reader->dconf, schema, key, &value);

	reader->damaged |= origin == DCONF_DAMAGED;
	if (ret_origin)
		*ret_origin = origin;
	return origin == DCONF_DEFAULT || origin == DCONF_DAMAGED ? otherwise : value;
}

static const char *origin_text(enum dconf_origin origin)
{
	switch (origin) {
	case DCONF_DEFAULT:
		return "by default";
	case DCONF_OVERRIDE:
		return "as this system ships it";
	case DCONF_SYSTEM:
		return "set for everybody";
	case DCONF_LOCKED:
		return "set for everybody and locked";
	case DCONF_USER:
		return "set by the user";
	case DCONF_DAMAGED:
		break;
	}
	return "not known";
}

/* Over 68 years is as good as never, and sums stay in range. */
static int64_t seconds(int64_t value, int64_t unit)
{
	return value < 0 || value > INT32_MAX ? INT32_MAX : value * unit;
}

static void judge(const struct screenlock_user *user, const struct schema *schema, struct reader *reader,
	struct finding *finding)
{
	enum dconf_origin origin;
	int64_t idle = value_of(reader, schema->session, "idle-delay", schema->idle_default, &origin);
	int64_t delay = value_of(reader, schema->screensaver, "lock-delay", schema->delay_default, NULL);
	bool disabled = value_of(reader, schema->lockdown, "disable-lock-screen", 0, NULL) != 0;
	bool enabled = value_of(reader, schema->screensaver, "lock-enabled", 1, NULL) != 0;
	bool active = value_of(reader, schema->screensaver, "idle-activation-enabled", 1, NULL) != 0;
	bool asleep = value_of(reader, schema->screensaver, "ubuntu-lock-on-suspend", 1, NULL) != 0;

	if (reader->damaged)
		return;
	if (disabled)
		screenlock_never(user, finding, "locking is forbidden on this computer");
	else if (!enabled)
		screenlock_never(user, finding, "the lock is turned off");
	else if (idle == 0)
		screenlock_never(user, finding, "the time without use is set to \"never\"");
	else if (schema->activation && !active)
		screenlock_never(user, finding, "the screen saver does not start by itself");
	else if (!asleep)
		screenlock_never(user, finding, "it stays open when the lid is closed");
	else
		screenlock_after(user, schema->desktop,
			seconds(idle, schema->idle_unit) + seconds(delay, schema->delay_unit),
			origin_text(origin), finding);
}

void screenlock_gsettings(const struct screenlock_user *user, enum desktop desktop, struct finding *finding)
{
	_cleanup_dconf_ struct dconf dconf = {0};
	struct reader reader = {&dconf, false};
	int r = dconf_open(user->root, user->home, &dconf);

	if (r < 0) {
		finding_unreadable(finding, "The settings", r);
		return;
	}
	if (dconf.unreadable[0]) {
		finding_unreadable(finding, dconf.unreadable, dconf.error);
		return;
	}
	for (size_t i = 0; i < ELEMENTS(schemas); i++)
		if (schemas[i].desktop == desktop)
			judge(user, &schemas[i], &reader, finding);
	if (reader.damaged)
		finding_unknown(finding, "Ask the technician to look at the settings of this user (dconf).",
			"The settings of \"%s\" (dconf) are damaged.", user->name);
}
