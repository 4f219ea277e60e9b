/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The supervisor's side of one clear: checks and records what the worker says, and answers it.
 *
 * Used by the daemon (from its event loop) and by the standalone program (from a blocking loop); it knows no
 * loop, only a socket it is lent. The worker has read hostile bytes, so nothing it says is believed without a
 * check: a message out of order, of the wrong size or with an impossible figure is -EBADMSG and the worker
 * must then be ended. The plan is durable in the state database before the worker is told to begin.
 */

#include "base/wire.h"
#include "wipe/certificate.h"
#include "wipe/protocol.h"

struct state;
struct wipe_recorder;

struct wipe_request {
	const char *session; /* id of the committed offload session */
	enum wipe_method method;
	unsigned flags; /* enum wipe_flag, without WIPE_FLAG_RESUME: that follows from the journal */
	uint64_t device_bytes;
	const char *insertion; /* "BOOTID/DISKSEQ", or NULL for an image */
};

enum wipe_event {
	WIPE_EVENT_NONE = 0,
	WIPE_EVENT_RECORDED, /* the plan is durable, writing begins */
	WIPE_EVENT_PROGRESS,
	WIPE_EVENT_ENDED, /* the outcome is final and recorded */
};

/* Checks the session in the state database and looks for a clear of it that was cut short (then resumes that
 * one). Returns 0, or a positive enum wipe_outcome that refuses. */
int wipe_recorder_new(
	struct state *state, const struct wipe_request *request, struct wipe_recorder **ret_recorder);
struct wipe_recorder *wipe_recorder_free(struct wipe_recorder *recorder);
DEFINE_CLEANUP(struct wipe_recorder, wipe_recorder_free);

/* Sends START with the device's descriptor (stays owned by the caller), or with -1 when the worker was told
 * on its command line which device to claim itself. Does not block for long. */
int wipe_recorder_start(struct wipe_recorder *recorder, int socket, int device_fd);

/* Takes one received message, answers on the socket. Returns an enum wipe_event, or -EBADMSG and others. */
int wipe_recorder_message(struct wipe_recorder *recorder, int socket, const struct wire_message *message);

int wipe_recorder_cancel(struct wipe_recorder *recorder, int socket);

/* The socket closed or the worker ended without RESULT: records that. Returns WIPE_EVENT_ENDED or an error.
 */
int wipe_recorder_worker_gone(struct wipe_recorder *recorder);

bool wipe_recorder_resumes(const struct wipe_recorder *recorder);

/* Valid after WIPE_EVENT_PROGRESS. */
const struct wipe_progress *wipe_recorder_progress(const struct wipe_recorder *recorder);

/* Valid after WIPE_EVENT_ENDED. detail: sanitised text, may be "". */
enum wipe_outcome wipe_recorder_outcome(const struct wipe_recorder *recorder);
const struct wipe_result *wipe_recorder_result(const struct wipe_recorder *recorder);
const char *wipe_recorder_detail(const struct wipe_recorder *recorder);

/* NULL unless the outcome is WIPE_DONE and the worker proved a read-back of every byte. Borrowed. */
const struct wipe_proof *wipe_recorder_proof(const struct wipe_recorder *recorder);

/* Records the certificate's text with the clear, after it was written to the audit log. */
int wipe_recorder_certified(struct wipe_recorder *recorder, const struct js *certificate);
