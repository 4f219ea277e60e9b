/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One stick from the command line: claim, worker, report. It copies nothing anywhere, so it works only when
 * it was said that what is on the stick may go; moving the files out and back is the agent's.
 */

#include "encrypt/protocol.h"

struct standalone_options {
	const char *device;
	int passphrase_fd;
	enum filesystem filesystem; /* 0: the default */
	const char *label;
	bool json;
};

/* Reports on stdout and stderr. 0 done, 1 refused or failed. Blocks; SIGINT and SIGTERM cancel. */
int standalone_encrypt(const struct standalone_options *options);
