/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A fixed table of counters. See gate-tally.h. */

#include "daemon/gate-tally.h"

#include <string.h>

bool gate_tally_add(struct gate_tally *tally, const struct gate_report *report, bool *ret_opened)
{
	struct gate_tally_kind *kind = &tally->kind[report->event][report->cause];

	*ret_opened = tally->window_ms == 0;
	if (*ret_opened)
		tally->window_ms = GATE_TALLY_WINDOW_MS;
	if (tally->total++ == 0)
		(void)snprintf(tally->first, sizeof tally->first, "%s", report->sentence);
	if (tally->single < GATE_TALLY_SINGLE) {
		tally->single++;
		return true;
	}
	if (kind->count++ == 0)
		(void)snprintf(kind->sentence, sizeof kind->sentence, "%s", report->sentence);
	return false;
}

bool gate_tally_next(struct gate_tally *tally, struct gate_report *ret_report, uint64_t *ret_count)
{
	for (unsigned event = 0; event < GATE_REPORT_EVENTS; event++)
		for (unsigned cause = 0; cause < GATE_REPORT_CAUSES; cause++) {
			struct gate_tally_kind *kind = &tally->kind[event][cause];

			if (kind->count == 0)
				continue;
			*ret_report =
				(struct gate_report){.event = (enum gate_report_event)event, .cause = cause};
			(void)snprintf(
				ret_report->sentence, sizeof ret_report->sentence, "%s", kind->sentence);
			*ret_count = kind->count;
			kind->count = 0;
			return true;
		}
	return false;
}

bool gate_tally_end(struct gate_tally *tally)
{
	bool overflowed = tally->total > tally->single;

	if (tally->total == 0)
		tally->window_ms = 0;
	else if (overflowed && tally->window_ms < GATE_TALLY_WINDOW_MAX / 2)
		tally->window_ms *= 2;
	else if (overflowed)
		tally->window_ms = GATE_TALLY_WINDOW_MAX;
	else
		tally->window_ms = GATE_TALLY_WINDOW_MS;
	tally->total = 0;
	tally->single = 0;
	return tally->window_ms > 0;
}
