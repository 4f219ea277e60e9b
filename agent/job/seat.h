/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Who is logged in where, over sd-login; no other file includes its header. Nothing here waits: logind writes
 * it into files that everybody may read.
 */

#include "base/cleanup.h"

#include <sys/types.h>

/* Whether the user sits at this computer and is the one in front now. True when nobody keeps account of
 * sessions. */
bool seat_active(uid_t uid);

/* Calls visit with the path of each terminal on which the user is logged in without a desktop. */
void seat_each_terminal(uid_t uid, void (*visit)(const char *path, void *data), void *data);

/* The user whose session is shown on the first seat. -ENODATA: nobody, a log-in screen, or it could not be
 * found out. */
int seat_person(uid_t *ret_uid);

/* Readable whenever that may be somebody else. -errno while logind has not run since the computer was
 * started. */
struct seat_monitor;
int seat_monitor_new(struct seat_monitor **ret_monitor);
struct seat_monitor *seat_monitor_free(struct seat_monitor *monitor);
int seat_monitor_fd(struct seat_monitor *monitor);
void seat_monitor_flush(struct seat_monitor *monitor);
