/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether this computer's disks are encrypted, without the agent: asks the program that judges them.
 *
 * That program says what each disk is, outing/laptop.h whether that may travel; here the answer is only
 * waited for, within limits of time and size, and put into the form of the agent's answer. Nothing is
 * written.
 */

#include "base/json.h"

enum volumes_outcome {
	VOLUMES_OK = 0,
	VOLUMES_TOO_SLOW,
	VOLUMES_TOO_MUCH, /* more than any computer has to say */
	VOLUMES_FAILED,   /* it ended without an answer; what it said is on stderr */
	VOLUMES_ODD,      /* an answer that cannot be read */
};

struct volumes_options {
	const char *program; /* absolute path */
	const char *const *devices;
	size_t device_count;
	const char *collect; /* relative to where we are; NULL: nothing is collected */
	bool no_keys;
	bool accept_weak;
	int timeout_ms;
};

/* Blocks. *ret_answer (owned by the caller): the answer of Check with storage alone. An outcome or a negative
 * errno. */
int volumes_judge(const struct volumes_options *options, struct js **ret_answer);
