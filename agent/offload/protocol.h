/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the offload worker and its supervisor say to each other, over base/wire.h.
 *
 *   supervisor                          worker
 *   START (+ vault directory fd,   ->   opens the source, or takes the descriptor that was opened for it, and
 *     + usbfs fd)                       gives up its rights
 *                                  <-   READY
 *                                  <-   FINDING    (something on the card that is not a file)
 *   ANSWER                         <->  QUERY       path: is it recorded by the session that may be resumed?
 *                                  <-   TOTALS     (end of the first walk)
 *   BEGIN                          ->               a new session, or the one to go on with
 *                                  <-   SESSION    (its folder)
 *   ANSWER                         <->  QUERY       content: where may the vault hold it already?
 *                                  <-   PROGRESS   (at most four a second)
 *   RECORDED                       <-   OBJECT, SYNC (an object twice: when stored, and when proven)
 *                                  <-   FAILED     (a file that could not be proven, with its reason)
 *   CANCEL                         ->
 *                                  <-   RESULT     (last message; the worker then ends)
 *
 * The worker has read hostile bytes. offload_parse_*() are the only way the supervisor looks at a payload:
 * every size is checked, every enum is in range, every path is relative, without "..", "." or empty names,
 * without NUL. Paths on the card are bytes, not text. Nothing here is stored on disk.
 */

#include "base/setdigest.h"
#include "base/sha512.h"
#include "base/wire.h"
#include "base/xxh128.h"

#define OFFLOAD_PATH_MAX   4095    /* bytes of a path on the card or in the session, without NUL */
#define OFFLOAD_SOURCE_MAX 4095    /* bytes of the source argument */
#define OFFLOAD_DETAIL_MAX 1023    /* bytes of a detail text */
#define OFFLOAD_USER_MAX   31      /* bytes of a user name */
#define OFFLOAD_SYNC_EVERY 256     /* objects after which the recorder commits by itself */
#define OFFLOAD_ENTRY_MAX  2000000 /* files and folders on one source */

enum offload_message {
	OFFLOAD_START = 1,
	OFFLOAD_RECORDED = 2,
	OFFLOAD_ANSWER = 3,
	OFFLOAD_CANCEL = 4,
	OFFLOAD_BEGIN = 5,

	OFFLOAD_READY = 16,
	OFFLOAD_TOTALS = 17,
	OFFLOAD_PROGRESS = 18,
	OFFLOAD_OBJECT = 19,
	OFFLOAD_SYNC = 20,
	OFFLOAD_FAILED = 21,
	OFFLOAD_FINDING = 22,
	OFFLOAD_QUERY = 23,
	OFFLOAD_RESULT = 24,
	OFFLOAD_SESSION = 25,
};

enum offload_phase {
	OFFLOAD_PHASE_OPENING,
	OFFLOAD_PHASE_LOOKING,   /* first walk */
	OFFLOAD_PHASE_COPYING,   /* first read of the source */
	OFFLOAD_PHASE_VERIFYING, /* second read of the source */
	OFFLOAD_PHASE_SEALING,   /* manifest, fresh walk */
	OFFLOAD_PHASE_COUNT
};

/* How a whole offload ended, as the worker says it; only the recorder says "committed". */
enum offload_outcome {
	OFFLOAD_COMPLETE,       /* everything stored and proven, manifest written, fresh walk equal */
	OFFLOAD_INCOMPLETE,     /* at least one file was named in FAILED */
	OFFLOAD_CANCELLED,      /* asked to stop; can be resumed */
	OFFLOAD_VAULT_FULL,     /* bytes: how many more are needed; 0: more names */
	OFFLOAD_VAULT_FAILED,   /* the vault cannot be written or read back */
	OFFLOAD_SOURCE_GONE,    /* unplugged, or it stopped answering */
	OFFLOAD_SOURCE_CHANGED, /* the fresh walk differs from what was offloaded */
	OFFLOAD_SOURCE_REFUSED, /* cannot be opened or mounted; detail says why */
	OFFLOAD_SOURCE_UNKNOWN, /* no file system that is known; detail names what is there */
	OFFLOAD_SOURCE_LOCKED,  /* a phone or camera that shows no memory until a person lets it */
	OFFLOAD_TOO_MUCH,       /* more entries than OFFLOAD_ENTRY_MAX */
	OFFLOAD_NO_RIGHTS,      /* the sandbox could not be built */
	OFFLOAD_BROKEN,         /* a defect or lack of memory; error says which */
	OFFLOAD_OUTCOME_COUNT
};

/* Why one file is not safe. */
enum offload_reason {
	OFFLOAD_REASON_NONE,
	OFFLOAD_REASON_READ,      /* reading the source failed, error holds the errno */
	OFFLOAD_REASON_VANISHED,  /* it was listed but cannot be opened, and the device is alive */
	OFFLOAD_REASON_SHORT,     /* it ended before its size */
	OFFLOAD_REASON_CHANGED,   /* size or time changed while it was copied */
	OFFLOAD_REASON_DIFFERS,   /* two reads of the source gave different bytes */
	OFFLOAD_REASON_CACHED,    /* the second read could not be made to come from the device */
	OFFLOAD_REASON_VAULT,     /* writing, syncing or linking the copy failed, error holds the errno */
	OFFLOAD_REASON_READ_BACK, /* the copy, read back from the vault, differs or cannot be read */
	OFFLOAD_REASON_NAME,      /* the path is too long or too deep to be kept */
	OFFLOAD_REASON_TWICE,     /* PTP: two objects of one name in one folder */
	OFFLOAD_REASON_PLACE,     /* PTP: the device contradicts itself about where it lies */
	OFFLOAD_REASON_SIZE,      /* PTP: the device does not say how large it is */
	OFFLOAD_REASON_COUNT
};

enum offload_finding {
	OFFLOAD_FINDING_SYMLINK,
	OFFLOAD_FINDING_DEVICE,
	OFFLOAD_FINDING_FIFO,
	OFFLOAD_FINDING_SOCKET,
	OFFLOAD_FINDING_OTHER_MOUNT, /* another file system is mounted there */
	OFFLOAD_FINDING_PARTITION,   /* a partition whose content is not known */
	OFFLOAD_FINDING_COUNT
};

enum offload_object_state {
	OFFLOAD_STORED,   /* in the vault, fsynced, linked, read back equal */
	OFFLOAD_VERIFIED, /* and a second read of the source was equal */
	OFFLOAD_STATE_COUNT
};

struct offload_start {
	uint64_t reserve; /* bytes that must stay free in the vault */
	uint32_t ask;     /* 1: a session may be resumed, so ask about each path */
	uint16_t source_size, user_size;
	uint32_t error; /* positive errno: the PTP device could not be opened; 0: its descriptor is here */
	uint32_t unused;
	/* followed by source and user (empty: stay who you are), without NUL */
};

struct offload_begin {
	int64_t started; /* Unix seconds, for the folder's name and the manifest only */
	uint32_t resume; /* 1: text is the session's folder below the vault, 0: text is the device's name */
	uint32_t unused;
	/* followed by the text, at most OFFLOAD_DETAIL_MAX bytes */
};

/* Followed by names of the file systems, separated by spaces. */
struct offload_ready {
	uint64_t capacity;   /* bytes of the device or image, 0 for a folder */
	uint32_t partitions; /* file systems that are offloaded; a folder is 1 */
	uint32_t sandboxed;  /* 1: Landlock too, 0: without Landlock (old kernel) */
};

struct offload_totals {
	uint64_t files, folders, bytes, findings;
	uint64_t vault_free; /* bytes free in the vault, before the first byte was stored */
};

struct offload_progress {
	uint32_t phase, unused;
	uint64_t files_done, files_total;
	uint64_t bytes_done, bytes_total; /* of all source reading: both passes */
};

struct offload_object {
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_ns;
	uint32_t state;
	uint8_t sha512[SHA512_SIZE];
	uint8_t xxh128[XXH128_SIZE];
	uint16_t path_size, stored_size;
	uint32_t linked; /* 1: the same content was in the vault already and is shared */
			 /* followed by path on the card, path below the session directory, without NUL */
};

struct offload_failed {
	uint32_t reason;
	int32_t error; /* positive errno, or a PTP response code (0x2000 and above); 0: none */
	uint64_t size;
	uint32_t is_file; /* 0: a folder that could not be looked into */
	uint32_t unused;
	/* followed by path on the card */
};

struct offload_finding_head {
	uint32_t kind, unused;
	/* followed by path on the card */
};

enum offload_query_kind {
	OFFLOAD_QUERY_PATH,    /* tail: path on the card. Answer only for equal size and mtime */
	OFFLOAD_QUERY_CONTENT, /* sha512. Answer: a path below the vault that should hold it */
	OFFLOAD_QUERY_COUNT
};

struct offload_query {
	uint32_t kind, number;
	uint64_t size;
	int64_t mtime;
	uint8_t sha512[SHA512_SIZE];
};

struct offload_answer {
	uint32_t number, found;
	uint8_t sha512[SHA512_SIZE];
	uint8_t xxh128[XXH128_SIZE];
	uint32_t proven; /* PATH, 1: a second read of the source was equal to it */
	uint32_t unused;
	/* followed by: PATH: path below the session directory, CONTENT: path below the vault */
};

struct offload_recorded {
	uint64_t objects; /* messages OBJECT recorded durably since the start */
};

struct offload_result {
	uint32_t outcome;
	int32_t error;         /* positive errno, 0: none */
	uint64_t bytes;        /* VAULT_FULL: bytes missing, 0: names */
	uint64_t objects;      /* messages OBJECT sent */
	uint64_t failed;       /* messages FAILED sent */
	uint64_t findings;     /* messages FINDING sent */
	uint64_t linked;       /* files that share content */
	struct set_digest set; /* of the fresh walk */
	uint32_t manifest;     /* 1: written and synced */
	uint32_t unused;
	/* followed by detail text, at most OFFLOAD_DETAIL_MAX bytes */
};

/* A borrowed piece of a message; never NUL-terminated by promise. */
struct offload_bytes {
	const char *bytes;
	size_t size;
};

/* Each checks the whole payload of a message of its type; -EBADMSG if anything is out of order. Pointers
 * point into the message and live as long as it does. */
int offload_parse_start(const struct wire_message *m, struct offload_start *ret,
	struct offload_bytes *ret_source, struct offload_bytes *ret_user);
int offload_parse_begin(
	const struct wire_message *m, struct offload_begin *ret, struct offload_bytes *ret_text);
int offload_parse_session(const struct wire_message *m, struct offload_bytes *ret_path);
int offload_parse_ready(
	const struct wire_message *m, struct offload_ready *ret, struct offload_bytes *ret_names);
int offload_parse_totals(const struct wire_message *m, struct offload_totals *ret);
int offload_parse_progress(const struct wire_message *m, struct offload_progress *ret);
int offload_parse_object(const struct wire_message *m, struct offload_object *ret,
	struct offload_bytes *ret_path, struct offload_bytes *ret_stored);
int offload_parse_failed(
	const struct wire_message *m, struct offload_failed *ret, struct offload_bytes *ret_path);
int offload_parse_finding(
	const struct wire_message *m, struct offload_finding_head *ret, struct offload_bytes *ret_path);
int offload_parse_query(
	const struct wire_message *m, struct offload_query *ret, struct offload_bytes *ret_path);
int offload_parse_answer(
	const struct wire_message *m, struct offload_answer *ret, struct offload_bytes *ret_path);
int offload_parse_recorded(const struct wire_message *m, struct offload_recorded *ret);
int offload_parse_result(
	const struct wire_message *m, struct offload_result *ret, struct offload_bytes *ret_detail);

/* True for a relative path of at most OFFLOAD_PATH_MAX bytes whose names are not empty, "." or "..", without
 * NUL. */
bool offload_path_valid(const char *path, size_t size);

/* "copying": one word for people and JSON; never NULL. */
const char *offload_phase_name(enum offload_phase phase);
const char *offload_reason_name(enum offload_reason reason);
const char *offload_finding_name(enum offload_finding finding);
