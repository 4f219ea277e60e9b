/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The supervisor's side of emptying one camera: asks the journal about everything the worker says, and alone
 * says "removed".
 *
 * Used from an event loop or a blocking one; it knows no loop, only a socket it is lent. The worker has read
 * hostile bytes: a message out of order or of the wrong size is -EBADMSG and the worker must then be ended.
 * Before anything may be deleted, the whole scan must equal the committed session: every file it found is
 * recorded, and every recorded file it did not find was removed by us before. Before each delete, the journal
 * is asked again, the copy in the vault is looked for, and the intent is on the disk.
 *
 * Where a manager ordered it, the camera may format its stores in the end: only when every file of the
 * session was removed by us and nothing was kept. That it was not formatted makes nothing less removed.
 */

#include "base/json.h"
#include "empty/protocol.h"
#include "ptp/usb.h"
#include "state/session.h"

struct empty_recorder;

struct empty_request {
	const char *session;   /* id of the committed offload session */
	const char *insertion; /* of the device now; NULL: not compared */
	bool protected_too;    /* a person confirmed that protected objects go as well */
	bool format;           /* a manager ordered that the camera formats its stores at the end */
	bool look_only;        /* nothing is deleted: only what is on it now is compared with the session */
};

enum empty_event {
	EMPTY_EVENT_NONE = 0,
	EMPTY_EVENT_PROGRESS = 1,
	EMPTY_EVENT_ENDED = 2,
};

#define EMPTY_SENTENCE 2048
#define EMPTY_KEPT_MAX 1000

struct empty_kept {
	char *path;                 /* valid UTF-8, for people */
	const char *reason;         /* plain English */
	char answer[PTP_NAME_SIZE]; /* the device's own, "" if it gave none */
};

struct empty_verdict {
	bool removed;     /* everything that was recorded is gone; that is not a wipe */
	bool formatted;   /* removed, and the camera says that it formatted every store of it */
	bool done;        /* removed, and formatted if that was ordered */
	bool looked;      /* look_only, and the whole scan was heard */
	const char *code; /* "removed", "kept", "not-recorded", ...: never changes for the same case */
	char sentence[EMPTY_SENTENCE];
	uint64_t files;      /* of the session */
	uint64_t gone, left; /* removed in this run; still there at its end, as far as that is known */
	uint64_t found;      /* by the last scan before anything was deleted */
	uint64_t not_safe;   /* of them, those that the session does not hold, and what cannot be listed */
	size_t kept_count;
	struct empty_kept kept[EMPTY_KEPT_MAX];
};

/* 0; a positive enum session_outcome that refuses; or negative errno. */
int empty_recorder_new(
	struct state *state, const struct empty_request *request, struct empty_recorder **ret_recorder);
struct empty_recorder *empty_recorder_free(struct empty_recorder *recorder);
DEFINE_CLEANUP(struct empty_recorder, empty_recorder_free);

/* Sends START with the usbfs descriptor (stays the caller's); a negative errno: why it could not be opened,
 * which the worker then gives as its result; PTP_USB_NONE: the worker of a test has its device already. */
int empty_recorder_start(struct empty_recorder *recorder, int socket, int usbfs_fd);

/* Takes one received message, answers on the socket. enum empty_event, -EBADMSG and others. */
int empty_recorder_message(struct empty_recorder *recorder, int socket, const struct wire_message *message);
int empty_recorder_cancel(struct empty_recorder *recorder, int socket);

/* The worker is gone. Settles the verdict. */
void empty_recorder_close(struct empty_recorder *recorder);

/* After the verdict is in the audit log: "removed" goes into the state database with its record (record.h),
 * anything else as ended, unless it was cut off, or is to be continued: then it stays open, to be gone on
 * with when the device is there again. 0, a positive enum emptying_outcome, or negative errno. */
int empty_recorder_settle(struct empty_recorder *recorder, const struct js *record, bool to_be_continued);

/* True when it was cut off by the cable, the lock or the worker's death. */
bool empty_recorder_cut_off(const struct empty_recorder *recorder);

/* Borrowed. After empty_recorder_close(). */
const struct empty_verdict *empty_recorder_verdict(const struct empty_recorder *recorder);
const struct session *empty_recorder_session(const struct empty_recorder *recorder);
struct js *empty_recorder_json(const struct empty_recorder *recorder);
