/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A line that a gate reports, from a process that has read hostile bytes: whatever comes in, what is believed
 * of it can be printed, is within its limits, and never names what was refused because of its name.
 */

#include "daemon/gate-report.h"
#include "state/name.h"

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_report report;

	if (gate_report_parse((const char *)data, size, &report) < 0)
		return 0;
	CHECK((unsigned)report.event < GATE_REPORT_EVENTS && report.cause < GATE_REPORT_CAUSES);
	CHECK(name_is_text(report.path, sizeof report.path));
	CHECK(*report.sentence && name_is_text(report.sentence, sizeof report.sentence));
	CHECK(report.event != GATE_REPORT_NAME || !*report.path);
	return 0;
}
