/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Does one user's desktop lock the screen by itself? One function per family of desktops; all of them read
 * the user's and the system's settings below root and answer in a finding of their own:
 * pass (with when it locks as a detail), fail, or unknown.
 *
 * "By default" is said when nobody set anything, so that a technician sees that the answer rests on what the
 * desktop's makers chose.
 */

#include "outing/desktop.h"
#include "outing/finding.h"

/* A screen that stays open for longer than this is not locked in practice. */
#define SCREENLOCK_SECONDS_MAX 3600

struct screenlock_user {
	const char *root, *name, *home; /* name is fit for a sentence */
};

/* GNOME, Cinnamon and MATE */
void screenlock_gsettings(const struct screenlock_user *user, enum desktop desktop, struct finding *finding);
void screenlock_kde(const struct screenlock_user *user, struct finding *finding);
void screenlock_xfce(const struct screenlock_user *user, struct finding *finding);

/* Any desktop; name_of_unknown is what DESKTOP_UNKNOWN calls itself. */
void screenlock_judge(const struct screenlock_user *user, enum desktop desktop, const char *name_of_unknown,
	struct finding *finding);

/* Common sentences. seconds: until it locks; origin: "set by the user", "by default", ... */
void screenlock_never(const struct screenlock_user *user, struct finding *finding, const char *why);
void screenlock_after(const struct screenlock_user *user, enum desktop desktop, int64_t seconds,
	const char *origin, struct finding *finding);

/* kscreenlockerrc, one file after the other; pure, text is cut in place. memory starts as all zeros. */
struct screenlock_kde_memory {
	struct {
		char value[32];
		bool immutable;
	} autolock, timeout, resume;
	bool immutable;
};
void screenlock_kde_feed(char *text, struct screenlock_kde_memory *memory);
