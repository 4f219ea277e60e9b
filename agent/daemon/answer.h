/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Small ways to fill an answer to a caller. */

#include "base/json.h"
#include "bus/bus.h"

void answer_error(struct bus_answer *answer, enum bus_error error, const char *format, ...) _printf_(3, 4);

/* Takes over json; Failed when it is NULL or broken. */
void answer_json(struct bus_answer *answer, struct js *json);

/* "Nothing was changed, ... (reason)": for errors that nobody can do anything about but the technician. */
void answer_errno(struct bus_answer *answer, int error, const char *what);
