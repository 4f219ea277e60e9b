/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which desktop somebody uses: from the session that is open, else from what they chose last at the login
 * screen, else from what is installed to choose from. Never from which tools are installed: a computer with
 * KDE's settings program does not run KDE.
 */

#include "base/cleanup.h"

enum desktop {
	DESKTOP_UNKNOWN, /* a desktop that is not known here */
	DESKTOP_GNOME,
	DESKTOP_KDE,
	DESKTOP_CINNAMON,
	DESKTOP_MATE,
	DESKTOP_XFCE,
};
#define DESKTOPS 6

#define DESKTOP_NAME 64

/* "GNOME", "ubuntu:GNOME", "plasmax11", "X-Cinnamon", ...: pure. */
enum desktop desktop_of_name(const char *name);
const char *desktop_called(enum desktop desktop);

struct desktop_choice {
	bool possible[DESKTOPS]; /* none: there is no graphical session to choose */
	size_t count;
	char unknown[DESKTOP_NAME]; /* the name behind possible[DESKTOP_UNKNOWN] */
};

/* What this user will get at the next login: one, or all that are installed when nothing was chosen. Negative
 * errno when a folder of sessions could not be read. */
int desktop_choice_of(
	const char *root, const char *user, const char *home, struct desktop_choice *ret_choice);
