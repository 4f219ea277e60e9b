/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One clear from the command line: claim, worker, record, certificate, report. The daemon does the same with
 * the same recorder in its own loop.
 */

#include "wipe/protocol.h"

struct supervisor_options {
	const char *device;
	const char *session;
	const char *state; /* folder of state.db and audit.jsonl; NULL: the installed places */
	enum wipe_method method;
	unsigned flags; /* enum wipe_flag */
	bool json;
};

/* Reports on stdout and stderr. 0 done, 1 refused or failed. Blocks until the end; SIGINT and SIGTERM
 * cancel. */
int supervisor_run(const struct supervisor_options *options);
