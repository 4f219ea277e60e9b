/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * "updates": are there security updates that wait to be installed, and would this computer know?
 *
 * Read from apt's own files, without running apt: the packages of the security lists against those that dpkg
 * says are installed. What is known must be fresh: every security list must have been published at most
 * checks.updates_max_days ago by its own date, which also shows a system whose makers have stopped caring for
 * it. No security list at all fails. Computers without dpkg are unknown. Lists that apt keeps compressed are
 * unpacked by apt's own helper, on the running computer only.
 */

#include "outing/checks.h"
#include "outing/finding.h"
#include "outing/packages.h"

void check_updates(const struct checks_input *input, struct finding *finding);

/* Pure. oldest: the date of the oldest security list, Unix seconds. */
void check_updates_judge(const struct packages *packages, int64_t oldest, int64_t now, uint64_t max_days,
	struct finding *finding);
