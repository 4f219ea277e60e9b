/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Every way in which the clear of a card can end, each with a name for programs and a sentence for people.
 *
 * A refusal means: nothing was written, the card is as it was. A failure means: writing had begun, the card
 * is not proven clear and no certificate exists. The sentence names the reason and the way out; for failures
 * that mean the card itself cannot be trusted it says "do not use this card". Anything the parsers do not
 * understand must become one of the refusals here, never a guess.
 */

#include "base/cleanup.h"

enum wipe_outcome {
	WIPE_DONE = 0, /* every sector read back and equal to the plan */
	WIPE_CANCELLED,

	/* Refused: the card was not touched. */
	WIPE_NO_SESSION,
	WIPE_SESSION_NOT_COMMITTED,
	WIPE_SESSION_STALE,
	WIPE_OTHER_INSERTION,
	WIPE_NOT_EXTERNAL,
	WIPE_IN_USE,
	WIPE_WRITE_PROTECTED,
	WIPE_DEVICE_SIZE,
	WIPE_SECTOR_SIZE,
	WIPE_UNREADABLE,
	WIPE_NO_TABLE,
	WIPE_GPT,
	WIPE_MANY_PARTITIONS,
	WIPE_EXTENDED_PARTITION,
	WIPE_BAD_PARTITION,
	WIPE_OTHER_FILE_SYSTEM,
	WIPE_BAD_BOOT_SECTOR,
	WIPE_BAD_BACKUP_BOOT,
	WIPE_BAD_CHECKSUM,
	WIPE_BAD_UPCASE,
	WIPE_DIRTY,
	WIPE_FATS_DIFFER,
	WIPE_BAD_FAT,
	WIPE_BAD_BLOCKS,
	WIPE_LOOP,
	WIPE_CROSS_LINKED,
	WIPE_LOST_CLUSTERS,
	WIPE_OUT_OF_RANGE,
	WIPE_BAD_SIZE,
	WIPE_BAD_DIRECTORY,
	WIPE_BAD_NAME,
	WIPE_TOO_DEEP,
	WIPE_TOO_MANY,
	WIPE_UNUSUAL,
	WIPE_PROTECTED_FILES,
	WIPE_SET_DIFFERS,
	WIPE_PLAN_INVALID,
	WIPE_CARD_CHANGED,
	WIPE_OFFLOAD_FIRST,

	/* Failed: writing had begun. */
	WIPE_READ_ERROR,
	WIPE_WRITE_ERROR,
	WIPE_FLUSH_ERROR,
	WIPE_STUCK,
	WIPE_FAKE_CAPACITY,
	WIPE_SHRUNK,
	WIPE_VANISHED,
	WIPE_BECAME_READ_ONLY,
	WIPE_WORKER_DIED,
	WIPE_INTERNAL,

	_WIPE_OUTCOME_MAX,
};

enum wipe_kind {
	WIPE_KIND_DONE,
	WIPE_KIND_CANCELLED,
	WIPE_KIND_REFUSED,
	WIPE_KIND_FAILED,
};

/* Stable name with dashes, e.g. "cross-linked": for JSON, the journal and tests. Never NULL. */
const char *wipe_outcome_name(enum wipe_outcome outcome);

/* One or two sentences in plain English: what, why, way out. Never NULL. */
const char *wipe_outcome_sentence(enum wipe_outcome outcome);

enum wipe_kind wipe_outcome_kind(enum wipe_outcome outcome);

/* True where the card itself must not be used again. */
bool wipe_outcome_condemns_card(enum wipe_outcome outcome);

/* A number that arrived over a wire; false if it is none of the above. */
bool wipe_outcome_from_number(uint32_t number, enum wipe_outcome *ret_outcome);
