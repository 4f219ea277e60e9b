/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Every way in which encrypting a stick can end, each with a name for programs and a sentence for people.
 *
 * A refusal means: nothing was written, the stick is as it was. A failure means: writing had begun. What was
 * on the stick is in the vault then (unless somebody said to discard it), the stick is not taken for an
 * encrypted one, and the same command goes on.
 */

#include "base/cleanup.h"

enum encrypt_outcome {
	ENCRYPT_DONE = 0,
	ENCRYPT_CANCELLED, /* before anything was written */

	/* Refused: the stick was not touched. */
	ENCRYPT_NOT_EXTERNAL,
	ENCRYPT_IN_USE,
	ENCRYPT_WRITE_PROTECTED,
	ENCRYPT_SIZE,
	ENCRYPT_OTHER_INSERTION,
	ENCRYPT_UNREADABLE,  /* what is on it cannot be compared with what was copied */
	ENCRYPT_SET_DIFFERS, /* what is on it is not what was copied */
	ENCRYPT_NOT_AS_LEFT, /* an interrupted one has been used since */
	ENCRYPT_NO_MKFS,
	ENCRYPT_ALREADY,
	ENCRYPT_TOO_FULL, /* its files would not fit on it any more */

	/* Failed: writing had begun. */
	ENCRYPT_INTERRUPTED, /* cancelled in the middle */
	ENCRYPT_VANISHED,
	ENCRYPT_READ_ERROR,
	ENCRYPT_WRITE_ERROR,
	ENCRYPT_MISMATCH, /* does not hold what was written: worn out, or smaller than it says */
	ENCRYPT_WORKER_DIED,
	ENCRYPT_INTERNAL,

	/* The stick is encrypted; its files are not, or not all, back on it. */
	ENCRYPT_WRONG_PASSPHRASE,
	ENCRYPT_NOT_OPENED,
	ENCRYPT_NOT_PUT_BACK,
	ENCRYPT_PUT_BACK_CANCELLED,

	_ENCRYPT_OUTCOME_MAX,
};

enum encrypt_kind {
	ENCRYPT_KIND_DONE,
	ENCRYPT_KIND_CANCELLED,
	ENCRYPT_KIND_REFUSED,
	ENCRYPT_KIND_FAILED,
};

/* "set-differs": stable. Never NULL. */
const char *encrypt_outcome_name(enum encrypt_outcome outcome);
/* What, why, way out. Never NULL. */
const char *encrypt_outcome_sentence(enum encrypt_outcome outcome);
enum encrypt_kind encrypt_outcome_kind(enum encrypt_outcome outcome);

/* A number that arrived over a wire; false if it is none of the above. */
bool encrypt_outcome_from_number(uint32_t number, enum encrypt_outcome *ret_outcome);
