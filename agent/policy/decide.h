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
	DECISION_UNKNOWN,      /* not registered: refused, logged and named in a signal */
	DECISION_REFUSE,       /* something is wrong: refused with the sentence */
	DECISION_OFFLOAD,      /* an offload starts by itself */
	DECISION_RESUME_CLEAR, /* a clear or emptying was interrupted and is finished first */
	DECISION_GATE,         /* a plain stick: offered through the gate, which reads what is copied */
};

struct decide_facts {
	enum role role; /* of the register entry that matches, ROLE_NONE if none */
	bool is_disk;   /* a block device (not ptp or mtp) */
	bool external;
	bool holds_system;
	bool settled;
	bool medium_present; /* false: an empty reader */
	bool encrypted;      /* LUKS or BitLocker over all of it, by its headers */
	bool proven;         /* encrypted in a way that protects: looked into, or of a model that does */
	bool mountable;      /* some of it is a plain file system of a kind that the gate can mount */
	bool ambiguous;      /* another present medium has the same key */
	bool clear_interrupted;
	bool encrypt_interrupted; /* begun, and the stick is neither what it was nor encrypted */
	bool not_put_back;        /* encrypted, but its files are still in the vault only */
};

/* *ret_reason: static text, one sentence. */
enum decision decide_medium(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason);

/* "wait", "ignore", ...: stable words for logs. */
const char *decision_name(enum decision decision);
