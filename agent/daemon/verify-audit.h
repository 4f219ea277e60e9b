/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * outingd --verify-audit: reads the whole audit log, which may take a while, in a process of its own. The
 * agent runs this for a caller; a technician may run it when the agent is down.
 */

#include "daemon/options.h"

/* Prints the result as JSON on stdout; the exit code: 0 whole, 1 not whole, 3 could not be checked. */
int verify_audit(const struct daemon_options *options);
