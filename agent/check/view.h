/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The verdict as staff read it on a screen: what stands in the way, worst first, what to do about it, and one
 * word at the end.
 *
 * Says nothing that the result does not say. What came from devices and files is cleaned on its way out.
 */

#include "check/result.h"
#include "control/terminal.h"

/* Everything but the last line. all: what is in order is shown row by row, too. 0 or -ENOMEM. */
int view_print(FILE *out, const struct terminal *screen, const struct result *result, bool all);

/* The last line: READY or NOT READY. */
void view_verdict(FILE *out, const struct terminal *screen, bool ready);

/* "this computer, Blue Room camera and Red Room stick": what the result is about. Owned by the caller, NULL
 * when out of memory. */
char *view_subjects(const struct result *result);

/* "Screen lock, Security updates": the checks that are switched off; "" for none. Owned by the caller, NULL
 * when out of memory. */
char *view_switched_off(const struct result *result);
