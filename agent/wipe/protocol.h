/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What outing-wipe's worker and its supervisor say to each other, over base/wire.h.
 *
 *   supervisor                     worker
 *   START (+ device fd, unless the worker claimed it,
 *          + plan fd if RESUME)
 *                            ->
 *                            <-    PLAN piece, PLAN piece, ...    the whole plan, before the first write
 *   PLAN_RECORDED            ->                                   the plan is durable in the state database
 *                            <-    RESUMED                        instead of these two: the recorded plan
 * fits
 *                            <-    PROGRESS ...
 *   CANCEL (any time)        ->
 *                            <-    RESULT                         always the last message
 *
 * The worker never writes before PLAN_RECORDED, or, if it was given a recorded plan, before it has found the
 * card as that plan left it. A RESULT that says done and does not
 * prove a whole read-back is not believed: see recorder.h.
 */

#include "base/setdigest.h"
#include "wipe/outcome.h"

#define WIPE_PLAN_BYTES_MAX (1024 * 1024)
#define WIPE_DETAIL_MAX     512

enum wipe_message {
	WIPE_MESSAGE_START = 1,
	WIPE_MESSAGE_PLAN,
	WIPE_MESSAGE_PLAN_RECORDED,
	WIPE_MESSAGE_PROGRESS,
	WIPE_MESSAGE_RESULT,
	WIPE_MESSAGE_CANCEL,
	WIPE_MESSAGE_RESUMED,
};

enum wipe_method {
	WIPE_METHOD_CLEAR = 1,       /* zeroes, read-compare-write */
	WIPE_METHOD_CLEAR_2PASS = 2, /* a keyed random pass, verified, before it */
};

enum wipe_flag {
	WIPE_FLAG_CONFIRM_PROTECTED = 1 << 0, /* a person agreed that protected files go too */
	WIPE_FLAG_RESUME = 1 << 1,            /* a recorded plan comes along as second descriptor */
	WIPE_FLAG_KEEP_FOLDERS = 1 << 2,      /* keep all empty folders, not only DCIM */
	WIPE_FLAG_SAME_INSERTION = 1 << 3,    /* never unplugged since the offload: may begin again */
	WIPE_FLAGS_ALL = 15,
};

enum wipe_phase {
	WIPE_PHASE_SCAN = 1,
	WIPE_PHASE_PROBE,
	WIPE_PHASE_RANDOM,
	WIPE_PHASE_RANDOM_CHECK,
	WIPE_PHASE_ZERO,
	WIPE_PHASE_READ_BACK,
};

enum wipe_file_system {
	WIPE_FS_NONE = 0,
	WIPE_FS_FAT12 = 12,
	WIPE_FS_FAT16 = 16,
	WIPE_FS_FAT32 = 32,
	WIPE_FS_EXFAT = 64,
};

/* First descriptor: the device, O_RDWR|O_EXCL|O_DIRECT, unless the worker has claimed it. Last one, with
 * WIPE_FLAG_RESUME: the recorded plan, a sealed memfd. */
struct wipe_start {
	uint64_t device_bytes;
	struct set_digest expected;
	uint32_t method;
	uint32_t flags;
	uint64_t plan_bytes; /* with WIPE_FLAG_RESUME */
};

/* Followed by the piece's bytes. */
struct wipe_plan_piece {
	uint64_t offset;
	uint64_t total;
};

struct wipe_progress {
	uint32_t phase;
	uint32_t reserved;
	uint64_t done; /* bytes of this phase */
	uint64_t total;
	uint64_t overall_done; /* bytes of all traversals, for one bar */
	uint64_t overall_total;
};

struct wipe_figures {
	uint32_t file_system; /* enum wipe_file_system */
	uint32_t partitioned;
	uint64_t files; /* on the card before the clear */
	uint64_t file_bytes;
	uint64_t protected_files;
	uint64_t bytes_read;
	uint64_t bytes_written;
	uint64_t bytes_read_back; /* of the last, complete traversal */
	uint64_t passes;          /* write passes over the whole device: 1 or 2 */
	uint64_t chunks_repaired; /* had to be written a second time */
	uint64_t failed_offset;   /* first byte that would not do, with a failure */
	uint64_t nanoseconds;
	uint32_t volume_serial;
	uint32_t disk_id; /* of the MBR, 0 without one */
	char label[64];   /* UTF-8, printable, NUL-terminated; may be empty */
};

/* Followed by at most WIPE_DETAIL_MAX bytes of text: which folder, which number (may name a path on the card:
 * never to be logged outside the journal). image_sha512 is only meaningful with WIPE_DONE. */
struct wipe_result {
	uint32_t outcome; /* enum wipe_outcome */
	uint32_t reserved;
	struct wipe_figures figures;
	uint8_t image_sha512[SHA512_SIZE]; /* of the whole device as read back */
	uint8_t plan_sha512[SHA512_SIZE];  /* of the plan that it was compared with */
};

/* "clear", "clear-2pass"; parse returns -EINVAL. */
const char *wipe_method_name(enum wipe_method method);
int wipe_method_parse(const char *text, enum wipe_method *ret_method);

/* "looking", "checking the capacity", "overwriting", ... for progress lines. */
const char *wipe_phase_text(enum wipe_phase phase);

/* "FAT12" ... "exFAT". */
const char *wipe_file_system_name(enum wipe_file_system file_system);
