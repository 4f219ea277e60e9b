/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * "automatic-login": does switching the computer on log somebody in?
 *
 * Fails for: the enabled display manager's automatic, timed or guest login (GDM with its run-time file,
 * LightDM, SDDM, Plasma Login Manager, greetd, LXDM, slim, emptty, ly, nodm); a getty that logs in by itself
 * or starts a shell; systemd's debug shell; a session that is open now and was opened by such a login. The
 * same setting of a display manager that is installed but not enabled is a detail. A display manager that is
 * not known is unknown.
 */

#include "outing/checks.h"
#include "outing/finding.h"

void check_autologin(const struct checks_input *input, struct finding *finding);

/*
 * Pure: feeds one file of a display manager ("gdm", "lightdm", ...), cut in place, in the order in which they
 * override each other, then asks. memory starts as all zeros.
 */
#define AUTOLOGIN_RULES_MAX 4
struct autologin_memory {
	struct {
		char section[64];
		char value[128];
		bool enabled;
	} rule[AUTOLOGIN_RULES_MAX];
};
void autologin_feed(const char *manager, char *text, struct autologin_memory *memory);

/* The account that the manager of this name logs in ("a guest" for a guest session), NULL: nobody. */
const char *autologin_user(const char *name, const struct autologin_memory *memory);
