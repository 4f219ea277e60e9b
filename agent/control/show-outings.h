/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Outings and incidents as people read them. The same rules as in show.h: a missing or odd member is shown as
 * "-", an empty list is said in words.
 */

#include "base/json.h"
#include "control/terminal.h"

int show_outings(FILE *out, const struct terminal *screen, const struct js *outings);
int show_incidents(FILE *out, const struct terminal *screen, const struct js *incidents);
