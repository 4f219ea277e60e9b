/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sessions as logind knows them. See seat.h. */

#include "job/seat.h"

#include <string.h>
#include <systemd/sd-login.h>

#define SEAT     "seat0"
#define SESSIONS "/run/systemd/sessions" /* there while logind is */

static void free_list(char ***list)
{
	for (char **entry = *list; entry && *entry; entry++)
		free(*entry);
	free(*list);
}

bool seat_active(uid_t uid)
{
	_cleanup_(free_list) char **sessions = NULL;

	if (access(SESSIONS, F_OK) < 0)
		return true;
	if (sd_uid_get_sessions(uid, 1, &sessions) < 0)
		return false;
	for (char **session = sessions; session && *session; session++)
		if (sd_session_is_remote(*session) == 0)
			return true;
	return false;
}

static void visit_session(const char *session, void (*visit)(const char *path, void *data), void *data)
{
	_cleanup_free_ char *type = NULL, *tty = NULL, *path = NULL;

	if (sd_session_get_type(session, &type) < 0 || strcmp(type, "tty") != 0 ||
		sd_session_get_tty(session, &tty) < 0)
		return;
	if (asprintf(&path, "/dev/%s", strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty) < 0) {
		path = NULL;
		return;
	}
	visit(path, data);
}

void seat_each_terminal(uid_t uid, void (*visit)(const char *path, void *data), void *data)
{
	_cleanup_(free_list) char **sessions = NULL;

	if (sd_uid_get_sessions(uid, 0, &sessions) < 0)
		return;
	for (char **session = sessions; session && *session; session++)
		visit_session(*session, visit, data);
}

/* A log-in screen and a locked-screen helper have users of their own. */
static bool is_a_person(const char *session)
{
	_cleanup_free_ char *class = NULL;

	return sd_session_get_class(session, &class) >= 0 &&
	       (strcmp(class, "user") == 0 || strcmp(class, "user-early") == 0);
}

int seat_person(uid_t *ret_uid)
{
	_cleanup_free_ char *session = NULL;
	uid_t uid;

	if (sd_seat_get_active(SEAT, &session, &uid) < 0 || !is_a_person(session))
		return -ENODATA;
	*ret_uid = uid;
	return 0;
}

/* The library's own type under the name of this file. */
static sd_login_monitor *of(struct seat_monitor *monitor)
{
	return (sd_login_monitor *)monitor;
}

int seat_monitor_new(struct seat_monitor **ret_monitor)
{
	sd_login_monitor *monitor;
	int r = sd_login_monitor_new("seat", &monitor);

	if (r >= 0)
		*ret_monitor = (struct seat_monitor *)monitor;
	return r;
}

struct seat_monitor *seat_monitor_free(struct seat_monitor *monitor)
{
	(void)sd_login_monitor_unref(of(monitor));
	return NULL;
}

int seat_monitor_fd(struct seat_monitor *monitor)
{
	return sd_login_monitor_get_fd(of(monitor));
}

void seat_monitor_flush(struct seat_monitor *monitor)
{
	(void)sd_login_monitor_flush(of(monitor));
}
