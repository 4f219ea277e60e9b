/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the standalone program shows: a progress line on a terminal, and the report at the end. Names from the
 * card are shown without control characters.
 */

#include "offload/recorder.h"

/* Draws over the last line of stderr, at most a few times a second; does nothing when stderr is no terminal.
 */
void terminal_progress(const struct recorder_progress *progress);

/* Removes that line. */
void terminal_clear(void);

/* The sentence on stdout when committed, else on stderr with the files it concerns. */
void terminal_report(const struct recorder_result *result);
