/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The supervisor's half of an offload: tells a worker what to do, writes down what it proves, and alone
 * decides whether the session is committed.
 *
 * The same code serves the daemon and the standalone program; it knows no event loop. Whoever uses it starts
 * `outing-offload --worker` with a socket at WIRE_FD (process_start), calls recorder_start() once and
 * recorder_receive() each time the socket is readable, until that returns RECORDER_FINISHED or an error; then
 * it ends the worker (if it has not ended by itself), calls recorder_close() and reads recorder_result().
 *
 * The worker is not believed: each message is checked, paths are checked, the counts it reports must be the
 * counts that were recorded, and the set digest of its fresh walk must be the one summed up from the
 * database. Any contradiction ends as "failed". Everything is durable in the state database before it is
 * acknowledged or shown.
 *
 * A session is made, or one that was interrupted is gone on with, after the worker's first walk: only if
 * everything that the interrupted one recorded is still on the card unchanged; else a new one begins.
 */

#include "base/cleanup.h"
#include "base/json.h"
#include "offload/protocol.h"
#include "ptp/usb.h"

struct state;

enum recorder_step {
	RECORDER_MORE = 0,
	RECORDER_FINISHED = 1,
};

struct recorder_options {
	struct state *state;     /* borrowed, must outlive the recorder */
	int vault_fd;            /* vault directory, borrowed until recorder_close() */
	const char *device_name; /* registered name, or what --name said: names the folder in the vault */
	const char *device_key;  /* what the device is known by; "path:..." for a folder or image */
	const char *media_key;   /* may be NULL */
	const char *insertion;   /* BOOTID/DISKSEQ, NULL: an image or folder */
	const char *source;      /* absolute path of block device, image or folder; "ptp:..." */
	const char *user;        /* the worker's user, NULL: it stays who it is */
	uint64_t reserve;        /* bytes kept free in the vault */
};

struct recorder_progress {
	enum offload_phase phase;
	uint64_t files_done, files_total;
	uint64_t bytes_done, bytes_total;
	uint64_t bytes_per_second; /* 0: not known yet */
	uint64_t seconds_left;     /* UINT64_MAX: not known yet */
};

struct recorder_failure {
	const char *path;   /* on the card; valid UTF-8, bad bytes replaced; for people */
	const char *reason; /* plain English */
};

struct recorder_result {
	bool committed;
	bool resumable; /* trying again goes on where this stopped */
	bool cancelled;
	const char *code;       /* "committed", "incomplete", "cancelled", "vault-full", ... */
	const char *sentence;   /* what happened and what to do, plain English, for staff */
	const char *session;    /* folder below the vault, "" if none was made */
	const char *session_id; /* in the state database, "" if none was made */
	uint64_t files, bytes;  /* proven */
	uint64_t linked;        /* of them, shared with content that was in the vault */
	uint64_t findings;      /* links, special files, unknown partitions: nothing that could be taken */
	uint64_t failed;
	const struct recorder_failure *failures; /* the first RECORDER_FAILURES_MAX of them, then findings */
	size_t failure_count;
};

#define RECORDER_FAILURES_MAX 1000

struct recorder;

/* Copies what it needs from options. 0 or negative errno; -EBUSY: another offload of this device is under
 * way. */
int recorder_new(const struct recorder_options *options, struct recorder **ret_recorder);
struct recorder *recorder_free(struct recorder *recorder);
DEFINE_CLEANUP(struct recorder, recorder_free);

/* Sends START on the worker's socket. */
/* usbfs_fd: what is opened for it when the source is a PTP device, stays the caller's; or the negative errno
 * for which it could not be, which the worker then gives as its result; or PTP_USB_NONE. */
int recorder_start(struct recorder *recorder, int wire_fd, int usbfs_fd);

/* Takes one message and does everything it asks for. Blocks only for the database, and for the socket unless
 * it is non-blocking. enum recorder_step; -EAGAIN: no message now. Other errors: -EBADMSG the worker broke
 * the protocol, -EPIPE it ended without a result, else the database failed; the caller then ends the worker
 * and calls recorder_close(). */
int recorder_receive(struct recorder *recorder, int wire_fd);

/* Asks the worker to stop; it answers with its result. */
int recorder_cancel(struct recorder *recorder, int wire_fd);

/* The worker is gone. exit_status as process_wait() gives it, -1: not known. Settles the session's state in
 * the database, once. Negative errno: that could not be written; the result then says so too. */
int recorder_close(struct recorder *recorder, int exit_status);

/* Borrowed, valid until the next call. recorder_progress() at any time, recorder_result() after
 * recorder_close(). */
const struct recorder_progress *recorder_progress(const struct recorder *recorder);
const struct recorder_result *recorder_result(const struct recorder *recorder);

/* Id of the session in the state database, "" before there is one. */
const char *recorder_session_id(const struct recorder *recorder);

/* The result as the JSON object that `outing-offload --json` prints; owned by the caller, NULL out of memory.
 */
struct js *recorder_result_json(const struct recorder *recorder);
