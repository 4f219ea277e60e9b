/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether a registered device may leave the building, and what to do if not.
 *
 * Ready is said only of what was positively proven of this plug-in: cleared since, or transferred with no
 * person's name on any file, or encrypted. What speaks PTP or MTP can change while it is plugged in, so it
 * must have been looked at now; it can only be emptied, and "removed, not wiped" travels where the setting
 * accepts it, or on a phone or tablet of which the manager has attested that it encrypts. What is not plugged
 * in, is still being looked at, cannot be told apart or cannot be read is not ready, each with its own
 * sentence. Pure: facts in, words out.
 */

#include "device/facts.h"
#include "policy/config.h"
#include "policy/role.h"

enum readiness_action {
	READINESS_NO_ACTION,         /* nothing that could be started here would make it ready */
	READINESS_OFFLOAD,           /* names-only: its pictures must be transferred */
	READINESS_OFFLOAD_AND_CLEAR, /* transfer-all */
};

/* What a look at a device that speaks PTP or MTP came to, at this moment. */
enum readiness_look {
	READINESS_NOT_LOOKED,
	READINESS_LOOKED,
	READINESS_LOOK_LOCKED, /* it shows no memory */
	READINESS_LOOK_FAILED,
};

enum readiness_attested {
	READINESS_NEVER_ATTESTED,
	READINESS_ATTESTED,
	READINESS_ATTESTED_LONG_AGO,
	READINESS_ATTESTED_LATER, /* dated in the future */
};

enum readiness_work {
	READINESS_IDLE,
	READINESS_OFFLOADING,
	READINESS_CLEARING,
};

struct readiness_device {
	const char *name;
	enum role role;
	bool present;               /* plugged in now; of the facts below only `out` may be true otherwise */
	bool out;                   /* out on an outing, by the records */
	bool settled;               /* the system has looked at it */
	bool unclear;               /* ambiguous or refused */
	const char *unclear_reason; /* sentence; borrowed */
	enum device_kind kind;
	bool has_medium; /* there is a card in it */
	enum readiness_work work;
	bool interrupted;     /* a clear of it was cut short */
	bool offloaded;       /* all of it is proven to be in the vault, since it was plugged in */
	bool cleared;         /* cleared and read back, since it was plugged in */
	bool names_known;     /* named_files was counted */
	uint64_t named_files; /* of the offload: files whose names a person may have chosen */
	const char *media;    /* outing-media's word: "encrypted", "plain", ... */
	bool hardware_encrypted;
	bool foreign_card; /* a reader: it holds a card that is not itself among what travels */
	/* Of what speaks PTP or MTP; `cleared` means emptied there. */
	enum readiness_look look;
	const char *look_reason;   /* sentence when it failed; borrowed */
	const char *hint;          /* sentence: what to tap when it is locked; borrowed */
	uint64_t listed, not_safe; /* LOOKED: files on it; of them, what the offload does not hold */
	bool accept_removed;       /* the setting lets cameras travel that were emptied and not wiped */
	enum readiness_attested encrypted; /* that it encrypts by itself, as the manager says */
	int64_t attested_days;
};

struct readiness {
	bool ready;
	enum readiness_action action;
	char reason[512];
	char fix[512]; /* "" when ready */
};

void readiness_judge(const struct readiness_device *device, enum config_outing_policy policy,
	struct readiness *ret_readiness);

/* "offload", "offload-and-clear", NULL for none. */
const char *readiness_action_name(enum readiness_action action);

/* Over everything that travels: the laptop counts only if it is included; nothing at all is never ready. */
bool readiness_overall(bool laptop_included, bool laptop_ready, size_t devices, size_t devices_ready);
