/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How much of what a gate refuses is told one by one. Somebody who drags a folder with ten thousand photos
 * onto a stick causes ten thousand refusals; the log, the bus and the memory must not grow with them.
 *
 * Time is cut into windows. Of each window the first GATE_TALLY_SINGLE refusals are told as they are, the
 * others are counted by what happened and why, and told as one with their number when the window ends. The
 * first window is one second long; each one that overflowed is followed by one of double the length, up to a
 * minute, and a quiet one ends the row. So a burst costs a handful of entries for every doubling of its
 * length, and never more than a few dozen in a minute. Pure; the caller has the clock.
 */

#include "daemon/gate-report.h"

#define GATE_TALLY_SINGLE     8
#define GATE_TALLY_WINDOW_MS  1000
#define GATE_TALLY_WINDOW_MAX 60000

struct gate_tally_kind {
	uint64_t count;
	char sentence[GATE_REPORT_SENTENCE]; /* of the first that was counted */
};

struct gate_tally {
	unsigned single;                  /* told one by one in this window */
	uint64_t total;                   /* in this window, told or counted */
	uint64_t window_ms;               /* of this window; 0: none is open */
	char first[GATE_REPORT_SENTENCE]; /* sentence of the first one of this window */
	struct gate_tally_kind kind[GATE_REPORT_EVENTS][GATE_REPORT_CAUSES];
};

/* True: tell it now; false: it is counted. With *ret_opened, a window was opened by it: gate_tally_end() is
 * due in window_ms. */
bool gate_tally_add(struct gate_tally *tally, const struct gate_report *report, bool *ret_opened);

/* What was counted since the window began, one kind a call, until false. *ret_report: without a path. */
bool gate_tally_next(struct gate_tally *tally, struct gate_report *ret_report, uint64_t *ret_count);

/* After the last kind was taken. True: another window is open now, for window_ms. */
bool gate_tally_end(struct gate_tally *tally);
