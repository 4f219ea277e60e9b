/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What outing-empty's worker and its supervisor say to each other, over base/wire.h.
 *
 *   supervisor                     worker
 *   START (+ usbfs fd)       ->                             without one: it could not be opened
 *                            <-    SCAN                     a scan begins (again)
 *                            <-    FOUND, FOUND, ...        every file that the camera lists
 *                            <-    PROBLEM, ...             every object that it does not list properly
 *                            <-    LISTED                   the end of the scan
 *   GO                       ->                             all that was found is recorded, and nothing is
 * missing
 *                            <-    ASK                      may this be deleted?
 *   ANSWER                   ->                             yes: the intent is on the disk. No: leave it
 *                            <-    OUTCOME                  what became of it
 *                            <-    MAY_FORMAT, ...          START ordered it, and a last scan found no file
 *   ANSWER                   ->
 *                            <-    FORMAT_OUTCOME           of that store
 *   CANCEL (any time)        ->
 *                            <-    RESULT                   always the last message
 *
 * The worker never deletes before GO and a yes to that object. Nothing it says makes an object recorded that
 * is not: the supervisor asks the journal itself, for the whole scan and again for each object. It never
 * formats a store without an order in START and a yes to that store.
 */

#include "base/wire.h"
#include "ptp/format.h"
#include "ptp/removal.h"

#define EMPTY_PATH_MAX   PTP_PATH_MAX
#define EMPTY_DETAIL_MAX 255

enum empty_message {
	EMPTY_START = 1,
	EMPTY_GO,
	EMPTY_ANSWER,
	EMPTY_CANCEL,

	EMPTY_SCAN = 16,
	EMPTY_FOUND,
	EMPTY_PROBLEM,
	EMPTY_LISTED,
	EMPTY_ASK,
	EMPTY_OUTCOME,
	EMPTY_RESULT,
	EMPTY_MAY_FORMAT,
	EMPTY_FORMAT_OUTCOME,
	EMPTY_ALIVE, /* any time, without content: a scan takes its time, and silence means that it hangs */
};

/* How it ended, as the worker says it. */
enum empty_outcome {
	EMPTY_DONE,      /* every object was asked for, and a last scan in a new session says what is left */
	EMPTY_CHANGED,   /* the camera's content changed, or its answers contradict each other */
	EMPTY_GONE,      /* unplugged, or it stopped answering */
	EMPTY_REFUSED,   /* it cannot be opened; detail says why */
	EMPTY_CANCELLED, /* asked to stop */
	EMPTY_NO_RIGHTS, /* the sandbox could not be built */
	EMPTY_BROKEN,    /* a defect or lack of memory */
	EMPTY_LOCKED,    /* it shows no store, or does not let us look, as a locked phone does */
	EMPTY_OUTCOME_COUNT
};

struct empty_start {
	uint32_t protected_too; /* 1: a person confirmed that protected objects go as well */
	uint32_t format;        /* 1: a manager ordered that its stores are formatted at the end */
	uint32_t error; /* positive errno: the device could not be opened, 0: its descriptor is here */
};

/* FOUND, PROBLEM, ASK: followed by the path. */
struct empty_object {
	uint64_t number; /* ASK: counts from 0 */
	uint64_t size;
	int64_t mtime;     /* Unix seconds */
	uint32_t problem;  /* PROBLEM: enum ptp_problem */
	uint32_t response; /* PROBLEM: of the device, 0: none */
};

struct empty_listed {
	uint64_t files, problems;
};

struct empty_answer {
	uint64_t number;
	uint32_t yes, unused;
};

struct empty_outcome_of {
	uint64_t number;
	uint32_t removal;  /* enum ptp_removal */
	uint32_t response; /* of the device, 0: none */
};

struct empty_format {
	uint64_t number; /* counts on behind those of ASK */
	uint32_t storage, unused;
};

struct empty_format_outcome {
	uint64_t number;
	uint32_t format;   /* enum ptp_format */
	uint32_t response; /* of the device, 0: none */
};

/* Followed by a detail text. */
struct empty_result {
	uint32_t outcome;
	uint32_t error; /* positive errno, 0: none */
	uint64_t left;  /* DONE: files and problems that the last scan found */
};

/* Each checks the whole payload; -EBADMSG if anything is out of order. The path is NUL-terminated, relative,
 * without "..", and lives as long as the message. */
int empty_parse_object(
	const struct wire_message *m, uint32_t type, struct empty_object *ret, const char **ret_path);
int empty_parse_listed(const struct wire_message *m, struct empty_listed *ret);
int empty_parse_answer(const struct wire_message *m, struct empty_answer *ret);
int empty_parse_outcome(const struct wire_message *m, struct empty_outcome_of *ret);
int empty_parse_format(const struct wire_message *m, struct empty_format *ret);
int empty_parse_format_outcome(const struct wire_message *m, struct empty_format_outcome *ret);
int empty_parse_result(const struct wire_message *m, struct empty_result *ret, const char **ret_detail);
