/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Sticks that are being encrypted, as far as going on needs to know it: from just before the first byte is
 * written until the files are back. Made durable before the stick is touched.
 *
 * States: writing -> putting-back -> done; writing and putting-back may become given-up. A device has at most
 * one unfinished one.
 *
 * Functions return ENCRYPTION_OK, another enum encryption_outcome, or negative errno.
 */

#include "state/session.h"

#define ENCRYPTION_UUID_SIZE  40
#define ENCRYPTION_LABEL_SIZE 64

enum encryption_outcome {
	ENCRYPTION_OK = 0,
	ENCRYPTION_NONE = 1,        /* no such, or none unfinished */
	ENCRYPTION_WRONG_STATE = 2, /* that transition does not exist */
	ENCRYPTION_BAD = 3,
};

enum encryption_state {
	ENCRYPTION_WRITING = 1,      /* the stick is neither what it was nor encrypted */
	ENCRYPTION_PUTTING_BACK = 2, /* it is encrypted and proven; its files are in the vault */
	ENCRYPTION_FINISHED = 3,
	ENCRYPTION_GIVEN_UP = 4, /* the stick was used otherwise since */
};

struct encryption {
	int64_t number;                    /* set by encryption_begin() */
	int64_t device;                    /* row of the register */
	char session[SESSION_ID_SIZE];     /* whose files go back; "": none */
	char uuid[ENCRYPTION_UUID_SIZE];   /* of the encrypted stick */
	char label[ENCRYPTION_LABEL_SIZE]; /* of its file system */
	uint64_t bytes;                    /* of the stick */
	enum encryption_state state;       /* set by encryption_begin() */
	int64_t created_at, changed_at;    /* Unix seconds; set here */
};

/* Stores wanted as "writing", in the place of an unfinished one of the same device, whose session it takes
 * over when wanted has none and inherit is true. */
int encryption_begin(struct state *state, const struct encryption *wanted, bool inherit,
	struct encryption *ret_encryption);

/* The unfinished one of this row of the register. */
int encryption_find_unfinished(struct state *state, int64_t device, struct encryption *ret_encryption);

int encryption_set_state(struct state *state, int64_t number, enum encryption_state to);

/* "writing", "putting-back", "done", "given-up". */
const char *encryption_state_name(enum encryption_state state);
