/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The import in a process of its own that has given up everything: the list is a file of somebody's, and its
 * bytes meet nobody who could do more than turn them into a table. It reads one descriptor, writes two, and
 * cannot open anything.
 */

#include "base/secret.h"
#include "inspect/names-import.h"

/* Reads the list from csv_fd. An outcome of names-import.h, with ret_import as names_import() fills it;
 * -ETIMEDOUT when the list did not come to an end, -EPROTO when the process died. Blocks. */
int names_child_import(
	int csv_fd, const char *ignore, const struct secret *key, struct names_import *ret_import);
