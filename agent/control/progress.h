/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One line that says how far a job is, from the agent's own figures.
 *
 * Nothing is guessed here: what the agent does not know yet (a total, a rate, the time left) is left out, and
 * the bar is full only when the agent says that the job is done.
 */

#include "base/json.h"
#include "control/terminal.h"

/* Rewrites the line a person is looking at: ends without a line break, never wider than the screen. */
void progress_redraw(FILE *out, const struct terminal *terminal, const struct js *job);

/* The same as a line of a log, without a bar. */
void progress_line(FILE *out, const struct terminal *terminal, const struct js *job);

/* Percent 0 to 100 of the phase, from bytes if there are any, else from files; -1 when the agent gives no
 * total. */
int progress_percent(const struct js *job);

/* Whole seconds as "0:45", "12:07" or "1:02:30"; returns buffer. */
#define PROGRESS_TIME_TEXT 16
const char *progress_time(uint64_t seconds, char buffer[static PROGRESS_TIME_TEXT]);
