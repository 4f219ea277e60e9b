/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sentences that all desktops share, and the choice between them. See screenlock.h. */

#include "outing/screenlock.h"

#include <string.h>

static const char *fix_for(const struct screenlock_user *user, char fix[static FINDING_TEXT])
{
	(void)snprintf(fix, FINDING_TEXT,
		"Ask %s to turn the screen lock on in the computer's settings (privacy or power), or ask the "
		"technician to do it for everybody.",
		user->name);
	return fix;
}

void screenlock_never(const struct screenlock_user *user, struct finding *finding, const char *why)
{
	char fix[FINDING_TEXT];

	finding_fail(finding, fix_for(user, fix), "The screen of \"%s\" does not lock by itself: %s.",
		user->name, why);
}

void screenlock_after(const struct screenlock_user *user, enum desktop desktop, int64_t seconds,
	const char *origin, struct finding *finding)
{
	char fix[FINDING_TEXT];
	long long minutes = (long long)(seconds + 59) / 60;

	if (seconds > SCREENLOCK_SECONDS_MAX)
		finding_fail(finding, fix_for(user, fix),
			"The screen of \"%s\" locks only after %lld minutes without use.", user->name,
			minutes);
	else
		finding_detail(finding,
			"The screen of \"%s\" locks after %lld minute%s without use (%s, %s).", user->name,
			minutes, minutes == 1 ? "" : "s", desktop_called(desktop), origin);
}

void screenlock_judge(const struct screenlock_user *user, enum desktop desktop, const char *name_of_unknown,
	struct finding *finding)
{
	char name[FINDING_NAME];

	switch (desktop) {
	case DESKTOP_GNOME:
	case DESKTOP_CINNAMON:
	case DESKTOP_MATE:
		screenlock_gsettings(user, desktop, finding);
		break;
	case DESKTOP_KDE:
		screenlock_kde(user, finding);
		break;
	case DESKTOP_XFCE:
		screenlock_xfce(user, finding);
		break;
	case DESKTOP_UNKNOWN:
		finding_unknown(finding,
			"Ask the technician whether this desktop locks the screen. If it does, the manager "
			"may "
			"turn this check off (checks.screen_lock).",
			"Whether the screen of \"%s\" locks is not known: its desktop \"%s\" is not known "
			"here.",
			user->name, finding_name(name_of_unknown, name));
		break;
	}
}
