/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The judge of every gate that guards something: content is looked at by a pool of confined workers
 * (inspect/pool.h), names and first bytes here.
 *
 * A register of names that is there and cannot be used is never taken for none: everything is refused then,
 * and so it is when the pool's keeper has died. The sentence says which.
 */

#include "gate/judge.h"

struct judge_inspect;

enum judge_names {
	JUDGE_NAMES_NONE = 1, /* no list of children was ever imported */
	JUDGE_NAMES_HERE,     /* table and key are the two descriptors */
	JUDGE_NAMES_BROKEN,   /* there is one, and it cannot be opened */
};

/* Starts the keeper: to be called before rights are given up, which the keeper does for itself. Everything is
 * refused until judge_inspect_set_names(). */
int judge_inspect_new(struct judge_inspect **ret_judge);

/* Nobody may be asking. */
struct judge_inspect *judge_inspect_free(struct judge_inspect *judge);
DEFINE_CLEANUP(struct judge_inspect, judge_inspect_free);

/* From now on. Descriptors stay the caller's. Negative errno when the table cannot be used (-EBADMSG:
 * damaged, or another's key): then everything is refused until there is another. */
int judge_inspect_set_names(struct judge_inspect *judge, enum judge_names which, int names_fd, int key_fd);

/* Valid as long as the judge is. */
struct gate_judge judge_inspect_of(struct judge_inspect *judge);
