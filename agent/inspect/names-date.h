/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Dates as people write them: 31/12/2021, 31.12.21, 2021-12-31, 31st December 2021, Dec 31, 2021. Pure. */

#include "base/cleanup.h"

#define NAMES_DATE_TEXT 8 /* yyyymmdd */

struct names_date {
	unsigned count; /* readings: 1, or 2 where day and month can be told apart by nobody */
	char text[2][NAMES_DATE_TEXT];
};

/* Reads the date that begins at text; returns how many bytes it took, 0 when there is none. The first reading
 * is the one with the day before the month. Years from 1990 to 2099; two digits are of this century. */
size_t names_date_read(const char *text, size_t size, struct names_date *ret_date);
