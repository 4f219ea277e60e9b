/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Waiting for one of the agent's jobs, with a bar on a terminal and a few lines in a file.
 *
 * Waiting is only watching: a job belongs to the agent and goes on when the one who waits goes away, and the
 * person is told how to find it again.
 */

#include "control/control.h"

/* Call control_reach() and agent_listen() before the job is started. *ret_job (owned by the caller, may be
 * NULL) is the ended job, untouched if it was not seen to end. An exit status: CONTROL_DONE only when the job
 * succeeded. */
int job_wait(struct control *control, uint32_t job, struct js **ret_job);

/* The same without a word about how it ended: *ret_job (owned by the caller) is the ended job. An outcome of
 * agent-client.h, on which nothing more was said, or a negative errno. */
int job_follow(struct control *control, uint32_t job, struct js **ret_job);

/* A number from what the person typed; CONTROL_DONE or CONTROL_USAGE after saying so. */
int job_number(const struct control *control, const char *text, uint32_t *ret_job);

/* After a job was started: with --no-wait its number on stdout, otherwise job_wait(). An exit status. */
int job_started(struct control *control, uint32_t job, struct js **ret_job);

/* True if a clear was given up because of pictures that were protected in the camera: for a person to decide.
 */
bool job_met_protected(const struct js *job);
#define JOB_PROTECTED_QUESTION                                                                          \
	"Some pictures on it are protected in the camera, so somebody wanted to keep them on it. They " \
	"are in the vault as well. Clear them too?"
