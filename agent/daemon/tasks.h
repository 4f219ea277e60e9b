/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Jobs that are being done: from the queue to a worker, from its messages to progress, from its end to an
 * outcome that is recorded before anybody hears of it.
 *
 * A task copies what it needs to know of its medium when it begins, and asks again before anything that
 * cannot be undone: a medium that was unplugged, swapped or became ambiguous in between ends the task.
 */

#include "bus/bus.h"
#include "daemon/media.h"
#include "job/job.h"
#include "job/worker.h"

struct daemon;
struct tasks;

int tasks_new(struct daemon *daemon, struct tasks **ret_tasks);
struct tasks *tasks_free(struct tasks *tasks);
DEFINE_CLEANUP(struct tasks, tasks_free);

/* Queues a job that somebody asked for and answers with its number, or with why not. */
void tasks_ask(struct daemon *daemon, const struct job_request *request, struct bus_answer *answer);

/* Queues an offload, or the end of an interrupted clear, that nobody asked for. */
void tasks_start_by_itself(struct daemon *daemon, struct medium *medium, enum job_kind kind);

/* What a queued job, or the agent's end, may have waited for has happened. */
void tasks_move_on(struct daemon *daemon);

void tasks_cancel(struct daemon *daemon, struct job *job);

/* What a worker's strange end means for people; NULL when it ended by itself. */
const char *tasks_end_sentence(enum worker_end end, const char **ret_outcome);

/* Cancels everything; the loop ends when the last task has ended. */
void tasks_stop(struct daemon *daemon);
