/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What is done about a device that is plugged in, as one pure function of facts, register and configuration.
 *
 * Nothing here looks anything up. Whatever is not known for certain leads to "leave it alone" or "refuse",
 * never to reading or clearing. Each answer carries the sentence that staff read.
 */

#include "policy/config.h"
#include "policy/role.h"

enum decision {
	DECISION_WAIT,         /* the system is still looking at the device; ask again at its next event */
	DECISION_IGNORE,       /* not ours: not external, or part of the running system */
	DECISION_LEAVE,        /* registered, nothing starts by itself */
	DECISION_UNKNOWN,      /* not registered: left alone, logged and named in a signal */
	DECISION_REFUSE,       /* something is wrong: refused with the sentence */
	DECISION_OFFLOAD,      /* an offload starts by itself */
	DECISION_RESUME_CLEAR, /* a clear was interrupted on this medium and is finished first */
};

struct decide_facts {
	enum role role; /* of the register entry that matches, ROLE_NONE if none */
	bool is_disk;   /* a block device (not ptp or mtp) */
	bool external;
	bool holds_system;
	bool settled;
	bool medium_present; /* false: an empty reader */
	bool encrypted;      /* LUKS or BitLocker over all of it */
	bool ambiguous;      /* another present medium has the same key */
	bool clear_interrupted;
};

/* *ret_reason: static text, one sentence. */
enum decision decide_medium(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason);

/* "wait", "ignore", ...: stable words for logs. */
const char *decision_name(enum decision decision);
