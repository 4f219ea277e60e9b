/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the agent's jobs and devices mean for staff: how far it is, what may be unplugged, what went wrong.
 * Pure.
 */

#include "base/json.h"
#include "prompt/note.h"

enum news_stage {
	NEWS_NONE = 0, /* nothing that staff wait for */
	NEWS_RUNNING,
	NEWS_DONE,
	NEWS_STOPPED, /* failed or cancelled */
};

/* Of a job's details, as GetJob gives them: an offload, a clear or an encryption. */
enum news_stage news_stage(const struct js *job);

/* A job that is running or stopped. 0 or -ENOMEM. */
int news_job(const struct js *job, struct note *ret_note);

/* A job that is done; device: as in ListDevices, NULL: not known. Only what is at rest may be unplugged: 0,
 * -EAGAIN while it is still busy, or -ENOMEM. */
int news_done(const struct js *job, const struct js *device, struct note *ret_note);

/* A running job is shown again when its phase changed, and at every tenth of the whole. */
struct news_progress {
	char phase[32];
	int tenth;
};
bool news_moved(const struct js *job, struct news_progress *progress);

/* The agent went away while a job was running. */
int news_lost(struct note *ret_note);

/* A device that is left alone (DeviceRefused); an outing that is not back (Event "outing-overdue"). */
int news_refused(const struct js *refusal, struct note *ret_note);
/* A stick that was behind the gate and is released. */
int news_ejected(const struct js *device, struct note *ret_note);

/* What a manager has allowed is on the stick (Event "copy-allowed-written"). */
int news_written(const struct js *details, struct note *ret_note);
int news_overdue(const struct js *details, struct note *ret_note);

/* Any line and sentence that were put together elsewhere, cleaned here. */
int news_plain(enum note_weight weight, const char *summary, const char *body, struct note *ret_note);
