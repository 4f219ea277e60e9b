/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where one staged file stands between "as on the medium" and "judged". Pure: no content, no clock, no lock.
 *
 * Every change of the content makes a new generation; a verdict counts for the generation it was given on and
 * for no other. Nothing but phase_settled() leads back to PHASE_SAME, and it demands that the generation it
 * names was judged.
 */

#include "base/cleanup.h"

enum phase_state {
	PHASE_SAME = 0, /* nothing staged */
	PHASE_CHANGED,  /* staged, and not judged as it is now */
	PHASE_REFUSED,  /* staged, judged as it is now, and refused: readable, goes nowhere */
	PHASE_EARLY,    /* refused on its first bytes: takes no more of the same */
};

enum phase_step {
	PHASE_NOTHING = 0, /* there is nothing to decide */
	PHASE_LATER,       /* empty: not before the last one closes it */
	PHASE_JUDGE,
	PHASE_DENY,
};

struct phase {
	enum phase_state state;
	uint64_t generation;
	uint64_t judged; /* generation of the last verdict; 0: none */
};

/* Before bytes are added. at_start: among them are some of the first GATE_EARLY_BYTES. 0, or -EPERM when the
 * file was refused early and these bytes cannot change that. */
int phase_may_write(const struct phase *phase, bool at_start);

/* After any change of the content or its length. */
void phase_changed(struct phase *phase);

/* What closing, syncing or renaming it means now. last: nobody else has it open for writing. */
enum phase_step phase_next(const struct phase *phase, uint64_t size, bool last);

/* The verdict on a generation. An older one changes nothing. */
void phase_refused(struct phase *phase, uint64_t generation);
void phase_refused_early(struct phase *phase);

/* It was refused, and somebody who may decide otherwise does: not judged any more. */
void phase_reopened(struct phase *phase);

/* That generation was judged clean and is written: true if it is still the content. */
bool phase_settled(struct phase *phase, uint64_t generation);

static inline bool phase_is_refused(const struct phase *phase)
{
	return phase->state == PHASE_REFUSED || phase->state == PHASE_EARLY;
}
