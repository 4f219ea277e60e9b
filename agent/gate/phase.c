/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The states of a staged file. See phase.h. */

#include "gate/phase.h"

int phase_may_write(const struct phase *phase, bool at_start)
{
	return phase->state == PHASE_EARLY && !at_start ? -EPERM : 0;
}

void phase_changed(struct phase *phase)
{
	phase->generation++;
	phase->state = PHASE_CHANGED;
}

enum phase_step phase_next(const struct phase *phase, uint64_t size, bool last)
{
	switch (phase->state) {
	case PHASE_SAME:
		return PHASE_NOTHING;
	case PHASE_CHANGED:
		return size > 0 || last ? PHASE_JUDGE : PHASE_LATER;
	case PHASE_REFUSED:
	case PHASE_EARLY:
		return PHASE_DENY;
	}
	return PHASE_DENY;
}

void phase_refused(struct phase *phase, uint64_t generation)
{
	if (generation != phase->generation || phase->state == PHASE_SAME)
		return;
	phase->judged = generation;
	phase->state = PHASE_REFUSED;
}

void phase_refused_early(struct phase *phase)
{
	phase->judged = phase->generation;
	phase->state = PHASE_EARLY;
}

void phase_reopened(struct phase *phase)
{
	if (phase_is_refused(phase))
		phase->state = PHASE_CHANGED;
}

bool phase_settled(struct phase *phase, uint64_t generation)
{
	if (generation != phase->generation || phase->state != PHASE_CHANGED)
		return false;
	phase->judged = generation;
	phase->state = PHASE_SAME;
	return true;
}
