/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The agent's answers as people read them: JSON in, text out, nothing else.
 *
 * A missing or odd member is shown as "-", never guessed. All functions write to `out`, laid out for
 * `screen`, and return 0 or a negative errno. An empty list is said in words: nothing is not the same as no
 * answer.
 */

#include "base/json.h"
#include "control/terminal.h"

/* Of a session's id, a UUID, people see and type the beginning. */
#define SHOW_SESSION_CHARS 8

int show_status(FILE *out, const struct terminal *screen, const struct js *status);
int show_devices(FILE *out, const struct terminal *screen, const struct js *devices);
int show_jobs(FILE *out, const struct terminal *screen, const struct js *jobs);
int show_sessions(FILE *out, const struct terminal *screen, const struct js *sessions);
int show_vault(FILE *out, const struct terminal *screen, const struct js *vault);

/* "copying Blue Room camera", for a job object; owned by the caller, NULL when out of memory. */
char *show_job_title(const struct js *job);

/* How a job ended: its sentence, which begins at column `at`, and its findings, at most 100. */
void show_job_end(FILE *out, const struct terminal *screen, size_t at, const struct js *job);
