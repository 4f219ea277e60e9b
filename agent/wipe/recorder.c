/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The supervisor's side of a clear. See recorder.h. */

#include "wipe/recorder.h"

struct wipe_recorder {
	struct wipe_progress progress;
	struct wipe_result result;
	bool resumes;
};

int wipe_recorder_new(
	struct state *state, const struct wipe_request *request, struct wipe_recorder **ret_recorder)
{
	return -ENOSYS;
}

struct wipe_recorder *wipe_recorder_free(struct wipe_recorder *recorder)
{
	free(recorder);
	return NULL;
}

int wipe_recorder_start(struct wipe_recorder *recorder, int socket, int device_fd)
{
	return -ENOSYS;
}

int wipe_recorder_message(struct wipe_recorder *recorder, int socket, const struct wire_message *message)
{
	return -ENOSYS;
}

int wipe_recorder_cancel(struct wipe_recorder *recorder, int socket)
{
	return -ENOSYS;
}

int wipe_recorder_worker_gone(struct wipe_recorder *recorder)
{
	return -ENOSYS;
}

bool wipe_recorder_resumes(const struct wipe_recorder *recorder)
{
	return recorder->resumes;
}

const struct wipe_progress *wipe_recorder_progress(const struct wipe_recorder *recorder)
{
	return &recorder->progress;
}

enum wipe_outcome wipe_recorder_outcome(const struct wipe_recorder *recorder)
{
	return WIPE_INTERNAL;
}

const struct wipe_result *wipe_recorder_result(const struct wipe_recorder *recorder)
{
	return &recorder->result;
}

const char *wipe_recorder_detail(const struct wipe_recorder *recorder)
{
	return "";
}

const struct wipe_proof *wipe_recorder_proof(const struct wipe_recorder *recorder)
{
	return NULL;
}

int wipe_recorder_certified(struct wipe_recorder *recorder, const struct js *certificate)
{
	return -ENOSYS;
}
