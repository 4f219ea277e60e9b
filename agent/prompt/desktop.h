/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The person's desktop: its notification server (org.freedesktop.Notifications) on the session bus.
 *
 * A note has a slot; a newer note in the same slot takes the older one's place on the screen. At most one
 * call a slot is on its way and at most one note waits for it, so a slow server gets fewer updates, not a
 * queue. A server that is not there is started by the bus if the bus can; if none answers, that is told once
 * a note, and the note is shown when a server comes after all. Nothing here blocks.
 */

#include "job/loop.h"
#include "prompt/note.h"

#define DESKTOP_SLOTS 32

#define DESKTOP_SECOND 1 /* this session has a prompt already */

struct desktop;

struct desktop_events {
	void (*chosen)(unsigned slot, enum note_action action, void *data);
	void (*closed)(unsigned slot, void *data); /* by the person, or its time was over */
	/* No server took it. Borrowed. */
	void (*unshown)(unsigned slot, const struct note *note, void *data);
	/* Another server: what desktop_buttons() says may be different. */
	void (*changed)(void *data);
};

/* The session's bus, also that of a user without a desktop. The loop ends with 0 when it goes away. Where a
 * session never had one, each note is unshown. 0, DESKTOP_SECOND or a negative errno. */
int desktop_open(
	struct loop *loop, const struct desktop_events *events, void *data, struct desktop **ret_desktop);
struct desktop *desktop_close(struct desktop *desktop);
DEFINE_CLEANUP(struct desktop, desktop_close);

/* Takes the note over. */
void desktop_show(struct desktop *desktop, unsigned number, struct note *note);

/* Takes it from the screen. */
void desktop_withdraw(struct desktop *desktop, unsigned number);

/* Whether notes are shown with buttons; true while no server is known. */
bool desktop_buttons(const struct desktop *desktop);

/* What the session's service manager would give to a program that it starts, "NAME=VALUE"; borrowed, ends
 * with NULL; NULL when there is none. */
char *const *desktop_environment(const struct desktop *desktop);
