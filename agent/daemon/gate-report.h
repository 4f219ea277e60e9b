/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One line that a gate reports, from text to values that may be recorded and shown.
 *
 * The line passes through a process that has read hostile bytes, so nothing in it is taken on trust: unknown
 * words, texts that cannot be printed and texts that are too long make it no report at all. The path of a
 * name that was refused because of itself is dropped even if the line has it. Pure.
 */

#include "base/cleanup.h"
#include "inspect/verdict.h"

#define GATE_REPORT_PATH     1024 /* bytes; what is longer is not shown */
#define GATE_REPORT_SENTENCE 512

enum gate_report_event {
	GATE_REPORT_NAME = 0,     /* "name-refused" */
	GATE_REPORT_REFUSED,      /* "refused" */
	GATE_REPORT_TOO_LARGE,    /* "too-large" */
	GATE_REPORT_STAGING_FULL, /* "staging-full" */
	GATE_REPORT_NOT_WRITTEN,  /* "not-written": judged clean, but the medium did not take it */
	GATE_REPORT_FINISHED,     /* "finished": an interrupted copy is complete now; no refusal */
	GATE_REPORT_EVENTS,
};

/* Beside the causes of inspect/verdict.h: there is none. */
#define GATE_REPORT_NO_CAUSE (INSPECT_UNREADABLE + 1)
#define GATE_REPORT_CAUSES   (GATE_REPORT_NO_CAUSE + 1)

struct gate_report {
	enum gate_report_event event;
	bool allowable;              /* a manager's exception could let this very content through */
	unsigned cause;              /* enum inspect_cause, or GATE_REPORT_NO_CAUSE */
	char path[GATE_REPORT_PATH]; /* from the top of the medium; "": not to be shown */
	char sentence[GATE_REPORT_SENTENCE];
};

/* 0, or -EBADMSG. */
int gate_report_parse(const char *text, size_t size, struct gate_report *ret_report);

/* The word; NULL for GATE_REPORT_NO_CAUSE. */
const char *gate_report_event_name(enum gate_report_event event);
const char *gate_report_cause_name(unsigned cause);
