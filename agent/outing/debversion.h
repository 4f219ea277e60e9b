/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Order of Debian package versions, as deb-version(7) defines it. */

#include "base/cleanup.h"

struct debversion {
	const char *text;
	size_t size;
};

/* Below, equal to or above zero as a is older than, equal to or newer than b. Total for any bytes: what is no
 * version is still ordered. */
int debversion_compare(struct debversion a, struct debversion b);
